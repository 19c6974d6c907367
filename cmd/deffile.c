// SPDX-License-Identifier: GPL-2.0-or-later
#include "deffile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cluster.h"

/* No definition is that long. */
#define DEFFILE_MAX	(1u << 20)

static void name_from_path(char *name, size_t size, const char *path)
{
	const char *base = strrchr(path, '/'), *dot;

	base = base ? base + 1 : path;
	dot = strrchr(base, '.');
	snprintf(name, size, "%.*s", dot && dot > base ? (int)(dot - base) : (int)strlen(base),
		 base);
}

static bool is_cluster(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot && !strcmp(dot, ".cluster");
}

/* What a cluster's file says is what a cell of it would have. */
static int make_cell(struct comb_definition *def, struct comb_error *err)
{
	if (comb_cluster_check(def, err))
		return -1;
	def->cluster = cli_format("%s", def->name);
	return 0;
}

/* Once more, over what all cells of its cluster have. */
static int parse_over_cluster(struct comb_definition *def, const char *text, size_t length,
			      const char *path, struct comb_error *err)
{
	CLI_AUTOFREE char *name = cli_format("%s", def->name);
	CLI_AUTOFREE char *cluster = cli_format("%s", def->cluster);

	comb_definition_free(def);
	if (comb_cluster_begin(def, cli_config_dir(), name, cluster, err) ||
	    comb_definition_parse(def, text, length, path, err))
		return -1;
	return comb_cluster_check_cell(def, cli_config_dir(), err);
}

int deffile_read(struct comb_definition *def, const char *path, const char *name,
		 struct comb_error *err)
{
	CLI_AUTOFREE char *text = cli_calloc(DEFFILE_MAX, 1);
	char own[COMB_NAME_SIZE];
	size_t length;
	FILE *f;

	comb_definition_init(def, "");
	name_from_path(own, sizeof(own), path);
	if (comb_name_check(name ? name : own, err))
		return -1;
	comb_definition_init(def, name ? name : own);
	f = fopen(path, "re");
	if (!f) {
		comb_fail(err, COMB_USAGE, "cannot read %s: %s", path, strerror(errno));
		return comb_hint(err, "ls -l %s", path);
	}
	length = fread(text, 1, DEFFILE_MAX, f);
	if (ferror(f) || length == DEFFILE_MAX) {
		fclose(f);
		comb_fail(err, COMB_USAGE, "cannot read %s as a definition", path);
		return comb_hint(err, "ls -l %s", path);
	}
	fclose(f);
	if (comb_definition_parse(def, text, length, path, err))
		return -1;
	if (is_cluster(path))
		return make_cell(def, err);
	return def->cluster ? parse_over_cluster(def, text, length, path, err) : 0;
}
