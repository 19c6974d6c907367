// SPDX-License-Identifier: GPL-2.0-only
/*
 * event.c - eventfds for notifications: COMB_CELL_SET_EVENT
 *
 * From the cell: the doorbell's interrupt takes the cell's bits and signals the
 * eventfd of each. It reads the assignments under RCU.
 *
 * To the cell: an entry in the eventfd's wait queue runs when somebody signals
 * the eventfd, with the queue's lock held and interrupts off. It sets the bits
 * and rings.
 *
 * The words with the bits are changed by another kernel at the same time. A
 * host that is left with one CPU may have patched the lock prefixes out of its
 * own atomics, so only xchg and the sync_ operations may touch them.
 */
#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <asm/cmpxchg.h>
#include <asm/sync_bitops.h>

#include "compat.h"
#include "internal.h"

/* Then the cell is suspected of changing the word all the time. */
#define OR_TRIES	16

/**
 * struct comb_event - one assignment
 * @cell: that it is about; kept by the open file that owns the assignment
 * @owner: list of its open file, which is also what tells owners apart
 * @node: in @owner
 * @slot: that points here, NULL when the assignment has ended
 * @ctx: a reference to the eventfd, but not to its file
 * @kind: enum comb_event_kind
 * @device: with @queue what COMB_EVENT_CALL notifies
 * @queue: see @device
 * @rcu: defers the end of all but calls, which nobody reads under RCU
 * @wait: calls: in the eventfd's wait queue
 * @closed: calls: queued when the eventfd's last file is closed
 */
struct comb_event {
	struct comb_cell *cell;
	struct list_head *owner;
	struct list_head node;
	struct comb_event __rcu **slot;
	struct eventfd_ctx *ctx;
	u32 kind;
	u16 device;
	u16 queue;
	struct rcu_head rcu;
	wait_queue_entry_t wait;
	struct work_struct closed;
};

/* The assignments of one device; made with the first, freed with the cell. */
struct comb_event_table {
	struct comb_event __rcu *kicks[COMB_QUEUES_MAX];
	struct comb_event __rcu *calls[COMB_QUEUES_MAX];
};

/* Guards all slots and lists of all cells; interrupts only read slots. */
static DEFINE_MUTEX(events_lock);
static struct workqueue_struct *closed_queue;

/*
 * Set bits, return the whole word as it was. A cell that gets in between time
 * and again does not stop us: then 0, which costs no more than a ring too many.
 */
static u64 word_or(u64 *word, unsigned int bit)
{
	u64 old = READ_ONCE(*word), seen;
	unsigned int i;

	for (i = 0; i < OR_TRIES; i++) {
		seen = sync_cmpxchg(word, old, old | BIT_ULL(bit));
		if (seen == old)
			return old;
		old = seen;
	}
	sync_set_bit(bit, (unsigned long *)word);
	return 0;
}

/* Which doorbell the cell wants for this queue. */
static u32 route(struct comb_mailbox_host *mailbox, u16 device, u16 queue)
{
	struct comb_routes *routes = (void *)mailbox + COMB_MAILBOX_ROUTES_OFF;
	u32 which = READ_ONCE(routes->doorbell[device][queue]);

	if (which >= COMB_DOORBELLS_MAX ||
	    which >= READ_ONCE(comb_mailbox_cell(mailbox)->nr_doorbells))
		return 0;
	return which;
}

/* Any context. Without a running cell nobody is to be notified. */
static void cell_notify(struct comb_cell *cell, u16 device, u16 queue)
{
	struct comb_mailbox_host *mailbox;
	struct comb_pending *pending;
	u32 which;

	rcu_read_lock();
	mailbox = rcu_dereference(cell->mailbox);
	if (mailbox && READ_ONCE(cell->ringing)) {
		which = route(mailbox, device, queue);
		pending = (void *)mailbox + COMB_MAILBOX_CELL_PENDING_OFF;
		pending += which;
		sync_set_bit(queue, (unsigned long *)&pending->queues[device]);
		if (!word_or(&pending->devices, device))
			comb_doorbell_ring(cell, which);
	}
	rcu_read_unlock();
}

/* The eventfd has been signalled or closed; its wait queue is locked. */
static int event_woken(wait_queue_entry_t *wait, unsigned int mode, int sync, void *key)
{
	struct comb_event *event = container_of(wait, struct comb_event, wait);
	__poll_t what = key_to_poll(key);
	u64 count;

	if (what & EPOLLIN) {
		/* So it never becomes full, and nobody else takes it for news. */
		eventfd_ctx_do_read(event->ctx, &count);
		cell_notify(event->cell, event->device, event->queue);
	}
	if (what & EPOLLHUP)
		queue_work(closed_queue, &event->closed);
	return 0;
}

struct event_poll {
	poll_table table;
	struct comb_event *event;
};

