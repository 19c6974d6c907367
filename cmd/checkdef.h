/* SPDX-License-Identifier: GPL-2.0-or-later */
/* checkdef.h - can this machine run what a definition asks for? */
#ifndef CMD_CHECKDEF_H
#define CMD_CHECKDEF_H

#include "cli.h"

/*
 * Everything that can be told without taking anything: CPUs exist, may be lent and
 * are whole cores; memory and node exist; kernel, initramfs, files and modules are there.
 * What others hold at the moment does not matter. COMB_USAGE.
 */
int checkdef(struct cli *cli, const struct comb_definition *def, struct comb_error *err);

/* Apply the definition options and COMMAND of the command line. */
int checkdef_from_options(const struct cli *cli, struct comb_definition *def,
			  struct comb_error *err);

/*
 * Initialise @def as the cell @name with these options over the values of the cluster that
 * they name, if they do. Free it in every case.
 */
int checkdef_whole(const struct cli *cli, struct comb_definition *def, const char *name,
		   struct comb_error *err);

#endif
