// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_bridges.c - comb bridges: what comb.ko shows to everyone (docs/sysfs.md) */
#include "verbs.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cells.h"
#include "size.h"
#include "table.h"

static uint64_t read_number(const char *bridge, const char *attribute)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "bridges/%s/%s", bridge, attribute);
	return cells_number(path);
}

static bool has_bridge(const char *cell, const char *bridge)
{
	char path[PATH_MAX], line[COMB_NAME_SIZE + 1];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), COMB_SYSFS "/cells/%s/bridges", cell);
	f = fopen(path, "re");
	if (!f)
		return false;
	while (!found && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		found = !strcmp(line, bridge);
	}
	fclose(f);
	return found;
}

static void find_cells(const struct comb_strings *cells, const char *bridge,
		       struct comb_strings *having)
{
	for (size_t i = 0; i < cells->count; i++)
		if (has_bridge(cells->list[i], bridge))
			comb_strings_add(having, cells->list[i]);
}

static void add_row(struct table *table, const char *name, const struct comb_strings *cells)
{
	CLI_AUTOFREE char *list = cli_format("%s", "");
	char size[32], node[16], files[16];

	for (size_t i = 0; i < cells->count; i++) {
		char *more = cli_format("%s%s%s", list, i ? "," : "", cells->list[i]);

		free(list);
		list = more;
	}
	comb_size_format(read_number(name, "size"), size, sizeof(size));
	snprintf(node, sizeof(node), "%" PRIu64, read_number(name, "node"));
	snprintf(files, sizeof(files), "%" PRIu64, read_number(name, "files"));
	table_row(table, (const char *const[]){ name, size, node, list, files });
}

static void add_json(struct json_object *array, const char *name,
		     const struct comb_strings *cells)
{
	struct json_object *bridge = cli_json_object(array);

	cli_json_text(bridge, "name", name);
	cli_json_number(bridge, "size", read_number(name, "size"));
	cli_json_number(bridge, "node", read_number(name, "node"));
	cli_json_strings(bridge, "cells", cells);
	cli_json_number(bridge, "files", read_number(name, "files"));
}

int verb_bridges(struct cli *cli, struct comb_error *err)
{
	static const char *const heading[] = { "NAME", "SIZE", "NODE", "CELLS", "FILES" };
	struct comb_strings bridges, cells;
	struct table table;

	if (cells_list("bridges", &bridges, err))
		return -1;
	if (cells_list("cells", &cells, err)) {
		comb_strings_free(&bridges);
		return -1;
	}
	table_init(&table, sizeof(heading) / sizeof(heading[0]), heading);
	if (cli->out)
		cli_json_array(cli->out, "bridges");
	for (size_t i = 0; i < bridges.count; i++) {
		struct comb_strings having = { 0 };

		find_cells(&cells, bridges.list[i], &having);
		if (cli->out)
			add_json(cli_json_array(cli->out, "bridges"), bridges.list[i], &having);
		else
			add_row(&table, bridges.list[i], &having);
		comb_strings_free(&having);
	}
	if (!cli->out && bridges.count)
		table_print(&table, cli->colour, -1);
	table_free(&table);
	comb_strings_free(&cells);
	comb_strings_free(&bridges);
	return 0;
}
