/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memory.h - a cell's RAM in the keeper
 *
 * The cell's physical addresses are the machine's. Its ranges follow each other
 * without gaps in the cell file, which is mapped as a whole. Whatever the cell
 * names is looked up here: nothing outside its own RAM can be reached.
 */
#ifndef KEEPER_MEMORY_H
#define KEEPER_MEMORY_H

#include <stdint.h>

#include <comb.h>

/**
 * struct memory - the mapping
 * @fd: the cell file (or, in tests, any file of @bytes bytes)
 * @base: where file offset 0 is mapped
 * @bytes: sum of all ranges
 * @ranges: by file offset
 * @nr_ranges: 1 to COMB_CELL_RANGES_MAX
 */
struct memory {
	int fd;
	uint8_t *base;
	uint64_t bytes;
	struct comb_range ranges[COMB_CELL_RANGES_MAX];
	unsigned int nr_ranges;
};

/* Map @fd shared, read and write; ranges and fd must be set. 0, or -1 with errno. */
int memory_map(struct memory *memory);
void memory_unmap(struct memory *memory);

/*
 * Where @bytes bytes of the cell at physical @address are, or NULL if not all
 * of them are inside one range (overflow included). 0 bytes: NULL.
 */
void *memory_at(const struct memory *memory, uint64_t address, uint64_t bytes);

#endif
