// SPDX-License-Identifier: GPL-2.0-only
/*
 * lowmem.c - slices of RAM below 1 MiB
 *
 * A stock x86-64 kernel panics if it finds no RAM below 1 MiB for its own
 * trampoline, and a start-up IPI can only reach code there. Linux reserves all
 * of it at boot (so the pages are PageReserved) and uses no more than its own
 * trampoline, which find_host_trampoline() looks for.
 *
 * A slice may be shared by cells of one CPU each: their kernels copy their
 * trampolines there but never run them, as they have no second CPU, and the
 * other users (resume from suspend, reboot through the BIOS) are out of reach
 * with Comb's ACPI tables and EFI runtime. What such kernels store over each
 * other is never read. Comb's own trampoline is read for some microseconds at
 * a start; it sits in the first page of the slice, and kernels take the top of
 * it (memblock allocates downwards; the largest known trampoline has 24 KiB).
 * One thing is left: on a CPU with 5-level paging the decompressor turns that
 * on by code at the top of the slice. Whoever starts a cell of one CPU gives it
 * "no5lvl": that it has the slice for itself now does not mean that it keeps it.
 */
#include <linux/bitmap.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "internal.h"

/* Kernels reserve the first 64 KiB against the firmware: useless for them. */
#define SLICES_START		0x10000
#define LOW_END			0x9f000
#define SLICES_MAX		((LOW_END - SLICES_START) / COMB_LOW_SIZE)
/* The word at this address tells where the extended BIOS data area begins, / 16. */
#define EBDA_POINTER		0x40e
/* The host's real-mode blob ends with this (arch/x86/realmode/rm) and is shorter than that. */
#define HOST_SIGNATURE		0x65a22c82
#define HOST_BLOB_MAX		0x10000

static struct comb_slice slices[SLICES_MAX];
static unsigned int nr_slices;
static DEFINE_MUTEX(slices_lock);

/* One page for proofs that a CPU has stopped, see cpu.c. */
phys_addr_t comb_park_page;

/*
 * All of the page is RAM in the kernel's map, which is the firmware's less what
 * the command line excludes, and nobody has got it: it was reserved at boot.
 */
static bool page_is_usable(u64 start, u64 end, const unsigned long *taken)
{
	unsigned long pfn = PHYS_PFN(start);

	return start + PAGE_SIZE <= end && !test_bit(pfn, taken) && page_is_ram(pfn) &&
	       pfn_valid(pfn) && PageReserved(pfn_to_page(pfn));
}

/* Mark the pages of every blob with the signature; false if there is none. */
static bool find_host_trampoline(unsigned long *taken)
{
	const u32 *low = __va(0);
	bool found = false;
	u32 at;

	for (at = PAGE_SIZE; at < LOW_END; at += sizeof(*low)) {
		u32 first;

		if (low[at / sizeof(*low)] != HOST_SIGNATURE)
			continue;
		found = true;
		first = PHYS_PFN(at > HOST_BLOB_MAX ? at - HOST_BLOB_MAX : 0);
		bitmap_set(taken, first, PHYS_PFN(at) - first + 1);
	}
	return found;
}

static u64 low_end(void)
{
	u64 ebda = (u64)*(u16 *)__va(EBDA_POINTER) << 4;

	/* Firmware without an EBDA leaves anything in the pointer. */
	return ebda >= SLICES_START && ebda < LOW_END ? round_down(ebda, PAGE_SIZE) : LOW_END;
}

static void find_slices(const unsigned long *taken)
{
	u64 end = low_end(), start = end, page;

	/* From the top: firmware that scribbles does it at the bottom. */
	for (page = end; page > SLICES_START; page -= PAGE_SIZE) {
		if (!page_is_usable(page - PAGE_SIZE, end, taken)) {
			start = page - PAGE_SIZE;
			continue;
		}
		if (start - (page - PAGE_SIZE) < COMB_LOW_SIZE)
			continue;
		start = page - PAGE_SIZE;
		slices[nr_slices].start = start;
		mutex_init(&slices[nr_slices].start_lock);
		nr_slices++;
	}
}

/* Below the slices if possible; the code is written anew for each use. */
static bool find_park_page(const unsigned long *taken)
{
	u64 page;

	for (page = SLICES_START - PAGE_SIZE; page >= PAGE_SIZE; page -= PAGE_SIZE) {
		if (page_is_usable(page, LOW_END, taken)) {
			comb_park_page = page;
			return true;
		}
	}
	if (!nr_slices)
		return false;
	comb_park_page = slices[--nr_slices].start;
	return true;
}

