// SPDX-License-Identifier: GPL-2.0-or-later
#include "halt.h"

#include <string.h>

#include "cells.h"
#include "keeper.h"
#include "lock.h"
#include "record.h"

/* A CPU that did not come back may need a moment: INIT again helps. */
#define GIVE_BACK_TRIES		3
#define GIVE_BACK_PAUSE_MS	200

int halt_lock(struct work *work)
{
	work->lock = lock_cell(work->name, cli_timeout_ms(work->cli, HALT_TIMEOUT_S), &work->err);
	return work->lock < 0 ? -1 : 0;
}

int halt_open(struct work *work)
{
	return cells_open(work->cli, work->name, &work->cell, &work->err);
}

int halt_open_held(struct work *work)
{
	if (!halt_open(work))
		return 0;
	if (work->err.status != COMB_NO_CELL)
		return -1;
	work->err = (struct comb_error){ 0 };
	return 0;
}

static bool is_down(const struct comb_observation *seen, void *arg)
{
	(void)arg;
	return cells_is_down(seen->state);
}

static int refuse_deaf(struct work *work, const char *why)
{
	comb_fail(&work->err, COMB_FAILED, "%s", why);
	return comb_hint(&work->err, "comb kill %s", work->name);
}

int halt_ask(struct work *work)
{
	int64_t timeout_ms = cli_timeout_ms(work->cli, HALT_TIMEOUT_S);
	struct comb_error *err = &work->err;
	struct comb_observation seen;
	uint64_t since = cli_now_ns();
	int result;

	if (cells_observe(&work->cell, &seen, err))
		return -1;
	if (cells_is_down(seen.state) || seen.state == COMB_STATE_LOADING)
		return 0;
	if (seen.state == COMB_STATE_HUNG)
		return refuse_deaf(work, "it is hung and cannot be asked to stop");
	if (!seen.agent)
		return refuse_deaf(work, "it has no comb_cell.ko and cannot be asked to stop");
	keeper_revive(work->name);
	if (seen.state != COMB_STATE_STOPPING &&
	    comb_cell_request(&work->cell, COMB_REQUEST_STOP, 0, err))
		return -1;
	result = cells_wait(&work->cell, timeout_ms, is_down, NULL, &seen, err);
	if (result == 1) {
		comb_fail(err, COMB_TIMEOUT, "has not stopped within %.0f s", timeout_ms / 1e3);
		return comb_hint(err, "comb kill %s", work->name);
	}
	if (!result)
		work_phase(work, "shutdown", since);
	return result;
}

static int destroy(struct work *work)
{
	struct comb_error *err = &work->err;

	for (int left = GIVE_BACK_TRIES; ; left--) {
		memset(err, 0, sizeof(*err));
		if (!comb_cell_destroy(&work->cell, err))
			break;
		if (left == 1)
			return -1;
		cells_pause(&work->cell, GIVE_BACK_PAUSE_MS);
	}
	comb_cell_close(&work->cell);
	work->cell.fd = -1;
	return 0;
}

int halt_give_back(struct work *work)
{
	struct comb_error unsaved = { 0 };
	uint64_t since = cli_now_ns();

	if (work->cell.fd < 0)
		return 0;
	cells_cpus(&work->cell, &work->cpus);
	work->bytes = work->cell.get.memory_bytes;
	/* Its last words are final only when it cannot write any more. */
	if (work->cell.get.flags & COMB_CELL_STARTED) {
		if (comb_cell_stop(&work->cell, &work->err))
			return -1;
		if (record_save(&work->cell, &unsaved))
			cli_say(work->cli, "%s: %s", work->name, unsaved.what);
	}
	if (destroy(work))
		return -1;
	keeper_wait(work->cli, work->name);
	work_event(work, "released", work->cli->verb->name);
	work_phase(work, "give back", since);
	work->done = true;
	return 0;
}
