// SPDX-License-Identifier: GPL-2.0-only
/*
 * start.c - start the first CPU of a cell
 *
 * The trampoline takes the first page of the low-memory slice. Its page tables
 * are pages of the host, which stay allocated while the cell exists: in the
 * slice they would be overwritten by the next start in it, or by the
 * trampoline of another kernel that shares it.
 */
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <asm/pgtable_types.h>

#include "internal.h"
#include "trampoline.h"

#define MAP_MAX		(1ULL << 30)
/* Virtual = physical needs a canonical address in the lower half, with 4 levels. */
#define ADDRESS_MAX	(1ULL << 47)

static u64 *table_new(struct comb_cell *cell)
{
	struct page *page;

	if (WARN_ON_ONCE(cell->nr_tables == COMB_TABLES_MAX))
		return NULL;
	/* The trampoline loads CR3 in 32-bit mode. */
	page = alloc_page(GFP_KERNEL | GFP_DMA32 | __GFP_ZERO);
	if (!page)
		return NULL;
	cell->tables[cell->nr_tables++] = page;
	return page_address(page);
}

void comb_tables_free(struct comb_cell *cell)
{
	while (cell->nr_tables)
		__free_page(cell->tables[--cell->nr_tables]);
}

static u64 *table_next(struct comb_cell *cell, u64 *entry)
{
	u64 *table;

	if (*entry & _PAGE_PRESENT)
		return __va(*entry & PAGE_MASK);
	table = table_new(cell);
	if (table)
		*entry = __pa(table) | _PAGE_PRESENT | _PAGE_RW;
	return table;
}

/* Map the 2 MiB at @address to themselves. */
static int map_unit(struct comb_cell *cell, u64 address)
{
	u64 *table = page_address(cell->tables[0]);

	table = table_next(cell, &table[(address >> 39) & 511]);
	if (!table)
		return -ENOMEM;
	table = table_next(cell, &table[(address >> 30) & 511]);
	if (!table)
		return -ENOMEM;
	table[(address >> 21) & 511] = address | _PAGE_PRESENT | _PAGE_RW | _PAGE_PSE;
	return 0;
}

static int tables_build(struct comb_cell *cell, u64 start, u64 bytes)
{
	u64 done;
	int err;

	if (!table_new(cell))
		return -ENOMEM;
	err = map_unit(cell, 0);
	for (done = 0; done < bytes && !err; done += COMB_MEMORY_UNIT)
		err = map_unit(cell, start + done);
	if (err)
		comb_tables_free(cell);
	return err;
}

/* Returns where the CPU reports that it is on its way. */
static const u32 *trampoline_write(struct comb_cell *cell, const struct comb_cell_start *arg)
{
	phys_addr_t base = cell->slice->start;
	void *page = __va(base);
	struct trampoline_args *args = page + (comb_trampoline_args - comb_trampoline);

	memcpy(page, comb_trampoline, comb_trampoline_end - comb_trampoline);
	*args = (struct trampoline_args){
		.base = base,
		.cr3 = page_to_phys(cell->tables[0]),
		.entry = arg->entry,
		.boot_params = arg->boot_params,
		.far32 = {
			.offset = base + (comb_trampoline32 - comb_trampoline),
			.selector = TRAMPOLINE_CODE32,
		},
		.far64 = {
			.offset = base + (comb_trampoline64 - comb_trampoline),
			.selector = TRAMPOLINE_CODE64,
		},
		.gdt_limit = comb_trampoline_args - comb_trampoline_gdt - 1,
		.gdt_base = base + (comb_trampoline_gdt - comb_trampoline),
	};
	return page + (comb_trampoline_args - comb_trampoline) + ARGS_REACHED;
}

