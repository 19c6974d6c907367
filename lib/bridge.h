/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bridge.h - windows of RAM that cells and the host share (struct comb_bridge in comb.h) */
#ifndef COMB_BRIDGE_H
#define COMB_BRIDGE_H

#include <stddef.h>

#include "comb.h"
#include "device.h"
#include "error.h"

/* NAME[:SIZE] into name and bytes (0: not said), the rest zero. COMB_USAGE. */
int comb_bridge_parse(struct comb_bridge *bridge, const char *text, struct comb_error *err);

/**
 * comb_bridge_open() - a descriptor of a bridge, which is made if it is not there
 * @device: /dev/comb, from comb_device_open()
 * @wanted: name, and bytes or 0 for whatever it has
 * @node: NUMA node to make it on, or -1
 * @err: COMB_USAGE it is not there and has no size; COMB_TAKEN it is there with
 *	another size, or there is no such piece of RAM
 *
 * Map it with MAP_SHARED from offset 0. The bridge exists until the last
 * descriptor is closed, the last mapping gone and the last cell destroyed.
 */
int comb_bridge_open(int device, const struct comb_bridge *wanted, int node,
		     struct comb_error *err);

/* Let a cell use it, which is not started yet. */
int comb_cell_add_bridge(struct comb_cell *cell, int bridge, struct comb_error *err);

#endif
