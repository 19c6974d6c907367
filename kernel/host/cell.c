// SPDX-License-Identifier: GPL-2.0-only
/*
 * cell.c - the life of a cell
 */
#include <linux/bitmap.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "internal.h"

static DEFINE_MUTEX(cells_lock);
static LIST_HEAD(cells);
static DECLARE_BITMAP(cell_ids, COMB_CELLS_MAX + 1) = { 1 };	/* 0 is nobody's */
static unsigned int cells_count;

static const char * const state_names[] = {
	[COMB_STATE_STOPPED] = "stopped",
	[COMB_STATE_LOADING] = "loading",
	[COMB_STATE_BOOTING] = "booting",
	[COMB_STATE_RUNNING] = "running",
	[COMB_STATE_STOPPING] = "stopping",
	[COMB_STATE_PANIC] = "panic",
	[COMB_STATE_HUNG] = "hung",
	[COMB_STATE_LOST] = "lost",
};

/** comb_state_name() - the word for an enum comb_state */
const char *comb_state_name(u32 state)
{
	return state < ARRAY_SIZE(state_names) ? state_names[state] : "unknown";
}

unsigned int comb_cells_count(void)
{
	return READ_ONCE(cells_count);
}

/**
 * comb_cell_event() - tell everyone who watches that something has happened
 * @cell: to the cell
 *
 * May be called from interrupts.
 */
void comb_cell_event(struct comb_cell *cell)
{
	atomic64_inc(&cell->events);
	wake_up_interruptible(&cell->wait);
	if (cell->state_node)
		sysfs_notify_dirent(cell->state_node);
}

static void cell_set_phase(struct comb_cell *cell, enum comb_phase phase)
{
	lockdep_assert_held(&cell->lock);
	if (cell->phase == phase)
		return;
	WRITE_ONCE(cell->phase, phase);
	comb_cell_event(cell);
}

/* A cell may write anything: take from it only what is its to say. */
static u32 mailbox_state(struct comb_mailbox_host *mailbox)
{
	struct comb_mailbox_cell *said = comb_mailbox_cell(mailbox);
	u32 state = READ_ONCE(said->state);

	if (state == COMB_STATE_PANIC)
		return state;
	if (READ_ONCE(said->exit) || READ_ONCE(said->efi_reset))
		return COMB_STATE_STOPPED;
	switch (state) {
	case COMB_STATE_STOPPED:
	case COMB_STATE_BOOTING:
	case COMB_STATE_STOPPING:
		return state;
	case COMB_STATE_LOADING:
		return COMB_STATE_BOOTING;
	default:
		return COMB_STATE_RUNNING;
	}
}

/**
 * comb_cell_state() - what the cell is doing
 * @cell: the cell
 *
 * Needs no lock and may be called from interrupts.
 *
 * Return: enum comb_state, never COMB_STATE_HUNG.
 */
u32 comb_cell_state(struct comb_cell *cell)
{
	struct comb_mailbox_host *mailbox;
	u32 state = COMB_STATE_STOPPED;

	switch (READ_ONCE(cell->phase)) {
	case PHASE_LOADING:
		return COMB_STATE_LOADING;
	case PHASE_LOST:
		return COMB_STATE_LOST;
	case PHASE_STARTED:
		rcu_read_lock();
		mailbox = rcu_dereference(cell->mailbox);
		if (mailbox)
			state = mailbox_state(mailbox);
		rcu_read_unlock();
		return state;
	default:
		return COMB_STATE_STOPPED;
	}
}

static struct comb_cell *cell_alloc(const char *name)
{
	struct comb_cell *cell = kzalloc(sizeof(*cell), GFP_KERNEL);

	if (!cell)
		return ERR_PTR(-ENOMEM);
	cell->inode = comb_inode_new();
	if (IS_ERR(cell->inode)) {
		void *err = cell->inode;

		kfree(cell);
		return err;
	}
	strscpy(cell->name, name, sizeof(cell->name));
	mutex_init(&cell->lock);
	init_rwsem(&cell->map_lock);
	init_waitqueue_head(&cell->wait);
	cell->phase = PHASE_LOADING;
	cell->seen_state = COMB_STATE_LOADING;
	return cell;
}

/* The last reference is gone; until comb_sysfs_add() it is the only one. */
static void cell_free(struct comb_cell *cell)
{
	comb_inode_free(cell->inode);
	comb_events_free(cell);
	kfree(cell->members);
	kfree(cell);
}

void comb_cell_release(struct kobject *kobj)
{
	cell_free(container_of(kobj, struct comb_cell, kobj));
}

static struct comb_cell *cell_find_locked(const char *name)
{
	struct comb_cell *cell;

	lockdep_assert_held(&cells_lock);
	list_for_each_entry(cell, &cells, node)
		if (!strcmp(cell->name, name))
			return cell;
	return NULL;
}

static int cell_insert(struct comb_cell *cell)
{
	unsigned int id;
	int err;

	lockdep_assert_held(&cells_lock);
	if (cell_find_locked(cell->name))
		return -EEXIST;
	id = find_first_zero_bit(cell_ids, COMB_CELLS_MAX + 1);
	if (id > COMB_CELLS_MAX)
		return -ENOSPC;
	cell->id = id;
	err = comb_sysfs_add(cell);
	if (err)
		return err;
	__set_bit(id, cell_ids);
	list_add_tail(&cell->node, &cells);
	WRITE_ONCE(cells_count, cells_count + 1);
	/* Given back by cell_remove(): no unloading while there are cells. */
	__module_get(THIS_MODULE);
	return 0;
}

