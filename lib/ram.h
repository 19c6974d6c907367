/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ram.h - bounded reads from another kernel's RAM, by physical and by virtual address
 *
 * Every read copies: the owner of the RAM may change it at any moment, so what
 * was checked must be what is used.
 */
#ifndef COMB_RAM_H
#define COMB_RAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kmsg.h"

#define RAM_PAGE_SIZE	4096u
#define RAM_LEVELS_MAX	5u
/* __START_KERNEL_map, Documentation/arch/x86/x86_64/mm.rst: "kernel text mapping". */
#define RAM_IMAGE_START	0xffffffff80000000ULL

/**
 * struct ram_space - the address space of an x86-64 Linux kernel
 * @ram: what is readable
 * @phys_base: added to an offset in the kernel image mapping to get a physical
 *	address; may be "negative"
 * @image_size: length of that mapping in bytes
 * @table: physical address of the top-level page table
 * @levels: 4 or 5
 * @encryption: bits of a page table entry that are no address bits (SME)
 */
struct ram_space {
	const struct comb_ram *ram;
	uint64_t phys_base;
	uint64_t image_size;
	uint64_t table;
	unsigned int levels;
	uint64_t encryption;
};

/* The readable part of a range: where it is and how much of it the mapping really holds. */
const uint8_t *ram_range(const struct comb_ram *ram, unsigned int nr, uint64_t *bytes);

/* @length bytes at physical address @phys, in one piece, or NULL. */
const void *ram_at(const struct comb_ram *ram, uint64_t phys, size_t length);

/* Physical address of kernel image address @virt; false outside the image mapping. */
bool space_image(const struct ram_space *space, uint64_t virt, uint64_t *phys);

/*
 * Walk the page tables. Returns 0 with the physical address, or the level (1: the lowest)
 * whose entry for @virt leads nowhere.
 */
unsigned int space_walk(const struct ram_space *space, uint64_t virt, uint64_t *phys);

/* Physical address of any kernel virtual address: image formula first, then page tables. */
bool space_translate(const struct ram_space *space, uint64_t virt, uint64_t *phys);

/* Copy @length bytes from @virt, which may cross pages. */
bool space_read(const struct ram_space *space, uint64_t virt, void *to, size_t length);

/* Load a naturally aligned word in one access, ordered before later loads. */
bool space_load(const struct ram_space *space, uint64_t virt, uint64_t *value);

#endif
