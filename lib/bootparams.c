// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bootparams.c - struct boot_params and setup_data of a cell
 *
 * Documentation/arch/x86/boot.rst, "64-bit Boot Protocol": a zeroed page that
 * gets the setup header of the image and what the boot loader knows. Zero means
 * "not there" for everything else: no screen, no EDD, no sentinel.
 */
#include "bootparams.h"

#include <asm/bootparam.h>
#include <stddef.h>
#include <string.h>

#include "efi.h"

#define LOADER_UNDEFINED	0xff	/* a loader without a number of its own */
#define EFI_LOADER_64		"EL64"
/* enum efi_secureboot_mode; 0 would make the kernel look for a variable. */
#define SECURE_BOOT_DISABLED	2
#define SEED_BYTES		32u
/* The type is newer than some C libraries' headers; older kernels skip it. */
#ifndef SETUP_RNG_SEED
#define SETUP_RNG_SEED		9
#endif

_Static_assert(sizeof(struct boot_params) == COMB_BOOT_PARAMS_SIZE, "boot_params");
_Static_assert(E820_MAX_ENTRIES_ZEROPAGE == COMB_E820_MAX, "e820 table");

static uint32_t low(uint64_t value)
{
	return (uint32_t)value;
}

static uint32_t high(uint64_t value)
{
	return (uint32_t)(value >> 32);
}

static void fill_efi(struct boot_params *params, const struct comb_image *image,
		     unsigned int nr_efi)
{
	struct efi_info efi = { 0 };

	memcpy(&efi.efi_loader_signature, EFI_LOADER_64, 4);
	efi.efi_systab = low(image->efi_systab);
	efi.efi_systab_hi = high(image->efi_systab);
	efi.efi_memmap = low(image->efi_memmap);
	efi.efi_memmap_hi = high(image->efi_memmap);
	efi.efi_memmap_size = nr_efi * COMB_EFI_DESCRIPTOR_SIZE;
	efi.efi_memdesc_size = COMB_EFI_DESCRIPTOR_SIZE;
	efi.efi_memdesc_version = COMB_EFI_DESCRIPTOR_VERSION;
	params->efi_info = efi;
}

void comb_bootparams_build(void *page, const struct comb_image *image,
			   const struct comb_bzimage *kernel, unsigned int nr_efi)
{
	struct boot_params *params = page;

	memset(params, 0, sizeof(*params));
	memcpy((uint8_t *)params + offsetof(struct boot_params, hdr),
	       kernel->data + kernel->setup_header, kernel->setup_header_size);
	params->hdr.type_of_loader = LOADER_UNDEFINED;
	params->hdr.ramdisk_image = low(image->initrd);
	params->ext_ramdisk_image = high(image->initrd);
	params->hdr.ramdisk_size = low(image->initrd_bytes);
	params->ext_ramdisk_size = high(image->initrd_bytes);
	params->hdr.cmd_line_ptr = low(image->cmdline);
	params->ext_cmd_line_ptr = high(image->cmdline);
	params->hdr.setup_data = image->setup_data;
	params->acpi_rsdp_addr = image->acpi;
	params->secure_boot = SECURE_BOOT_DISABLED;
	fill_efi(params, image, nr_efi);
	for (unsigned int i = 0; i < image->nr_e820; i++) {
		params->e820_table[i].addr = image->e820[i].start;
		params->e820_table[i].size = image->e820[i].bytes;
		params->e820_table[i].type = image->e820[i].type;
	}
	params->e820_entries = (uint8_t)image->nr_e820;
}

void comb_setup_data_build(void *out, const uint8_t seed[32])
{
	struct setup_data data = { .type = SETUP_RNG_SEED, .len = SEED_BYTES };

	memcpy(out, &data, sizeof(data));
	memcpy((uint8_t *)out + sizeof(data), seed, SEED_BYTES);
}
