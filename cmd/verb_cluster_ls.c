// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_cluster_ls.c - comb cluster ls */
#include "verbs.h"

#include <stdio.h>
#include <stdlib.h>

#include "clusters.h"
#include "size.h"
#include "table.h"

enum { COLUMNS = 6 };

/* What all cells of a cluster do and hold together. */
struct sum {
	size_t cells;
	size_t running;
	uint64_t memory;
	struct comb_cpuset cpus;
	char *root;
};

static void sum_up(struct cli *cli, const struct comb_strings *cells, struct sum *sum)
{
	for (size_t i = 0; i < cells->count; i++) {
		struct comb_error why = { 0 };
		struct status status;

		sum->cells++;
		if (status_cell(cli, cells->list[i], &status, &why)) {
			cli_report(cli, cells->list[i], &why);
			continue;
		}
		sum->running += status.seen.state == COMB_STATE_RUNNING;
		sum->memory += status.memory;
		for (int c = comb_cpuset_next(&status.cpus, 0); c >= 0;
		     c = comb_cpuset_next(&status.cpus, c + 1))
			comb_cpuset_add(&sum->cpus, c);
	}
}

static int look(struct cli *cli, const char *name, struct sum *sum, struct comb_error *err)
{
	struct comb_strings cells = { 0 };
	struct comb_definition def;
	int result = clusters_cells(name, &cells, err);

	if (!result) {
		result = comb_cluster_load(&def, cli_config_dir(), name, err);
		if (!result)
			sum->root = comb_definition_get(&def, COMB_KEY_ROOT);
		comb_definition_free(&def);
	}
	if (!result)
		sum_up(cli, &cells, sum);
	comb_strings_free(&cells);
	return result;
}

static void add_row(struct table *table, const char *name, const struct sum *sum)
{
	char cells[24], running[24], cpus[1024] = "", memory[32] = "";

	snprintf(cells, sizeof(cells), "%zu", sum->cells);
	snprintf(running, sizeof(running), "%zu", sum->running);
	if (comb_cpuset_count(&sum->cpus))
		comb_cpuset_format(&sum->cpus, cpus, sizeof(cpus));
	if (sum->memory)
		comb_size_format(sum->memory, memory, sizeof(memory));
	table_row(table, (const char *const[]){ name, cells, running, cpus, memory, sum->root });
}

static void add_object(struct cli *cli, const char *name, const struct sum *sum)
{
	struct json_object *cluster = cli_json_object(cli_json_array(cli->out, "clusters"));

	cli_json_text(cluster, "name", name);
	cli_json_number(cluster, "cells", sum->cells);
	cli_json_number(cluster, "running", sum->running);
	cli_json_cpus(cluster, "cpus", &sum->cpus);
	cli_json_number(cluster, "memory", sum->memory);
	cli_json_text(cluster, "root", sum->root);
}

static void list(struct cli *cli, char *const names[], size_t count)
{
	static const char *const heading[] = {
		"NAME", "CELLS", "RUNNING", "CPUS", "MEMORY", "ROOT",
	};
	struct table table;

	table_init(&table, COLUMNS, heading);
	for (size_t i = 0; i < count; i++) {
		struct comb_error why = { 0 };
		struct sum sum = { 0 };

		if (look(cli, names[i], &sum, &why))
			cli_report(cli, names[i], &why);
		else if (cli->out)
			add_object(cli, names[i], &sum);
		else
			add_row(&table, names[i], &sum);
		free(sum.root);
	}
	if (!cli->out && table.rows > 1)
		table_print(&table, cli->colour, -1);
	table_free(&table);
}

int verb_cluster_ls(struct cli *cli, struct comb_error *err)
{
	struct comb_strings all = { 0 };
	int result = 0;

	if (cli->out)
		cli_json_array(cli->out, "clusters");
	if (cli->nr_names) {
		list(cli, cli->names, cli->nr_names);
		return 0;
	}
	result = comb_cluster_list(cli_config_dir(), &all, err);
	if (!result)
		list(cli, all.list, all.count);
	comb_strings_free(&all);
	return result;
}
