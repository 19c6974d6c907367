/* SPDX-License-Identifier: GPL-2.0-or-later */
/* e820.h - a sorted list of memory regions, each with a type */
#ifndef COMB_E820_H
#define COMB_E820_H

#include <stdint.h>

/* What struct boot_params holds without an extension. */
#define COMB_E820_MAX		128

/* ACPI 6.5, 15.1: address range types. */
#define COMB_E820_USABLE	1u
#define COMB_E820_RESERVED	2u
#define COMB_E820_ACPI		3u

/* One region of the cell's memory map. */
struct comb_e820_entry {
	uint64_t start;
	uint64_t bytes;
	uint32_t type;
};

/**
 * comb_e820_set() - give a region a type, whatever it was before
 * @map: COMB_E820_MAX entries, of which @nr are in use: sorted, no overlap
 * @nr: in and out: how many entries are in use
 * @start: first byte of the region
 * @bytes: its length; 0 changes nothing
 * @type: any number; neighbours of one type become one entry
 *
 * Return: 0, or -1 if the map would need more entries or the region wraps
 * around the end of the address space; then nothing has changed.
 */
int comb_e820_set(struct comb_e820_entry *map, unsigned int *nr, uint64_t start,
		  uint64_t bytes, uint32_t type);

#endif
