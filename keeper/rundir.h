/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rundir.h - /run/comb/NAME: what a keeper keeps outside of itself */
#ifndef KEEPER_RUNDIR_H
#define KEEPER_RUNDIR_H

#include <stddef.h>

#include <error.h>

/**
 * struct rundir - the directory of a cell
 * @path: $COMB_RUN_DIR/NAME, by default /run/comb/NAME
 * @lock: open as long as this keeper, or a process it made, serves the cell
 */
struct rundir {
	char path[108];		/* a socket in it must still fit sun_path */
	int lock;
};

/* Make and lock it. COMB_TAKEN: another keeper serves this cell. */
int rundir_open(struct rundir *rundir, const char *name, struct comb_error *err);
/* Write the caller's PID to keeper.pid. */
int rundir_write_pid(const struct rundir *rundir, struct comb_error *err);
/* Let stderr go to keeper.log from now on. */
void rundir_log(const struct rundir *rundir);
/* Forget one file; it need not be there. */
void rundir_unlink(const struct rundir *rundir, const char *file);
/* Remove it with all files. */
void rundir_remove(const struct rundir *rundir);

#endif