static int arg_check(struct comb_cell *cell, const struct comb_cell_start *arg)
{
	u64 map_end;

	if (!arg->map_bytes || arg->map_bytes > MAP_MAX ||
	    !IS_ALIGNED(arg->map_start | arg->map_bytes, COMB_MEMORY_UNIT) ||
	    check_add_overflow(arg->map_start, arg->map_bytes, &map_end) ||
	    map_end > ADDRESS_MAX || !comb_cell_owns(cell, arg->map_start, arg->map_bytes))
		return -EINVAL;
	if (arg->entry < arg->map_start || arg->entry >= map_end)
		return -EINVAL;
	if (!PAGE_ALIGNED(arg->boot_params) || arg->boot_params < arg->map_start ||
	    arg->boot_params >= map_end)
		return -EINVAL;
	return 0;
}

static struct comb_mailbox_host *mailbox_check(struct comb_cell *cell, u64 offset)
{
	struct comb_mailbox_host *mailbox;

	if (!PAGE_ALIGNED(offset))
		return ERR_PTR(-EINVAL);
	mailbox = comb_cell_address(cell, offset, COMB_MAILBOX_SIZE);
	if (!mailbox)
		return ERR_PTR(-EINVAL);
	if (READ_ONCE(mailbox->magic) != COMB_MAILBOX_MAGIC ||
	    READ_ONCE(mailbox->version) != COMB_MAILBOX_VERSION ||
	    READ_ONCE(mailbox->size) != COMB_MAILBOX_SIZE ||
	    READ_ONCE(mailbox->cell_id) != cell->id)
		return ERR_PTR(-EBADMSG);
	return mailbox;
}

static void members_run(struct comb_cell *cell)
{
	unsigned int i;

	/* All of them: the cell's kernel starts the others by itself. */
	for (i = 0; i < cell->nr_cpus; i++)
		cell->members[i].stopped = false;
}

static int boot_cpu_start(struct comb_cell *cell, const struct comb_cell_start *arg)
{
	int err;

	mutex_lock(&cell->slice->start_lock);
	err = comb_cpu_start(cell, cell->members[0].id.cpu, cell->slice->start,
			     trampoline_write(cell, arg));
	mutex_unlock(&cell->slice->start_lock);
	return err;
}

/**
 * comb_cell_start() - COMB_CELL_START
 * @cell: whose lock is held
 * @arg: the request
 *
 * Return: 0; -EINPROGRESS, -ENODATA, -EINVAL, -EBADMSG, -ETIMEDOUT as in
 * comb.h; -ENOMEM; -EIO if nothing could be sent to the CPU. After all errors
 * of the CPU the cell is lost.
 */
int comb_cell_start(struct comb_cell *cell, const struct comb_cell_start *arg)
{
	struct comb_mailbox_host *mailbox;
	int err;

	lockdep_assert_held(&cell->lock);
	if (cell->phase != PHASE_LOADING)
		return -EINPROGRESS;
	if (!cell->nr_cpus || !cell->nr_ranges || !cell->slice)
		return -ENODATA;
	err = arg_check(cell, arg);
	if (err)
		return err;
	mailbox = mailbox_check(cell, arg->mailbox_offset);
	if (IS_ERR(mailbox))
		return PTR_ERR(mailbox);
	err = tables_build(cell, arg->map_start, arg->map_bytes);
	if (err)
		return err;

	WRITE_ONCE(comb_mailbox_cell(mailbox)->state, COMB_STATE_BOOTING);
	comb_doorbell_add(cell, mailbox);
	cell->mailbox_offset = arg->mailbox_offset;
	cell->started_ns = ktime_get_boottime_ns();
	members_run(cell);
	err = boot_cpu_start(cell, arg);
	/* The list of CPUs stays as it is from here on. */
	smp_store_release(&cell->ringing, !err);
	WRITE_ONCE(cell->phase, err ? PHASE_LOST : PHASE_STARTED);
	comb_cell_event(cell);
	if (err)
		pr_err("CPU %u does not start cell %s: error %d\n", cell->members[0].id.cpu,
		       cell->name, err);
	return err == -EPERM ? -EIO : err;
}
