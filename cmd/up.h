/* SPDX-License-Identifier: GPL-2.0-or-later */
/* up.h - the whole of a start, for start and restart */
#ifndef CMD_UP_H
#define CMD_UP_H

#include "work.h"

/*
 * Bring the cells up; they are locked, have definitions and are not open.
 * Failures are in the list; -1 only for what concerns all of them.
 */
int up_start(struct work *list, size_t count, struct comb_error *err);

/* Step: refuse a cell that runs; take back what one that is down still holds. */
int up_clear(struct work *work);

/* With --json: what became of each cell, and how long each phase took. */
void up_json(const struct work *list, size_t count);

/* Step for dry runs: say what a start would do. */
int up_explain(struct work *work);

#endif
