/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * work.h - cells a verb works on, several at a time
 *
 * Each cell has its own error: the others go on, and the errors are printed
 * in the order of the names.
 */
#ifndef CMD_WORK_H
#define CMD_WORK_H

#include <pthread.h>

#include "cli.h"
#include "device.h"
#include "observe.h"

#define WORK_PHASES_MAX	12

/**
 * struct work - one cell being worked on
 * @name: its name
 * @lock: from lock_cell(), or -1
 * @failed: @err says why; later steps skip it
 * @cell: fd is -1 unless it is open
 * @def: its definition, name "" until work_load()
 * @cpus: the CPUs it gets, or has given back
 * @bytes: the same of its RAM
 * @boot: what boot.c has prepared
 * @phase: names and durations of what was done, for talk and JSON
 * @done: the last step has succeeded
 */
struct work {
	struct cli *cli;
	const char *name;
	int lock;
	bool failed;
	bool done;
	struct comb_error err;
	struct comb_cell cell;
	struct comb_definition def;
	struct comb_cpuset cpus;
	uint64_t bytes;
	struct boot *boot;
	struct {
		const char *name;
		uint64_t ns;
	} phase[WORK_PHASES_MAX];
	unsigned int nr_phases;
	pthread_t thread;
	int (*step)(struct work *work);
	bool threaded;
};

struct work *work_new(struct cli *cli, char *const names[], size_t count);
/* Closes cells and locks. */
void work_free(struct work *list, size_t count);

/* A step returns 0, or -1 with work->err. Cells that failed are skipped. */
void work_each(struct work *list, size_t count, int (*step)(struct work *work));
void work_parallel(struct work *list, size_t count, int (*step)(struct work *work));
/* For locks: who takes them in the order of their names never waits in a circle. */
void work_by_name(struct work *list, size_t count, int (*step)(struct work *work));
/* Report all failures, in order. */
void work_report(struct work *list, size_t count);

/* With --json: "cells" gets an object for each that has not failed; @fill adds to its name. */
void work_json(const struct work *list, size_t count,
	       void (*fill)(struct json_object *cell, const struct work *work));

/* Remember, and tell, how long a phase took; @since is its cli_now_ns(). */
void work_phase(struct work *work, const char *name, uint64_t since);

/* Append to the log of events; a failure is said and concerns nothing else. @reason may be "". */
void work_event(const struct work *work, const char *event, const char *reason);

#endif
