/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * placement.h - which of several kernels gets the next piece of work
 *
 * A kernel's figures are late: a program that was started a moment ago is not runnable yet, and
 * averages need their 10 s. So what was placed lately is remembered in a list of placements, and
 * counted until the kernel itself can tell.
 */
#ifndef COMB_PLACEMENT_H
#define COMB_PLACEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "definition.h"
#include "snapshot.h"

/* For so long a placement counts as one task at least, whatever the kernel says. */
#define COMB_PLACEMENT_YOUNG_NS	10000000000ULL
/* A load of one task. */
#define COMB_PLACEMENT_TASK	100u
/* More than so much memory pressure (hundredths of a percent of the last 10 s)... */
#define COMB_PLACEMENT_PRESSURE	500
/* ...or less than this part of the memory available, and a kernel is short of it. */
#define COMB_PLACEMENT_MEMORY	16u

/**
 * struct comb_placement - one piece of work that was placed
 * @cell: where
 * @owner: the process of the host that waits for it; it ends with that
 * @owner_start: when that was started, in ticks since boot; with @owner it names a process
 * @placed_ns: monotonic clock
 * @pid: in the cell, where it leads a session; 0: not started yet
 */
struct comb_placement {
	char cell[COMB_NAME_SIZE];
	pid_t owner;
	uint64_t owner_start;
	uint64_t placed_ns;
	pid_t pid;
};

struct comb_placements {
	struct comb_placement *list;
	size_t count;
};

/*
 * One line a placement. Lines that are none are left out: a writer may have been killed at any
 * time. -1: out of memory.
 */
int comb_placements_read(FILE *in, struct comb_placements *placements);
void comb_placements_write(FILE *out, const struct comb_placements *placements);
void comb_placements_free(struct comb_placements *placements);
/* Append a copy. -1: out of memory. */
int comb_placements_add(struct comb_placements *placements,
			const struct comb_placement *placement);
/* Forget those whose owner does not live any more. */
void comb_placements_sweep(struct comb_placements *placements,
			   bool (*lives)(pid_t pid, uint64_t start));

/**
 * struct comb_candidate - a kernel that could get it
 * @name: its name
 * @snapshot: with processes and threads
 */
struct comb_candidate {
	const char *name;
	const struct comb_snapshot *snapshot;
};

/*
 * What a kernel has to do: tasks, in COMB_PLACEMENT_TASKths. Those of programs that run or could,
 * those that were placed and have not shown what they do, and no less than its CPU pressure says.
 * The agent's own processes do not count, nor do kernel threads, which work for others.
 */
uint64_t comb_placement_load(const struct comb_candidate *candidate,
			     const struct comb_placements *placements, uint64_t now_ns);

bool comb_placement_short_of_memory(const struct comb_snapshot *snapshot);

/*
 * The one that has most of a CPU left for one more task: cells with more CPUs get more. One that
 * is short of memory is taken only if all are. Of equal ones the one with more memory available,
 * then the first. SIZE_MAX if @count is 0.
 */
size_t comb_placement_choose(const struct comb_candidate *list, size_t count,
			     const struct comb_placements *placements, uint64_t now_ns);

#endif
