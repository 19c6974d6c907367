/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * consolewire.h - between comb-keeper and who watches a cell's console
 *
 * The keeper listens on /run/comb/NAME/console (SOCK_STREAM, mode 0600). Both
 * sides send frames: this header, then @length bytes. A new client gets
 * CONSOLE_HELLO, what the cell has written before in CONSOLE_REPLAY frames, then
 * CONSOLE_LIVE, and from then on what the cell writes in CONSOLE_DATA frames.
 * Any number of clients may watch, all of them may type. A peer that breaks
 * these rules is disconnected.
 */
#ifndef COMB_CONSOLEWIRE_H
#define COMB_CONSOLEWIRE_H

#include <stdint.h>

#define CONSOLE_VERSION		2
#define CONSOLE_FRAME_MAX	4096	/* bytes behind the header */

enum console_frame_type {
	/* keeper to client */
	CONSOLE_HELLO = 1,	/* struct console_hello */
	CONSOLE_REPLAY = 2,	/* bytes */
	CONSOLE_LIVE = 3,	/* empty: the replay is complete */
	CONSOLE_GAP = 4,	/* struct console_gap */
	/* both ways */
	CONSOLE_DATA = 5,	/* bytes */
	/* client to keeper */
	CONSOLE_SIZE = 6,	/* struct console_size; the last one sent by any client holds */
};

/* Host byte order: both ends are on one machine. */
struct console_frame {
	uint32_t type;
	uint32_t length;	/* 0 to CONSOLE_FRAME_MAX */
};

struct console_hello {
	uint32_t version;	/* CONSOLE_VERSION */
	uint32_t replay;	/* bytes that follow in CONSOLE_REPLAY frames */
	uint64_t written;	/* bytes the cell has ever written, these included */
};

/* This client was so slow that the keeper could not keep all output for it. */
struct console_gap {
	uint64_t lost;		/* bytes */
};

struct console_size {
	uint16_t columns;
	uint16_t rows;
};

#endif
