// SPDX-License-Identifier: GPL-2.0-or-later
#include "ram.h"

#include <string.h>

/* Page table entries: Intel SDM volume 3, "4-Level Paging and 5-Level Paging". */
#define ENTRY_PRESENT	(1ULL << 0)
#define ENTRY_LARGE	(1ULL << 7)
#define ENTRY_ADDRESS	0x000ffffffffff000ULL
#define LEVEL_BITS	9
#define PAGE_BITS	12

const uint8_t *ram_range(const struct comb_ram *ram, unsigned int nr, uint64_t *bytes)
{
	const struct comb_range *range = &ram->ranges[nr];

	if (!ram->data || range->offset >= ram->size)
		return NULL;
	*bytes = ram->size - range->offset;
	if (range->bytes < *bytes)
		*bytes = range->bytes;
	return ram->data + range->offset;
}

const void *ram_at(const struct comb_ram *ram, uint64_t phys, size_t length)
{
	for (unsigned int i = 0; i < ram->nr_ranges; i++) {
		uint64_t start = ram->ranges[i].start, bytes;
		const uint8_t *data = ram_range(ram, i, &bytes);

		if (!data || phys < start || phys - start >= bytes)
			continue;
		if (length > bytes - (phys - start))
			return NULL;
		return data + (phys - start);
	}
	return NULL;
}

static bool ram_load(const struct comb_ram *ram, uint64_t phys, uint64_t *value)
{
	const void *at = phys % sizeof(*value) ? NULL : ram_at(ram, phys, sizeof(*value));

	/* The mapping itself may start anywhere in a test or fuzz buffer. */
	if (!at)
		return false;
	if ((uintptr_t)at % sizeof(*value))
		memcpy(value, at, sizeof(*value));
	else
		*value = __atomic_load_n((const uint64_t *)at, __ATOMIC_ACQUIRE);
	return true;
}

bool space_image(const struct ram_space *space, uint64_t virt, uint64_t *phys)
{
	if (virt < RAM_IMAGE_START || virt - RAM_IMAGE_START >= space->image_size)
		return false;
	*phys = (virt - RAM_IMAGE_START + space->phys_base) & ~space->encryption;
	return true;
}

/* The loop is bounded by the number of levels, whatever the tables say. */
unsigned int space_walk(const struct ram_space *space, uint64_t virt, uint64_t *phys)
{
	uint64_t table = space->table, entry, in_page;

	for (unsigned int level = space->levels; level > 0; level--) {
		unsigned int shift = PAGE_BITS + (level - 1) * LEVEL_BITS;
		uint64_t index = (virt >> shift) & ((1u << LEVEL_BITS) - 1);

		if (!ram_load(space->ram, table + index * sizeof(entry), &entry))
			return level;
		if (!(entry & ENTRY_PRESENT))
			return level;
		table = entry & ENTRY_ADDRESS & ~space->encryption;
		if (level > 1 && !(entry & ENTRY_LARGE))
			continue;
		/* Only 1 GiB and 2 MiB pages exist besides 4 KiB ones. */
		if (level > 3)
			return level;
		in_page = (1ULL << shift) - 1;
		*phys = (table & ~in_page) | (virt & in_page);
		return 0;
	}
	return RAM_LEVELS_MAX;
}

bool space_translate(const struct ram_space *space, uint64_t virt, uint64_t *phys)
{
	return space_image(space, virt, phys) || !space_walk(space, virt, phys);
}

bool space_read(const struct ram_space *space, uint64_t virt, void *to, size_t length)
{
	uint8_t *out = to;

	while (length > 0) {
		size_t part = RAM_PAGE_SIZE - virt % RAM_PAGE_SIZE;
		const void *at;
		uint64_t phys;

		if (part > length)
			part = length;
		if (!space_translate(space, virt, &phys))
			return false;
		at = ram_at(space->ram, phys, part);
		if (!at)
			return false;
		memcpy(out, at, part);
		out += part;
		virt += part;
		length -= part;
	}
	return true;
}

bool space_load(const struct ram_space *space, uint64_t virt, uint64_t *value)
{
	uint64_t phys;

	return space_translate(space, virt, &phys) && ram_load(space->ram, phys, value);
}
