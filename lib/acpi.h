/* SPDX-License-Identifier: GPL-2.0-or-later */
/* acpi.h - the ACPI tables of a cell */
#ifndef COMB_ACPI_H
#define COMB_ACPI_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "image.h"

/**
 * comb_acpi_build() - write all ACPI tables of a cell
 * @machine: CPUs, RAM and host facts
 * @mailbox: physical address of the mailbox
 * @address: physical address @buffer will have, 64-byte aligned
 * @buffer: where to write; may be NULL to check and count only
 * @size: capacity of @buffer (of the region, if @buffer is NULL) in bytes
 * @used: out: how many bytes the tables take; may be NULL
 * @err: COMB_USAGE a CPU cannot be described; COMB_UNSUITABLE a CPU is the
 *	host's boot CPU; COMB_FAILED the tables do not fit
 *
 * The RSDP comes first, at @address. Its XSDT names FADT, MADT and, if the cell
 * has CPUs or RAM of more than one node, SRAT and SLIT; the FADT names the DSDT.
 * Each table is 64-byte aligned and its checksum is right.
 *
 * Return: 0, or -1 with @err filled in.
 */
int comb_acpi_build(const struct comb_machine *machine, uint64_t mailbox, uint64_t address,
		    void *buffer, size_t size, size_t *used, struct comb_error *err);

#endif
