// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_start.c - comb start, comb restart */
#include "verbs.h"

#include "boot.h"
#include "cells.h"
#include "halt.h"
#include "lock.h"
#include "up.h"

/* Starting what somebody else is starting is a mistake: do not wait long. */
#define START_LOCK_MS	200

static int lock_now(struct work *work)
{
	work->lock = lock_cell(work->name, START_LOCK_MS, &work->err);
	return work->lock < 0 ? -1 : 0;
}

static int finish(struct work *list, size_t count, int result)
{
	if (!result && list->cli->dry_run)
		work_each(list, count, up_explain);
	work_report(list, count);
	up_json(list, count);
	work_free(list, count);
	return result;
}

int verb_start(struct cli *cli, struct comb_error *err)
{
	struct work *list;

	if (cli_need_root("starting a cell", err))
		return -1;
	list = work_new(cli, cli->names, cli->nr_names);
	work_each(list, cli->nr_names, boot_load);
	if (!cli->dry_run)
		work_by_name(list, cli->nr_names, lock_now);
	work_each(list, cli->nr_names, up_clear);
	return finish(list, cli->nr_names, up_start(list, cli->nr_names, err));
}

/* Orderly where that is possible; a cell that cannot be asked is brought down. */
static int bring_down(struct work *work)
{
	struct comb_error ignored = { 0 };

	if (halt_open_held(work))
		return -1;
	if (work->cell.fd < 0 || work->cli->dry_run)
		return 0;
	if (halt_ask(work)) {
		cli_progress(work->cli, "%s: %s", work->name, work->err.what);
		work->err = ignored;
	}
	if (halt_give_back(work))
		return -1;
	work->done = false;
	return 0;
}

int verb_restart(struct cli *cli, struct comb_error *err)
{
	struct work *list;

	if (cli_need_root("restarting a cell", err))
		return -1;
	list = work_new(cli, cli->names, cli->nr_names);
	work_each(list, cli->nr_names, boot_load);
	if (!cli->dry_run)
		work_by_name(list, cli->nr_names, halt_lock);
	work_parallel(list, cli->nr_names, bring_down);
	return finish(list, cli->nr_names, up_start(list, cli->nr_names, err));
}
