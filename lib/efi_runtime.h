/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * efi_runtime.h - what efi.c and efi_runtime.S share (internal to lib/)
 *
 * The numbers repeat comb.h and mailbox.h, which an assembler cannot read;
 * efi.c asserts that they agree.
 */
#ifndef COMB_EFI_RUNTIME_H
#define COMB_EFI_RUNTIME_H

#define EFI_RUNTIME_STATE	0x1000
#define EFI_RUNTIME_EXIT	0x1004
#define EFI_RUNTIME_RESET	0x1008

#define EFI_RUNTIME_STATE_STOPPED	0
#define EFI_RUNTIME_STATE_PANIC		5
#define EFI_RUNTIME_EXIT_NONE		0
#define EFI_RUNTIME_EXIT_POWEROFF	1
#define EFI_RUNTIME_EXIT_REBOOT		2

/* Sizes of the two tables (UEFI 2.10, 4.3.1 and 4.5.1). */
#define EFI_SYSTAB_SIZE		120
#define EFI_RUNTIME_SIZE	136

#ifndef __ASSEMBLER__
#include <stdint.h>

/* Labels in efi_runtime.S. The system table is at comb_efi_image itself. */
extern const uint8_t comb_efi_image[];
extern const uint8_t comb_efi_image_end[];
extern const uint8_t comb_efi_runtime_table[];
extern const uint8_t comb_efi_rsdp[];		/* 8 bytes: physical address of the RSDP */
extern const uint8_t comb_efi_properties[];	/* 8 bytes: that of the properties table */
extern const uint8_t comb_efi_mailbox[];	/* 8 bytes: the mailbox, last of the pointers */
extern const uint8_t comb_efi_lapic[];		/* 8 bytes: the local APIC's registers, or 0 */
/* Offsets of pointers into the image, from its start; ends with 0. */
extern const uint32_t comb_efi_pointers[];
#endif

#endif
