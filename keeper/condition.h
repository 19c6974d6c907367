/* SPDX-License-Identifier: GPL-2.0-or-later */
/* condition.h - how a cell is at this moment, for who acts upon it */
#ifndef KEEPER_CONDITION_H
#define KEEPER_CONDITION_H

#include <stdint.h>

enum condition {
	CONDITION_GONE,		/* somebody has given it back, or started it anew */
	CONDITION_DOWN,		/* or hung, or lost */
	CONDITION_PANIC,
	CONDITION_ALIVE,	/* it beats */
	CONDITION_BOOTING,
	CONDITION_UNKNOWN,
};

/*
 * Of the cell @name. *@started_ns (COMB_CELL_GET) says of which start of it; 0: of any,
 * and it is set then.
 */
enum condition condition_of(const char *name, uint64_t *started_ns);

#endif
