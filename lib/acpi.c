// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * acpi.c - the ACPI tables of a cell
 *
 * A cell is a hardware-reduced platform (ACPI 6.5, 4.1) with CPUs, RAM and one
 * device, the mailbox. Everything that would lead its kernel to hardware of the
 * host is left out.
 */
#include "acpi.h"

#include <stdlib.h>
#include <string.h>

#include "acpi_table.h"

#define RSDP_SIZE		36u
#define RSDP_V1_SIZE		20u
#define RSDP_CHECKSUM		8u
#define RSDP_EXT_CHECKSUM	32u
/* Local APIC structures hold APIC IDs below this one (ACPI 6.5, 5.2.12.2). */
#define LOCAL_APIC_ID_LIMIT	255u
/* The first UID that a local APIC structure cannot hold. */
#define X2APIC_UID_FIRST	256u
#define APIC_ID_BROADCAST	0xffffffffu

static int check_cpu(const struct comb_info *info, const struct comb_cpu *cpu,
		     struct comb_error *err)
{
	if (cpu->apic_id == info->boot_apic_id) {
		comb_fail(err, COMB_UNSUITABLE,
			  "CPU %u is the host's boot CPU and cannot be lent", cpu->cpu);
		return comb_hint(err, "comb topo");
	}
	/* An xAPIC holds 8 bits, and 255 addresses every CPU. */
	if (cpu->apic_id == APIC_ID_BROADCAST ||
	    (!(info->flags & COMB_INFO_X2APIC) && cpu->apic_id >= LOCAL_APIC_ID_LIMIT)) {
		comb_fail(err, COMB_UNSUITABLE, "CPU %u has APIC ID %u, which needs x2APIC mode",
			  cpu->cpu, cpu->apic_id);
		return comb_hint(err, "use other CPUs, or turn x2APIC on in the host's firmware");
	}
	return 0;
}

/*
 * Choose the structure and the UID of every CPU. Local APIC structures have 8
 * bits for the UID, so both kinds count for themselves.
 *
 * If the host's boot CPU, whose entry must be seen first, needs an x2APIC
 * structure, then so do all: kernels read all local APIC structures first.
 */
static int choose_cpus(struct acpi_cell *cell, struct comb_error *err)
{
	const struct comb_machine *machine = cell->machine;
	bool all_x2apic = machine->info.boot_apic_id >= LOCAL_APIC_ID_LIMIT;
	uint32_t uid = ACPI_HOST_UID + 1, uid_x2apic = X2APIC_UID_FIRST;

	for (unsigned int i = 0; i < machine->nr_cpus; i++) {
		const struct comb_cpu *cpu = &machine->cpus[i];
		struct acpi_cpu *to = &cell->cpus[i];

		if (check_cpu(&machine->info, cpu, err))
			return -1;
		for (unsigned int j = 0; j < i; j++) {
			if (machine->cpus[j].apic_id == cpu->apic_id)
				return comb_fail(err, COMB_FAILED, "CPUs %u and %u have one APIC ID",
						 machine->cpus[j].cpu, cpu->cpu);
		}
		to->apic_id = cpu->apic_id;
		to->x2apic = all_x2apic || cpu->apic_id >= LOCAL_APIC_ID_LIMIT;
		to->uid = to->x2apic ? uid_x2apic++ : uid++;
	}
	return 0;
}

