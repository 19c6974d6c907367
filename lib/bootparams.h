/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bootparams.h - struct boot_params and setup_data of a cell */
#ifndef COMB_BOOTPARAMS_H
#define COMB_BOOTPARAMS_H

#include <stdint.h>

#include "image.h"

#define COMB_BOOT_PARAMS_SIZE	4096u

/**
 * comb_bootparams_build() - write struct boot_params
 * @page: COMB_BOOT_PARAMS_SIZE bytes
 * @image: the plan
 * @kernel: where the setup header comes from
 * @nr_efi: number of descriptors in the EFI memory map
 */
void comb_bootparams_build(void *page, const struct comb_image *image,
			   const struct comb_bzimage *kernel, unsigned int nr_efi);

/* Write a setup_data chain of one element, the seed for the cell's random numbers. */
void comb_setup_data_build(void *out, const uint8_t seed[32]);

#endif
