/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lastwords.h - the end of a cell's log */
#ifndef COMB_LASTWORDS_H
#define COMB_LASTWORDS_H

#include "definition.h"
#include "device.h"

#define COMB_LAST_LINES	12u

/*
 * Append up to COMB_LAST_LINES lines of the log of a cell that was just observed, each as
 * "[   12.345678] text" in printable ASCII. None if no log is known.
 */
void comb_cell_last_words(struct comb_cell *cell, struct comb_strings *lines);

#endif
