// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_cluster_rm.c - comb cluster rm */
#include "verbs.h"

#include "clusters.h"

/* Says itself what goes wrong with a cell; the cluster stays then, to be removed again. */
static int remove_all(struct cli *cli, const char *name, const struct comb_strings *cells,
		      struct comb_error *err)
{
	enum comb_status before = cli->status;
	int result;

	cli->status = COMB_OK;
	result = cells->count ? clusters_run_on(cli, cells, verb_rm, err) : 0;
	if (result || cli->status)
		return result;
	cli->status = before;
	if (cli->dry_run) {
		cli_say(cli, "%s: would remove %s/%s.cluster", name, cli_config_dir(), name);
		return 0;
	}
	clusters_forget_common(name);
	if (comb_cluster_remove(cli_config_dir(), name, err))
		return -1;
	cli_say(cli, "%s: removed", name);
	return 0;
}

static int forget(struct cli *cli, const char *name, struct comb_error *err)
{
	struct comb_strings cells = { 0 };
	bool yes = cli->yes;
	int result = clusters_cells(name, &cells, err);

	if (!result)
		result = clusters_refuse_held(cli, name, &cells, err);
	if (!result && (cli->dry_run ||
			cli_confirm(cli, "forget %s and its %zu cells?", name, cells.count))) {
		/* That was asked for all of them. */
		cli->yes = true;
		result = remove_all(cli, name, &cells, err);
		cli->yes = yes;
	}
	comb_strings_free(&cells);
	return result;
}

int verb_cluster_rm(struct cli *cli, struct comb_error *err)
{
	if (!cli->dry_run && cli_need_root("removing a definition", err))
		return -1;
	for (size_t i = 0; i < cli->nr_names; i++) {
		struct comb_error why = { 0 };

		if (forget(cli, cli->names[i], &why))
			cli_report(cli, cli->names[i], &why);
	}
	return 0;
}
