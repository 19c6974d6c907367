/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cellevent.h - COMB_CELL_SET_EVENT */
#ifndef KEEPER_CELLEVENT_H
#define KEEPER_CELLEVENT_H

#include <comb.h>

/*
 * Tie eventfd @fd (-1: none any more) to what happens in the cell of the cell file @cell.
 * Waits up to two seconds for a keeper that is ending. 0, or -1 with errno.
 */
int cell_event_set(int cell, enum comb_event_kind kind, int fd, unsigned int device,
		   unsigned int queue);

#endif
