/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record.h - a cell's log: out of its RAM, or as it was saved when it went away
 *
 * Saved logs are lines as `dmesg --raw` writes them, "<6>[    1.234567] text",
 * in /var/log/comb/NAME.log; the one before is NAME.log.1. A newline
 * within a record is \x0a there, and \x5c a backslash that could be taken for one.
 */
#ifndef CMD_RECORD_H
#define CMD_RECORD_H

#include "cli.h"
#include "device.h"
#include "kmsg.h"

/**
 * struct record - one record, kept
 * @sequence: UINT64_MAX if unknown
 * @time_ns: valid if @timed
 * @level: 255 if unknown
 * @text: printable ASCII, tabs and newlines; other bytes as \xHH
 */
struct record {
	uint64_t sequence;
	uint64_t time_ns;
	bool timed;
	uint8_t level;
	uint16_t facility;
	char *text;
};

struct record_list {
	struct record *list;
	size_t count;
	size_t room;
};

void record_free(struct record_list *records);
/*
 * A copy, for free(), fit for somebody's terminal. UTF-8 would let C1 control characters
 * through, so ASCII only; see struct record.
 */
char *record_escape(const char *text, size_t length);
/* A fresh, zeroed record at the end. */
struct record *record_add(struct record_list *records);

/**
 * struct record_place - where a reader is in a cell's log; zero in the beginning
 * @kmsg: where the log is; searched again until its ring buffer has been found
 * @next: sequence to go on from
 * @whole: leave a line that the cell may still append to for a later call
 */
struct record_place {
	struct comb_kmsg *kmsg;
	uint64_t next;
	bool whole;
};

void record_place_free(struct record_place *place);

/*
 * Append what @cell has written since the last call. Maps the cell. COMB_NO_CELL if it
 * has been destroyed.
 */
int record_read(struct comb_cell *cell, struct record_place *place, struct record_list *records,
		struct comb_error *err);

/* Append the saved log, or the one before it. COMB_NO_CELL if there is none. */
int record_load(const char *name, bool previous, struct record_list *records,
		struct comb_error *err);

/* Save the log of @cell. A cell that has no log leaves the saved one alone. */
int record_save(struct comb_cell *cell, struct comb_error *err);

/* What stands before the text of each line: "[    1.234567] ", or "". */
const char *record_prefix(const struct record *record, char *buffer, size_t size);

#endif
