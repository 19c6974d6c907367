// SPDX-License-Identifier: GPL-2.0-or-later
/* efi.c - the EFI runtime and the EFI memory map of a cell */
#include "efi.h"

#include <stddef.h>
#include <string.h>

#include "comb.h"
#include "efi_runtime.h"
#include "mailbox.h"

#define PAGE_SHIFT		12
#define TABLE_CRC32		16u	/* in every table header, UEFI 2.10, 4.2 */

#define MEMORY_UC		(1ULL << 0)
#define MEMORY_WB		(1ULL << 3)
#define MEMORY_RUNTIME		(1ULL << 63)

_Static_assert(EFI_RUNTIME_STATE == COMB_MAILBOX_OFF_STATE, "efi_runtime.h");
_Static_assert(EFI_RUNTIME_EXIT == COMB_MAILBOX_OFF_EXIT, "efi_runtime.h");
_Static_assert(EFI_RUNTIME_RESET == COMB_MAILBOX_OFF_EFI_RESET, "efi_runtime.h");
_Static_assert(EFI_RUNTIME_STATE_STOPPED == COMB_STATE_STOPPED, "efi_runtime.h");
_Static_assert(EFI_RUNTIME_STATE_PANIC == COMB_STATE_PANIC, "efi_runtime.h");
_Static_assert(EFI_RUNTIME_EXIT_NONE == COMB_EXIT_NONE, "efi_runtime.h");
_Static_assert(EFI_RUNTIME_EXIT_POWEROFF == COMB_EXIT_POWEROFF, "efi_runtime.h");
_Static_assert(EFI_RUNTIME_EXIT_REBOOT == COMB_EXIT_REBOOT, "efi_runtime.h");

/* EFI_MEMORY_DESCRIPTOR, 7.2.3, padded to the size firmware uses. */
struct efi_descriptor {
	uint32_t type;
	uint32_t pad;
	uint64_t physical;
	uint64_t virtual;
	uint64_t pages;
	uint64_t attribute;
	uint64_t pad2;
};
_Static_assert(sizeof(struct efi_descriptor) == COMB_EFI_DESCRIPTOR_SIZE, "descriptor size");

uint32_t comb_efi_crc32(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint32_t crc = ~0u;

	while (len--) {
		crc ^= *p++;
		for (unsigned int i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

static void set64(uint8_t *region, const uint8_t *label, uint64_t value)
{
	memcpy(region + (label - comb_efi_image), &value, sizeof(value));
}

static void set_crc32(uint8_t *region, const uint8_t *label, size_t len)
{
	uint8_t *table = region + (label - comb_efi_image);
	uint32_t crc;

	memset(table + TABLE_CRC32, 0, sizeof(crc));
	crc = comb_efi_crc32(table, len);
	memcpy(table + TABLE_CRC32, &crc, sizeof(crc));
}

void comb_efi_build(void *region, uint64_t address, uint64_t mailbox, uint64_t rsdp,
		    uint64_t lapic)
{
	uint8_t *bytes = region;
	uint64_t value;

	memset(bytes, 0, COMB_EFI_SIZE);
	memcpy(bytes, comb_efi_image, (size_t)(comb_efi_image_end - comb_efi_image));
	for (const uint32_t *offset = comb_efi_pointers; *offset; offset++) {
		memcpy(&value, bytes + *offset, sizeof(value));
		value += address;
		memcpy(bytes + *offset, &value, sizeof(value));
	}
	memcpy(&value, comb_efi_properties, sizeof(value));
	set64(bytes, comb_efi_properties, value + address);
	set64(bytes, comb_efi_mailbox, mailbox);
	set64(bytes, comb_efi_rsdp, rsdp);
	set64(bytes, comb_efi_lapic, lapic);
	set_crc32(bytes, comb_efi_runtime_table, EFI_RUNTIME_SIZE);
	set_crc32(bytes, comb_efi_image, EFI_SYSTAB_SIZE);
}

uint64_t comb_efi_systab(uint64_t address)
{
	return address;
}

void comb_efi_memmap(void *out, const struct comb_e820_entry *map, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		struct efi_descriptor d = {
			.type = map[i].type,
			.physical = map[i].start,
			.pages = map[i].bytes >> PAGE_SHIFT,
			.attribute = MEMORY_WB,
		};

		if (d.type == COMB_EFI_MMIO)
			d.attribute = MEMORY_UC;
		if (d.type == COMB_EFI_RUNTIME_CODE || d.type == COMB_EFI_RUNTIME_DATA ||
		    d.type == COMB_EFI_MMIO)
			d.attribute |= MEMORY_RUNTIME;
		memcpy((uint8_t *)out + i * sizeof(d), &d, sizeof(d));
	}
}
