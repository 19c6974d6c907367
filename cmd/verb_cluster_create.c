// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_cluster_create.c - comb cluster create */
#include "verbs.h"

#include <stdlib.h>
#include <unistd.h>

#include "backing.h"
#include "checkdef.h"
#include "clusters.h"
#include "size.h"

/* Where everybody writes, if the root is none to write to and no share is either. */
static int add_common(struct comb_definition *def, struct comb_error *err)
{
	CLI_AUTOFREE char *common = NULL;
	CLI_AUTOFREE char *path = NULL;

	if (comb_root_kind(def->root) != COMB_ROOT_HOST)
		return 0;
	common = clusters_common(def);
	if (common)
		return 0;
	path = cli_format(CLUSTERS_COMMON_DIR "/%s", def->name);
	return comb_definition_set(def, COMB_KEY_SHARE, path, "comb cluster create", 0, err);
}

static int make_definition(struct cli *cli, struct comb_definition *def, struct comb_error *err)
{
	if (comb_cluster_name_check(def->name, err) || checkdef_from_options(cli, def, err))
		return -1;
	if (!def->origin[COMB_KEY_ROOT].where &&
	    comb_definition_set(def, COMB_KEY_ROOT, "host", "comb cluster create", 0, err))
		return -1;
	if (def->cluster) {
		comb_fail(err, COMB_USAGE, "a cluster is no cell of another");
		return comb_hint(err, "comb cluster create --cells 3 %s", def->name);
	}
	return comb_cluster_check(def, err) || add_common(def, err) ? -1 : 0;
}

/* As one of its cells. Only what has been said is written, and this has not. */
static int check_as_cell(struct cli *cli, struct comb_definition *def, struct comb_error *err)
{
	def->cluster = cli_format("%s", def->name);
	return checkdef(cli, def, err);
}

static int check_free(const char *name, unsigned int count, struct comb_error *err)
{
	if (clusters_defined(name)) {
		comb_fail(err, COMB_TAKEN, "is defined already");
		return comb_hint(err, "comb cluster show %s, or comb cluster resize %s", name, name);
	}
	for (unsigned int i = 1; i <= count; i++) {
		CLI_AUTOFREE char *cell = clusters_cell_name(name, i);

		if (!cells_defined(cell))
			continue;
		comb_fail(err, COMB_TAKEN, "a cell %s is defined already", cell);
		return comb_hint(err, "comb rm %s, or another name", cell);
	}
	return 0;
}

/* All of it or nothing. */
static int write_all(const struct comb_definition *def, unsigned int count,
		     struct comb_error *err)
{
	const char *dir = cli_config_dir();
	unsigned int written = 0;

	if (clusters_make_common(def, err))
		return -1;
	if (comb_cluster_save(def, dir, false, err)) {
		/* Somebody was faster, and it is theirs. */
		if (err->status == COMB_TAKEN)
			return -1;
		goto err_common;
	}
	while (written < count && !clusters_cell_define(def->name, written + 1, err))
		written++;
	if (written == count)
		return 0;
	for (unsigned int i = written; i; i--) {
		CLI_AUTOFREE char *cell = clusters_cell_name(def->name, i);

		comb_definition_remove(dir, cell, NULL);
	}
	comb_cluster_remove(dir, def->name, NULL);
err_common:
	clusters_forget_common(def->name);
	return -1;
}

static void tell(struct cli *cli, const struct comb_definition *def, unsigned int count)
{
	char memory[32];

	cli_say(cli, "%s: %s%s/%s.cluster and %u cell%s, each with %u CPU%s and %s, root %s",
		def->name, cli->dry_run ? "would write " : "", cli_config_dir(), def->name, count,
		count == 1 ? "" : "s", def->ncpus, def->ncpus == 1 ? "" : "s",
		comb_size_format(def->memory, memory, sizeof(memory)), def->root);
}

static void tell_json(struct cli *cli, const struct comb_definition *def, unsigned int count)
{
	struct json_object *cluster = cli_json_object(cli_json_array(cli->out, "clusters"));
	CLI_AUTOFREE char *file = cli_format("%s/%s.cluster", cli_config_dir(), def->name);
	CLI_AUTOFREE char *common = clusters_common(def);
	struct comb_strings cells = { 0 };

	for (unsigned int i = 1; i <= count; i++) {
		CLI_AUTOFREE char *cell = clusters_cell_name(def->name, i);

		comb_strings_add(&cells, cell);
	}
	cli_json_text(cluster, "name", def->name);
	cli_json_text(cluster, "file", file);
	cli_json_strings(cluster, "cells", &cells);
	cli_json_text(cluster, "root", def->root);
	cli_json_text(cluster, "common", common);
	cli_json_bool(cluster, "done", !cli->dry_run);
	comb_strings_free(&cells);
}

static int create(struct cli *cli, struct comb_definition *def, struct comb_error *err)
{
	unsigned int count;

	if (clusters_count(cli, &count, err) || make_definition(cli, def, err) ||
	    check_as_cell(cli, def, err) || check_free(def->name, count, err))
		return -1;
	if (!cli->dry_run && write_all(def, count, err))
		return -1;
	tell(cli, def, count);
	if (cli->out)
		tell_json(cli, def, count);
	return 0;
}

int verb_cluster_create(struct cli *cli, struct comb_error *err)
{
	struct comb_error why = { 0 };
	struct comb_definition def;

	if (!cli->dry_run && geteuid() && access(cli_config_dir(), W_OK) &&
	    cli_need_root("creating a definition", err))
		return -1;
	comb_definition_init(&def, cli->names[0]);
	if (create(cli, &def, &why))
		cli_report(cli, cli->names[0], &why);
	comb_definition_free(&def);
	return 0;
}
