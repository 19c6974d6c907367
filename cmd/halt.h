/* SPDX-License-Identifier: GPL-2.0-or-later */
/* halt.h - bring cells down and give everything they hold back to the host */
#ifndef CMD_HALT_H
#define CMD_HALT_H

#include "work.h"

#define HALT_TIMEOUT_S	30

/* Steps for work_each() and work_parallel(). */

/* Lock the cell, waiting as long as --timeout allows. */
int halt_lock(struct work *work);
/* Open a cell that exists (COMB_NO_CELL otherwise). */
int halt_open(struct work *work);
/* The same, but that there is no such cell is no failure: it stays closed. */
int halt_open_held(struct work *work);
/* Ask its kernel to power off and wait; a cell that is down already needs no asking. */
int halt_ask(struct work *work);
/* Stop its CPUs, save its log, return CPUs and RAM. A cell that is not open holds nothing. */
int halt_give_back(struct work *work);

#endif
