// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_cluster_private.c - comb cluster private */
#include "verbs.h"

#include <stdio.h>
#include <string.h>

#include "clusters.h"
#include "table.h"

enum { COLUMNS = 4 };

/* A kept directory as a path of the host's, what a file says as it is. For free(), or NULL. */
static char *find_source(const struct comb_definition *def, const struct comb_private *part)
{
	if (part->kind == COMB_PRIVATE_KEPT)
		return cli_format("%s%s", strcmp(def->root, "/") ? def->root : "", part->from);
	return part->from ? cli_format("%s", part->from) : NULL;
}

static void add_part(struct cli *cli, struct table *table, const struct comb_definition *def,
		     const struct comb_private *part)
{
	CLI_AUTOFREE char *from = find_source(def, part);
	const char *kind = comb_private_kind_name(part->kind);
	struct json_object *object;

	if (!cli->out) {
		table_row(table, (const char *const[]){ def->name, part->path, kind, from });
		return;
	}
	object = cli_json_object(cli_json_array(cli->out, "private"));
	cli_json_text(object, "cell", def->name);
	cli_json_text(object, "path", part->path);
	cli_json_text(object, "kind", kind);
	cli_json_text(object, "from", from);
}

static int add_cell(struct cli *cli, struct table *table, const char *name,
		    struct comb_error *err)
{
	struct comb_privates parts = { 0 };
	struct comb_definition def;
	int result = comb_definition_load(&def, cli_config_dir(), name, err);

	if (!result)
		result = clusters_privates(&def, &parts, err);
	for (size_t i = 0; !result && i < parts.count; i++)
		add_part(cli, table, &def, &parts.list[i]);
	comb_privates_free(&parts);
	comb_definition_free(&def);
	return result;
}

static void add_cluster(struct cli *cli, struct table *table, const char *name)
{
	struct comb_strings cells = { 0 };
	struct comb_error why = { 0 };

	if (clusters_cells(name, &cells, &why))
		cli_report(cli, name, &why);
	for (size_t i = 0; i < cells.count; i++) {
		memset(&why, 0, sizeof(why));
		if (add_cell(cli, table, cells.list[i], &why))
			cli_report(cli, cells.list[i], &why);
	}
	comb_strings_free(&cells);
}

int verb_cluster_private(struct cli *cli, struct comb_error *err)
{
	static const char *const heading[] = { "CELL", "PATH", "KIND", "FROM" };
	struct table table;

	(void)err;
	if (cli->out)
		cli_json_array(cli->out, "private");
	table_init(&table, COLUMNS, heading);
	for (size_t i = 0; i < cli->nr_names; i++)
		add_cluster(cli, &table, cli->names[i]);
	if (table.rows > 1)
		table_print(&table, cli->colour, -1);
	table_free(&table);
	return 0;
}
