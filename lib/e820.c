// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * e820.c - a sorted list of memory regions, each with a type
 *
 * Used twice: for the e820 table, and with EFI memory types for the EFI memory
 * map. Setting a region cuts it out of what was there, so that a caller lists
 * the large regions first and the exceptions after them.
 */
#include "e820.h"

#include <string.h>

/* Add a region behind the last one; melt it with that one if possible. */
static int append(struct comb_e820_entry *map, unsigned int *nr, uint64_t start, uint64_t bytes,
		  uint32_t type)
{
	struct comb_e820_entry *last = *nr ? &map[*nr - 1] : NULL;

	if (!bytes)
		return 0;
	if (last && last->type == type && last->start + last->bytes == start) {
		last->bytes += bytes;
		return 0;
	}
	if (*nr == COMB_E820_MAX)
		return -1;
	map[(*nr)++] = (struct comb_e820_entry){ start, bytes, type };
	return 0;
}

int comb_e820_set(struct comb_e820_entry *map, unsigned int *nr, uint64_t start,
		  uint64_t bytes, uint32_t type)
{
	struct comb_e820_entry out[COMB_E820_MAX];
	uint64_t end = start + bytes;
	unsigned int n = 0, i = 0;
	int failed = 0;

	if (!bytes)
		return 0;
	if (end < start)
		return -1;
	/* What lies below the region, or begins below it. */
	for (; i < *nr && map[i].start < start; i++) {
		uint64_t map_end = map[i].start + map[i].bytes;

		failed |= append(out, &n, map[i].start,
				 (map_end < start ? map_end : start) - map[i].start, map[i].type);
		if (map_end > end)
			break;	/* it also ends above the region */
	}
	failed |= append(out, &n, start, bytes, type);
	for (; i < *nr; i++) {
		uint64_t map_end = map[i].start + map[i].bytes;
		uint64_t rest = map[i].start > end ? map[i].start : end;

		if (map_end > rest)
			failed |= append(out, &n, rest, map_end - rest, map[i].type);
	}
	if (failed)
		return -1;
	memcpy(map, out, n * sizeof(*out));
	*nr = n;
	return 0;
}
