// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_stop.c - comb stop, comb kill */
#include "verbs.h"

#include "cells.h"
#include "halt.h"
#include "restarts.h"
#include "size.h"
#include "up.h"

static int explain(struct work *work)
{
	char cpus[256], memory[32];

	cells_cpus(&work->cell, &work->cpus);
	cli_say(work->cli, "%s: would give back %s and %s", work->name,
		cli_cpus(&work->cpus, cpus, sizeof(cpus)),
		comb_size_format(work->cell.get.memory_bytes, memory, sizeof(memory)));
	return 0;
}

static int say_stopped(struct work *work)
{
	char cpus[256], memory[32];

	cli_say(work->cli, "%s: stopped, %s and %s are the host's again", work->name,
		cli_cpus(&work->cpus, cpus, sizeof(cpus)),
		comb_size_format(work->bytes, memory, sizeof(memory)));
	return 0;
}

/* Under the lock, so that it stays the one. */
static int check_started(struct work *work)
{
	return cells_check_started(work->cli, &work->cell, work->name, &work->err);
}

/*
 * Its user has decided otherwise than [Watch]. Also of a cell that is not there: a restart that
 * has failed may be about to be tried again.
 */
static void cancel_restarts(struct cli *cli)
{
	if (cli_given(cli, OPTION_STARTED))
		return;
	for (size_t i = 0; i < cli->nr_names; i++)
		if (!comb_name_check(cli->names[i], NULL))
			comb_restarts_forget(cli_run_dir(), cli->names[i]);
}

static int bring_down(struct cli *cli, bool ask)
{
	size_t count = cli->nr_names;
	struct work *list = work_new(cli, cli->names, count);

	/* A cell that is not there needs no lock, and no other word than that. */
	work_each(list, count, halt_open);
	if (cli->dry_run) {
		work_each(list, count, explain);
	} else {
		work_by_name(list, count, halt_lock);
		cancel_restarts(cli);
		work_each(list, count, check_started);
		if (ask)
			work_parallel(list, count, halt_ask);
		work_parallel(list, count, halt_give_back);
		work_each(list, count, say_stopped);
	}
	work_report(list, count);
	up_json(list, count);
	work_free(list, count);
	return 0;
}

int verb_stop(struct cli *cli, struct comb_error *err)
{
	return cli_need_root("stopping a cell", err) ? -1 : bring_down(cli, true);
}

int verb_kill(struct cli *cli, struct comb_error *err)
{
	return cli_need_root("stopping a cell", err) ? -1 : bring_down(cli, false);
}
