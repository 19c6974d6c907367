// SPDX-License-Identifier: GPL-2.0-or-later
/* ask_cell.c - a cell's agent, by the cell's name */
#include "agent.h"
#include "ask.h"

/* A connection to a cell that should answer. */
static int connect_to(struct cli *cli, const char *name, int64_t timeout_ms, struct comb_error *err)
{
	struct comb_observation seen;
	struct comb_cell cell;
	int fd = -1;

	if (cells_open(cli, name, &cell, err))
		return -1;
	if (cells_observe(&cell, &seen, err))
		goto out;
	if (cells_is_down(seen.state) || seen.state == COMB_STATE_LOADING) {
		agent_refuse_down(&cell, &seen, err);
	} else if (seen.state == COMB_STATE_HUNG) {
		comb_fail(err, COMB_FAILED, "hangs");
		comb_hint(err, "comb logs %s", name);
	} else {
		fd = agent_connect(&cell, timeout_ms, ask_interrupted, err);
	}
out:
	comb_cell_close(&cell);
	return fd;
}

int ask_cell(struct cli *cli, const char *name, const struct execwire_request *request, size_t most,
	     int64_t timeout_ms, struct answer *answer, struct comb_error *err)
{
	uint64_t end = cli_now_ns() + timeout_ms * 1000000ULL;
	int fd;

	*answer = (struct answer){ 0 };
	fd = connect_to(cli, name, timeout_ms, err);
	return fd < 0 ? -1 : ask_over(fd, request, most, end, answer, err);
}
