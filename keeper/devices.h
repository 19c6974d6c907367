/* SPDX-License-Identifier: GPL-2.0-or-later */
/* devices.h - which devices a cell has */
#ifndef KEEPER_DEVICES_H
#define KEEPER_DEVICES_H

#include <definition.h>

#include "bus.h"
#include "kinds.h"

/*
 * Make all devices of a cell, in the order that gives the same ones the same
 * numbers every time. 0; -1: one that the cell cannot do without is missing, which
 * is in the log. bus_free() frees what there is.
 */
int devices_make(struct bus *bus, const struct comb_definition *def, const struct cell_id *cell);

#endif
