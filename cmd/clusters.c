// SPDX-License-Identifier: GPL-2.0-or-later
#include "clusters.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backing.h"
#include "cells.h"
#include "number.h"
#include "verbs.h"

bool clusters_defined(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s.cluster", cli_config_dir(), name);
	return !access(path, F_OK);
}

static int no_cluster(const char *name, struct comb_error *err)
{
	comb_fail(err, COMB_NO_CELL, "%s: no such cluster", name);
	comb_hint(err, "comb cluster ls, or comb cluster create %s", name);
	cells_hint_near(name, comb_cluster_list, err);
	return -1;
}

int clusters_cells(const char *name, struct comb_strings *cells, struct comb_error *err)
{
	if (comb_cluster_name_check(name, err))
		return -1;
	if (!clusters_defined(name))
		return no_cluster(name, err);
	return comb_cluster_cells(cli_config_dir(), name, cells, err);
}

int clusters_count(const struct cli *cli, unsigned int *count, struct comb_error *err)
{
	const char *text = cli_given(cli, OPTION_CELLS);
	int64_t number;

	if (!text) {
		comb_fail(err, COMB_USAGE, "the number of cells is not given");
		return comb_hint(err, "comb %s --cells 3 %s", cli->verb->name, cli->names[0]);
	}
	number = comb_number(text, 1, COMB_CELLS_MAX);
	*count = (unsigned int)number;
	if (number > 0)
		return 0;
	comb_fail(err, COMB_USAGE, "\"%.40s\" is no number of cells", text);
	return comb_hint(err, "--cells with a number from 1 to %d", COMB_CELLS_MAX);
}

char *clusters_cell_name(const char *cluster, unsigned int number)
{
	return cli_format("%s-%u", cluster, number);
}

unsigned int clusters_cell_number(const char *cluster, const char *cell)
{
	size_t length = strlen(cluster);
	int64_t number;

	if (strncmp(cell, cluster, length) || cell[length] != '-' || cell[length + 1] == '0')
		return 0;
	number = comb_number(cell + length + 1, 1, COMB_CELLS_MAX);
	return number < 0 ? 0 : (unsigned int)number;
}

int clusters_cell_define(const char *cluster, unsigned int number, struct comb_error *err)
{
	CLI_AUTOFREE char *name = clusters_cell_name(cluster, number);
	struct comb_definition def;
	int result;

	comb_definition_init(&def, name);
	result = comb_definition_set(&def, COMB_KEY_CLUSTER, cluster, "command line", 0, err);
	if (!result)
		result = comb_definition_save(&def, cli_config_dir(), false, err);
	comb_definition_free(&def);
	return result;
}

int clusters_refuse_held(struct cli *cli, const char *cluster, const struct comb_strings *cells,
			 struct comb_error *err)
{
	for (size_t i = 0; i < cells->count; i++) {
		struct status status;

		if (status_cell(cli, cells->list[i], &status, err))
			return -1;
		if (!status.held)
			continue;
		comb_fail(err, COMB_TAKEN, "%s holds CPUs and RAM", cells->list[i]);
		return comb_hint(err, "comb cluster stop %s, or comb stop %s", cluster,
				 cells->list[i]);
	}
	return 0;
}

int clusters_run_on(struct cli *cli, const struct comb_strings *cells,
		    int (*verb)(struct cli *cli, struct comb_error *err), struct comb_error *err)
{
	size_t nr_names = cli->nr_names;
	char **names = cli->names;
	int result;

	cli->names = cells->list;
	cli->nr_names = cells->count;
	result = verb(cli, err);
	cli->names = names;
	cli->nr_names = nr_names;
	return result;
}

/* A cell that cannot be looked at is left to the verb, which says so. */
static void add_wanted(struct cli *cli, const char *name,
		       bool (*wanted)(const struct status *status), struct comb_strings *chosen)
{
	struct comb_error ignored = { 0 };
	struct status status;

	if (!wanted || status_cell(cli, name, &status, &ignored) || wanted(&status))
		comb_strings_add(chosen, name);
}

