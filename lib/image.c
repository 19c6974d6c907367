// SPDX-License-Identifier: GPL-2.0-or-later
/* image.c - where everything of a cell's memory image goes */
#include "image.h"

#include <stdio.h>
#include <string.h>

#include "acpi.h"
#include "cmdline.h"
#include "efi.h"

#define PAGE_SIZE	4096ull
#define MIB		(1ull << 20)
#define GIB		(1ull << 30)
/* COMB_CELL_START maps no more than this. */
#define MAP_MAX		GIB
/* Linux keeps the first 64 KiB to itself; a real-mode trampoline ends below 1 MiB. */
#define LOW_START	0x10000ull
#define LOW_END		MIB
/* Linux/x86 has at most 52 physical address bits. */
#define ADDRESS_END	(1ull << 52)

static uint64_t round_up(uint64_t value, uint64_t alignment)
{
	return (value + alignment - 1) & ~(alignment - 1);
}

int64_t comb_image_offset(const struct comb_machine *machine, uint64_t address)
{
	for (unsigned int i = 0; i < machine->nr_ranges; i++) {
		const struct comb_range *range = &machine->ranges[i];

		if (address >= range->start && address - range->start < range->bytes)
			return (int64_t)(range->offset + (address - range->start));
	}
	return -1;
}

static int check_ranges(const struct comb_machine *machine, struct comb_error *err)
{
	const struct comb_range *ranges = machine->ranges;

	if (!machine->nr_ranges || machine->nr_ranges > COMB_CELL_RANGES_MAX)
		return comb_fail(err, COMB_FAILED, "a cell cannot have %u memory ranges",
				 machine->nr_ranges);
	for (unsigned int i = 0; i < machine->nr_ranges; i++) {
		const struct comb_range *r = &ranges[i];

		if (!r->bytes || (r->start | r->bytes) & (COMB_MEMORY_UNIT - 1) ||
		    r->start < LOW_END || r->start >= ADDRESS_END ||
		    r->bytes > ADDRESS_END - r->start)
			return comb_fail(err, COMB_FAILED, "bad memory range: %#llx bytes at %#llx",
					 (unsigned long long)r->bytes,
					 (unsigned long long)r->start);
		for (unsigned int j = 0; j < i; j++) {
			if (r->start < ranges[j].start + ranges[j].bytes &&
			    ranges[j].start < r->start + r->bytes)
				return comb_fail(err, COMB_FAILED,
						 "memory ranges %u and %u overlap", j, i);
		}
	}
	return 0;
}

/* Reserved in the memory map, they must not hide RAM of the cell. */
static int check_bridges(const struct comb_machine *machine, struct comb_error *err)
{
	for (unsigned int i = 0; i < machine->nr_bridges; i++) {
		const struct comb_bridge *b = &machine->bridges[i];
		bool bad = !b->bytes || (b->start | b->bytes) & (COMB_MEMORY_UNIT - 1) ||
			   b->start < LOW_END || b->start >= ADDRESS_END ||
			   b->bytes > ADDRESS_END - b->start;

		for (unsigned int j = 0; j < machine->nr_ranges && !bad; j++)
			bad = b->start < machine->ranges[j].start + machine->ranges[j].bytes &&
			      machine->ranges[j].start < b->start + b->bytes;
		if (bad)
			return comb_fail(err, COMB_FAILED, "bad bridge %s: %#llx bytes at %#llx",
					 b->name, (unsigned long long)b->bytes,
					 (unsigned long long)b->start);
	}
	return 0;
}

static int check_machine(const struct comb_machine *machine, struct comb_error *err)
{
	if (!machine->low_bytes || (machine->low_start | machine->low_bytes) & (PAGE_SIZE - 1) ||
	    machine->low_start < LOW_START || machine->low_start >= LOW_END ||
	    machine->low_bytes > LOW_END - machine->low_start)
		return comb_fail(err, COMB_FAILED, "bad low-memory slice: %#llx bytes at %#llx",
				 (unsigned long long)machine->low_bytes,
				 (unsigned long long)machine->low_start);
	return check_ranges(machine, err) || check_bridges(machine, err) ? -1 : 0;
}

/*
 * Linux reserves all memory below 1 MiB from 5.13 on. Older kernels use what their
 * trampoline leaves of the slice (measured: 5.10 takes 2 of 8 pages) like any other
 * memory, so two of them would overwrite each other's data in a slice they share.
 */
