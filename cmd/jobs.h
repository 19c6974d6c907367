/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jobs.h - movable jobs, as the host knows them
 *
 * /run/comb/jobs/ID says in which cell a job is, so that the comb exec that waits for it finds it
 * after a move. While it moves, the file names both cells. Whichever program finds it so under the
 * job's lock, with nobody moving it any more, brings it to an end (jobs_settle()): as long as the
 * old cell has its copy, that is the job, and the new one's is killed; otherwise the new one's is.
 */
#ifndef CMD_JOBS_H
#define CMD_JOBS_H

#include "ask.h"
#include "cells.h"

#define JOBS_ID_SIZE	33
/* Default of --timeout for what may have to write much. */
#define JOBS_TIMEOUT_S	300

/**
 * struct jobs_record - one job
 * @id: letters and digits
 * @cell: where it is
 * @to: where it is being moved to, or ""
 * @pid: its first process, as @cell counts; 0: not known
 */
struct jobs_record {
	char id[JOBS_ID_SIZE];
	char cell[COMB_NAME_SIZE];
	char to[COMB_NAME_SIZE];
	int pid;
};

/* A new id. -1: there is no chance. */
int jobs_new_id(char id[JOBS_ID_SIZE], struct comb_error *err);

/* COMB_NO_CELL: nothing is known of it. @record->id is set by the caller. */
int jobs_read(struct jobs_record *record, struct comb_error *err);
int jobs_write(const struct jobs_record *record, struct comb_error *err);
void jobs_remove(const char *id);

/* jobs_sweep.c: forget jobs whose cells have ended and of which nobody else does it. */
void jobs_sweep(struct cli *cli);

/* Have the agent in @cell do something about jobs, init/job.h; the list ends with NULL. */
int jobs_ask(struct cli *cli, const char *cell, struct answer *answer, struct comb_error *err, ...)
	__attribute__((sentinel));

/* The same about one job, where only the success of it matters. */
int jobs_tell(struct cli *cli, const char *cell, const char *what, const char *id,
	      struct comb_error *err);

enum jobs_copy {
	JOBS_COPY_UNKNOWN,	/* the cell runs and does not answer */
	JOBS_COPY_NONE,		/* it is not there, or the cell is down, and so never will be */
	JOBS_COPY_THERE,
};

enum jobs_copy jobs_look(struct cli *cli, const char *cell, const char *id);

/* End a move that was begun, under the lock; the record is up to date then. */
int jobs_settle(struct cli *cli, struct jobs_record *record, struct comb_error *err);

/* verb_exec.c: comb exec --movable, see jobs_exec.c. */
struct agent_order;
int jobs_exec(struct cli *cli, const char *cell, const struct agent_order *order,
	      struct comb_error *err);

#endif