static void cell_remove(struct comb_cell *cell)
{
	/* Waits for readers, which take cell->lock. */
	comb_sysfs_remove(cell);
	mutex_lock(&cells_lock);
	list_del(&cell->node);
	__clear_bit(cell->id, cell_ids);
	WRITE_ONCE(cells_count, cells_count - 1);
	mutex_unlock(&cells_lock);
	comb_cell_put(cell);
	module_put(THIS_MODULE);
}

/**
 * comb_cell_create() - a new, empty cell
 * @name: a valid name
 *
 * Return: the cell with a reference for the caller; -EEXIST, -ENOSPC, -ENOMEM.
 */
struct comb_cell *comb_cell_create(const char *name)
{
	struct comb_cell *cell = cell_alloc(name);
	int err;

	if (IS_ERR(cell))
		return cell;
	/* One reference for the list of cells, one for the caller. */
	kobject_init(&cell->kobj, &comb_cell_type);
	kobject_get(&cell->kobj);
	mutex_lock(&cells_lock);
	err = cell_insert(cell);
	mutex_unlock(&cells_lock);
	if (err) {
		comb_cell_put(cell);
		comb_cell_put(cell);
		return ERR_PTR(err);
	}
	return cell;
}

/**
 * comb_cell_find() - the cell of this name
 * @name: NUL-terminated
 *
 * Return: the cell with a reference for the caller, or -ENOENT.
 */
struct comb_cell *comb_cell_find(const char *name)
{
	struct comb_cell *cell;

	mutex_lock(&cells_lock);
	cell = cell_find_locked(name);
	if (cell && READ_ONCE(cell->phase) != PHASE_DEAD)
		kobject_get(&cell->kobj);
	else
		cell = ERR_PTR(-ENOENT);
	mutex_unlock(&cells_lock);
	return cell;
}

void comb_cell_put(struct comb_cell *cell)
{
	kobject_put(&cell->kobj);
}

/**
 * comb_cell_stop() - INIT to every CPU of the cell
 * @cell: whose lock is held
 *
 * Return: 0; -EIO if a CPU cannot be proved to have stopped.
 */
int comb_cell_stop(struct comb_cell *cell)
{
	int err;

	lockdep_assert_held(&cell->lock);
	/* Nothing runs before the start, and a load may go on afterwards. */
	if (cell->phase == PHASE_LOADING)
		return 0;
	err = comb_cpus_stop(cell);
	if (err)
		cell_set_phase(cell, PHASE_LOST);
	else if (cell->phase == PHASE_STARTED)
		cell_set_phase(cell, PHASE_STOPPED);
	return err;
}

/*
 * The reverse of loading and starting. A CPU that cannot be proved to have
 * stopped may still use the cell's memory, so that stays with it.
 */
static int cell_give_back(struct comb_cell *cell)
{
	int err;

	err = comb_cpus_stop(cell);
	if (!err) {
		comb_doorbell_remove(cell);
		comb_memory_return(cell);
		comb_windows_drop(cell);
		comb_tables_free(cell);
		comb_low_return(cell);
	}
	return comb_cpus_return(cell);
}

/**
 * comb_cell_destroy() - give back everything a cell has and forget it
 * @cell: the caller's reference stays with the caller
 * @only_loading: leave it alone if it has been started
 *
 * Return: 0; -ENODEV if it was destroyed before; -EIO if a CPU did not come
 * back, then the cell remains, lost, with what that CPU may still use.
 */
int comb_cell_destroy(struct comb_cell *cell, bool only_loading)
{
	int err = 0;

	mutex_lock(&cell->lock);
	if (cell->phase == PHASE_DEAD) {
		err = -ENODEV;
		goto out;
	}
	if (only_loading && cell->phase != PHASE_LOADING)
		goto out;
	err = cell_give_back(cell);
	cell_set_phase(cell, err ? PHASE_LOST : PHASE_DEAD);
	mutex_unlock(&cell->lock);
	if (!err)
		cell_remove(cell);
	return err;

out:
	mutex_unlock(&cell->lock);
	return err;
}

/**
 * comb_cell_address() - kernel address of a piece of a cell's RAM
 * @cell: whose lock is held
 * @offset: in the cell file
 * @bytes: how much must be contiguous
 *
 * Return: the address, or NULL if the piece is not within one range.
 */
void *comb_cell_address(struct comb_cell *cell, u64 offset, u64 bytes)
{
	unsigned int i;

	for (i = 0; i < cell->nr_ranges; i++) {
		const struct comb_range *range = &cell->ranges[i];

		if (offset < range->offset || offset - range->offset >= range->bytes)
			continue;
		if (bytes > range->bytes - (offset - range->offset))
			return NULL;
		return __va(range->start + (offset - range->offset));
	}
	return NULL;
}

static u64 range_left(struct comb_cell *cell, u64 address)
{
	unsigned int i;

	for (i = 0; i < cell->nr_ranges; i++) {
		const struct comb_range *range = &cell->ranges[i];

		if (address >= range->start && address - range->start < range->bytes)
			return range->bytes - (address - range->start);
	}
	return 0;
}

/**
 * comb_cell_owns() - is this physical memory the cell's?
 * @cell: whose lock is held
 * @start: first byte
 * @bytes: length, may span ranges that touch
 */
bool comb_cell_owns(struct comb_cell *cell, u64 start, u64 bytes)
{
	while (bytes) {
		u64 left = min(range_left(cell, start), bytes);

		if (!left)
			return false;
		start += left;
		bytes -= left;
	}
	return true;
}
