/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * supervisor.h - a process that does nothing but see to it that the worker lives
 *
 * All that can go wrong happens in the worker, a child. If it dies the next one
 * goes on from what it left in the run directory.
 */
#ifndef KEEPER_SUPERVISOR_H
#define KEEPER_SUPERVISOR_H

#include <stdbool.h>

#include "rundir.h"

/**
 * struct supervisor - what to see to
 * @rundir: the cell's, locked
 * @log: stderr goes to keeper.log once the first worker is ready
 * @ready_fd: where to say so, or why it cannot be; or -1
 * @worker: runs in the child: says on its argument when it is ready. Its exit
 *	status: 0 the work is done, COMB_NO_CELL there is no such cell
 * @data: the worker's
 */
struct supervisor {
	const struct rundir *rundir;
	bool log;
	int ready_fd;
	int (*worker)(void *data, int ready_fd);
	void *data;
};

/*
 * Until the work is done, or SIGTERM. The process's exit status; *@err says why the
 * first worker failed, if it did.
 */
int supervisor_run(struct supervisor *supervisor, struct comb_error *err);

#endif
