/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watcher.h - the process that tells what becomes of a cell, and has it acted upon
 *
 * It sleeps until the cell rings or a heartbeat is due, judges the cell from outside
 * (observe.h), appends an event for each change (telling.h), and has a process of its own do
 * what [Watch] asks for (acting.h).
 */
#ifndef KEEPER_WATCHER_H
#define KEEPER_WATCHER_H

#include "worker.h"

/*
 * Watch until the cell is given back. The exit status: 0, COMB_NO_CELL if there is no such
 * cell, or another enum comb_status.
 */
int watcher_run(const struct worker_job *job);

#endif
