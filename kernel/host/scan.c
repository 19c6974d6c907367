// SPDX-License-Identifier: GPL-2.0-only
/*
 * scan.c - find and take contiguous RAM on one NUMA node
 *
 * The unit is COMB_MEMORY_UNIT, which is also a pageblock. A look at the page
 * flags tells units that alloc_contig_range() would refuse from those it may
 * empty; the look is cheap and may be wrong, alloc_contig_range() decides. But
 * it must never see a hole or another zone: it does not check and oopses.
 */
#include <linux/bitmap.h>
#include <linux/memory_hotplug.h>
#include <linux/mmzone.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "compat.h"
#include "internal.h"

#define LOWEST_PFN	((16UL << 20) >> PAGE_SHIFT)
/* A unit may be refused for a moment only: its pages were on the way to an LRU list. */
#define TRIES		2

/**
 * struct comb_scan - what is known of a node
 * @nid: the node
 * @first: unit number of the lowest unit
 * @units: how many units the node spans
 * @known: units that have been looked at
 * @good: of these, the ones worth a try
 */
struct comb_scan {
	int nid;
	unsigned long first;
	unsigned long units;
	unsigned long *known;
	unsigned long *good;
};

static unsigned long unit_pfn(const struct comb_scan *scan, unsigned long unit)
{
	return (scan->first + unit) * UNIT_PAGES;
}

/* How many pages this one stands for; 0 if it cannot be moved away. */
static unsigned long page_step(struct page *page)
{
	if (PageReserved(page) || PageSlab(page))
		return 0;
	if (PageBuddy(page)) {
		/* Racy: the page may be taken while we look. */
		unsigned long order = READ_ONCE(page->private);

		return order < ilog2(UNIT_PAGES) ? 1UL << order : UNIT_PAGES;
	}
	return !page_ref_count(page) || PageLRU(page);
}

static bool unit_look(const struct comb_scan *scan, unsigned long unit)
{
	unsigned long pfn = unit_pfn(scan, unit), i, step;
	struct page *first = pfn_to_online_page(pfn);

	if (pfn < LOWEST_PFN || !first || !pfn_to_online_page(pfn + UNIT_PAGES - 1))
		return false;
	if (page_zonenum(first) == ZONE_DMA || page_zonenum(first) == ZONE_DEVICE)
		return false;
	for (i = 0; i < UNIT_PAGES; i += step) {
		struct page *page = pfn_to_page(pfn + i);

		if (page_to_nid(page) != scan->nid || page_zonenum(page) != page_zonenum(first))
			return false;
		step = page_step(page);
		if (!step)
			return false;
	}
	return true;
}

static bool unit_is_good(struct comb_scan *scan, unsigned long unit)
{
	if (!__test_and_set_bit(unit, scan->known) && unit_look(scan, unit))
		__set_bit(unit, scan->good);
	return test_bit(unit, scan->good);
}

static bool same_zone(const struct comb_scan *scan, unsigned long a, unsigned long b)
{
	return page_zonenum(pfn_to_page(unit_pfn(scan, a))) ==
	       page_zonenum(pfn_to_page(unit_pfn(scan, b)));
}

/* Length of the run of good units below @end, at most @wanted. */
static unsigned long run_length(struct comb_scan *scan, unsigned long end, unsigned long wanted)
{
	unsigned long n = 0;

	while (n < wanted && n < end && unit_is_good(scan, end - 1 - n) &&
	       same_zone(scan, end - 1, end - 1 - n)) {
		n++;
		cond_resched();
	}
	return n;
}

/**
 * comb_scan_new() - prepare a search
 * @nid: an online node
 *
 * Return: the search, to be freed with comb_scan_free(), or ERR_PTR(-ENOMEM).
 */
struct comb_scan *comb_scan_new(int nid)
{
	unsigned long start = node_start_pfn(nid), end = node_end_pfn(nid);
	struct comb_scan *scan = kzalloc(sizeof(*scan), GFP_KERNEL);

	if (!scan)
		return ERR_PTR(-ENOMEM);
	scan->nid = nid;
	scan->first = DIV_ROUND_UP(start, UNIT_PAGES);
	if (end / UNIT_PAGES > scan->first)
		scan->units = end / UNIT_PAGES - scan->first;
	scan->known = kvcalloc(BITS_TO_LONGS(scan->units) + 1, sizeof(long), GFP_KERNEL);
	scan->good = kvcalloc(BITS_TO_LONGS(scan->units) + 1, sizeof(long), GFP_KERNEL);
	if (!scan->known || !scan->good) {
		comb_scan_free(scan);
		return ERR_PTR(-ENOMEM);
	}
	return scan;
}

void comb_scan_free(struct comb_scan *scan)
{
	kvfree(scan->good);
	kvfree(scan->known);
	kfree(scan);
}

/**
 * comb_scan_longest() - length of the longest run of good units
 * @scan: the search
 */
unsigned long comb_scan_longest(struct comb_scan *scan)
{
	unsigned long end = scan->units, longest = 0;

	while (end) {
		unsigned long n = run_length(scan, end, end);

		longest = max(longest, n);
		end -= max(n, 1UL);
		cond_resched();
	}
	return longest;
}

static int range_alloc(unsigned long pfn, unsigned long nr)
{
	const gfp_t gfp = GFP_KERNEL | __GFP_RETRY_MAYFAIL | __GFP_NOWARN;
	int err = -EBUSY, tries;

	for (tries = 0; tries < TRIES && err == -EBUSY; tries++) {
		if (fatal_signal_pending(current))
			return -EINTR;
		err = compat_alloc_contig(pfn, pfn + nr, gfp);
		cond_resched();
	}
	return err;
}

/**
 * comb_scan_take() - take one contiguous range
 * @scan: the search
 * @units: its length in units, not 0
 * @pfn: out: its first page frame
 *
 * From the top of the node down, so that the host keeps memory which devices
 * with short addresses can reach. The pages are the caller's, each with one
 * reference; the kernel has cleared them if it always does.
 *
 * Return: 0; -EBUSY there is none; -EINTR a fatal signal arrived; -ENOMEM.
 */
int comb_scan_take(struct comb_scan *scan, unsigned long units, unsigned long *pfn)
{
	unsigned long end = scan->units, step = max(units / 8, 1UL);

	while (end >= units) {
		unsigned long n = run_length(scan, end, units);
		int err;

		if (n < units) {
			/* Not even the unit that ends the run can be part of one. */
			end -= n + (n < end && !unit_is_good(scan, end - 1 - n));
			cond_resched();
			continue;
		}
		*pfn = unit_pfn(scan, end - units);
		err = range_alloc(*pfn, units * UNIT_PAGES);
		if (!err) {
			bitmap_clear(scan->good, end - units, units);
			return 0;
		}
		if (err == -EINTR)
			return err;
		end -= min(end, step);
	}
	return -EBUSY;
}
