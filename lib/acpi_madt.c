// SPDX-License-Identifier: GPL-2.0-or-later
/* acpi_madt.c - Multiple APIC Description Table (ACPI 6.5, 5.2.12) */
#include "acpi_table.h"

#define MADT_REVISION		6
#define MADT_NO_FLAGS		0u	/* no dual 8259: PCAT_COMPAT is clear */

#define TYPE_LOCAL_APIC		0u
#define TYPE_LAPIC_OVERRIDE	5u
#define TYPE_LOCAL_X2APIC	9u

/* Table 5.23, local APIC flags. */
#define CPU_ENABLED		(1u << 0)
#define CPU_ONLINE_CAPABLE	(1u << 1)

/* 5.2.12.2 and 5.2.12.12 */
static void put_cpu(struct acpi_buffer *buf, const struct acpi_cpu *cpu, uint32_t flags)
{
	if (cpu->x2apic) {
		acpi_put8(buf, TYPE_LOCAL_X2APIC);
		acpi_put8(buf, 16);
		acpi_put16(buf, 0);
		acpi_put32(buf, cpu->apic_id);
		acpi_put32(buf, flags);
		acpi_put32(buf, cpu->uid);
		return;
	}
	acpi_put8(buf, TYPE_LOCAL_APIC);
	acpi_put8(buf, 8);
	acpi_put8(buf, (uint8_t)cpu->uid);
	acpi_put8(buf, (uint8_t)cpu->apic_id);
	acpi_put32(buf, flags);
}

void acpi_write_madt(struct acpi_buffer *buf, const struct acpi_cell *cell)
{
	const struct comb_info *info = &cell->machine->info;
	struct acpi_cpu host = {
		.apic_id = info->boot_apic_id,
		.uid = ACPI_HOST_UID,
		.x2apic = info->boot_apic_id >= 255,
	};
	size_t madt = acpi_table_begin(buf, "APIC", MADT_REVISION);

	acpi_put32(buf, (uint32_t)info->lapic_address);
	acpi_put32(buf, MADT_NO_FLAGS);
	if (info->lapic_address >> 32) {	/* 5.2.12.8 */
		acpi_put8(buf, TYPE_LAPIC_OVERRIDE);
		acpi_put8(buf, 12);
		acpi_put16(buf, 0);
		acpi_put64(buf, info->lapic_address);
	}
	/*
	 * Kernels from 6.9 on take the first processor for the one the machine
	 * booted on. If they do not run on it they believe to be a crash kernel:
	 * they never send INIT to that one, which is what a cell wants, but if it
	 * were one of the cell's they would be left with a single CPU. There is no
	 * processor device for it in the DSDT, so that it cannot be hot-added.
	 */
	put_cpu(buf, &host, CPU_ONLINE_CAPABLE);
	for (unsigned int i = 0; i < cell->machine->nr_cpus; i++)
		put_cpu(buf, &cell->cpus[i], CPU_ENABLED);
	acpi_table_end(buf, madt);
}
