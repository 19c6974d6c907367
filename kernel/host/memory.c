// SPDX-License-Identifier: GPL-2.0-only
/*
 * memory.c - take RAM from the host and give it back
 */
#include <linux/fs.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/slab.h>
#include <linux/topology.h>

#include "internal.h"

/* The host keeps at least this much, whatever its watermarks say. */
#define HOST_RESERVE	(64UL << 20)
/* The first pass over the nodes does not take smaller pieces of what is missing. */
#define COARSE		16

static atomic64_t lent_bytes;

u64 comb_memory_lent(void)
{
	return atomic64_read(&lent_bytes);
}

/* The same wish in units, while it comes true. */
struct wish {
	struct comb_cell *cell;
	unsigned long left;
	unsigned long min;
	bool full;		/* more ranges would be needed than a cell can have */
};

/* Whether the kernel has cleared what alloc_contig_range() returns. */
static bool pages_are_clear(void)
{
	return want_init_on_alloc(GFP_KERNEL) || want_init_on_free();
}

static void range_clear(unsigned long pfn, unsigned long nr)
{
	unsigned long i;

	for (i = 0; i < nr; i++) {
		clear_highpage(pfn_to_page(pfn + i));
		if (i % UNIT_PAGES == 0)
			cond_resched();
	}
}

/* The pages are ours: clear them and take them out of the host's account. */
static void range_claim(unsigned long pfn, unsigned long nr)
{
	if (!pages_are_clear())
		range_clear(pfn, nr);
	/* MemTotal counts what the host can use; comb_page_free() adds it again. */
	adjust_managed_page_count(pfn_to_page(pfn), -(long)nr);
	atomic64_add((u64)nr << PAGE_SHIFT, &lent_bytes);
}

/* The reverse. No mapping is left. */
static void range_release(u64 start, u64 bytes)
{
	unsigned long pfn = PHYS_PFN(start), i;

	atomic64_sub(bytes, &lent_bytes);
	for (i = 0; i < PHYS_PFN(bytes); i++) {
		comb_page_free(pfn_to_page(pfn + i));
		if (i % UNIT_PAGES == 0)
			cond_resched();
	}
}

static void range_add(struct comb_cell *cell, unsigned long pfn, unsigned long nr)
{
	range_claim(pfn, nr);
	down_write(&cell->map_lock);
	cell->ranges[cell->nr_ranges++] = (struct comb_range){
		.start = PFN_PHYS(pfn),
		.bytes = (u64)nr << PAGE_SHIFT,
		.offset = cell->bytes,
		.node = page_to_nid(pfn_to_page(pfn)),
	};
	cell->bytes += (u64)nr << PAGE_SHIFT;
	i_size_write(cell->inode, cell->bytes);
	up_write(&cell->map_lock);
}

/* The reverse of range_add(), for the last range. */
static void range_remove(struct comb_cell *cell)
{
	struct comb_range range;

	down_write(&cell->map_lock);
	range = cell->ranges[--cell->nr_ranges];
	cell->bytes -= range.bytes;
	i_size_write(cell->inode, cell->bytes);
	up_write(&cell->map_lock);
	unmap_mapping_range(cell->inode->i_mapping, range.offset, range.bytes, 1);
	range_release(range.start, range.bytes);
}

/**
 * comb_memory_return() - give all RAM of a cell back, cleared
 * @cell: whose lock is held; no CPU of it runs any more
 */
void comb_memory_return(struct comb_cell *cell)
{
	lockdep_assert_held(&cell->lock);
	while (cell->nr_ranges)
		range_remove(cell);
}

/* The largest piece up to @size that leaves no rest below the minimum. */
static unsigned long piece_fit(const struct wish *wish, unsigned long size)
{
	if (size >= wish->left)
		return wish->left;
	if (wish->left - size < wish->min)
		size = wish->left - min(wish->left, wish->min);
	return size >= wish->min ? size : 0;
}

static unsigned long piece_next(const struct wish *wish, struct comb_scan *scan,
				unsigned long size)
{
	unsigned long longest = comb_scan_longest(scan);

	return piece_fit(wish, longest < size ? longest : size / 2);
}

/* Take what this node has, in pieces of at least @floor units. */
static int node_take(struct wish *wish, int nid, unsigned long floor)
{
	struct comb_scan *scan = comb_scan_new(nid);
	unsigned long size = wish->left, pfn;
	int err = 0;

	if (IS_ERR(scan))
		return PTR_ERR(scan);
	while (size && size >= min(floor, wish->left)) {
		if (wish->cell->nr_ranges == COMB_CELL_RANGES_MAX) {
			wish->full = true;
			break;
		}
		err = comb_scan_take(scan, size, &pfn);
		if (err == -EINTR)
			break;
		if (err) {
			err = 0;
			size = piece_next(wish, scan, size);
			continue;
		}
		range_add(wish->cell, pfn, size * UNIT_PAGES);
		wish->left -= size;
		size = piece_fit(wish, size);
	}
	comb_scan_free(scan);
	return err;
}

/* The next node by distance that has not been asked. */
static int node_next(int from, nodemask_t *todo)
{
	int nid, best = NUMA_NO_NODE;

	for_each_node_mask(nid, *todo)
		if (best == NUMA_NO_NODE || node_distance(from, nid) < node_distance(from, best))
			best = nid;
	if (best != NUMA_NO_NODE)
		node_clear(best, *todo);
	return best;
}

