/* SPDX-License-Identifier: GPL-2.0-or-later */
/* upgrade.h - which kernel a cell boots from now on */
#ifndef CMD_UPGRADE_H
#define CMD_UPGRADE_H

#include "error.h"

/*
 * Have the definition of @name say Kernel=@kernel, by a drop-in, NAME.cell.d/90-kernel.conf, by
 * temporary file and rename. -1 if that cannot be written, or is not what counts then.
 */
int upgrade_write(const char *name, const char *kernel, struct comb_error *err);

#endif
