// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_rm.c - comb rm */
#include "verbs.h"

#include "cells.h"
#include "halt.h"
#include "restarts.h"

static int forget(struct work *work)
{
	struct comb_error *err = &work->err;
	struct cli *cli = work->cli;

	if (!cells_defined(work->name))
		return cells_unknown(work->name, err);
	if (halt_open_held(work))
		return -1;
	if (work->cell.fd >= 0) {
		comb_fail(err, COMB_TAKEN, "holds CPUs and RAM");
		return comb_hint(err, "comb stop %s", work->name);
	}
	if (cli->dry_run) {
		cli_say(cli, "%s: would remove %s/%s.cell", work->name, cli_config_dir(),
			work->name);
		return 0;
	}
	if (!cli_confirm(cli, "forget %s?", work->name))
		return 0;
	if (comb_definition_remove(cli_config_dir(), work->name, err))
		return -1;
	comb_restarts_purge(cli_run_dir(), work->name);
	work->done = true;
	cli_say(cli, "%s: removed", work->name);
	return 0;
}

static void fill(struct json_object *cell, const struct work *work)
{
	cli_json_bool(cell, "done", work->done);
}

int verb_rm(struct cli *cli, struct comb_error *err)
{
	struct work *list;

	if (!cli->dry_run && cli_need_root("removing a definition", err))
		return -1;
	list = work_new(cli, cli->names, cli->nr_names);
	if (!cli->dry_run)
		work_by_name(list, cli->nr_names, halt_lock);
	work_each(list, cli->nr_names, forget);
	work_report(list, cli->nr_names);
	work_json(list, cli->nr_names, fill);
	work_free(list, cli->nr_names);
	return 0;
}
