/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernels.h - what host and cells do at this moment, each in a snapshot of its own */
#ifndef CMD_KERNELS_H
#define CMD_KERNELS_H

#include "cells.h"
#include "snapshot.h"

/* How long a kernel may take to answer unless --timeout says something else. */
#define KERNELS_TIMEOUT_S	5

/**
 * struct kernel - one kernel
 * @name: "host" or the cell's
 * @failed: there is no snapshot, @err says why
 * @taken_ns: cli_now_ns() when it was asked
 */
struct kernel {
	char name[COMB_NAME_SIZE];
	bool failed;
	struct comb_error err;
	uint64_t taken_ns;
	struct comb_snapshot snapshot;
};

/* The names of all cells whose kernel runs, a hanging one's included, sorted. */
int kernels_running(struct cli *cli, struct comb_strings *names, struct comb_error *err);

/*
 * One kernel, within @timeout_ms. Fills in @kernel, whose name is set, in every case. Several
 * threads may do this if cells_device() was called before. @flags: COMB_SNAPSHOT_*
 */
void kernel_snapshot(struct cli *cli, struct kernel *kernel, unsigned int flags,
		     int64_t timeout_ms);
/* The same over a connection to its agent, which is closed, until @end (cli_now_ns()). */
void kernel_snapshot_over(struct kernel *kernel, int fd, unsigned int flags, uint64_t end);
/* Free the snapshot only. */
void kernel_clear(struct kernel *kernel);

/*
 * The named kernels ("host" is one), or with @count 0 the host and all cells that run, all at a
 * time and each within --timeout or KERNELS_TIMEOUT_S. One that fails does not stop the others;
 * one that was only listed and is not running any more is left out. 0 and a list for
 * kernels_free(), or -1: nothing could be asked.
 */
int kernels_snapshot(struct cli *cli, char *const names[], size_t count, unsigned int flags,
		     struct kernel **list, size_t *nr, struct comb_error *err);
void kernels_free(struct kernel *list, size_t count);

/* What a snapshot tells of its kernel, as an object in @array, which is returned, too. */
struct json_object *kernel_json(const struct kernel *kernel, struct json_object *array);

/* Report those that failed. */
void kernels_report(struct cli *cli, const struct kernel *list, size_t count);

#endif