static int nodes_take(struct wish *wish, int node, unsigned long floor)
{
	int home = 0, nid, err = 0;
	nodemask_t todo;

	if (node >= 0)
		return node_take(wish, node, floor);
	if (wish->cell->nr_cpus && node_online(wish->cell->members[0].id.node))
		home = wish->cell->members[0].id.node;
	nodes_and(todo, node_states[N_ONLINE], node_states[N_MEMORY]);
	while (wish->left && !err && (nid = node_next(home, &todo)) != NUMA_NO_NODE)
		err = node_take(wish, nid, floor);
	return err;
}

static unsigned long host_reserve(void)
{
	unsigned long high = 0;
	int nid, i;

	for_each_online_node(nid) {
		for (i = 0; i < MAX_NR_ZONES; i++) {
			struct zone *zone = &NODE_DATA(nid)->node_zones[i];

			high += high_wmark_pages(zone);
		}
	}
	return max(high, HOST_RESERVE >> PAGE_SHIFT);
}

/* How much the host can spare, in bytes. */
static u64 host_spare(void)
{
	long available = si_mem_available(), reserve = host_reserve();

	if (available <= reserve)
		return 0;
	return round_down((u64)(available - reserve) << PAGE_SHIFT, COMB_MEMORY_UNIT);
}

static int node_check(int node)
{
	if (node == -1)
		return 0;
	if (node < -1)
		return -EINVAL;
	return node < MAX_NUMNODES && node_state(node, N_MEMORY) && node_online(node) ? 0 : -ENXIO;
}

static int wish_fulfil(struct wish *wish, int node)
{
	int err;

	/* Few large pieces, even from afar, rather than many small ones. */
	err = nodes_take(wish, node, max(wish->left / COARSE, wish->min));
	if (!err && wish->left)
		err = nodes_take(wish, node, wish->min);
	if (err)
		return err;
	if (wish->left)
		return wish->full ? -ENOSPC : -ENOMEM;
	return 0;
}

/**
 * comb_memory_take() - take RAM from the host, all or nothing
 * @cell: whose lock is held
 * @arg: the request; @arg->available is written
 *
 * Return: 0; -EINVAL, -ENXIO, -ENOMEM, -ENOSPC, -EINTR as in comb.h.
 */
int comb_memory_take(struct comb_cell *cell, struct comb_cell_memory *arg)
{
	u64 min_range = arg->min_range ?: COMB_MEMORY_UNIT;
	struct wish wish = {
		.cell = cell,
		.left = arg->bytes / COMB_MEMORY_UNIT,
		.min = min_range / COMB_MEMORY_UNIT,
	};
	unsigned int before = cell->nr_ranges;
	u64 bytes_before = cell->bytes;
	int err;

	lockdep_assert_held(&cell->lock);
	arg->available = 0;
	if (!arg->bytes || !IS_ALIGNED(arg->bytes, COMB_MEMORY_UNIT) ||
	    !IS_ALIGNED(min_range, COMB_MEMORY_UNIT) || min_range > arg->bytes)
		return -EINVAL;
	err = node_check(arg->node);
	if (err)
		return err;
	if (arg->bytes > host_spare()) {
		arg->available = host_spare();
		return -ENOMEM;
	}
	err = wish_fulfil(&wish, arg->node);
	if (err) {
		arg->available = cell->bytes - bytes_before;
		while (cell->nr_ranges > before)
			range_remove(cell);
	}
	return err;
}

/* One contiguous piece on this node. @longest grows to what could be had. */
static int piece_take(int nid, unsigned long units, unsigned long *pfn, unsigned long *longest)
{
	struct comb_scan *scan = comb_scan_new(nid);
	int err;

	if (IS_ERR(scan))
		return PTR_ERR(scan);
	err = comb_scan_take(scan, units, pfn);
	if (err == -EBUSY)
		*longest = max(*longest, min(comb_scan_longest(scan), units - 1));
	comb_scan_free(scan);
	return err;
}

/**
 * comb_memory_take_piece() - take one contiguous piece of RAM from the host
 * @bytes: its length, a multiple of COMB_MEMORY_UNIT, not 0
 * @node: NUMA node, or -1 for the nearest that has it
 * @start: out: its physical address; cleared
 * @available: out: what could be had, after -ENOMEM
 *
 * Return: 0; -ENXIO, -ENOMEM, -EINTR as in comb.h.
 */
int comb_memory_take_piece(u64 bytes, int node, u64 *start, u64 *available)
{
	unsigned long units = bytes / COMB_MEMORY_UNIT, pfn, longest = 0;
	nodemask_t todo;
	int nid, err;

	*available = 0;
	err = node_check(node);
	if (err)
		return err;
	if (bytes > host_spare()) {
		*available = host_spare();
		return -ENOMEM;
	}
	nodes_and(todo, node_states[N_ONLINE], node_states[N_MEMORY]);
	if (node >= 0)
		todo = nodemask_of_node(node);
	err = -ENOMEM;
	while ((nid = node_next(first_online_node, &todo)) != NUMA_NO_NODE) {
		err = piece_take(nid, units, &pfn, &longest);
		if (err != -EBUSY)
			break;
	}
	if (err == -EBUSY) {
		*available = (u64)longest * COMB_MEMORY_UNIT;
		err = -ENOMEM;
	}
	if (err)
		return err;
	range_claim(pfn, units * UNIT_PAGES);
	*start = PFN_PHYS(pfn);
	return 0;
}

/**
 * comb_memory_return_piece() - give it back, cleared
 * @start: from comb_memory_take_piece(); neither mapped nor used by any cell
 * @bytes: its length
 */
void comb_memory_return_piece(u64 start, u64 bytes)
{
	range_release(start, bytes);
}
