/* SPDX-License-Identifier: GPL-2.0-or-later */
/* backings.h - the files and directories of the host behind a cell's devices */
#ifndef CMD_BACKINGS_H
#define CMD_BACKINGS_H

#include "definition.h"

/*
 * Do the keys agree with each other? COMB_USAGE if one would be ignored: without
 * devices there is no root, share, disk or network.
 */
int backings_agree(const struct comb_definition *def, struct comb_error *err);

/*
 * Do they agree? Are they there, and of the right kind? The keeper looks, too, and sees more; but
 * what is wrong already need not cost anybody CPUs and RAM.
 */
int backings_check(const struct comb_definition *def, struct comb_error *err);

#endif