static void event_queue(struct file *file, wait_queue_head_t *head, poll_table *table)
{
	add_wait_queue(head, &container_of(table, struct event_poll, table)->event->wait);
}

static void event_attach(struct comb_event *event, struct comb_event __rcu **slot,
			 struct file *file)
{
	struct event_poll poll = { .event = event };

	lockdep_assert_held(&events_lock);
	event->slot = slot;
	list_add(&event->node, event->owner);
	rcu_assign_pointer(*slot, event);
	if (event->kind != COMB_EVENT_CALL)
		return;
	init_poll_funcptr(&poll.table, event_queue);
	if (vfs_poll(file, &poll.table) & EPOLLIN)
		cell_notify(event->cell, event->device, event->queue);
}

/* The slot points elsewhere already. */
static void event_detach(struct comb_event *event)
{
	u64 count;

	lockdep_assert_held(&events_lock);
	event->slot = NULL;
	list_del(&event->node);
	/* event_woken() has returned, and is not called again. */
	if (event->kind == COMB_EVENT_CALL)
		eventfd_ctx_remove_wait_queue(event->ctx, &event->wait, &count);
}

static void event_free(struct comb_event *event)
{
	eventfd_ctx_put(event->ctx);
	kfree(event);
}

static void event_free_rcu(struct rcu_head *rcu)
{
	event_free(container_of(rcu, struct comb_event, rcu));
}

/* After event_detach(), without events_lock. */
static void event_put(struct comb_event *event)
{
	if (event->kind == COMB_EVENT_CALL) {
		flush_work(&event->closed);
		event_free(event);
	} else {
		call_rcu(&event->rcu, event_free_rcu);
	}
}

/* Whoever detaches an event frees it; others wait in flush_work() for this to end. */
static void event_closed(struct work_struct *work)
{
	struct comb_event *event = container_of(work, struct comb_event, closed);
	bool ours;

	mutex_lock(&events_lock);
	ours = event->slot;
	if (ours) {
		RCU_INIT_POINTER(*event->slot, NULL);
		event_detach(event);
	}
	mutex_unlock(&events_lock);
	if (ours)
		event_free(event);
}

static struct comb_event *event_new(struct comb_cell *cell, struct list_head *owner,
				    const struct comb_cell_event *arg, struct file *file)
{
	struct comb_event *event = kzalloc(sizeof(*event), GFP_KERNEL_ACCOUNT);

	if (!event)
		return ERR_PTR(-ENOMEM);
	event->ctx = eventfd_ctx_fileget(file);
	if (IS_ERR(event->ctx)) {
		void *err = event->ctx;

		kfree(event);
		return err;
	}
	event->cell = cell;
	event->owner = owner;
	event->kind = arg->kind;
	event->device = arg->device;
	event->queue = arg->queue;
	init_waitqueue_func_entry(&event->wait, event_woken);
	INIT_WORK(&event->closed, event_closed);
	return event;
}

static struct comb_event __rcu **slot_find(struct comb_cell *cell,
					   const struct comb_cell_event *arg)
{
	struct comb_event_table *table;

	lockdep_assert_held(&events_lock);
	if (arg->kind == COMB_EVENT_MESSAGES)
		return &cell->messages;
	table = rcu_dereference_protected(cell->event_tables[arg->device],
					  lockdep_is_held(&events_lock));
	if (!table) {
		table = kzalloc(sizeof(*table), GFP_KERNEL_ACCOUNT);
		if (!table)
			return NULL;
		rcu_assign_pointer(cell->event_tables[arg->device], table);
	}
	return arg->kind == COMB_EVENT_KICK ? &table->kicks[arg->queue] :
					      &table->calls[arg->queue];
}

/* Returns what was there before, to be put. @new may be NULL, then @file is, too. */
static struct comb_event *event_swap(struct comb_cell *cell, struct list_head *owner,
				     const struct comb_cell_event *arg, struct comb_event *new,
				     struct file *file)
{
	struct comb_event __rcu **slot;
	struct comb_event *old;

	if (READ_ONCE(cell->phase) == PHASE_DEAD)
		return ERR_PTR(-ENODEV);
	slot = slot_find(cell, arg);
	if (!slot)
		return ERR_PTR(-ENOMEM);
	old = rcu_dereference_protected(*slot, lockdep_is_held(&events_lock));
	if (old && old->owner != owner)
		return ERR_PTR(-EBUSY);
	if (!old && !new)
		return ERR_PTR(-ENOENT);
	/* The new one first, so that no signal falls between them. */
	if (new)
		event_attach(new, slot, file);
	else
		RCU_INIT_POINTER(*slot, NULL);
	if (old)
		event_detach(old);
	return old;
}

