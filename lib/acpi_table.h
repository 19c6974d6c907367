/* SPDX-License-Identifier: GPL-2.0-or-later */
/* acpi_table.h - what the writers of single ACPI tables share (internal to lib/) */
#ifndef COMB_ACPI_TABLE_H
#define COMB_ACPI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image.h"

/**
 * struct acpi_buffer - tables in the making
 * @data: where they go, NULL to count only
 * @size: capacity in bytes
 * @used: bytes written so far; beyond @size nothing is written, only counted
 */
struct acpi_buffer {
	uint8_t *data;
	size_t size;
	size_t used;
};

void acpi_put8(struct acpi_buffer *buf, uint8_t value);
void acpi_put16(struct acpi_buffer *buf, uint16_t value);
void acpi_put32(struct acpi_buffer *buf, uint32_t value);
void acpi_put64(struct acpi_buffer *buf, uint64_t value);
void acpi_put_bytes(struct acpi_buffer *buf, const void *bytes, size_t len);
void acpi_put_zeros(struct acpi_buffer *buf, size_t len);
/* Change what was written before, at offset @at. */
void acpi_set8(struct acpi_buffer *buf, size_t at, uint8_t value);
void acpi_set32(struct acpi_buffer *buf, size_t at, uint32_t value);
/* Pad with zeros to a multiple of @alignment. */
void acpi_align(struct acpi_buffer *buf, size_t alignment);
/* What must be put at @at so that @len bytes from @start add up to zero. */
void acpi_checksum(struct acpi_buffer *buf, size_t start, size_t len, size_t at);

/* Begin a table (ACPI 6.5, 5.2.6); returns its offset, for acpi_table_end(). */
size_t acpi_table_begin(struct acpi_buffer *buf, const char signature[4], uint8_t revision);
/* Fill in length and checksum. */
void acpi_table_end(struct acpi_buffer *buf, size_t start);

/**
 * struct acpi_cpu - a processor as the tables name it
 * @apic_id: its APIC ID
 * @uid: processor UID, the same in the MADT and the DSDT
 * @domain: proximity domain
 * @x2apic: described by x2APIC structures
 */
struct acpi_cpu {
	uint32_t apic_id;
	uint32_t uid;
	uint32_t domain;
	bool x2apic;
};

/**
 * struct acpi_cell - what the tables describe
 * @machine: the facts they come from
 * @mailbox: physical address of the mailbox
 * @cpus: the cell's CPUs, boot CPU first, machine->nr_cpus of them
 * @nodes: host nodes, ascending; the index is the proximity domain
 * @nr_nodes: how many
 */
struct acpi_cell {
	const struct comb_machine *machine;
	uint64_t mailbox;
	struct acpi_cpu cpus[COMB_CELL_CPUS_MAX];
	uint32_t nodes[COMB_CELL_CPUS_MAX + COMB_CELL_RANGES_MAX];
	unsigned int nr_nodes;
};

/* The processor UID of the host's boot CPU, which has no device in the DSDT. */
#define ACPI_HOST_UID	0u

uint32_t acpi_domain(const struct acpi_cell *cell, uint32_t node);

/* The writers. Each appends one complete table. */
void acpi_write_fadt(struct acpi_buffer *buf, const struct acpi_cell *cell, uint64_t dsdt);
void acpi_write_madt(struct acpi_buffer *buf, const struct acpi_cell *cell);
void acpi_write_srat(struct acpi_buffer *buf, const struct acpi_cell *cell);
void acpi_write_slit(struct acpi_buffer *buf, const struct acpi_cell *cell);
void acpi_write_dsdt(struct acpi_buffer *buf, const struct acpi_cell *cell);

#endif
