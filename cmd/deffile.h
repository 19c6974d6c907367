/* SPDX-License-Identifier: GPL-2.0-or-later */
/* deffile.h - a definition in a file that is not in its place (yet) */
#ifndef CMD_DEFFILE_H
#define CMD_DEFFILE_H

#include "cli.h"

/*
 * Read one file, without drop-ins. @name: the cell's, or NULL to make it of the file's name.
 * NAME.cluster is taken as a cell of it would have it. @def is initialised in every case.
 */
int deffile_read(struct comb_definition *def, const char *path, const char *name,
		 struct comb_error *err);

#endif