/* Add the cells of cluster @name that are wanted; -1 if there are none, see clusters_run(). */
static int choose(struct cli *cli, const char *name, bool (*wanted)(const struct status *status),
		  enum comb_status status, const char *none, struct comb_strings *chosen,
		  struct comb_error *err)
{
	struct comb_strings cells = { 0 };
	size_t before = chosen->count;
	int result = clusters_cells(name, &cells, err);

	for (size_t c = 0; !result && c < cells.count; c++)
		add_wanted(cli, cells.list[c], wanted, chosen);
	if (!result && !cells.count)
		result = comb_fail(err, COMB_NO_CELL, "%s: has no cells", name);
	else if (!result && chosen->count == before)
		result = comb_fail(err, status, "%s: its cells %s", name, none);
	else
		goto out;
	comb_hint(err, "comb cluster ls");
out:
	comb_strings_free(&cells);
	return result;
}

int clusters_run(struct cli *cli, bool (*wanted)(const struct status *status),
		 enum comb_status status, const char *none,
		 int (*verb)(struct cli *cli, struct comb_error *err), struct comb_error *err)
{
	struct comb_strings chosen = { 0 };
	int result = 0;

	for (size_t i = 0; i < cli->nr_names; i++) {
		struct comb_error why = { 0 };

		/* The others are worked on all the same. */
		if (choose(cli, cli->names[i], wanted, status, none, &chosen, &why))
			cli_report(cli, cli->names[i], &why);
	}
	if (chosen.count)
		result = clusters_run_on(cli, &chosen, verb, err);
	comb_strings_free(&chosen);
	return result;
}

static void read_host_id(char *id, size_t size)
{
	FILE *f = fopen("/etc/machine-id", "re");

	if (!f || !fgets(id, (int)size, f))
		id[0] = '\0';
	if (f)
		fclose(f);
}

int clusters_privates(const struct comb_definition *def, struct comb_privates *parts,
		      struct comb_error *err)
{
	char id[64];

	read_host_id(id, sizeof(id));
	/* One of comb run has no definition, and no next time. */
	return comb_privates_list(def, id, cells_defined(def->name), parts, err);
}

char *clusters_privates_text(const struct comb_definition *def, struct comb_error *err)
{
	struct comb_privates parts;
	char *text = NULL;

	if (!clusters_privates(def, &parts, err)) {
		text = comb_privates_text(&parts);
		if (!text)
			comb_out_of_memory(err);
	}
	comb_privates_free(&parts);
	return text;
}

char *clusters_common(const struct comb_definition *def)
{
	char *common = NULL;

	if (comb_root_kind(def->root) == COMB_ROOT_DIRECTORY)
		return cli_format("%s", def->root);
	for (size_t i = 0; i < def->shares.count && !common; i++) {
		struct comb_share share;

		if (!comb_share_parse(&share, def->shares.list[i], NULL) && !share.read_only)
			common = cli_format("%s", share.path);
		comb_share_free(&share);
	}
	return common;
}

int clusters_make_common(const struct comb_definition *def, struct comb_error *err)
{
	CLI_AUTOFREE char *common = clusters_common(def);
	CLI_AUTOFREE char *usual = cli_format(CLUSTERS_COMMON_DIR "/%s", def->name);

	if (!common || strcmp(common, usual))
		return 0;
	if ((mkdir(CLUSTERS_COMMON_DIR, 0755) && errno != EEXIST) ||
	    (mkdir(common, 0755) && errno != EEXIST)) {
		comb_fail(err, COMB_FAILED, "cannot make %s: %s", common, strerror(errno));
		return comb_hint(err, "mkdir -p %s", common);
	}
	return 0;
}

/* What is not empty is not removed, and holds what is somebody's. */
void clusters_forget_common(const char *name)
{
	CLI_AUTOFREE char *usual = cli_format(CLUSTERS_COMMON_DIR "/%s", name);

	if (!rmdir(usual))
		rmdir(CLUSTERS_COMMON_DIR);
}
