// SPDX-License-Identifier: GPL-2.0-or-later
/* acpi_aml.c - the few words of AML a cell's DSDT needs (ACPI 6.5, 20.2) */
#include "acpi_aml.h"

#include <string.h>

#define AML_ZERO	0x00
#define AML_ONE		0x01
#define AML_NAME	0x08
#define AML_BYTE	0x0a
#define AML_WORD	0x0b
#define AML_DWORD	0x0c
#define AML_STRING	0x0d
#define AML_SCOPE	0x10
#define AML_BUFFER	0x11
#define AML_PACKAGE	0x12
#define AML_EXT		0x5b
#define AML_EXT_DEVICE	0x82

/* ACPI 6.5, 6.4.3.5.1, QWord address space descriptor. */
#define QWORD_TAG	0x8a
#define QWORD_LENGTH	43
#define QWORD_MEMORY	0
#define QWORD_FLAGS	0x0d	/* consumed, decoded, both ends fixed */
#define QWORD_CACHEABLE	0x03	/* cacheable, read and write */
#define END_TAG		0x79

/*
 * PkgLength (20.2.4) counts itself and what follows, in one to four bytes. It is
 * written when the contents are known, by moving them up.
 */
void aml_end(struct acpi_buffer *buf, size_t mark)
{
	size_t len = buf->used - mark;
	unsigned int bytes = len + 1 < 0x40 ? 1 : len + 2 < 0x1000 ? 2 : len + 3 < 0x100000 ? 3 : 4;
	size_t total = len + bytes;

	acpi_put_zeros(buf, bytes);
	if (!buf->data || buf->used > buf->size)
		return;
	memmove(buf->data + mark + bytes, buf->data + mark, len);
	if (bytes == 1) {
		acpi_set8(buf, mark, (uint8_t)total);
		return;
	}
	/* Low 4 bits and the number of further bytes, then 8 bits a byte. */
	acpi_set8(buf, mark, (uint8_t)((bytes - 1) << 6 | (total & 0xf)));
	total >>= 4;
	for (unsigned int i = 1; i < bytes; i++, total >>= 8)
		acpi_set8(buf, mark + i, (uint8_t)total);
}

size_t aml_scope_begin(struct acpi_buffer *buf, const char name[4])
{
	size_t mark;

	acpi_put8(buf, AML_SCOPE);
	mark = buf->used;
	acpi_put_bytes(buf, name, 4);
	return mark;
}

size_t aml_device_begin(struct acpi_buffer *buf, const char name[4])
{
	size_t mark;

	acpi_put8(buf, AML_EXT);
	acpi_put8(buf, AML_EXT_DEVICE);
	mark = buf->used;
	acpi_put_bytes(buf, name, 4);
	return mark;
}

size_t aml_package_begin(struct acpi_buffer *buf, uint8_t nr_elements)
{
	size_t mark;

	acpi_put8(buf, AML_PACKAGE);
	mark = buf->used;
	acpi_put8(buf, nr_elements);
	return mark;
}

void aml_name(struct acpi_buffer *buf, const char name[4])
{
	acpi_put8(buf, AML_NAME);
	acpi_put_bytes(buf, name, 4);
}

void aml_integer(struct acpi_buffer *buf, uint32_t value)
{
	if (value <= 1) {
		acpi_put8(buf, value ? AML_ONE : AML_ZERO);
	} else if (value <= 0xff) {
		acpi_put8(buf, AML_BYTE);
		acpi_put8(buf, (uint8_t)value);
	} else if (value <= 0xffff) {
		acpi_put8(buf, AML_WORD);
		acpi_put16(buf, (uint16_t)value);
	} else {
		acpi_put8(buf, AML_DWORD);
		acpi_put32(buf, value);
	}
}

void aml_string(struct acpi_buffer *buf, const char *text)
{
	acpi_put8(buf, AML_STRING);
	acpi_put_bytes(buf, text, strlen(text) + 1);
}

void aml_memory(struct acpi_buffer *buf, uint64_t start, uint64_t bytes)
{
	size_t mark;

	acpi_put8(buf, AML_BUFFER);
	mark = buf->used;
	aml_integer(buf, 3 + QWORD_LENGTH + 2);
	acpi_put8(buf, QWORD_TAG);
	acpi_put16(buf, QWORD_LENGTH);
	acpi_put8(buf, QWORD_MEMORY);
	acpi_put8(buf, QWORD_FLAGS);
	acpi_put8(buf, QWORD_CACHEABLE);
	acpi_put64(buf, 0);			/* granularity */
	acpi_put64(buf, start);
	acpi_put64(buf, start + bytes - 1);
	acpi_put64(buf, 0);			/* translation */
	acpi_put64(buf, bytes);
	acpi_put8(buf, END_TAG);
	acpi_put8(buf, 0);			/* 0: no checksum (6.4.2.9) */
	aml_end(buf, mark);
}
