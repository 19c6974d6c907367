// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * acpi_tables - the ACPI tables of cells as files, for tools that check tables
 *
 * usage: acpi_tables samples DIR	of made-up cells, each in DIR/NAME/
 *        acpi_tables cell NAME DIR	of a running cell, in DIR/NAME/
 *
 * Every table becomes SIGNATURE.dat; all of them together become acpidump.txt, in
 * the text format of acpidump. Both follow the pointers from the RSDP on, as a
 * kernel does, so a table that cannot be reached is missing.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "acpi.h"
#include "device.h"

#define RSDP_SIZE	36u
#define RSDP_XSDT	24u
#define TABLE_LENGTH	4u
#define TABLE_HEADER	36u
#define FADT_X_DSDT	140u

/**
 * struct sample - a cell that is not there
 * @name: name of its directory
 * @nr_cpus: how many CPUs, spread over the nodes in turn
 * @nr_nodes: how many nodes, numbered from 0 on
 * @nr_ranges: how many ranges of RAM, 4 GiB apart and spread over the nodes in turn
 * @boot_apic_id: APIC ID of the host's boot CPU
 * @apic_id: the lowest of the cell's APIC IDs; the others follow
 * @flags: COMB_INFO_*
 * @ram: physical address of the first range
 */
struct sample {
	const char *name;
	unsigned int nr_cpus;
	unsigned int nr_nodes;
	unsigned int nr_ranges;
	uint32_t boot_apic_id;
	uint32_t apic_id;
	uint32_t flags;
	uint64_t ram;
};

static const struct sample samples[] = {
	{ "1-cpu", 1, 1, 1, 0, 1, 0, 0x40000000 },
	{ "2-cpus", 2, 1, 1, 0, 2, 0, 0x40000000 },
	{ "8-cpus-2-nodes", 8, 2, 2, 0, 2, 0, 0x40000000 },
	/* Both kinds of MADT structures: APIC IDs 253 to 256. */
	{ "x2apic-mixed", 4, 1, 1, 0, 253, COMB_INFO_X2APIC, 0x40000000 },
	/* The host's boot CPU is beyond 254, too. */
	{ "x2apic-only", 4, 2, 2, 300, 512, COMB_INFO_X2APIC, 0x40000000 },
	{ "ram-above-4g", 2, 1, 2, 0, 1, 0, 0x240000000 },
	{ "largest", COMB_CELL_CPUS_MAX, 8, COMB_CELL_RANGES_MAX, 0, 1, COMB_INFO_X2APIC,
	  0x100000000 },
};

/**
 * struct region - the memory that holds the tables
 * @bytes: its contents
 * @size: how many
 * @address: physical address of the first one, and of the RSDP
 */
struct region {
	const uint8_t *bytes;
	size_t size;
	uint64_t address;
};

static uint32_t get32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t get64(const uint8_t *p)
{
	return get32(p) | (uint64_t)get32(p + 4) << 32;
}

/* The table at a physical address, or NULL if it is not wholly in the region. */
static const uint8_t *find_table(const struct region *region, uint64_t address)
{
	uint64_t offset = address - region->address;
	const uint8_t *table;

	if (address < region->address || region->size < TABLE_HEADER ||
	    offset > region->size - TABLE_HEADER)
		return NULL;
	table = region->bytes + offset;
	if (get32(table + TABLE_LENGTH) < TABLE_HEADER ||
	    get32(table + TABLE_LENGTH) > region->size - offset)
		return NULL;
	return table;
}

static int save_binary(const char *dir, const char *name, const uint8_t *table, uint32_t size)
{
	char path[4096];
	bool written;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s.dat", dir, name);
	file = fopen(path, "w");
	if (!file)
		return -1;
	written = fwrite(table, 1, size, file) == size;
	return fclose(file) || !written ? -1 : 0;
}

static void dump_text(FILE *dump, const char *name, uint64_t address, const uint8_t *table,
		      uint32_t size)
{
	fprintf(dump, "%s @ 0x%016" PRIx64 "\n", name, address);
	for (uint32_t row = 0; row < size; row += 16) {
		fprintf(dump, "    %04" PRIx32 ":", row);
		for (uint32_t i = row; i < size && i < row + 16; i++)
			fprintf(dump, " %02x", table[i]);
		fputc('\n', dump);
	}
	fputc('\n', dump);
}

/* Save the table at a physical address under its signature. */
static int save_table(const struct region *region, uint64_t address, const char *dir, FILE *dump)
{
	const uint8_t *table = find_table(region, address);
	char name[5] = "";

	if (!table) {
		fprintf(stderr, "acpi_tables: no table at 0x%" PRIx64 "\n", address);
		return -1;
	}
	memcpy(name, table, 4);
	dump_text(dump, name, address, table, get32(table + TABLE_LENGTH));
	return save_binary(dir, name, table, get32(table + TABLE_LENGTH));
}

