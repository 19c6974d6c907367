// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_cluster_show.c - comb cluster show */
#include "verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clusters.h"

#define LABEL	15

static void print_value(const struct comb_key *key, const char *value,
			const struct comb_origin *origin)
{
	CLI_AUTOFREE char *copy = cli_format("%s", value ?: "");
	char *rest = copy, *line;

	while ((line = strsep(&rest, "\n"))) {
		printf("  %-*s %s", LABEL, key->key, line);
		if (origin->line)
			printf("  (%s:%u)\n", origin->where, origin->line);
		else
			putchar('\n');
	}
}

static void show_values(const struct comb_definition *def, struct json_object *cluster)
{
	struct json_object *keys = cluster ? cli_json_array(cluster, "definition") : NULL;

	for (size_t i = 0; i < COMB_KEYS; i++) {
		const struct comb_origin *origin = &def->origin[i];
		CLI_AUTOFREE char *value = comb_definition_get(def, comb_keys[i].id);
		struct json_object *key;

		if (!origin->where)
			continue;
		if (!keys) {
			print_value(&comb_keys[i], value, origin);
			continue;
		}
		key = cli_json_object(keys);
		cli_json_text(key, "section", comb_keys[i].section);
		cli_json_text(key, "key", comb_keys[i].key);
		cli_json_text(key, "value", value);
		cli_json_text(key, "where", origin->where);
		cli_json_number(key, "line", origin->line);
	}
}

static void show_common(const struct comb_definition *def, struct json_object *cluster)
{
	CLI_AUTOFREE char *common = clusters_common(def);

	if (cluster)
		cli_json_text(cluster, "common", common);
	else
		printf("  %-*s %s\n", LABEL, "common files", common ?: "none");
}

static void show_cells(struct cli *cli, const struct comb_strings *cells,
		       struct json_object *cluster)
{
	struct json_object *array = cluster ? cli_json_array(cluster, "cells") : NULL;

	for (size_t i = 0; i < cells->count; i++) {
		struct comb_error why = { 0 };
		struct status status;

		if (status_cell(cli, cells->list[i], &status, &why))
			cli_report(cli, cells->list[i], &why);
		else if (array)
			status_json(&status, array);
		else
			printf("  %-*s %s\n", LABEL, status.name,
			       comb_state_name(status.seen.state));
	}
}

static int show(struct cli *cli, const char *name, struct comb_error *err)
{
	struct json_object *cluster = NULL;
	struct comb_strings cells = { 0 };
	struct comb_definition def;
	int result = clusters_cells(name, &cells, err);

	if (!result) {
		result = comb_cluster_load(&def, cli_config_dir(), name, err);
		if (!result && cli->out)
			cluster = cli_json_object(cli_json_array(cli->out, "clusters"));
		if (cluster)
			cli_json_text(cluster, "name", name);
		else if (!result)
			printf("%s\n", name);
		if (!result) {
			show_values(&def, cluster);
			show_common(&def, cluster);
			show_cells(cli, &cells, cluster);
		}
		comb_definition_free(&def);
	}
	comb_strings_free(&cells);
	return result;
}

int verb_cluster_show(struct cli *cli, struct comb_error *err)
{
	(void)err;
	for (size_t i = 0; i < cli->nr_names; i++) {
		struct comb_error why = { 0 };

		if (i && !cli->out)
			putchar('\n');
		if (show(cli, cli->names[i], &why))
			cli_report(cli, cli->names[i], &why);
	}
	return 0;
}
