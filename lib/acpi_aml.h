/* SPDX-License-Identifier: GPL-2.0-or-later */
/* acpi_aml.h - the few words of AML a cell's DSDT needs (ACPI 6.5, 20.2; internal to lib/) */
#ifndef COMB_ACPI_AML_H
#define COMB_ACPI_AML_H

#include "acpi_table.h"

/*
 * Terms that hold others: begin returns a mark, put the contents, end it.
 * @name has four characters, padded with '_'.
 */
size_t aml_scope_begin(struct acpi_buffer *buf, const char name[4]);
size_t aml_device_begin(struct acpi_buffer *buf, const char name[4]);
size_t aml_package_begin(struct acpi_buffer *buf, uint8_t nr_elements);
void aml_end(struct acpi_buffer *buf, size_t mark);

/* Name (NAME, ...); the object follows. */
void aml_name(struct acpi_buffer *buf, const char name[4]);
void aml_integer(struct acpi_buffer *buf, uint32_t value);
void aml_string(struct acpi_buffer *buf, const char *text);
/* A resource template of one QWordMemory range the device uses. */
void aml_memory(struct acpi_buffer *buf, uint64_t start, uint64_t bytes);

#endif