/* Follow the pointers: RSDP, XSDT, what that names, and the DSDT behind the FADT. */
static int save_tables(const struct region *region, const char *dir, FILE *dump)
{
	const uint8_t *rsdp = region->bytes, *xsdt, *table;
	uint64_t address;

	if (region->size < RSDP_SIZE || memcmp(rsdp, "RSD PTR ", 8)) {
		fprintf(stderr, "acpi_tables: no RSDP at 0x%" PRIx64 "\n", region->address);
		return -1;
	}
	dump_text(dump, "RSDP", region->address, rsdp, RSDP_SIZE);
	address = get64(rsdp + RSDP_XSDT);
	xsdt = find_table(region, address);
	if (save_binary(dir, "RSDP", rsdp, RSDP_SIZE) || save_table(region, address, dir, dump))
		return -1;
	for (uint32_t i = TABLE_HEADER; i + 8 <= get32(xsdt + TABLE_LENGTH); i += 8) {
		address = get64(xsdt + i);
		if (save_table(region, address, dir, dump))
			return -1;
		table = find_table(region, address);
		if (!memcmp(table, "FACP", 4) &&
		    save_table(region, get64(table + FADT_X_DSDT), dir, dump))
			return -1;
	}
	return 0;
}

static int save_region(const struct region *region, const char *parent, const char *name)
{
	char dir[2048], path[4096];
	FILE *dump;
	int ret;

	snprintf(dir, sizeof(dir), "%s/%s", parent, name);
	snprintf(path, sizeof(path), "%s/acpidump.txt", dir);
	dump = mkdir(dir, 0777) ? NULL : fopen(path, "w");
	if (!dump) {
		fprintf(stderr, "acpi_tables: %s: %s\n", path, strerror(errno));
		return -1;
	}
	ret = save_tables(region, dir, dump);
	return fclose(dump) ? -1 : ret;
}

static int build_sample(const struct sample *sample, const char *dir)
{
	static uint8_t tables[COMB_IMAGE_ACPI_SIZE];
	static struct comb_cpu cpus[COMB_CELL_CPUS_MAX];
	static struct comb_range ranges[COMB_CELL_RANGES_MAX];
	const struct comb_machine machine = {
		.info = { .flags = sample->flags, .boot_apic_id = sample->boot_apic_id,
			  .lapic_address = 0xfee00000, .tsc_khz = 2000000 },
		.cpus = cpus,
		.nr_cpus = sample->nr_cpus,
		.ranges = ranges,
		.nr_ranges = sample->nr_ranges,
		.low_start = 0x10000,
		.low_bytes = COMB_LOW_SIZE,
	};
	struct region region = { .bytes = tables, .address = sample->ram + COMB_IMAGE_ACPI };
	struct comb_error err = { 0 };

	for (unsigned int i = 0; i < sample->nr_cpus; i++)
		cpus[i] = (struct comb_cpu){ .cpu = i + 1, .apic_id = sample->apic_id + i,
					     .node = i % sample->nr_nodes };
	for (unsigned int i = 0; i < sample->nr_ranges; i++)
		ranges[i] = (struct comb_range){ .start = sample->ram + i * 0x100000000,
						 .bytes = 0x20000000, .offset = i * 0x20000000ull,
						 .node = i % sample->nr_nodes };
	if (comb_acpi_build(&machine, sample->ram + COMB_IMAGE_MAILBOX, region.address, tables,
			    sizeof(tables), &region.size, &err)) {
		fprintf(stderr, "acpi_tables: %s: %s\n", sample->name, err.what);
		return -1;
	}
	return save_region(&region, dir, sample->name);
}

static int read_cell(const char *name, const char *dir)
{
	struct comb_error err = { 0 };
	struct comb_cell cell;
	int device = comb_device_open(false, &err), ret = -1;

	if (device < 0 || comb_cell_open(device, name, &cell, &err) ||
	    comb_cell_map(&cell, false, &err)) {
		fprintf(stderr, "acpi_tables: %s: %s\n", name, err.what);
		return -1;
	}
	/* The mailbox is the start of the home range (see image.h). */
	for (unsigned int i = 0; i < cell.get.nr_ranges; i++) {
		if (cell.ranges[i].offset + COMB_IMAGE_MAILBOX == cell.get.mailbox_offset) {
			struct region region = {
				.bytes = cell.memory + cell.ranges[i].offset + COMB_IMAGE_ACPI,
				.size = COMB_IMAGE_ACPI_SIZE,
				.address = cell.ranges[i].start + COMB_IMAGE_ACPI,
			};

			ret = save_region(&region, dir, name);
		}
	}
	comb_cell_close(&cell);
	return ret;
}

int main(int argc, char *argv[])
{
	if (argc == 4 && !strcmp(argv[1], "cell"))
		return read_cell(argv[2], argv[3]) ? 1 : 0;
	if (argc != 3 || strcmp(argv[1], "samples")) {
		fprintf(stderr, "usage: acpi_tables samples DIR | acpi_tables cell NAME DIR\n");
		return 2;
	}
	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
		if (build_sample(&samples[i], argv[2]))
			return 1;
	}
	return 0;
}
