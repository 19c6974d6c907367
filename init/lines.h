/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lines.h - cuts a stream of bytes into lines the kernel log can hold */
#ifndef COMB_INIT_LINES_H
#define COMB_INIT_LINES_H

#include <stddef.h>

/* A kernel log record holds some 990 bytes of text; leave room for its prefix. */
#define LINE_MAX_BYTES 900

/**
 * struct lines - what has come in since the last end of line
 * @length: bytes used in @text
 * @continued: @text continues a line that was too long, so an end of line right
 *	after it ends that line and is no empty one
 * @text: no newline, no NUL
 */
struct lines {
	size_t length;
	int continued;
	char text[LINE_MAX_BYTES];
};

/* Receives one line: @length bytes (may be 0), no newline, not NUL-terminated. */
typedef void lines_emit(void *context, const char *text, size_t length);

/*
 * Add @size bytes and emit each line that is complete. Lines longer than
 * LINE_MAX_BYTES come in pieces, none of which ends inside a UTF-8 character. A
 * carriage return before the end of a line is dropped, a NUL becomes '?'.
 */
void lines_feed(struct lines *lines, const char *data, size_t size, lines_emit *emit,
		void *context);

/* Emit what is left without an end of line, if anything. */
void lines_flush(struct lines *lines, lines_emit *emit, void *context);

#endif