static int event_set(struct comb_cell *cell, struct list_head *owner,
		     const struct comb_cell_event *arg, struct file *file)
{
	struct comb_event *new = NULL, *old = ERR_PTR(-EINTR);

	if (file) {
		new = event_new(cell, owner, arg, file);
		if (IS_ERR(new))
			return PTR_ERR(new);
	}
	if (!mutex_lock_killable(&events_lock)) {
		old = event_swap(cell, owner, arg, new, file);
		mutex_unlock(&events_lock);
	}
	if (IS_ERR(old)) {
		/* Nobody has seen the new one. */
		if (new)
			event_free(new);
		return PTR_ERR(old);
	}
	if (old)
		event_put(old);
	return 0;
}

static bool arg_is_valid(const struct comb_cell_event *arg)
{
	if (arg->flags)
		return false;
	switch (arg->kind) {
	case COMB_EVENT_MESSAGES:
		return !arg->device && !arg->queue;
	case COMB_EVENT_KICK:
	case COMB_EVENT_CALL:
		return arg->device && arg->device < COMB_DEVICES_MAX &&
		       arg->queue < COMB_QUEUES_MAX;
	}
	return false;
}

/**
 * comb_event_set() - COMB_CELL_SET_EVENT
 * @cell: to which the caller holds a reference, until comb_events_end()
 * @owner: list of the open file
 * @arg: the request
 *
 * Return: 0; -EINVAL, -EBADF, -EBUSY, -ENOENT, -ENODEV, -EINTR as in comb.h;
 * -ENOMEM.
 */
int comb_event_set(struct comb_cell *cell, struct list_head *owner,
		   const struct comb_cell_event *arg)
{
	struct file *file = NULL;
	int err;

	if (!arg_is_valid(arg))
		return -EINVAL;
	if (arg->fd != -1) {
		file = eventfd_fget(arg->fd);
		if (IS_ERR(file))
			return -EBADF;
	}
	err = event_set(cell, owner, arg, file);
	if (file)
		fput(file);
	return err;
}

/**
 * comb_events_end() - end all assignments of an open file
 * @owner: its list
 */
void comb_events_end(struct list_head *owner)
{
	struct comb_event *event, *next;
	LIST_HEAD(ended);

	mutex_lock(&events_lock);
	list_for_each_entry_safe(event, next, owner, node) {
		RCU_INIT_POINTER(*event->slot, NULL);
		event_detach(event);
		list_add(&event->node, &ended);
	}
	mutex_unlock(&events_lock);
	list_for_each_entry_safe(event, next, &ended, node)
		event_put(event);
}

/**
 * comb_event_messages() - the cell has sent messages
 * @cell: the cell
 *
 * Any context, inside rcu_read_lock().
 */
void comb_event_messages(struct comb_cell *cell)
{
	struct comb_event *event = rcu_dereference(cell->messages);

	if (event)
		compat_eventfd_signal(event->ctx);
}

static void queues_kick(struct comb_cell *cell, unsigned int device, u64 queues)
{
	struct comb_event_table *table = rcu_dereference(cell->event_tables[device]);

	while (table && queues) {
		struct comb_event *event = rcu_dereference(table->kicks[__ffs64(queues)]);

		queues &= queues - 1;
		if (event)
			compat_eventfd_signal(event->ctx);
	}
}

/**
 * comb_event_kicks() - take the cell's notifications of queues
 * @cell: the cell
 * @mailbox: its mailbox
 *
 * Any context, inside rcu_read_lock(). However fast the cell sets bits, each
 * eventfd is signalled once at most. Bits without an eventfd are dropped.
 */
void comb_event_kicks(struct comb_cell *cell, struct comb_mailbox_host *mailbox)
{
	struct comb_pending *pending = (void *)mailbox + COMB_MAILBOX_HOST_PENDING_OFF;
	unsigned int device;
	u64 devices;

	if (!READ_ONCE(pending->devices))
		return;
	/* The upper half means nothing. */
	devices = xchg(&pending->devices, 0) & GENMASK_ULL(COMB_DEVICES_MAX - 1, 0);
	while (devices) {
		device = __ffs64(devices);
		devices &= devices - 1;
		queues_kick(cell, device, xchg(&pending->queues[device], 0));
	}
}

/* comb_events_free() - with the last reference to a cell */
void comb_events_free(struct comb_cell *cell)
{
	unsigned int i;

	for (i = 0; i < COMB_DEVICES_MAX; i++)
		kfree(rcu_dereference_protected(cell->event_tables[i], true));
}

int comb_events_init(void)
{
	closed_queue = alloc_workqueue("comb", WQ_UNBOUND, 0);
	return closed_queue ? 0 : -ENOMEM;
}

void comb_events_exit(void)
{
	destroy_workqueue(closed_queue);
	/* event_free_rcu() */
	rcu_barrier();
}
