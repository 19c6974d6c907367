/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * top.h - comb top: what all kernels do now, again and again
 *
 * top_watch.c asks the kernels, each in a thread of its own; top_model.c makes rates, meters and
 * rows of what they say; top_header.c puts the upper half into words; top_view.c and top_keys.c are
 * the terminal; top_batch.c prints for scripts.
 */
#ifndef CMD_TOP_H
#define CMD_TOP_H

#include "process.h"

#define TOP_TEXT_SIZE	64

/**
 * struct top_kernel - one kernel and how it was a moment ago
 * @now: its last answer; its name is set before it has given one
 * @answered: @now is an answer
 * @before: the snapshot before, if @has_before
 */
struct top_kernel {
	struct kernel now;
	bool answered;
	struct comb_snapshot before;
	bool has_before;
};

/* A process that stays the same one while lists change. */
struct top_process {
	char cell[COMB_NAME_SIZE];	/* "": none */
	pid_t pid;
	uint64_t start_ticks;
};

/**
 * struct top - all that is shown
 * @kernels: host first, as they are asked
 * @rows: processes that pass @filter, @text and @cell, sorted by @order
 * @nr_processes: how many there are in all, kernel threads aside
 * @text: only rows with this in cell, user or command, whatever the case; "": all
 * @cell: only rows of this kernel; "": of all
 */
struct top {
	struct top_kernel *kernels;
	size_t nr_kernels;
	struct process_row *rows;
	size_t nr_rows;
	size_t nr_processes;
	struct process_filter filter;
	struct process_order order;
	char text[TOP_TEXT_SIZE];
	char cell[COMB_NAME_SIZE];
};

/* Keep the kernels with these names, in this order; new ones have not answered yet. */
void top_kernels(struct top *top, char *const names[], size_t count);
/* An answer, which is taken over. One of a kernel that is not there is dropped. */
void top_take(struct top *top, struct kernel *answer);
/* Make the rows anew, after an answer or a change of what is wanted. */
void top_rows(struct top *top);
void top_free(struct top *top);

/*
 * Busy tenths of a percent of CPU number @i since the answer before, or since boot if there was
 * none.
 */
unsigned int top_cpu_tenths(const struct top_kernel *kernel, size_t i);

/* Which row is @process? -1: none. */
ssize_t top_find(const struct top *top, const struct top_process *process);
void top_name(struct top_process *process, const struct process_row *row);
/* The filter of cells after the present one: none, host, each cell, none. */
void top_next_cell(struct top *top);

/*
 * top_header.c: meters and facts, one or more lines a kernel, in @width columns and at most
 * @most lines. In a line '[' ... ']' is a meter filled with '|'. All printable ASCII.
 */
void top_header(const struct top *top, size_t width, size_t most, struct comb_strings *lines);
/* "[|||     45.0%]", @width wide (at least 3). Returns @buffer, which has room for it and a NUL. */
char *top_meter(char *buffer, size_t width, unsigned int tenths, const char *text);

/* top_watch.c: threads that ask. */
struct top_watch;
/* Wakes @wake_fd, an eventfd, for each answer. All signals must be blocked. */
struct top_watch *top_watch_start(struct cli *cli, int wake_fd, unsigned int interval_ms);
/* How often, and whether at all. */
void top_watch_pace(struct top_watch *watch, unsigned int interval_ms, bool paused);
/* Bring kernels and answers into @top. True if something has changed. */
bool top_watch_update(struct top_watch *watch, struct top *top);
/* Ends all threads; may take a second. */
void top_watch_end(struct top_watch *watch);

struct top_options {
	unsigned int interval_ms;
	unsigned int count;	/* of refreshes in a batch; 0: for ever */
	bool batch;
};

/* Seconds as the user types them, 0.1 to 3600. COMB_USAGE. */
int top_interval_parse(const char *text, unsigned int *ms, struct comb_error *err);

int top_screen(struct cli *cli, struct top *top, const struct top_options *options,
	       struct comb_error *err);
int top_batch(struct cli *cli, struct top *top, const struct top_options *options,
	      struct comb_error *err);

#endif
