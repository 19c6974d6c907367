/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * supervisor.h - a process that does nothing but see to it that its children live
 *
 * All that can go wrong happens in the worker, which serves the devices, and in the watcher,
 * which tells what becomes of the cell. If one dies the next one goes on from what it
 * left in the run directory; the other does not notice.
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
 * @watcher: runs in another child once the worker is ready, and may be NULL. Its exit
 *	status: 0, or COMB_NO_CELL, there is nothing left to watch
 * @data: of both
 */
struct supervisor {
	const struct rundir *rundir;
	bool log;
	int ready_fd;
	int (*worker)(void *data, int ready_fd);
	int (*watcher)(void *data);
	void *data;
};

/*
 * Until the work is done, or SIGTERM. The process's exit status; *@err says why the
 * first worker failed, if it did.
 */
int supervisor_run(struct supervisor *supervisor, struct comb_error *err);

#endif
