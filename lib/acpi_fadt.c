// SPDX-License-Identifier: GPL-2.0-or-later
/* acpi_fadt.c - Fixed ACPI Description Table (ACPI 6.5, 5.2.9) */
#include "acpi_table.h"

#define FADT_REVISION		6
#define FADT_MINOR_REVISION	5
#define FADT_SIZE		276u

/* Byte offsets, Table 5.9. */
#define FADT_PM_PROFILE		45u
#define FADT_SCI_INT		46u
#define FADT_BOOT_ARCH		109u
#define FADT_FLAGS		112u
#define FADT_RESET_REG		116u
#define FADT_RESET_VALUE	128u
#define FADT_MINOR		131u
#define FADT_X_DSDT		140u
#define FADT_SLEEP_CONTROL	244u
#define FADT_SLEEP_STATUS	256u

#define PM_PROFILE_SERVER	4u
/*
 * Reduced hardware has no SCI, but Linux without an I/O APIC sets the 8259's
 * edge/level register (ELCR) to this interrupt and no other. It is the machine's
 * only one; with the usual 9 it mostly stays as the firmware set it.
 */
#define SCI_INT			9u

/* Table 5.11. Legacy devices and 8042 are absent because their bits are clear. */
#define BOOT_NO_VGA		(1u << 2)
#define BOOT_NO_CMOS_RTC	(1u << 5)

/* Table 5.10. Bits 1 to 3, 7, 8, 13, 14, 16 and 17 mean nothing on reduced hardware. */
#define FLAG_WBINVD		(1u << 0)	/* WBINVD works */
#define FLAG_PWR_BUTTON		(1u << 4)	/* not a fixed feature */
#define FLAG_SLP_BUTTON		(1u << 5)	/* not a fixed feature */
#define FLAG_FIX_RTC		(1u << 6)	/* no RTC wake status */
#define FLAG_RESET_REG		(1u << 10)
#define FLAG_HEADLESS		(1u << 12)
/*
 * In a logical mode a cell's CPU would answer to the same logical APIC ID as one
 * of the host and receive interrupts of the host's devices.
 */
#define FLAG_PHYSICAL_APIC	(1u << 19)
/* No PIC, PIT, PM timer, PM registers, SCI. */
#define FLAG_HW_REDUCED		(1u << 20)

#define RESET_VALUE		1u

/* Generic Address Structure (5.2.3.2): one byte of memory. */
static void set_register(struct acpi_buffer *buf, size_t at, uint64_t address)
{
	acpi_set8(buf, at, 0);			/* system memory */
	acpi_set8(buf, at + 1, 8);		/* bits */
	acpi_set8(buf, at + 2, 0);		/* bit offset */
	acpi_set8(buf, at + 3, 1);		/* byte access */
	acpi_set32(buf, at + 4, (uint32_t)address);
	acpi_set32(buf, at + 8, (uint32_t)(address >> 32));
}

void acpi_write_fadt(struct acpi_buffer *buf, const struct acpi_cell *cell, uint64_t dsdt)
{
	size_t fadt = acpi_table_begin(buf, "FACP", FADT_REVISION);

	acpi_put_zeros(buf, FADT_SIZE - (buf->used - fadt));
	acpi_set8(buf, fadt + FADT_PM_PROFILE, PM_PROFILE_SERVER);
	acpi_set8(buf, fadt + FADT_SCI_INT, SCI_INT);
	acpi_set8(buf, fadt + FADT_BOOT_ARCH, BOOT_NO_VGA | BOOT_NO_CMOS_RTC);
	acpi_set32(buf, fadt + FADT_FLAGS,
		   FLAG_WBINVD | FLAG_PWR_BUTTON | FLAG_SLP_BUTTON | FLAG_FIX_RTC | FLAG_RESET_REG |
		   FLAG_HEADLESS | FLAG_PHYSICAL_APIC | FLAG_HW_REDUCED);
	set_register(buf, fadt + FADT_RESET_REG, cell->mailbox + COMB_MAILBOX_OFF_RESET);
	acpi_set8(buf, fadt + FADT_RESET_VALUE, RESET_VALUE);
	acpi_set8(buf, fadt + FADT_MINOR, FADT_MINOR_REVISION);
	acpi_set32(buf, fadt + FADT_X_DSDT, (uint32_t)dsdt);
	acpi_set32(buf, fadt + FADT_X_DSDT + 4, (uint32_t)(dsdt >> 32));
	set_register(buf, fadt + FADT_SLEEP_CONTROL,
		     cell->mailbox + COMB_MAILBOX_OFF_SLEEP_CONTROL);
	set_register(buf, fadt + FADT_SLEEP_STATUS, cell->mailbox + COMB_MAILBOX_OFF_SLEEP_STATUS);
	acpi_table_end(buf, fadt);
}
