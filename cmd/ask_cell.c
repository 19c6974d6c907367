// SPDX-License-Identifier: GPL-2.0-or-later
/* ask_cell.c - a cell's agent, by the cell's name */
#include "agent.h"
#include "ask.h"
#include "patience.h"

/* A connection to a cell that should answer. */
static int connect_to(struct comb_cell *cell, int64_t timeout_ms, struct comb_error *err)
{
	struct comb_observation seen;

	if (cells_observe(cell, &seen, err))
		return -1;
	if (cells_is_down(seen.state) || seen.state == COMB_STATE_LOADING)
		return agent_refuse_down(cell, &seen, err);
	if (seen.state == COMB_STATE_HUNG)
		return agent_refuse_hung(cell->get.name, err);
	return agent_connect(cell, timeout_ms, ask_interrupted, err);
}

static bool is_gone(void *arg, struct comb_error *err)
{
	return patience_ends(arg, err);
}

int ask_cell(struct cli *cli, const char *name, const struct execwire_request *request, size_t most,
	     int64_t timeout_ms, struct answer *answer, struct comb_error *err)
{
	uint64_t end = cli_now_ns() + timeout_ms * 1000000ULL;
	struct comb_cell cell;
	struct patience patience = { .cell = &cell };
	int fd, result = -1;

	*answer = (struct answer){ 0 };
	if (cells_open(cli, name, &cell, err))
		return -1;
	fd = connect_to(&cell, timeout_ms, err);
	if (fd >= 0)
		result = ask_over(fd, request, most, end, is_gone, &patience, answer,
				  err);
	comb_cell_close(&cell);
	return result;
}
