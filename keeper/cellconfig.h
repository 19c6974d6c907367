/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cellconfig.h - the definition a cell was started with */
#ifndef KEEPER_CELLCONFIG_H
#define KEEPER_CELLCONFIG_H

#include <definition.h>

/*
 * A cell keeps what it began with, whatever becomes of its definition: comb start, or the first
 * keeper, leaves a copy in the run directory @copy. Free @def in every case.
 */
int cellconfig_load(struct comb_definition *def, const char *copy, const char *config,
		    const char *name, struct comb_error *err);

#endif
