/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * eventlog.h - what happened to cells: one JSON object a line, in DIR/events
 *
 * Written by comb and by keepers, each line whole. When the file would grow beyond
 * COMB_EVENTLOG_MAX it becomes events.1 and a new one begins; a reader that follows
 * goes on from one to the other.
 *
 * Members of version 1: version, time_ns (CLOCK_REALTIME), cell, event, reason (text or
 * null), error (text or null: what was tried has failed), detected_ns (number or null:
 * from the cell's last sign of life until this was noticed), log (array of texts).
 */
#ifndef COMB_EVENTLOG_H
#define COMB_EVENTLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "definition.h"
#include "error.h"

#define COMB_EVENTLOG_VERSION	1
#define COMB_EVENTLOG_MAX	(1u << 20)
#define COMB_EVENTLOG_LINE_MAX	8192u
#define COMB_EVENTLOG_FILE	"events"
#define COMB_EVENTLOG_OLD	"events.1"

/**
 * struct comb_event - one event
 * @time_ns: CLOCK_REALTIME; 0: now
 * @cell: whose
 * @event: "started", "running", "stopping", "stopped", "panic", "hung", "recovered", "lost",
 *	"released", "notify", "dump", "restart", "stop", "limit", "balance" or "keeper"
 * @reason: why, or NULL
 * @error: why it failed, or NULL
 * @detected_ns: see above; UINT64_MAX: unknown
 * @log: the cell's last lines, or NULL
 *
 * Texts may be anything: what is not printable ASCII is written as '?'.
 */
struct comb_event {
	uint64_t time_ns;
	const char *cell;
	const char *event;
	const char *reason;
	const char *error;
	uint64_t detected_ns;
	const struct comb_strings *log;
};

/* CLOCK_REALTIME in nanoseconds. */
uint64_t comb_eventlog_now(void);

/*
 * Append one event to the log in @dir. Fails rather than wait longer than a second for
 * other writers, and leaves no part of a line if the file system is full.
 */
int comb_eventlog_append(const char *dir, const struct comb_event *event, struct comb_error *err);

/* Has an event of this cell and time been appended, and not been rotated away? */
bool comb_eventlog_has(const char *dir, const char *cell, uint64_t time_ns);

/**
 * struct comb_eventlog - a reader
 * @dir: where; the caller's
 * @fd: the file that is being read, or -1
 * @buffer: what has been read
 * @used: bytes of it
 * @taken: bytes of it that were handed out
 */
struct comb_eventlog {
	const char *dir;
	int fd;
	char *buffer;
	size_t used;
	size_t taken;
};

/* Begin with the oldest event there is. */
void comb_eventlog_open(struct comb_eventlog *log, const char *dir);
void comb_eventlog_close(struct comb_eventlog *log);

/*
 * The next line without its newline, valid until the next call. 1: there is one; 0: not
 * yet, ask again later; -1: the log cannot be read.
 */
int comb_eventlog_next(struct comb_eventlog *log, const char **line, struct comb_error *err);

#endif