/**
 * comb_lowmem_init() - find the slices
 *
 * Return: 0, or -ENODEV if there are none or the host's own trampoline, which
 * must not be overwritten, cannot be found.
 */
int comb_lowmem_init(void)
{
	DECLARE_BITMAP(taken, LOW_END >> PAGE_SHIFT) = { 0 };

	if (!find_host_trampoline(taken)) {
		pr_err("this kernel's own real-mode trampoline is not below 1 MiB: not safe here\n");
		return -ENODEV;
	}
	find_slices(taken);
	if (!find_park_page(taken) || !nr_slices) {
		pr_err("no free RAM below 1 MiB\n");
		return -ENODEV;
	}
	pr_info("%u low-memory slices\n", nr_slices);
	return 0;
}

static struct comb_slice *slice_find(bool shared)
{
	unsigned int i, best = nr_slices;

	for (i = 0; i < nr_slices; i++) {
		if (!shared && !slices[i].users)
			return &slices[i];
		if (!shared || slices[i].exclusive || !slices[i].users)
			continue;
		if (best == nr_slices || slices[i].users < slices[best].users)
			best = i;
	}
	return best < nr_slices ? &slices[best] : NULL;
}

static void slice_get(struct comb_cell *cell, struct comb_slice *slice, bool exclusive)
{
	if (!slice->users++)
		memset(__va(slice->start), 0, COMB_LOW_SIZE);
	slice->exclusive = exclusive;
	cell->slice = slice;
}

static void slice_put(struct comb_cell *cell)
{
	struct comb_slice *slice = cell->slice;

	cell->slice = NULL;
	slice->exclusive = false;
	if (!--slice->users)
		memset(__va(slice->start), 0, COMB_LOW_SIZE);
}

/* A cell that needs a slice for itself from now on can still move: it has not started. */
static int slice_own(struct comb_cell *cell)
{
	struct comb_slice *unused;

	if (cell->slice->users == 1) {
		cell->slice->exclusive = true;
		return 0;
	}
	unused = slice_find(false);
	if (!unused)
		return -ENOSPC;
	slice_put(cell);
	slice_get(cell, unused, true);
	return 0;
}

static int slice_take(struct comb_cell *cell, bool exclusive)
{
	struct comb_slice *slice = slice_find(false);

	if (!slice && !exclusive)
		slice = slice_find(true);
	if (!slice)
		return -ENOSPC;
	slice_get(cell, slice, exclusive);
	return 0;
}

/**
 * comb_low_take() - the low memory a cell needs for this many CPUs
 * @cell: whose lock is held; not started
 * @nr_cpus: how many it will have, not 0
 * @own: even with one CPU it must have a slice for itself, as long as it lives
 *
 * Return: 0, or -ENOSPC.
 */
int comb_low_take(struct comb_cell *cell, unsigned int nr_cpus, bool own)
{
	bool exclusive = own || cell->low_own || nr_cpus > 1;
	int err = 0;

	lockdep_assert_held(&cell->lock);
	mutex_lock(&slices_lock);
	if (!cell->slice)
		err = slice_take(cell, exclusive);
	else if (exclusive)
		err = slice_own(cell);
	if (!err)
		cell->low_own |= own;
	mutex_unlock(&slices_lock);
	return err;
}

/**
 * comb_low_shrink() - undo comb_low_take(): the cell did not get its CPUs
 * @cell: whose lock is held
 * @nr_cpus: how many it has
 */
void comb_low_shrink(struct comb_cell *cell, unsigned int nr_cpus)
{
	lockdep_assert_held(&cell->lock);
	mutex_lock(&slices_lock);
	if (cell->slice && !nr_cpus)
		slice_put(cell);
	else if (cell->slice && nr_cpus == 1)
		cell->slice->exclusive = cell->low_own;
	mutex_unlock(&slices_lock);
}

/**
 * comb_low_return() - give the slice back, cleared by its last user
 * @cell: whose lock is held; no CPU of it runs any more
 */
void comb_low_return(struct comb_cell *cell)
{
	comb_low_shrink(cell, 0);
}

bool comb_low_shared(struct comb_cell *cell)
{
	bool shared;

	mutex_lock(&slices_lock);
	shared = cell->slice && cell->slice->users > 1;
	mutex_unlock(&slices_lock);
	return shared;
}

void comb_low_count(unsigned int *total, unsigned int *unused)
{
	unsigned int i;

	*total = nr_slices;
	*unused = 0;
	mutex_lock(&slices_lock);
	for (i = 0; i < nr_slices; i++)
		*unused += !slices[i].users;
	mutex_unlock(&slices_lock);
}
