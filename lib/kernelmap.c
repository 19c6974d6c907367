// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernelmap.h"

/*
 * Documentation/arch/x86/x86_64/mm.rst: the direct mapping is the first of the regions
 * that KASLR moves, by steps of one entry of level 3; cpu_entry_area follows the last.
 */
#define DIRECT_FIRST_4	0xffff888000000000ULL
#define DIRECT_FIRST_5	0xff11000000000000ULL
#define DIRECT_END	0xfffffe0000000000ULL
#define DIRECT_LEVEL	3u

/* A RAM full of entries that lead somewhere must not cost minutes. */
#define STEPS_MAX	(1u << 20)

/* Bytes that one entry of @level covers. */
static uint64_t entry_bytes(unsigned int level)
{
	return (uint64_t)RAM_PAGE_SIZE << 9 * (level - 1);
}

/* The first address behind the entry of @level that covers @virt; 0 behind the last one. */
static uint64_t entry_end(uint64_t virt, unsigned int level)
{
	return (virt | (entry_bytes(level) - 1)) + 1;
}

bool kernelmap_direct(const struct ram_space *space, uint64_t *page_offset)
{
	/* It maps all RAM, the page of its own top table included. */
	uint64_t inside = space->table % entry_bytes(DIRECT_LEVEL), before = space->table - inside;
	uint64_t first = space->levels == 5 ? DIRECT_FIRST_5 : DIRECT_FIRST_4, virt, phys;
	unsigned int level, steps = STEPS_MAX;

	for (virt = first; virt >= first && virt < DIRECT_END && steps > 0; steps--) {
		level = space_walk(space, virt + inside, &phys);
		if (level == 0 && phys == space->table && virt - first >= before) {
			*page_offset = virt - before;
			return true;
		}
		virt = entry_end(virt, level > DIRECT_LEVEL ? level : DIRECT_LEVEL);
	}
	return false;
}

bool kernelmap_image(const struct ram_space *space, struct kernelmap_image *image)
{
	uint64_t virt, phys, wanted, end = 0;
	unsigned int level, steps = STEPS_MAX;

	/* The last address ends the loop: 0 is not in the image. */
	for (virt = RAM_IMAGE_START; steps > 0 && space_image(space, virt, &wanted); steps--) {
		level = space_walk(space, virt, &phys);
		if (level == 0 && phys == wanted) {
			if (end == 0) {
				image->virt = virt;
				image->phys = phys;
			}
			end = virt + RAM_PAGE_SIZE;
		}
		virt = entry_end(virt, level > 0 ? level : 1);
	}
	if (end == 0)
		return false;
	image->bytes = end - image->virt;
	return true;
}
