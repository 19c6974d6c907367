/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * balance.h - which job should move to which cell, if any: decisions, and nothing that acts
 *
 * The caller looks at all cells every now and then and hands in what it has seen. A decision is
 * at most one move of one job, from a cell that has had more work than CPUs for several looks to
 * one that has had CPUs to spare for as long. Nothing moves to and fro, for each of these reasons:
 *
 * - a move must lower the load that the job meets by a margin. Load is what is runnable for each
 *   CPU, the job included; so with unchanging work each move brings the cells nearer to each other,
 *   and the move back is worse by at least that margin,
 * - a cell is overloaded above one pressure and idle below another, far lower one,
 * - after a move both cells must be seen again as often as before the first,
 * - a job that has moved rests, and does not go back where it was for a longer time.
 */
#ifndef COMB_BALANCE_H
#define COMB_BALANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "comb.h"
#include "error.h"
#include "snapshot.h"

#define COMB_BALANCE_LOOKS_MAX	20
/* A job's name and its zero. */
#define COMB_BALANCE_JOB_SIZE	48
/* Of the cells that a job has left, so many are remembered. */
#define COMB_BALANCE_LEFT_MAX	8

/**
 * struct comb_balance_conf - [Balance] of comb.conf
 * @interval_ms: IntervalSec=, from one look to the next; 5 s
 * @looks: Looks=, how many looks in a row must say the same; 3
 * @pressure: Pressure=, in percent: an overloaded cell has at least that; 40
 * @idle_pressure: IdlePressure=, in percent: an idle cell has at most that; 10
 * @margin: Margin=, in percent: by how much a move must lower the job's load; 25
 * @long_ms: LongSec=, CPU time after which a job is a long one; 10 s
 * @rest_ms: RestSec=, between two moves of a job; 2 min
 * @return_ms: ReturnSec=, before a job may go back to a cell it has left; 10 min
 * @retry_ms: RetrySec=, before a move that failed is tried again; 10 min
 *
 * Pressure is the kernel's own (PSI): the share of the last 10 s in which a task waited for a CPU.
 */
struct comb_balance_conf {
	unsigned int interval_ms;
	unsigned int looks;
	unsigned int pressure;
	unsigned int idle_pressure;
	unsigned int margin;
	unsigned int long_ms;
	unsigned int rest_ms;
	unsigned int return_ms;
	unsigned int retry_ms;
};

/* balance_conf.c: as netconf.h has it for [Network]. */
void comb_balance_conf_init(struct comb_balance_conf *conf);
int comb_balance_conf_parse(struct comb_balance_conf *conf, const char *text, const char *file,
			    struct comb_error *err);
int comb_balance_conf_load(struct comb_balance_conf *conf, const char *path,
			   struct comb_error *err);

/**
 * struct comb_balance_kernel - a cell, as seen in one look
 * @name: its name
 * @group: jobs move between cells of the same group only
 * @cpus: its CPUs, at least 1
 * @runnable: tasks that run or wait for a CPU
 * @pressure: PSI "cpu some avg10" in hundredths of a percent; -1: this kernel tells none, and
 *	@runnable alone decides
 * @available: bytes of RAM that programs can have
 */
struct comb_balance_kernel {
	const char *name;
	const char *group;
	unsigned int cpus;
	unsigned int runnable;
	int pressure;
	uint64_t available;
};

/**
 * struct comb_balance_job - a program that may move, with all its descendants, as seen in one look
 * @name: the same in each look and in each cell, and no other job has it
 * @cell: the cell it is in
 * @time_ns: when it was looked at, by a clock of its cell
 * @cpu_ns: CPU time it has used until then in this cell
 * @threads: how many it has, at least 1
 * @rss: bytes of RAM it has
 * @fixed: why it cannot move, or NULL
 */
struct comb_balance_job {
	const char *name;
	const char *cell;
	uint64_t time_ns;
	uint64_t cpu_ns;
	unsigned int threads;
	uint64_t rss;
	const char *fixed;
};

