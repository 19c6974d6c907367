/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lock.h - one comb at a time on a cell
 *
 * flock() on files in /run/comb: the kernel lets go of them however the
 * process ends. A lock file holds the PID of its owner, for messages only.
 */
#ifndef CMD_LOCK_H
#define CMD_LOCK_H

#include <stdint.h>

#include "error.h"

/*
 * Lock the cell @name, waiting up to @wait_ms. Returns a descriptor to close,
 * or -1: COMB_TAKEN names the other process.
 */
int lock_cell(const char *name, int64_t wait_ms, struct comb_error *err);

/* Remove the lock file of a cell that nobody will name again. */
void lock_forget(const char *name);

/* Lock a movable job, by its id; the same otherwise. lock_job_forget() when it is over. */
int lock_job(const char *id, int64_t wait_ms, struct comb_error *err);
void lock_job_forget(const char *id);

/* Held while CPUs are chosen and taken, so that two starts do not want the same. */
int lock_choice(struct comb_error *err);

/* Held while one more command is given to some cell, see place.h. */
int lock_placing(int64_t wait_ms, struct comb_error *err);

/* Held by the one comb balance that moves jobs. COMB_TAKEN at once if there is one. */
int lock_balance(struct comb_error *err);

#endif
