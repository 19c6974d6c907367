/* SPDX-License-Identifier: GPL-2.0-or-later */
/* definition_value.h - texts of single values, for definition.c only */
#ifndef COMB_DEFINITION_VALUE_H
#define COMB_DEFINITION_VALUE_H

#include "definition.h"

#define COMB_HEARTBEAT_MIN_MS	10
#define COMB_HEARTBEAT_MAX_MS	60000

/*
 * "250ms", "1.5s", "1min"; a plain number counts seconds, as in systemd. What is not from
 * @min to @max is refused as "@what TEXT is out of range", with the hint @range.
 */
int comb_value_time(unsigned int *ms, const char *text, unsigned int min, unsigned int max,
		    const char *what, const char *range, struct comb_error *err);

/* The shortest text that comb_value_time() takes for @ms; allocated. */
char *comb_value_time_text(unsigned int ms);

/* A number with a unit; allocated. */
char *comb_value_number_text(unsigned long long number, const char *suffix);

/* The keys of [Watch] but Heartbeat. definition_watch.c */
void comb_watch_reset(struct comb_watch *watch, enum comb_key_id id);
int comb_watch_set(struct comb_watch *watch, enum comb_key_id id, const char *value,
		   unsigned int line, struct comb_error *err);
char *comb_watch_get(const struct comb_watch *watch, enum comb_key_id id);

/* Bytes, rounded up to COMB_MEMORY_UNIT, at least COMB_MEMORY_MIN. */
int comb_value_memory(uint64_t *bytes, const char *text, struct comb_error *err);

/* A decimal number from @min to @max; @what names it in the error. */
int comb_value_number(unsigned int *number, const char *text, unsigned int min,
		      unsigned int max, const char *what, struct comb_error *err);

/* yes, no and what else systemd takes for them. */
int comb_value_bool(bool *value, const char *text, struct comb_error *err);

/* A name of a kernel module, as modprobe takes it. */
int comb_value_module(const char *text, struct comb_error *err);

/*
 * Refuse what a line of a definition cannot hold: control characters and a
 * backslash at the end, which would join the next line.
 */
int comb_value_text(const char *text, struct comb_error *err);

/*
 * An absolute form of @path, allocated: a path typed on the command line (@line
 * 0) starts at the working directory, one in a file has none to start from.
 */
char *comb_value_path(const char *path, unsigned int line, struct comb_error *err);

/* Add to the list of shares, disks or bridges, if it is one. definition_backing.c */
int comb_value_share(struct comb_definition *def, const char *value, unsigned int line,
		     struct comb_error *err);
int comb_value_disk(struct comb_definition *def, const char *value, unsigned int line,
		    struct comb_error *err);
int comb_value_bridge(struct comb_definition *def, const char *value, struct comb_error *err);

/* Add to the list of private directories. private.c */
int comb_value_private(struct comb_definition *def, const char *value, struct comb_error *err);

#endif