static int compare_nodes(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

/* Number the nodes the cell has a part in from zero on, without gaps. */
static void choose_domains(struct acpi_cell *cell)
{
	const struct comb_machine *machine = cell->machine;
	unsigned int n = 0, unique = 0;

	for (unsigned int i = 0; i < machine->nr_cpus; i++)
		cell->nodes[n++] = machine->cpus[i].node;
	for (unsigned int i = 0; i < machine->nr_ranges; i++)
		cell->nodes[n++] = machine->ranges[i].node;
	qsort(cell->nodes, n, sizeof(*cell->nodes), compare_nodes);
	for (unsigned int i = 0; i < n; i++) {
		if (!unique || cell->nodes[unique - 1] != cell->nodes[i])
			cell->nodes[unique++] = cell->nodes[i];
	}
	cell->nr_nodes = unique;
	for (unsigned int i = 0; i < machine->nr_cpus; i++)
		cell->cpus[i].domain = acpi_domain(cell, machine->cpus[i].node);
}

uint32_t acpi_domain(const struct acpi_cell *cell, uint32_t node)
{
	const uint32_t *found = bsearch(&node, cell->nodes, cell->nr_nodes, sizeof(*cell->nodes),
					compare_nodes);

	return found ? (uint32_t)(found - cell->nodes) : 0;
}

/* ACPI 6.5, 5.2.5.3. The XSDT follows it directly. */
static void write_rsdp(struct acpi_buffer *buf, uint64_t xsdt)
{
	size_t start = buf->used;

	acpi_put_bytes(buf, "RSD PTR ", 8);
	acpi_put8(buf, 0);			/* checksum of the first 20 bytes */
	acpi_put_bytes(buf, "COMB  ", 6);
	acpi_put8(buf, 2);			/* revision */
	acpi_put32(buf, 0);			/* no RSDT */
	acpi_put32(buf, RSDP_SIZE);
	acpi_put64(buf, xsdt);
	acpi_put8(buf, 0);			/* checksum of all of it */
	acpi_put_zeros(buf, 3);
	acpi_checksum(buf, start, RSDP_V1_SIZE, start + RSDP_CHECKSUM);
	acpi_checksum(buf, start, RSDP_SIZE, start + RSDP_EXT_CHECKSUM);
}

typedef void (*table_writer)(struct acpi_buffer *buf, const struct acpi_cell *cell);

/* The XSDT has a fixed place and size, so the tables it names can come after it. */
static void write_tables(struct acpi_buffer *buf, const struct acpi_cell *cell, uint64_t address)
{
	static const table_writer writers[] = { acpi_write_madt, acpi_write_srat, acpi_write_slit };
	unsigned int nr = cell->nr_nodes > 1 ? 3 : 1;
	size_t xsdt, entries, dsdt;

	acpi_align(buf, 64);
	write_rsdp(buf, address + 64);
	xsdt = acpi_table_begin(buf, "XSDT", 1);
	entries = buf->used;
	acpi_put_zeros(buf, 8 * (nr + 1));
	acpi_table_end(buf, xsdt);

	acpi_align(buf, 64);
	dsdt = buf->used;
	acpi_write_dsdt(buf, cell);
	for (unsigned int i = 0; i <= nr; i++) {
		uint64_t table;

		acpi_align(buf, 64);
		table = address + buf->used;
		acpi_set32(buf, entries + 8 * i, (uint32_t)table);
		acpi_set32(buf, entries + 8 * i + 4, (uint32_t)(table >> 32));
		if (!i)
			acpi_write_fadt(buf, cell, address + dsdt);
		else
			writers[i - 1](buf, cell);
	}
	acpi_checksum(buf, xsdt, entries + 8 * (nr + 1) - xsdt, xsdt + 9);
}

int comb_acpi_build(const struct comb_machine *machine, uint64_t mailbox, uint64_t address,
		    void *buffer, size_t size, size_t *used, struct comb_error *err)
{
	struct acpi_buffer buf = { .data = buffer, .size = size };
	struct acpi_cell *cell;
	int ret = -1;

	if (!machine->nr_cpus || machine->nr_cpus > COMB_CELL_CPUS_MAX ||
	    machine->nr_ranges > COMB_CELL_RANGES_MAX)
		return comb_fail(err, COMB_FAILED, "a cell cannot have %u CPUs and %u memory ranges",
				 machine->nr_cpus, machine->nr_ranges);
	cell = calloc(1, sizeof(*cell));
	if (!cell)
		return comb_out_of_memory(err);
	cell->machine = machine;
	cell->mailbox = mailbox;
	if (choose_cpus(cell, err))
		goto out;
	choose_domains(cell);
	write_tables(&buf, cell, address);
	if (used)
		*used = buf.used;
	if (buf.used > size) {
		comb_fail(err, COMB_FAILED, "the ACPI tables need %zu bytes of %zu", buf.used, size);
		comb_hint(err, "give the cell fewer CPUs or nodes");
		goto out;
	}
	ret = 0;
out:
	free(cell);
	return ret;
}