bool comb_image_shares_low(const struct comb_bzimage *kernel)
{
	unsigned int major, minor;

	return sscanf(kernel->release, "%u.%u", &major, &minor) == 2 &&
	       (major > 5 || (major == 5 && minor >= 13));
}

static int check_shared_slice(const struct comb_machine *machine,
			      const struct comb_bzimage *kernel, struct comb_error *err)
{
	if (!machine->low_shared || comb_image_shares_low(kernel))
		return 0;
	comb_fail(err, COMB_UNSUITABLE, "low memory is used up, and kernel %s cannot share it",
		  kernel->release[0] ? kernel->release : "of this unknown release");
	return comb_hint(err, "stop another cell, or use Linux 5.13 or newer");
}

static int check_boot(const struct comb_boot *boot, struct comb_error *err)
{
	size_t len = boot->name ? strnlen(boot->name, COMB_MAILBOX_NAME_SIZE) : 0;

	if (!len || len == COMB_MAILBOX_NAME_SIZE)
		return comb_fail(err, COMB_USAGE, "a cell's name has 1 to %d characters",
				 COMB_MAILBOX_NAME_SIZE - 1);
	if (boot->initrd_size && !boot->initrd)
		return comb_fail(err, COMB_FAILED, "an initramfs of %llu bytes is not there",
				 (unsigned long long)boot->initrd_size);
	return 0;
}

/*
 * Where the kernel goes if the header is at @home. Loaded below pref_address it
 * would move itself up there, be it the cell's RAM or not.
 */
static uint64_t kernel_address(const struct comb_bzimage *kernel, uint64_t home)
{
	uint64_t address = home + COMB_IMAGE_HEADER_SIZE;

	if (address < kernel->pref_address)
		address = kernel->pref_address;
	return round_up(address, kernel->alignment > PAGE_SIZE ? kernel->alignment : PAGE_SIZE);
}

/* The least one range must have for the kernel, and all of them together. */
static int fail_memory(const struct comb_boot *boot, struct comb_error *err)
{
	const struct comb_bzimage *kernel = boot->kernel;
	uint64_t align = kernel->alignment > COMB_MEMORY_UNIT ? kernel->alignment : 0;
	uint64_t need = round_up(COMB_IMAGE_HEADER_SIZE + align + kernel->init_size,
				 COMB_MEMORY_UNIT);
	uint64_t initrd = round_up(boot->initrd_size, COMB_MEMORY_UNIT);

	comb_fail(err, COMB_FAILED, "kernel (%llu MiB) and initramfs (%llu MiB) do not fit into "
		  "the cell's memory",
		  (unsigned long long)(round_up(kernel->init_size, MIB) / MIB),
		  (unsigned long long)(round_up(boot->initrd_size, MIB) / MIB));
	return comb_hint(err, "--memory %lluM or more, in one piece",
			 (unsigned long long)((need + initrd) / MIB));
}

/* Choose the first range that holds header and kernel. */
static const struct comb_range *choose_home(struct comb_image *image,
					    const struct comb_machine *machine,
					    const struct comb_bzimage *kernel)
{
	for (unsigned int i = 0; i < machine->nr_ranges; i++) {
		const struct comb_range *range = &machine->ranges[i];
		uint64_t address = kernel_address(kernel, range->start);
		uint64_t end = range->start + range->bytes;

		if (address < range->start || address > end || end - address < kernel->init_size)
			continue;
		image->kernel = address;
		image->entry = address + kernel->entry_offset;
		return range;
	}
	return NULL;
}

static int place_kernel(struct comb_image *image, const struct comb_machine *machine,
			const struct comb_boot *boot, struct comb_error *err)
{
	const struct comb_bzimage *kernel = boot->kernel;
	const struct comb_range *home = choose_home(image, machine, kernel);
	uint64_t end;

	if (!home)
		return fail_memory(boot, err);
	image->mailbox = home->start + COMB_IMAGE_MAILBOX;
	image->acpi = home->start + COMB_IMAGE_ACPI;
	image->acpi_bytes = COMB_IMAGE_ACPI_SIZE;
	image->efi = home->start + COMB_IMAGE_EFI;
	image->efi_bytes = COMB_EFI_SIZE;
	image->efi_systab = comb_efi_systab(image->efi);
	image->efi_memmap = home->start + COMB_IMAGE_MEMMAP;
	image->boot_params = home->start + COMB_IMAGE_BOOT_PARAMS;
	image->setup_data = home->start + COMB_IMAGE_SETUP_DATA;
	image->cmdline = home->start + COMB_IMAGE_CMDLINE;
	end = round_up(image->kernel + kernel->init_size, COMB_MEMORY_UNIT);
	image->map_start = home->start;
	image->map_bytes = end - home->start;
	if (image->map_bytes > MAP_MAX)
		return comb_fail(err, COMB_UNSUITABLE,
				 "the kernel needs %llu MiB to start, more than Comb can map",
				 (unsigned long long)(image->map_bytes / MIB));
	return 0;
}

