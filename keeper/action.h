/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * action.h - what [Watch] asks for when a cell ends badly
 *
 * Done by a process of its own session, since a restart gives the cell back and so ends its
 * keeper. In this order: notify, dump, restart or stop. Each step is noted in
 * DIR/.NAME.action before and after, under a lock, so that no event is acted upon twice,
 * however often somebody is told to.
 */
#ifndef KEEPER_ACTION_H
#define KEEPER_ACTION_H

#include <stdint.h>

#include <sys/types.h>

#include <watch.h>

/*
 * Make sure that there is room for its notes, before anything has happened: a file system that is
 * full by then must not keep anybody from acting.
 */
void action_prepare(const char *name);

/* The cell's keeper ends: nobody needs its notes, unless somebody is acting. */
void action_tidy(const char *name);

/*
 * Start that process, comb-keeper --act, for the event told at @time_ns of the cell that was
 * started at @started_ns (COMB_CELL_GET). Its PID, a child's; -1: errno.
 */
pid_t action_launch(const char *name, enum comb_watch_case what, uint64_t time_ns,
		  uint64_t started_ns, const char *reason);

/*
 * That process: @task is "CASE:TIME_NS:STARTED_NS", the reason is in $COMB_REASON, and the cell's
 * definition in the run directory; if there is none the cell is gone, and nothing is done. The
 * exit status, an enum comb_status.
 */
int action_run(const char *name, const char *task);

#endif
