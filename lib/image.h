/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * image.h - a cell's memory image: where everything goes, and writing it
 *
 * Two steps, so that the plan can be tested and shown without memory:
 * comb_image_plan() decides every address, comb_image_write() fills the cell
 * file's mapping. Layout of ranges[0] (offsets from its start):
 *
 *   0x000000  mailbox (COMB_MAILBOX_SIZE)		e820 reserved
 *   0x010000  ACPI tables				e820 ACPI
 *   0x020000  EFI runtime: code, tables, data		e820 reserved
 *   0x030000  EFI memory map, boot_params, setup_data, command line   usable
 *   0x200000  kernel (init_size)			usable
 *   top of the last range that holds it: initramfs	usable
 */
#ifndef COMB_IMAGE_H
#define COMB_IMAGE_H

#include <stdint.h>

#include "bzimage.h"
#include "comb.h"
#include "error.h"

/**
 * struct comb_machine - facts of the machine a cell boots on
 * @info: from COMB_GET_INFO
 * @cpus: the cell's CPUs, boot CPU first
 * @nr_cpus: how many
 * @ranges: the cell's RAM
 * @nr_ranges: how many
 * @low_start: physical address of the low-memory slice
 * @low_bytes: its length
 */
struct comb_machine {
	struct comb_info info;
	const struct comb_cpu *cpus;
	unsigned int nr_cpus;
	const struct comb_range *ranges;
	unsigned int nr_ranges;
	uint64_t low_start;
	uint64_t low_bytes;
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
	uint64_t wall_ns;
	uint64_t wall_tsc;
	uint8_t seed[32];
};

/* One entry of the cell's memory map, as e820 knows it. */
struct comb_e820_entry {
	uint64_t start;
	uint64_t bytes;
	uint32_t type;		/* 1 usable, 2 reserved, 3 ACPI */
};

#define COMB_E820_MAX	128

/**
 * struct comb_image - the plan; all addresses are physical
 */
struct comb_image {
	uint64_t mailbox;
	uint64_t acpi;			/* RSDP */
	uint64_t acpi_bytes;
	uint64_t efi;			/* EFI runtime region */
	uint64_t efi_bytes;
	uint64_t efi_systab;
	uint64_t efi_memmap;
	uint64_t boot_params;
	uint64_t setup_data;
	uint64_t cmdline;
	uint64_t kernel;		/* load address */
	uint64_t entry;			/* 64-bit entry point */
	uint64_t initrd;
	uint64_t initrd_bytes;
	uint64_t map_start;		/* for COMB_CELL_START */
	uint64_t map_bytes;
	struct comb_e820_entry e820[COMB_E820_MAX];
	unsigned int nr_e820;
	char command_line[4096];
};

/*
 * COMB_USAGE if the command line is too long; COMB_FAILED with a hint that
 * names the least memory if kernel and initramfs do not fit.
 */
int comb_image_plan(struct comb_image *image, const struct comb_machine *machine,
		    const struct comb_boot *boot, struct comb_error *err);

/*
 * Write everything into @memory, the mapping of the whole cell file
 * (@memory_size bytes, zeroed). Fails only if the plan does not fit @memory_size.
 */
int comb_image_write(const struct comb_image *image, const struct comb_machine *machine,
		     const struct comb_boot *boot, void *memory, uint64_t memory_size,
		     struct comb_error *err);

/* Offset in the cell file of a physical address, or -1 if it is not the cell's. */
int64_t comb_image_offset(const struct comb_machine *machine, uint64_t address);

#endif
