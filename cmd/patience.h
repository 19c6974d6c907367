/* SPDX-License-Identifier: GPL-2.0-or-later */
/* patience.h - for how long a cell is waited for that may never say anything again */
#ifndef CMD_PATIENCE_H
#define CMD_PATIENCE_H

#include "cells.h"

/* A heartbeat may be late on a busy machine. */
#define PATIENCE_HUNG_S	30

/**
 * struct patience - with one cell
 * @cell: stays the caller's
 * @endless: one that hangs is waited for: the user decides
 * @hung_since: cli_now_ns() when it was first seen to hang, 0 if it does not
 */
struct patience {
	struct comb_cell *cell;
	bool endless;
	uint64_t hung_since;
};

/*
 * Asked once in a while: is the cell down, or has it hung for PATIENCE_HUNG_S? @err says which.
 * The host's end of a connection to a kernel that panicked, or hangs, does not end by itself.
 */
bool patience_ends(struct patience *patience, struct comb_error *err);

#endif
