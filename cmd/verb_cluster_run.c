// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_cluster_run.c - comb cluster start, stop, kill, restart: what these do, for all cells */
#include "verbs.h"

#include "clusters.h"
#include "restarts.h"

static bool is_down(const struct status *status)
{
	return !status->held || cells_is_down(status->seen.state);
}

static bool is_held(const struct status *status)
{
	return status->held;
}

int verb_cluster_start(struct cli *cli, struct comb_error *err)
{
	return cli_need_root("starting a cell", err) ? -1 :
	       clusters_run(cli, is_down, COMB_TAKEN, "run already", verb_start, err);
}

/* As stop and kill do: also of a cell that is not there a restart may be about to be tried. */
static void cancel_restarts(const struct cli *cli)
{
	for (size_t i = 0; i < cli->nr_names; i++) {
		struct comb_strings cells = { 0 };

		clusters_cells(cli->names[i], &cells, NULL);
		for (size_t c = 0; c < cells.count && !cli->dry_run; c++)
			comb_restarts_forget(cli_run_dir(), cells.list[c]);
		comb_strings_free(&cells);
	}
}

static int bring_down(struct cli *cli, int (*verb)(struct cli *cli, struct comb_error *err),
		      struct comb_error *err)
{
	if (cli_need_root("stopping a cell", err))
		return -1;
	cancel_restarts(cli);
	return clusters_run(cli, is_held, COMB_NO_CELL, "are not running", verb, err);
}

int verb_cluster_stop(struct cli *cli, struct comb_error *err)
{
	return bring_down(cli, verb_stop, err);
}

int verb_cluster_kill(struct cli *cli, struct comb_error *err)
{
	return bring_down(cli, verb_kill, err);
}

int verb_cluster_restart(struct cli *cli, struct comb_error *err)
{
	return cli_need_root("restarting a cell", err) ? -1 :
	       clusters_run(cli, NULL, COMB_NO_CELL, "are not there", verb_restart, err);
}
