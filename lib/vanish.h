/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vanish.h - cells that go away while one looks at them
 *
 * When a cell is destroyed its RAM is revoked from all mappings, and access
 * raises SIGBUS (comb.h). Another comb may do that at any time.
 */
#ifndef COMB_VANISH_H
#define COMB_VANISH_H

#include <stdbool.h>

/*
 * From now on a page that is gone reads as zeros. Whoever has read ends with
 * comb_cell_refresh() to learn whether what was read means anything.
 */
void comb_vanish_survive(void);

/* Has a page been gone since? Then a long reader need not go on to the end. */
bool comb_vanish_seen(void);

#endif
