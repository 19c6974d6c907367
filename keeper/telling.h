/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * telling.h - an event for each change of a cell's state, exactly one
 *
 * What is being told is noted in struct told first, so that whoever comes after a SIGKILL
 * goes on with it.
 */
#ifndef KEEPER_TELLING_H
#define KEEPER_TELLING_H

#include <comb.h>
#include <device.h>	/* of the library: the cell file */
#include <observe.h>
#include <watch.h>

#include "acting.h"
#include "told.h"

/**
 * struct telling - what it takes
 * @name: the cell's
 * @directory: of the event log
 * @cell: for its last words
 * @watch: what is to be done about what
 * @told: what was told
 * @acting: who does it
 * @flood_ms: when the minute began in which @flood events were told
 */
struct telling {
	const char *name;
	const char *directory;
	struct comb_cell *cell;
	const struct comb_watch *watch;
	struct told *told;
	struct acting acting;
	uint64_t flood_ms;
	unsigned int flood;
};

/* Tell what has changed since the last call. */
void telling_take(struct telling *telling, const struct comb_observation *seen);

/* Finish what an earlier watcher had begun when it was killed. */
void telling_resume(struct telling *telling);

/* What a change of state is called, or NULL if nobody wants to hear of it. */
const char *telling_event(enum comb_state told, enum comb_state seen);

/* The case a state is, with its health (observe.h); COMB_WATCH_CASES: none. */
enum comb_watch_case telling_case(enum comb_state state, const char *health);

#endif
