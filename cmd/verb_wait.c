// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_wait.c - comb wait */
#include "verbs.h"

#include <poll.h>
#include <string.h>

#include "cells.h"
#include "work.h"

#define LOOK_MS	50
/* Not a state of its own: stopped, panic or lost. */
#define DOWN	"down"

static bool is_reached(const char *wanted, enum comb_state state)
{
	if (!strcmp(wanted, DOWN))
		return cells_is_down(state);
	return !strcmp(wanted, comb_state_name(state));
}

/* One look; the cell stays open, so that its log need not be searched each time. */
static int look(struct work *work, struct comb_observation *seen, bool *held)
{
	struct comb_error *err = &work->err;

	memset(seen, 0, sizeof(*seen));
	*held = work->cell.fd >= 0 || !cells_open(work->cli, work->name, &work->cell, err);
	if (*held && !cells_observe(&work->cell, seen, err))
		return 0;
	if (*held)
		comb_cell_close(&work->cell);
	work->cell.fd = -1;
	if (err->status != COMB_NO_CELL || (!*held && !cells_defined(work->name)))
		return -1;
	/* It holds nothing, or nothing any more: it is stopped. */
	*held = false;
	memset(seen, 0, sizeof(*seen));
	memset(err, 0, sizeof(*err));
	return 0;
}

/* A cell that holds nothing may be started yet; one that is down will never run again. */
static bool is_hopeless(const char *wanted, bool held, const struct comb_observation *seen)
{
	return held && cells_is_down(seen->state) &&
	       !strcmp(wanted, comb_state_name(COMB_STATE_RUNNING));
}

static int wait_for(struct work *work)
{
	const char *wanted = cli_given(work->cli, OPTION_STATE);
	int64_t timeout_ms = work->cli->timeout_ms;
	uint64_t start = cli_now_ns();
	struct comb_observation seen;
	bool held;

	wanted = wanted ? wanted : DOWN;
	for (;;) {
		if (look(work, &seen, &held))
			return -1;
		if (is_reached(wanted, seen.state))
			break;
		if (is_hopeless(wanted, held, &seen)) {
			comb_fail(&work->err, COMB_FAILED, "is %s: %s",
				  comb_state_name(seen.state), seen.reason);
			return comb_hint(&work->err, "comb logs %s", work->name);
		}
		if (timeout_ms >= 0 && cli_now_ns() - start >= timeout_ms * 1000000ULL) {
			comb_fail(&work->err, COMB_TIMEOUT, "is %s, not %s, after %.0f s",
				  comb_state_name(seen.state), wanted, timeout_ms / 1e3);
			return comb_hint(&work->err, "comb ls %s", work->name);
		}
		if (held)
			cells_pause(&work->cell, LOOK_MS);
		else
			poll(NULL, 0, LOOK_MS);
	}
	work_phase(work, comb_state_name(seen.state), start);
	return 0;
}

static int check_state(const char *wanted, struct comb_error *err)
{
	if (!wanted || !strcmp(wanted, DOWN))
		return 0;
	for (int state = COMB_STATE_STOPPED; state <= COMB_STATE_LOST; state++)
		if (!strcmp(wanted, comb_state_name(state)))
			return 0;
	comb_fail(err, COMB_USAGE, "\"%s\" is no state", wanted);
	return comb_hint(err, "--state running, stopped, panic or down");
}

static void fill(struct json_object *cell, const struct work *work)
{
	cli_json_text(cell, "state", work->phase[0].name);
	cli_json_number(cell, "waited_ns", work->phase[0].ns);
}

int verb_wait(struct cli *cli, struct comb_error *err)
{
	struct work *list;

	if (check_state(cli_given(cli, OPTION_STATE), err))
		return -1;
	if (cells_module_loaded() &&
	    (cli_need_root("looking at cells", err) || cells_device(cli, false, err) < 0))
		return -1;
	list = work_new(cli, cli->names, cli->nr_names);
	work_parallel(list, cli->nr_names, wait_for);
	work_report(list, cli->nr_names);
	work_json(list, cli->nr_names, fill);
	work_free(list, cli->nr_names);
	return 0;
}
