// SPDX-License-Identifier: GPL-2.0-or-later
#include "memory.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>

int memory_map(struct memory *memory)
{
	uint64_t bytes = 0;
	void *base;

	if (!memory->nr_ranges || memory->nr_ranges > COMB_CELL_RANGES_MAX)
		goto err_ranges;
	for (unsigned int i = 0; i < memory->nr_ranges; i++) {
		const struct comb_range *range = &memory->ranges[i];
		uint64_t end;

		if (range->offset != bytes || !range->bytes ||
		    __builtin_add_overflow(bytes, range->bytes, &bytes) || bytes > INT64_MAX ||
		    __builtin_add_overflow(range->start, range->bytes, &end))
			goto err_ranges;
	}
	base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory->fd, 0);
	if (base == MAP_FAILED)
		return -1;
	/*
	 * A keeper's crash is no reason to dump a cell, nor need the programs it runs a
	 * copy of page tables of that size. If that cannot be had, it works all the same.
	 */
	madvise(base, bytes, MADV_DONTDUMP);
	madvise(base, bytes, MADV_DONTFORK);
	memory->base = base;
	memory->bytes = bytes;
	return 0;

err_ranges:
	errno = EINVAL;
	return -1;
}

void memory_unmap(struct memory *memory)
{
	if (!memory->base)
		return;
	munmap(memory->base, memory->bytes);
	memory->base = NULL;
}

void *memory_at(const struct memory *memory, uint64_t address, uint64_t bytes)
{
	if (!bytes)
		return NULL;
	for (unsigned int i = 0; i < memory->nr_ranges; i++) {
		const struct comb_range *range = &memory->ranges[i];

		/* No sum of what the cell said can overflow here. */
		if (address < range->start || address - range->start >= range->bytes)
			continue;
		if (bytes > range->bytes - (address - range->start))
			return NULL;
		return memory->base + range->offset + (address - range->start);
	}
	return NULL;
}
