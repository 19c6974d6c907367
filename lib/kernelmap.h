/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernelmap.h - where an x86-64 kernel has mapped its RAM and its image
 *
 * VMCOREINFO does not tell; with KASLR both are at random places. The page tables know.
 */
#ifndef COMB_KERNELMAP_H
#define COMB_KERNELMAP_H

#include <stdbool.h>
#include <stdint.h>

#include "ram.h"

/**
 * struct kernelmap_image - the image mapping of a kernel, from its first to its last page
 * @virt: virtual address
 * @phys: physical address
 * @bytes: length; pages in between may be unmapped (freed init sections)
 */
struct kernelmap_image {
	uint64_t virt, phys, bytes;
};

/*
 * The kernel's page_offset_base: virtual minus physical address in the direct mapping.
 * False if there is none, as when the page tables were overwritten.
 */
bool kernelmap_direct(const struct ram_space *space, uint64_t *page_offset);

/* False if nothing is mapped where the image has to be. */
bool kernelmap_image(const struct ram_space *space, struct kernelmap_image *image);

#endif
