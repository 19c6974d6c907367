// SPDX-License-Identifier: GPL-2.0-or-later
/* lines.c - cuts a stream of bytes into lines the kernel log can hold */
#include <string.h>

#include "lines.h"

/*
 * How many bytes of a full buffer to emit: all but an unfinished UTF-8
 * character at its end (RFC 3629, 3). Bytes that are not UTF-8 do not matter.
 */
static size_t whole_characters(const char *text, size_t length)
{
	size_t tail;

	for (tail = 1; tail <= 3 && tail < length; tail++) {
		unsigned char byte = text[length - tail];

		if ((byte & 0xc0) == 0x80)
			continue;
		if ((byte >= 0xc0 && tail < 2) || (byte >= 0xe0 && tail < 3) ||
		    (byte >= 0xf0 && tail < 4))
			return length - tail;
		break;
	}
	return length;
}

static void emit_piece(struct lines *lines, lines_emit *emit, void *context)
{
	size_t length = whole_characters(lines->text, lines->length);

	emit(context, lines->text, length);
	lines->length -= length;
	memmove(lines->text, lines->text + length, lines->length);
	lines->continued = 1;
}

static void emit_line(struct lines *lines, lines_emit *emit, void *context)
{
	size_t length = lines->length;

	if (length && lines->text[length - 1] == '\r')
		length--;
	if (length || !lines->continued)
		emit(context, lines->text, length);
	lines->length = 0;
	lines->continued = 0;
}

void lines_feed(struct lines *lines, const char *data, size_t size, lines_emit *emit,
		void *context)
{
	size_t i;

	for (i = 0; i < size; i++) {
		if (data[i] == '\n') {
			emit_line(lines, emit, context);
			continue;
		}
		if (lines->length == sizeof(lines->text))
			emit_piece(lines, emit, context);
		lines->text[lines->length++] = data[i] ? data[i] : '?';
	}
}

void lines_flush(struct lines *lines, lines_emit *emit, void *context)
{
	if (lines->length)
		emit_line(lines, emit, context);
	lines->continued = 0;
}
