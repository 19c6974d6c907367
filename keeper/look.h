/* SPDX-License-Identifier: GPL-2.0-or-later */
/* look.h - a watcher's looks at its cell: often enough, and never so often that a CPU is eaten */
#ifndef KEEPER_LOOK_H
#define KEEPER_LOOK_H

#include <device.h>	/* of the library: the cell file */
#include <observe.h>

/* The longest pause of a cell that is not down, in milliseconds */
#define LOOK_PERIOD_MAX_MS	1000

/**
 * struct look - the last one
 * @cell: at what
 * @heartbeat_ms: of its definition
 * @looked_ms: when, by CLOCK_BOOTTIME
 * @again: the cell has rung meanwhile
 */
struct look {
	struct comb_cell *cell;
	unsigned int heartbeat_ms;
	uint64_t looked_ms;
	bool again;
};

/*
 * What the cell is doing, of which @told is known. 1: it has no kernel yet, and *@seen says
 * nothing; -1: it is gone, or @err.
 */
int look_at(struct look *look, enum comb_state told, struct comb_observation *seen,
	    struct comb_error *err);

/* After a look that saw @seen: how long nothing needs to be looked at, in milliseconds. */
int look_pause_ms(const struct look *look, enum comb_state seen);

/* How long to wait all the same, however often the cell rings. */
int look_rest_ms(const struct look *look);

/* A cell that has ended stays so; but a CPU of it may be lost. */
bool look_is_final(enum comb_state state);

#endif
