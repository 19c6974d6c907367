/* SPDX-License-Identifier: GPL-2.0-or-later */
/* place.h - the cell that a command goes to if any will do (lib/placement.h) */
#ifndef CMD_PLACE_H
#define CMD_PLACE_H

#include "cli.h"

/*
 * Choose among the cells that run: those of cli->names, or with none the defined ones, of
 * which those with the host's files come first. With cli->dry_run nothing is remembered; otherwise
 * the choice counts until this process ends. @name is filled in. -1 with EXECWIRE_FAILED: there is
 * none, and why; COMB_NO_CELL: a name is no cell's.
 */
int place_choose(struct cli *cli, char name[COMB_NAME_SIZE], struct comb_error *err);

/* The command has become process @pid of its cell: from now on its kernel tells what it does. */
void place_started(uint32_t pid);

#endif
