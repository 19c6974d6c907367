// SPDX-License-Identifier: GPL-2.0-or-later
/* balance_measure.c - what jobs use, from a snapshot of their cell */
#include <stdlib.h>

#include "balance.h"

/* Of a process: not known yet; known to be in no job. */
#define UNKNOWN	SIZE_MAX
#define NO_JOB	(SIZE_MAX - 1)

/*
 * @owner has the number of a job for each process that is a job's first, and UNKNOWN for the
 * others, which get that of the nearest ancestor who has one. Each is walked over once, whatever a
 * cell says who is whose parent. @path has room for all of them.
 */
static void find_owners(const struct comb_snapshot *seen, size_t *owner, size_t *path)
{
	for (size_t i = 0; i < seen->nr_processes; i++) {
		const struct comb_process *process = &seen->processes[i];
		size_t length = 0, found = NO_JOB;

		while (process && owner[process - seen->processes] == UNKNOWN) {
			path[length] = (size_t)(process - seen->processes);
			/* Who comes back to itself is in no job. */
			owner[path[length++]] = NO_JOB;
			process = comb_snapshot_find(seen, process->ppid, 0);
		}
		if (process)
			found = owner[process - seen->processes];
		while (length--)
			owner[path[length]] = found;
	}
}

static void add_up(struct comb_balance_job *jobs, size_t count, const struct comb_snapshot *seen,
		   const size_t *owner)
{
	for (size_t i = 0; i < seen->nr_processes; i++) {
		const struct comb_process *process = &seen->processes[i];

		if (owner[i] == NO_JOB)
			continue;
		jobs[owner[i]].cpu_ns += comb_snapshot_ns(seen, process->cpu_ticks);
		jobs[owner[i]].threads += process->threads;
		jobs[owner[i]].rss += process->rss;
	}
	for (size_t i = 0; i < count; i++) {
		jobs[i].time_ns = seen->uptime_ns;
		if (!jobs[i].threads)
			jobs[i].threads = 1;
	}
}

int comb_balance_measure(struct comb_balance_job *jobs, const pid_t *pids, size_t count,
			 const struct comb_snapshot *seen, struct comb_error *err)
{
	size_t *owner = calloc(seen->nr_processes + 1, sizeof(*owner));
	size_t *path = calloc(seen->nr_processes + 1, sizeof(*path));
	int status = owner && path ? 0 : comb_out_of_memory(err);

	for (size_t i = 0; !status && i < seen->nr_processes; i++)
		owner[i] = UNKNOWN;
	for (size_t i = 0; !status && i < count; i++) {
		const struct comb_process *process = comb_snapshot_find(seen, pids[i], 0);

		if (process)
			owner[process - seen->processes] = i;
	}
	if (!status) {
		find_owners(seen, owner, path);
		add_up(jobs, count, seen, owner);
	}
	free(owner);
	free(path);
	return status;
}
