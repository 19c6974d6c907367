/* SPDX-License-Identifier: GPL-2.0-or-later */
/* worker.h - the process that serves a cell */
#ifndef KEEPER_WORKER_H
#define KEEPER_WORKER_H

#include <stdbool.h>

#include "rundir.h"

/**
 * struct worker_job - what to serve
 * @name: the cell
 * @config: where its definition is
 * @rundir: its directory, locked
 * @log: stderr goes to keeper.log as soon as it is ready
 */
struct worker_job {
	const char *name;
	const char *config;
	const struct rundir *rundir;
	bool log;
};

/*
 * Make the devices, say so on @ready_fd, serve until the cell is given back or
 * SIGTERM arrives. The exit status: 0, COMB_NO_CELL if there is no such cell, or
 * another enum comb_status.
 */
int worker_run(const struct worker_job *job, int ready_fd);

#endif
