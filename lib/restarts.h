/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * restarts.h - the file DIR/.NAME.restarts: what a cell's policy has done so far
 *
 * It outlives the keeper, which a restart ends. A start that no restart has announced is the
 * user's, and begins a new count; so it is gone, and then no restart that waits for its moment
 * may go on. Stopping a cell removes it, too.
 */
#ifndef COMB_RESTARTS_H
#define COMB_RESTARTS_H

#include <stdbool.h>

#include "error.h"
#include "watch.h"

/* A file that is missing or makes no sense is an empty history. false: it is missing. */
bool comb_restarts_load(const char *dir, const char *name, struct comb_restarts *restarts);

/* Write it, and announce a restart. */
int comb_restarts_announce(const char *dir, const char *name,
			   const struct comb_restarts *restarts, struct comb_error *err);

/* Write it, and announce nothing. */
int comb_restarts_keep(const char *dir, const char *name,
		       const struct comb_restarts *restarts, struct comb_error *err);

/* The cell is being started: forget everything unless a restart has been announced. */
void comb_restarts_begin(const char *dir, const char *name);

/* Remove the file. */
void comb_restarts_forget(const char *dir, const char *name);
/* And what else its policy has left in @dir: it is the cell's last. */
void comb_restarts_purge(const char *dir, const char *name);
/* Those of all cells. */
void comb_restarts_forget_all(const char *dir);

#endif
