// SPDX-License-Identifier: GPL-2.0-or-later
/* acpi_numa.c - which CPU and RAM is on which node (ACPI 6.5, 5.2.16, 5.2.17) */
#include "acpi_table.h"

#define SRAT_REVISION		3
#define SLIT_REVISION		1

#define TYPE_LOCAL_APIC		0u
#define TYPE_MEMORY		1u
#define TYPE_LOCAL_X2APIC	2u
#define AFFINITY_ENABLED	1u

/* 5.2.17: 10 means local. The host's real distances are not known here. */
#define DISTANCE_LOCAL		10
#define DISTANCE_REMOTE		20

/* 5.2.16.1 and 5.2.16.3 */
static void put_cpu(struct acpi_buffer *buf, const struct acpi_cpu *cpu)
{
	if (cpu->x2apic) {
		acpi_put8(buf, TYPE_LOCAL_X2APIC);
		acpi_put8(buf, 24);
		acpi_put16(buf, 0);
		acpi_put32(buf, cpu->domain);
		acpi_put32(buf, cpu->apic_id);
		acpi_put32(buf, AFFINITY_ENABLED);
		acpi_put32(buf, 0);		/* clock domain */
		acpi_put32(buf, 0);
		return;
	}
	acpi_put8(buf, TYPE_LOCAL_APIC);
	acpi_put8(buf, 16);
	acpi_put8(buf, (uint8_t)cpu->domain);
	acpi_put8(buf, (uint8_t)cpu->apic_id);
	acpi_put32(buf, AFFINITY_ENABLED);
	acpi_put8(buf, 0);			/* SAPIC EID */
	acpi_put8(buf, (uint8_t)(cpu->domain >> 8));
	acpi_put16(buf, (uint16_t)(cpu->domain >> 16));
	acpi_put32(buf, 0);			/* clock domain */
}

/* 5.2.16.2 */
static void put_memory(struct acpi_buffer *buf, uint64_t start, uint64_t bytes, uint32_t domain)
{
	acpi_put8(buf, TYPE_MEMORY);
	acpi_put8(buf, 40);
	acpi_put32(buf, domain);
	acpi_put16(buf, 0);
	acpi_put64(buf, start);
	acpi_put64(buf, bytes);
	acpi_put32(buf, 0);
	acpi_put32(buf, AFFINITY_ENABLED);
	acpi_put64(buf, 0);
}

void acpi_write_srat(struct acpi_buffer *buf, const struct acpi_cell *cell)
{
	const struct comb_machine *machine = cell->machine;
	size_t srat = acpi_table_begin(buf, "SRAT", SRAT_REVISION);

	acpi_put32(buf, 1);			/* reserved, must be 1 */
	acpi_put64(buf, 0);
	for (unsigned int i = 0; i < machine->nr_cpus; i++)
		put_cpu(buf, &cell->cpus[i]);
	/* RAM that no entry covers makes Linux give up on NUMA. */
	put_memory(buf, machine->low_start, machine->low_bytes, cell->cpus[0].domain);
	for (unsigned int i = 0; i < machine->nr_ranges; i++)
		put_memory(buf, machine->ranges[i].start, machine->ranges[i].bytes,
			   acpi_domain(cell, machine->ranges[i].node));
	acpi_table_end(buf, srat);
}

void acpi_write_slit(struct acpi_buffer *buf, const struct acpi_cell *cell)
{
	size_t slit = acpi_table_begin(buf, "SLIT", SLIT_REVISION);

	acpi_put64(buf, cell->nr_nodes);
	for (unsigned int i = 0; i < cell->nr_nodes; i++) {
		for (unsigned int j = 0; j < cell->nr_nodes; j++)
			acpi_put8(buf, i == j ? DISTANCE_LOCAL : DISTANCE_REMOTE);
	}
	acpi_table_end(buf, slit);
}
