/* SPDX-License-Identifier: GPL-2.0-or-later */
/* process.h - processes of several kernels in one list: what is shown, which, in what order */
#ifndef CMD_PROCESS_H
#define CMD_PROCESS_H

#include "kernels.h"

/**
 * struct process_row - one process in a list
 * @cell: "host" or the cell's name
 * @order: of its kernel in the list of kernels
 * @process: in its kernel's snapshot
 * @user: by the host's passwd, or the number
 * @cpu_tenths: tenths of a percent of one CPU
 * @memory_tenths: tenths of a percent of its kernel's RAM
 * @cpu_ns: CPU time it has used up
 * @age_ns: since its start
 */
struct process_row {
	const char *cell;
	size_t order;
	const struct comb_process *process;
	const char *user;
	unsigned int cpu_tenths;
	unsigned int memory_tenths;
	uint64_t cpu_ns;
	uint64_t age_ns;
};

/* Fill in @row; @cpu_tenths is over the process's whole life, as ps(1) has it. */
void process_row_init(struct process_row *row, const struct kernel *kernel, size_t order,
		      const struct comb_process *process);

/* "Ss+" and the like, as ps(1) has it. Returns @buffer. */
#define PROCESS_STAT_SIZE	8
const char *process_stat(const struct comb_process *process, char buffer[PROCESS_STAT_SIZE]);
/* "[DD-]HH:MM:SS" */
const char *process_time(uint64_t ns, char *buffer, size_t size);

/**
 * struct process_cells - a row in words
 * @text: in the order of process_heading[]
 */
#define PROCESS_COLUMNS	8
struct process_cells {
	char pid[16], cpu[16], memory[16], stat[PROCESS_STAT_SIZE], time[32];
	const char *text[PROCESS_COLUMNS];
};
extern const char *const process_heading[PROCESS_COLUMNS];
/* Is it a column of numbers? */
bool process_is_number(size_t column);
void process_cells_fill(struct process_cells *cells, const struct process_row *row);

enum process_key {
	PROCESS_BY_CELL,	/* and within a cell by PID */
	PROCESS_BY_CPU,
	PROCESS_BY_MEMORY,
	PROCESS_BY_PID,
	PROCESS_BY_TIME,
	PROCESS_BY_START,
	PROCESS_BY_USER,
	PROCESS_BY_COMMAND,
	PROCESS_KEYS,
};

/**
 * struct process_order - how to sort
 * @backward: instead of what is natural: large numbers first for CPU, memory and time, the
 *	youngest last, the rest by number and alphabet
 */
struct process_order {
	enum process_key key;
	bool backward;
};

/* "memory" and so on. */
const char *process_key_name(enum process_key key);
/*
 * Parse such a name or what ps(1) calls it; "+" before it asks for small ones first, "-" for
 * large ones. COMB_USAGE.
 */
int process_order_parse(struct process_order *order, const char *text, struct comb_error *err);
void process_sort(struct process_row *rows, size_t count, const struct process_order *order);

/**
 * struct process_filter - which processes; one that fits one list is taken, as in ps(1)
 * @kernel_threads: take them, too
 * @uids, @names, @pids: lists; with none of them all fit
 */
struct process_filter {
	bool kernel_threads;
	uid_t *uids;
	size_t nr_uids;
	char **names;
	size_t nr_names;
	struct process_pid {
		char *cell;	/* NULL: any */
		pid_t pid;
	} *pids;
	size_t nr_pids;
};

/* Add the parts of a list like "root,1000", "sh,make" or "12,web:34" to it. COMB_USAGE. */
int process_filter_users(struct process_filter *filter, const char *list, struct comb_error *err);
void process_filter_names(struct process_filter *filter, const char *list);
int process_filter_pids(struct process_filter *filter, const char *list, struct comb_error *err);
/* Does it ask for certain ones? */
bool process_filter_any(const struct process_filter *filter);
bool process_filter_fits(const struct process_filter *filter, const char *cell,
			 const struct comb_process *process);
void process_filter_free(struct process_filter *filter);

/*
 * Take a "CELL:PID" apart; @cell has room for COMB_NAME_SIZE. COMB_USAGE: what it should be.
 */
int process_name_parse(const char *text, char *cell, pid_t *pid, struct comb_error *err);

/*
 * process_print.c: all of them on stdout, under a heading. On a terminal lines are cut at its
 * width.
 */
void process_print(const struct process_row *rows, size_t count);
/* As an object in @array, which is returned, too. */
struct json_object *process_json(const struct process_row *row, struct json_object *array);
/*
 * The verb's options that say which and in what order: --user, --command, --pid,
 * --kernel-threads, --sort.
 */
int process_options(const struct cli *cli, struct process_filter *filter,
		    struct process_order *order, struct comb_error *err);

/*
 * users.c: the name the host's passwd has for a user, or the number; "?" for those that come when
 * thousands are known already. Valid to the end.
 */
const char *user_name(uid_t uid);
/* A name or a number. COMB_USAGE: there is no such user. */
int user_parse(const char *text, uid_t *uid, struct comb_error *err);

#endif