/* The initramfs goes to the top of the highest range that has room for it. */
static int place_initrd(struct comb_image *image, const struct comb_machine *machine,
			const struct comb_boot *boot, struct comb_error *err)
{
	uint64_t bytes = boot->initrd_size;
	uint64_t best = 0;

	if (!bytes)
		return 0;
	for (unsigned int i = 0; i < machine->nr_ranges; i++) {
		const struct comb_range *range = &machine->ranges[i];
		uint64_t end = range->start + range->bytes;
		uint64_t floor = range->start;

		if (range->start == image->map_start)
			floor = image->kernel + boot->kernel->init_size;
		if (bytes > end - floor || ((end - bytes) & ~(PAGE_SIZE - 1)) < floor)
			continue;
		if (((end - bytes) & ~(PAGE_SIZE - 1)) > best)
			best = (end - bytes) & ~(PAGE_SIZE - 1);
	}
	if (!best)
		return fail_memory(boot, err);
	image->initrd = best;
	image->initrd_bytes = bytes;
	return 0;
}

/* Old kernels read addresses of 32 bits only. */
static int check_above_4g(const struct comb_image *image, const struct comb_boot *boot,
			  struct comb_error *err)
{
	uint64_t end = image->map_start + image->map_bytes;

	if (image->initrd + image->initrd_bytes > end)
		end = image->initrd + image->initrd_bytes;
	if (boot->kernel->above_4g || end <= 4 * GIB)
		return 0;
	comb_fail(err, COMB_UNSUITABLE, "this kernel cannot be loaded above 4 GiB");
	return comb_hint(err, "use a kernel built with CONFIG_RELOCATABLE, Linux 3.8 or newer");
}

static int fill_e820(struct comb_image *image, const struct comb_machine *machine,
		     struct comb_error *err)
{
	struct comb_e820_entry *map = image->e820;
	unsigned int *nr = &image->nr_e820;
	int failed = 0;

	for (unsigned int i = 0; i < machine->nr_ranges; i++)
		failed |= comb_e820_set(map, nr, machine->ranges[i].start,
					machine->ranges[i].bytes, COMB_E820_USABLE);
	failed |= comb_e820_set(map, nr, machine->low_start, machine->low_bytes,
				COMB_E820_USABLE);
	/* No RAM of this kernel's: comb_cell.ko finds them in the DSDT. */
	for (unsigned int i = 0; i < machine->nr_bridges; i++)
		failed |= comb_e820_set(map, nr, machine->bridges[i].start,
					machine->bridges[i].bytes, COMB_E820_RESERVED);
	failed |= comb_e820_set(map, nr, image->mailbox, COMB_MAILBOX_SIZE, COMB_E820_RESERVED);
	failed |= comb_e820_set(map, nr, image->acpi, image->acpi_bytes, COMB_E820_ACPI);
	failed |= comb_e820_set(map, nr, image->efi, image->efi_bytes, COMB_E820_RESERVED);
	if (failed)
		return comb_fail(err, COMB_FAILED, "the memory map has too many entries");
	return 0;
}

int comb_image_plan(struct comb_image *image, const struct comb_machine *machine,
		    const struct comb_boot *boot, struct comb_error *err)
{
	memset(image, 0, sizeof(*image));
	if (check_machine(machine, err) || check_boot(boot, err) ||
	    check_shared_slice(machine, boot->kernel, err))
		return -1;
	if (comb_cmdline_build(image->command_line, sizeof(image->command_line),
			       boot->kernel->cmdline_size, &machine->info, machine->nr_cpus,
			       boot->append, err))
		return -1;
	if (place_kernel(image, machine, boot, err) || place_initrd(image, machine, boot, err) ||
	    check_above_4g(image, boot, err))
		return -1;
	if (comb_acpi_build(machine, image->mailbox, image->acpi, NULL, image->acpi_bytes, NULL,
			    err))
		return -1;
	return fill_e820(image, machine, err);
}
