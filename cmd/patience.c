// SPDX-License-Identifier: GPL-2.0-or-later
#include "patience.h"

#include "agent.h"

bool patience_ends(struct patience *patience, struct comb_error *err)
{
	struct comb_observation seen;
	uint64_t now = cli_now_ns();

	if (cells_observe(patience->cell, &seen, err))
		return true;
	if (cells_is_down(seen.state)) {
		agent_refuse_down(patience->cell, &seen, err);
		return true;
	}
	if (seen.state != COMB_STATE_HUNG || patience->endless) {
		patience->hung_since = 0;
		return false;
	}
	if (!patience->hung_since)
		patience->hung_since = now;
	if (now - patience->hung_since < PATIENCE_HUNG_S * 1000000000ULL)
		return false;
	agent_refuse_hung(patience->cell->get.name, err);
	return true;
}
