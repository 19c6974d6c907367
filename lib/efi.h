/* SPDX-License-Identifier: GPL-2.0-or-later */
/* efi.h - the EFI runtime and the EFI memory map of a cell */
#ifndef COMB_EFI_H
#define COMB_EFI_H

#include <stddef.h>
#include <stdint.h>

#include "e820.h"

/* Size of the runtime's region, in bytes. */
#define COMB_EFI_SIZE		0x10000u

/* UEFI 2.10, 7.2.3: size and version of the descriptors written here. */
#define COMB_EFI_DESCRIPTOR_SIZE	48u
#define COMB_EFI_DESCRIPTOR_VERSION	1u

/* Memory types, UEFI 2.10, 7.2.1. */
#define COMB_EFI_LOADER_DATA		2u
#define COMB_EFI_RUNTIME_CODE		5u
#define COMB_EFI_RUNTIME_DATA		6u
#define COMB_EFI_CONVENTIONAL		7u
#define COMB_EFI_ACPI_RECLAIM		9u
#define COMB_EFI_MMIO			11u

/**
 * comb_efi_build() - write the EFI runtime of a cell
 * @region: COMB_EFI_SIZE bytes
 * @address: physical address of @region, 4 KiB-aligned
 * @mailbox: physical address of the mailbox; the EFI memory map must describe
 *	both regions with the attribute EFI_MEMORY_RUNTIME
 * @rsdp: physical address of the RSDP
 * @lapic: physical address of the local APIC's registers, described by the EFI
 *	memory map as COMB_EFI_MMIO; 0 if the cell's APICs run in x2APIC mode
 *
 * The system table is at comb_efi_systab(address). ResetSystem writes the reset
 * type, the exit and the state into the mailbox and parks the CPU;
 * SetVirtualAddressMap works, and masks LINT0 of the CPU it is called on;
 * everything else returns EFI_UNSUPPORTED, and the EFI RT properties table says
 * so.
 */
void comb_efi_build(void *region, uint64_t address, uint64_t mailbox, uint64_t rsdp,
		    uint64_t lapic);

/* Address of the EFI system table of a runtime at @address. */
uint64_t comb_efi_systab(uint64_t address);

/**
 * comb_efi_memmap() - write an EFI memory map
 * @out: where to write COMB_EFI_DESCRIPTOR_SIZE bytes for each region
 * @map: the regions, sorted, 4 KiB-aligned; @type is a COMB_EFI_* type
 * @nr: how many
 *
 * Runtime types and MMIO get the attribute EFI_MEMORY_RUNTIME; MMIO is uncached,
 * all others are write-back.
 */
void comb_efi_memmap(void *out, const struct comb_e820_entry *map, unsigned int nr);

/* CRC-32 as EFI table headers use it (UEFI 2.10, 4.2). */
uint32_t comb_efi_crc32(const void *data, size_t len);

#endif
