// SPDX-License-Identifier: GPL-2.0-or-later
/* acpi_table.c - bytes, headers and checksums of ACPI tables */
#include "acpi_table.h"

#include <string.h>

#define TABLE_LENGTH	4u
#define TABLE_CHECKSUM	9u
#define OEM_REVISION	1u
#define CREATOR_REVISION 1u

void acpi_put_bytes(struct acpi_buffer *buf, const void *bytes, size_t len)
{
	if (buf->data && buf->used + len <= buf->size)
		memcpy(buf->data + buf->used, bytes, len);
	buf->used += len;
}

void acpi_put8(struct acpi_buffer *buf, uint8_t value)
{
	acpi_put_bytes(buf, &value, 1);
}

void acpi_put16(struct acpi_buffer *buf, uint16_t value)
{
	acpi_put8(buf, (uint8_t)value);
	acpi_put8(buf, (uint8_t)(value >> 8));
}

void acpi_put32(struct acpi_buffer *buf, uint32_t value)
{
	acpi_put16(buf, (uint16_t)value);
	acpi_put16(buf, (uint16_t)(value >> 16));
}

void acpi_put64(struct acpi_buffer *buf, uint64_t value)
{
	acpi_put32(buf, (uint32_t)value);
	acpi_put32(buf, (uint32_t)(value >> 32));
}

void acpi_put_zeros(struct acpi_buffer *buf, size_t len)
{
	while (len--)
		acpi_put8(buf, 0);
}

void acpi_align(struct acpi_buffer *buf, size_t alignment)
{
	acpi_put_zeros(buf, -buf->used & (alignment - 1));
}

void acpi_set8(struct acpi_buffer *buf, size_t at, uint8_t value)
{
	if (buf->data && at < buf->size)
		buf->data[at] = value;
}

void acpi_set32(struct acpi_buffer *buf, size_t at, uint32_t value)
{
	for (unsigned int i = 0; i < 4; i++)
		acpi_set8(buf, at + i, (uint8_t)(value >> (8 * i)));
}

void acpi_checksum(struct acpi_buffer *buf, size_t start, size_t len, size_t at)
{
	uint8_t sum = 0;

	if (!buf->data || start + len > buf->size)
		return;
	buf->data[at] = 0;
	for (size_t i = 0; i < len; i++)
		sum = (uint8_t)(sum + buf->data[start + i]);
	buf->data[at] = (uint8_t)-sum;
}

size_t acpi_table_begin(struct acpi_buffer *buf, const char signature[4], uint8_t revision)
{
	size_t start;

	acpi_align(buf, 64);
	start = buf->used;
	acpi_put_bytes(buf, signature, 4);
	acpi_put32(buf, 0);			/* length, see acpi_table_end() */
	acpi_put8(buf, revision);
	acpi_put8(buf, 0);			/* checksum */
	acpi_put_bytes(buf, "COMB  ", 6);	/* OEM ID */
	acpi_put_bytes(buf, "COMBCELL", 8);	/* OEM table ID */
	acpi_put32(buf, OEM_REVISION);
	acpi_put_bytes(buf, "COMB", 4);		/* creator ID */
	acpi_put32(buf, CREATOR_REVISION);
	return start;
}

void acpi_table_end(struct acpi_buffer *buf, size_t start)
{
	size_t len = buf->used - start;

	acpi_set32(buf, start + TABLE_LENGTH, (uint32_t)len);
	acpi_checksum(buf, start, len, start + TABLE_CHECKSUM);
}