/*
 * balance_measure.c: fill in what jobs of one cell use: each that of its first process, which is
 * @pids' of the same index, and of all that descend from it. What was there is added to. -1: out
 * of memory.
 */
int comb_balance_measure(struct comb_balance_job *jobs, const pid_t *pids, size_t count,
			 const struct comb_snapshot *seen, struct comb_error *err);

/**
 * struct comb_balance_look - all that was seen at one moment
 * @time_ns: of a clock that does not jump
 *
 * A cell that could not be seen, or is not to take part, is left out: it counts as new when
 * it is there again.
 */
struct comb_balance_look {
	uint64_t time_ns;
	const struct comb_balance_kernel *kernels;
	size_t nr_kernels;
	const struct comb_balance_job *jobs;
	size_t nr_jobs;
};

/**
 * struct comb_balance_decision - what to do now
 * @move: move @job from @from to @to; if not, these are empty
 * @reason: why, or why nothing moves; a text for people
 */
struct comb_balance_decision {
	bool move;
	char job[COMB_BALANCE_JOB_SIZE];
	char from[COMB_NAME_SIZE];
	char to[COMB_NAME_SIZE];
	char reason[320];
};

/* Of a cell: the last looks in a row. Private. */
struct comb_balance_cell {
	char name[COMB_NAME_SIZE];
	unsigned int runnable[COMB_BALANCE_LOOKS_MAX];	/* look n is at n % LOOKS_MAX */
	unsigned int seen, overloaded, idle;		/* how many in a row */
	bool there;
};

/* Of a job. Private. */
struct comb_balance_task {
	char name[COMB_BALANCE_JOB_SIZE];
	char cell[COMB_NAME_SIZE];
	struct {
		uint64_t time_ns, cpu_ns;
	} sample[COMB_BALANCE_LOOKS_MAX + 1];
	unsigned int seen;
	bool moved, failed;
	uint64_t moved_ns, failed_ns;
	struct {
		char cell[COMB_NAME_SIZE];
		uint64_t time_ns;
	} left[COMB_BALANCE_LEFT_MAX];
	unsigned int nr_left;
	bool there;
};

/**
 * struct comb_balance - what is remembered from look to look
 * @note: if set, told of each job that might move and does not, with the reason
 */
struct comb_balance {
	struct comb_balance_conf conf;
	struct comb_balance_cell *cells;
	size_t nr_cells;
	struct comb_balance_task *tasks;
	size_t nr_tasks;
	void (*note)(void *arg, const char *job, const char *why);
	void *arg;
};

void comb_balance_init(struct comb_balance *balance, const struct comb_balance_conf *conf);
void comb_balance_free(struct comb_balance *balance);

/*
 * Take in one look and decide. -1: out of memory. Unless one of the two below tells what has
 * become of a decision to move, the next one will be the same as long as it holds.
 */
int comb_balance_step(struct comb_balance *balance, const struct comb_balance_look *look,
		      struct comb_balance_decision *decision, struct comb_error *err);

/* It has been done. A job that somebody else has moved is found by the next look. */
void comb_balance_moved(struct comb_balance *balance,
			const struct comb_balance_decision *decision, uint64_t time_ns);
/* It could not be done, and the job is where it was. */
void comb_balance_failed(struct comb_balance *balance,
			 const struct comb_balance_decision *decision, uint64_t time_ns);

/* balance_decide.c, for balance.c: what the looks so far say. */
int comb_balance_decide(const struct comb_balance *balance, const struct comb_balance_look *look,
			struct comb_balance_decision *decision, struct comb_error *err);

/* NULL if it is not remembered. */
struct comb_balance_cell *comb_balance_cell(const struct comb_balance *balance, const char *name);
struct comb_balance_task *comb_balance_task(const struct comb_balance *balance, const char *name);

#endif
