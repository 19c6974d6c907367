// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * acpi_dsdt.c - Differentiated System Description Table (ACPI 6.5, 5.2.11.1)
 *
 *   Name (\_S5, Package () { 5, 5 })
 *   Scope (_SB) {
 *	Device (MBOX) { _HID "COMB0001", _UID, _STA, _CRS: the mailbox }
 *	Device (BR00) { _HID "COMB0002", _UID: its name, _STA, _CRS }	one for each bridge
 *	Device (C000) { _HID "ACPI0007", _UID }		one for each CPU
 *   }
 */
#include "acpi_aml.h"

#include <stdio.h>

#define DSDT_REVISION	2	/* 64-bit integers */
/* What the kernel writes to the sleep control register to power off; any value would do. */
#define SLEEP_TYPE_S5	5
#define STATUS_PRESENT	0x0f	/* present, enabled, shown, working (6.3.7) */

/* What follows _HID and _UID in a device that is a range of memory. */
static void put_memory(struct acpi_buffer *buf, uint64_t start, uint64_t bytes)
{
	aml_name(buf, "_STA");
	aml_integer(buf, STATUS_PRESENT);
	aml_name(buf, "_CRS");
	aml_memory(buf, start, bytes);
}

static void put_mailbox(struct acpi_buffer *buf, const struct acpi_cell *cell)
{
	size_t device = aml_device_begin(buf, "MBOX");

	aml_name(buf, "_HID");
	aml_string(buf, COMB_ACPI_HID);
	aml_name(buf, "_UID");
	aml_integer(buf, 0);
	put_memory(buf, cell->mailbox, COMB_MAILBOX_SIZE);
	aml_end(buf, device);
}

static void put_bridge(struct acpi_buffer *buf, unsigned int index,
		       const struct comb_bridge *bridge)
{
	char name[16];
	size_t device;

	snprintf(name, sizeof(name), "BR%02X", index);
	device = aml_device_begin(buf, name);
	aml_name(buf, "_HID");
	aml_string(buf, COMB_ACPI_BRIDGE_HID);
	aml_name(buf, "_UID");
	aml_string(buf, bridge->name);
	put_memory(buf, bridge->start, bridge->bytes);
	aml_end(buf, device);
}

/* Processor devices (8.4); _UID is the one in the MADT. */
static void put_cpu(struct acpi_buffer *buf, unsigned int index, uint32_t uid)
{
	char name[16];
	size_t device;

	snprintf(name, sizeof(name), "C%03X", index);
	device = aml_device_begin(buf, name);
	aml_name(buf, "_HID");
	aml_string(buf, "ACPI0007");
	aml_name(buf, "_UID");
	aml_integer(buf, uid);
	aml_end(buf, device);
}

void acpi_write_dsdt(struct acpi_buffer *buf, const struct acpi_cell *cell)
{
	size_t dsdt = acpi_table_begin(buf, "DSDT", DSDT_REVISION);
	size_t package, scope;

	aml_name(buf, "_S5_");
	package = aml_package_begin(buf, 2);
	aml_integer(buf, SLEEP_TYPE_S5);
	aml_integer(buf, SLEEP_TYPE_S5);
	aml_end(buf, package);

	scope = aml_scope_begin(buf, "_SB_");
	put_mailbox(buf, cell);
	for (unsigned int i = 0; i < cell->machine->nr_bridges; i++)
		put_bridge(buf, i, &cell->machine->bridges[i]);
	for (unsigned int i = 0; i < cell->machine->nr_cpus; i++)
		put_cpu(buf, i, cell->cpus[i].uid);
	aml_end(buf, scope);
	acpi_table_end(buf, dsdt);
}
