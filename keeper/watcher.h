/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watcher.h - the process that tells what becomes of a cell, and has it acted upon
 *
 * It sleeps until the cell rings or a heartbeat is due, judges the cell from outside
 * (observe.h), appends an event for each change, and starts a process of its own for what
 * [Watch] asks for (action.h).
 */
#ifndef KEEPER_WATCHER_H
#define KEEPER_WATCHER_H

#include <comb.h>
#include <watch.h>

#include "worker.h"

/*
 * Watch until the cell is given back. The exit status: 0, COMB_NO_CELL if there is no such
 * cell, or another enum comb_status.
 */
int watcher_run(const struct worker_job *job);

/* What a change of state is called, or NULL if nobody wants to hear of it. */
const char *watcher_event(enum comb_state told, enum comb_state seen);

/* The case a state is, with its health (observe.h); COMB_WATCH_CASES: none. */
enum comb_watch_case watcher_case(enum comb_state state, const char *health);

#endif
