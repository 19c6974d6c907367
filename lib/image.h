/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * image.h - a cell's memory image: where everything goes, and writing it
 *
 * Two steps, so that the plan can be tested and shown without memory:
 * comb_image_plan() decides every address, comb_image_write() fills the cell
 * file's mapping. Everything the kernel's entry code touches lies in one range,
 * the first one (in the order of comb_machine.ranges) that has room for it.
 * Layout of this home range (offsets from its start):
 *
 *   0x000000  mailbox (COMB_MAILBOX_SIZE)		e820 reserved
 *   0x010000  ACPI tables				e820 ACPI
 *   0x030000  EFI runtime: code, tables, data		e820 reserved
 *   0x040000  EFI memory map, boot_params, setup_data, command line	usable
 *   0x200000  kernel (init_size)			usable
 *   top of the highest range that holds it: initramfs	usable
 */
#ifndef COMB_IMAGE_H
#define COMB_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "bzimage.h"
#include "comb.h"
#include "e820.h"
#include "error.h"
#include "mailbox.h"

/* Offsets from the start of the home range. */
#define COMB_IMAGE_MAILBOX	0x00000u
#define COMB_IMAGE_ACPI		0x10000u
#define COMB_IMAGE_ACPI_SIZE	0x20000u	/* 1024 CPUs with a node each need 77 KiB */
#define COMB_IMAGE_EFI		0x30000u
#define COMB_IMAGE_MEMMAP	0x40000u
#define COMB_IMAGE_BOOT_PARAMS	0x41000u
#define COMB_IMAGE_SETUP_DATA	0x42000u
#define COMB_IMAGE_CMDLINE	0x43000u
#define COMB_IMAGE_HEADER_SIZE	0x200000u	/* the kernel comes after it */

#define COMB_CMDLINE_SIZE	4096u		/* with the NUL */

/**
 * struct comb_machine - facts of the machine a cell boots on
 * @info: from COMB_GET_INFO
 * @cpus: the cell's CPUs, boot CPU first
 * @nr_cpus: how many
 * @ranges: the cell's RAM
 * @nr_ranges: how many
 * @bridges: RAM it shares with others
 * @nr_bridges: how many
 * @low_start: physical address of the low-memory slice
 * @low_bytes: its length
 * @low_shared: other cells have the same slice (COMB_CELL_LOW_SHARED)
 */
struct comb_machine {
	struct comb_info info;
	const struct comb_cpu *cpus;
	unsigned int nr_cpus;
	const struct comb_range *ranges;
	unsigned int nr_ranges;
	const struct comb_bridge *bridges;
	unsigned int nr_bridges;
	uint64_t low_start;
	uint64_t low_bytes;
	bool low_shared;
};

/**
 * struct comb_boot - what to boot
 * @name: the cell's name
 * @cell_id: its number
 * @kernel: parsed bzImage (data borrowed until written)
 * @initrd: initramfs bytes (borrowed), may be NULL
 * @initrd_size: its length
 * @append: user's text for the end of the command line, or NULL
 * @heartbeat_ms: for the mailbox
 * @hung_ms: for the mailbox
 * @wall_ns: CLOCK_REALTIME now
 * @wall_tsc: TSC read at the same moment
 * @seed: 32 random bytes for the cell's RNG (SETUP_RNG_SEED)
 */
struct comb_boot {
	const char *name;
	uint32_t cell_id;
	const struct comb_bzimage *kernel;
	const void *initrd;
	uint64_t initrd_size;
	const char *append;
	uint32_t heartbeat_ms;
	uint32_t hung_ms;
	uint64_t wall_ns;
	uint64_t wall_tsc;
	uint8_t seed[32];
};

/**
 * struct comb_image - the plan; all addresses are physical
 * @mailbox: COMB_MAILBOX_SIZE bytes
 * @acpi: the region of the ACPI tables; the RSDP is its first byte
 * @acpi_bytes: its length
 * @efi: the region of the EFI runtime
 * @efi_bytes: its length
 * @efi_systab: EFI system table, within @efi
 * @efi_memmap: EFI memory map, one page
 * @boot_params: struct boot_params, one page
 * @setup_data: chain of struct setup_data
 * @cmdline: command line, NUL-terminated
 * @kernel: load address
 * @entry: 64-bit entry point
 * @initrd: initramfs, 0 if there is none
 * @initrd_bytes: its length
 * @map_start: for COMB_CELL_START
 * @map_bytes: for COMB_CELL_START
 * @e820: the memory map, sorted; no two entries overlap
 * @nr_e820: how many entries it has
 * @command_line: the text at @cmdline
 */
struct comb_image {
	uint64_t mailbox;
	uint64_t acpi;
	uint64_t acpi_bytes;
	uint64_t efi;
	uint64_t efi_bytes;
	uint64_t efi_systab;
	uint64_t efi_memmap;
	uint64_t boot_params;
	uint64_t setup_data;
	uint64_t cmdline;
	uint64_t kernel;
	uint64_t entry;
	uint64_t initrd;
	uint64_t initrd_bytes;
	uint64_t map_start;
	uint64_t map_bytes;
	struct comb_e820_entry e820[COMB_E820_MAX];
	unsigned int nr_e820;
	char command_line[COMB_CMDLINE_SIZE];
};

/* Can cells with this kernel and one CPU share a low-memory slice? Not if it is unknown. */
bool comb_image_shares_low(const struct comb_bzimage *kernel);

/*
 * COMB_USAGE if the command line is too long or has a control character, or a
 * CPU cannot be described; COMB_UNSUITABLE if this kernel or machine cannot do
 * it; COMB_FAILED with a hint that names the least memory if kernel and
 * initramfs do not fit, or if the module's facts contradict each other.
 */
int comb_image_plan(struct comb_image *image, const struct comb_machine *machine,
		    const struct comb_boot *boot, struct comb_error *err);

/*
 * Write everything into @memory, the mapping of the whole cell file
 * (@memory_size bytes, zeroed). @machine and @boot are those of the plan.
 * Fails only if the plan does not fit @memory_size.
 */
int comb_image_write(const struct comb_image *image, const struct comb_machine *machine,
		     const struct comb_boot *boot, void *memory, uint64_t memory_size,
		     struct comb_error *err);

/* Offset in the cell file of a physical address, or -1 if it is not the cell's. */
int64_t comb_image_offset(const struct comb_machine *machine, uint64_t address);

#endif
