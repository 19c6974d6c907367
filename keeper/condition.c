// SPDX-License-Identifier: GPL-2.0-or-later
#include "condition.h"

#include <unistd.h>

#include <device.h>	/* of the library: the cell file */
#include <observe.h>

static enum condition judge(struct comb_cell *cell)
{
	struct comb_observation seen;
	struct comb_error ignored = { 0 };

	if (comb_cell_observe(cell, &seen, &ignored))
		return CONDITION_UNKNOWN;
	switch (seen.state) {
	case COMB_STATE_LOADING:
	case COMB_STATE_BOOTING:
		return CONDITION_BOOTING;
	case COMB_STATE_RUNNING:
		return CONDITION_ALIVE;
	case COMB_STATE_PANIC:
		return CONDITION_PANIC;
	default:
		return CONDITION_DOWN;
	}
}

enum condition condition_of(const char *name, uint64_t *started_ns)
{
	enum condition condition = CONDITION_GONE;
	struct comb_error err = { 0 };
	struct comb_cell cell;
	int device = comb_device_open(false, &err);

	if (device < 0)
		return CONDITION_UNKNOWN;
	if (comb_cell_open(device, name, &cell, &err)) {
		if (err.status != COMB_NO_CELL)
			condition = CONDITION_UNKNOWN;
	} else {
		if (!*started_ns)
			*started_ns = cell.get.started_ns;
		if (cell.get.started_ns == *started_ns)
			condition = judge(&cell);
		comb_cell_close(&cell);
	}
	close(device);
	return condition;
}
