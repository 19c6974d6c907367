// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_cluster_resize.c - comb cluster resize */
#include "verbs.h"

#include <string.h>
#include <unistd.h>

#include "clusters.h"

/* Of @cells, those with numbers beyond @count. */
static void find_surplus(const char *name, const struct comb_strings *cells, unsigned int count,
			 struct comb_strings *surplus)
{
	for (size_t i = 0; i < cells->count; i++)
		if (clusters_cell_number(name, cells->list[i]) > count)
			comb_strings_add(surplus, cells->list[i]);
}

static bool is_in(const struct comb_strings *cells, const char *name)
{
	for (size_t i = 0; i < cells->count; i++)
		if (!strcmp(cells->list[i], name))
			return true;
	return false;
}

static int add_missing(struct cli *cli, const char *name, const struct comb_strings *cells,
		       unsigned int count, struct comb_error *err)
{
	for (unsigned int i = 1; i <= count; i++) {
		CLI_AUTOFREE char *cell = clusters_cell_name(name, i);

		if (is_in(cells, cell))
			continue;
		if (!cli->dry_run && clusters_cell_define(name, i, err))
			return -1;
		cli_say(cli, "%s: %sadded", cell, cli->dry_run ? "would be " : "");
	}
	return 0;
}

static int resize(struct cli *cli, const char *name, struct comb_error *err)
{
	struct comb_strings cells = { 0 }, surplus = { 0 };
	unsigned int count;
	int result = clusters_count(cli, &count, err) || clusters_cells(name, &cells, err) ? -1 : 0;

	if (!result) {
		find_surplus(name, &cells, count, &surplus);
		result = clusters_refuse_held(cli, name, &surplus, err);
	}
	if (!result)
		result = add_missing(cli, name, &cells, count, err);
	if (!result && surplus.count)
		result = clusters_run_on(cli, &surplus, verb_rm, err);
	comb_strings_free(&cells);
	comb_strings_free(&surplus);
	return result;
}

int verb_cluster_resize(struct cli *cli, struct comb_error *err)
{
	struct comb_error why = { 0 };

	if (!cli->dry_run && cli_need_root("changing a cluster", err))
		return -1;
	if (resize(cli, cli->names[0], &why))
		cli_report(cli, cli->names[0], &why);
	return 0;
}
