// SPDX-License-Identifier: GPL-2.0-or-later
/* image_write.c - fill a cell's RAM as planned */
#include <string.h>

#include "acpi.h"
#include "bootparams.h"
#include "efi.h"
#include "image.h"

#define LAPIC_SIZE	4096u

/**
 * struct writer - the cell file's mapping
 * @machine: where physical addresses are in it
 * @memory: its first byte
 * @size: its length
 */
struct writer {
	const struct comb_machine *machine;
	uint8_t *memory;
	uint64_t size;
};

/* Where @bytes from physical address @address on are, or NULL. */
static void *at(const struct writer *w, uint64_t address, uint64_t bytes)
{
	const struct comb_machine *machine = w->machine;

	for (unsigned int i = 0; i < machine->nr_ranges; i++) {
		const struct comb_range *r = &machine->ranges[i];
		uint64_t in = address - r->start;

		if (address < r->start || in >= r->bytes || bytes > r->bytes - in)
			continue;
		if (r->offset > w->size || in > w->size - r->offset ||
		    bytes > w->size - r->offset - in)
			return NULL;
		return w->memory + r->offset + in;
	}
	return NULL;
}

static void write_mailbox(uint8_t *mailbox, const struct comb_machine *machine,
			  const struct comb_boot *boot)
{
	struct comb_mailbox_host host = {
		.magic = COMB_MAILBOX_MAGIC,
		.version = COMB_MAILBOX_VERSION,
		.size = COMB_MAILBOX_SIZE,
		.cell_id = boot->cell_id,
		.heartbeat_ms = boot->heartbeat_ms,
		.hung_ms = boot->hung_ms,
		.wall_ns = boot->wall_ns,
		.wall_tsc = boot->wall_tsc,
		.tsc_khz = machine->info.tsc_khz,
	};
	struct comb_mailbox_cell cell = { .state = COMB_STATE_BOOTING };

	memcpy(host.name, boot->name, strlen(boot->name));
	memset(mailbox, 0, COMB_MAILBOX_SIZE);
	memcpy(mailbox + COMB_MAILBOX_HOST_OFF, &host, sizeof(host));
	memcpy(mailbox + COMB_MAILBOX_CELL_OFF, &cell, sizeof(cell));
}

/* In x2APIC mode they are MSRs: 0. */
static uint64_t lapic_registers(const struct comb_machine *machine)
{
	return machine->info.flags & COMB_INFO_X2APIC ? 0 : machine->info.lapic_address;
}

/*
 * The EFI memory map. The decompressor of a kernel with KASLR chooses only among
 * conventional memory, so what boot_params and its relatives take is not, and
 * the low-memory slice is not in the map at all. What the EFI runtime uses, the
 * local APIC among it, must be there to be mapped.
 */
static int fill_efi_map(struct comb_e820_entry *map, unsigned int *nr,
			const struct comb_image *image, const struct comb_machine *machine)
{
	int failed = 0;

	*nr = 0;
	for (unsigned int i = 0; i < machine->nr_ranges; i++)
		failed |= comb_e820_set(map, nr, machine->ranges[i].start,
					machine->ranges[i].bytes, COMB_EFI_CONVENTIONAL);
	failed |= comb_e820_set(map, nr, image->map_start, COMB_IMAGE_HEADER_SIZE,
				COMB_EFI_LOADER_DATA);
	failed |= comb_e820_set(map, nr, image->mailbox, COMB_MAILBOX_SIZE,
				COMB_EFI_RUNTIME_DATA);
	failed |= comb_e820_set(map, nr, image->acpi, image->acpi_bytes, COMB_EFI_ACPI_RECLAIM);
	failed |= comb_e820_set(map, nr, image->efi, image->efi_bytes, COMB_EFI_RUNTIME_CODE);
	if (lapic_registers(machine))
		failed |= comb_e820_set(map, nr, lapic_registers(machine), LAPIC_SIZE,
					COMB_EFI_MMIO);
	return failed || *nr * COMB_EFI_DESCRIPTOR_SIZE > COMB_BOOT_PARAMS_SIZE ? -1 : 0;
}

static int write_header(uint8_t *home, const struct comb_image *image,
			const struct comb_machine *machine, const struct comb_boot *boot,
			struct comb_error *err)
{
	struct comb_e820_entry map[COMB_E820_MAX];
	unsigned int nr;

	if (fill_efi_map(map, &nr, image, machine))
		return comb_fail(err, COMB_FAILED, "the EFI memory map has too many entries");
	if (comb_acpi_build(machine, image->mailbox, image->acpi, home + COMB_IMAGE_ACPI,
			    image->acpi_bytes, NULL, err))
		return -1;
	write_mailbox(home + COMB_IMAGE_MAILBOX, machine, boot);
	comb_efi_build(home + COMB_IMAGE_EFI, image->efi, image->mailbox, image->acpi,
		       lapic_registers(machine));
	comb_efi_memmap(home + COMB_IMAGE_MEMMAP, map, nr);
	comb_bootparams_build(home + COMB_IMAGE_BOOT_PARAMS, image, boot->kernel, nr);
	comb_setup_data_build(home + COMB_IMAGE_SETUP_DATA, boot->seed);
	memcpy(home + COMB_IMAGE_CMDLINE, image->command_line, sizeof(image->command_line));
	return 0;
}

int comb_image_write(const struct comb_image *image, const struct comb_machine *machine,
		     const struct comb_boot *boot, void *memory, uint64_t memory_size,
		     struct comb_error *err)
{
	struct writer w = { machine, memory, memory_size };
	const struct comb_bzimage *kernel = boot->kernel;
	uint8_t *home = at(&w, image->map_start, COMB_IMAGE_HEADER_SIZE);
	uint8_t *code = at(&w, image->kernel, kernel->init_size);
	uint8_t *initrd = image->initrd_bytes ? at(&w, image->initrd, image->initrd_bytes) : NULL;

	if (!home || !code || (image->initrd_bytes && !initrd))
		return comb_fail(err, COMB_FAILED,
				 "the plan does not fit the cell's memory (%llu bytes)",
				 (unsigned long long)memory_size);
	if (write_header(home, image, machine, boot, err))
		return -1;
	memcpy(code, kernel->data + kernel->payload, kernel->payload_size);
	if (initrd)
		memcpy(initrd, boot->initrd, image->initrd_bytes);
	return 0;
}
