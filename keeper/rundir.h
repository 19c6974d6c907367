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

/* Where all of them are: $COMB_RUN_DIR or /run/comb. */
const char *rundir_top(void);
/* Only work out its path; no lock is held. */
int rundir_name(struct rundir *rundir, const char *name, struct comb_error *err);
/* Make and lock it. COMB_TAKEN: another keeper serves this cell. */
int rundir_open(struct rundir *rundir, const char *name, struct comb_error *err);
/* Write the caller's PID to keeper.pid. */
int rundir_write_pid(const struct rundir *rundir, struct comb_error *err);
/* What is in keeper.pid, or 0. */
int rundir_pid(const struct rundir *rundir);
/* Another file descriptor of the lock file, for a look at who holds it; or -1. */
int rundir_open_lock(const struct rundir *rundir);
/* Let stderr go to keeper.log from now on. */
void rundir_log(const struct rundir *rundir);
/* Forget one file; it need not be there. */
void rundir_unlink(const struct rundir *rundir, const char *file);
/* Remove it with all files. */
void rundir_remove(const struct rundir *rundir);

#endif
