/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * move.h - carry a movable job from one running cell to another
 *
 * Inspect, stop and write down (CRIU, in the old cell), carry the images over, make it again in
 * the new cell, stopped; then kill the old copy, and only then let the new one go. Until the old
 * copy is killed every failure ends with the job going on where it was; if this program is
 * killed, the old cell's agent sees to that. After that the new copy is the job.
 */
#ifndef CMD_MOVE_H
#define CMD_MOVE_H

#include "jobs.h"

/**
 * struct move_job - a job in a cell, as its agent lists it
 * @command: printable
 */
struct move_job {
	char id[JOBS_ID_SIZE];
	int pid;
	char command[128];
};

/* A line of an agent's, "ID PID COMMAND". False: it is none. An id is fit for a file's name. */
bool move_parse(const char *line, struct move_job *job);

/* The jobs in a cell; free() the list. */
int move_list(struct cli *cli, const char *cell, struct move_job **list, size_t *count,
	      struct comb_error *err);

/* The job process @pid of @cell is in. */
int move_find(struct cli *cli, const char *cell, int pid, struct move_job *job,
	      struct comb_error *err);

/**
 * struct move_result - how a move went
 * @pid: the job's first process in the new cell
 * @still_ns: for so long the job did not run
 */
struct move_result {
	int pid;
	uint64_t still_ns;
};

/* With --dry-run: only look whether it could be done. */
int move_to(struct cli *cli, const char *id, const char *from, const char *to,
	    struct move_result *result, struct comb_error *err);

/* Say so, and with --json an object in "moves". */
void move_tell(struct cli *cli, const struct move_job *job, const char *from, const char *to,
	       const struct move_result *result);

/* The running cell, of all with a definition but @but, that has most to spare for its size. */
int move_choose(struct cli *cli, const char *but, char name[COMB_NAME_SIZE],
		struct comb_error *err);

#endif
