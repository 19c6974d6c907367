// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backing.h"
#include "definition_file.h"

static const struct definition_kind clusters = {
	.suffix = ".cluster", .title = "Cluster", .none = "cluster",
	.create = "comb cluster create",
	.change = "comb cluster show %s, or comb cluster rm %s",
};

int comb_cluster_name_check(const char *name, struct comb_error *err)
{
	if (comb_name_check(name, err))
		return -1;
	if (strlen(name) < COMB_CLUSTER_NAME_SIZE)
		return 0;
	comb_fail(err, COMB_USAGE, "the cluster's name \"%s\" is too long (%zu characters)", name,
		  strlen(name));
	return comb_hint(err, "at most %d characters: its cells are NAME-1, NAME-2, ...",
			 COMB_CLUSTER_NAME_SIZE - 1);
}

/* Of the line that has set key @id. */
static int at_line(const struct comb_definition *def, enum comb_key_id id, struct comb_error *err)
{
	const struct comb_origin *origin = &def->origin[id];

	if (!origin->where)
		return -1;
	return origin->line ? comb_prefix(err, "%s:%u", origin->where, origin->line) :
			      comb_prefix(err, "%s", origin->where);
}

static bool writes_disk(const struct comb_definition *def)
{
	bool writes = false;

	for (size_t i = 0; i < def->disks.count && !writes; i++) {
		struct comb_disk disk;

		writes = comb_disk_parse(&disk, def->disks.list[i], NULL) || !disk.read_only;
		comb_disk_free(&disk);
	}
	return writes;
}

int comb_cluster_check(const struct comb_definition *def, struct comb_error *err)
{
	if (def->cluster) {
		comb_fail(err, COMB_USAGE, "Name= is for a cell; a cluster has its file's name");
		comb_hint(err, "leave it out");
		return at_line(def, COMB_KEY_CLUSTER, err);
	}
	if (comb_cpuset_count(&def->cpus)) {
		comb_fail(err, COMB_USAGE, "cells cannot share CPUs");
		comb_hint(err, "NCpus=, how many each of them has");
		return at_line(def, COMB_KEY_CPUS, err);
	}
	if (writes_disk(def)) {
		comb_fail(err, COMB_USAGE, "a disk has one writer, but all cells get this one");
		comb_hint(err, "Disk=FILE:ro, or Disk= in a cell's own definition");
		return at_line(def, COMB_KEY_DISK, err);
	}
	if (def->net && !strncmp(def->net, "tap:", 4)) {
		comb_fail(err, COMB_USAGE, "a TAP interface is one cell's, but all cells get this one");
		comb_hint(err, "Net=private or Net=bridge:NAME");
		return at_line(def, COMB_KEY_NET, err);
	}
	return 0;
}

int comb_cluster_load(struct comb_definition *def, const char *dir, const char *name,
		      struct comb_error *err)
{
	comb_definition_init(def, "");
	if (comb_cluster_name_check(name, err))
		return -1;
	comb_definition_init(def, name);
	return definition_files_load(def, dir, name, &clusters, err) ||
	       comb_cluster_check(def, err) ? -1 : 0;
}

int comb_cluster_begin(struct comb_definition *def, const char *dir, const char *name,
		       const char *cluster, struct comb_error *err)
{
	if (comb_cluster_load(def, dir, cluster, err))
		return -1;
	snprintf(def->name, sizeof(def->name), "%s", name);
	def->cluster = strdup(cluster);
	return def->cluster ? 0 : comb_out_of_memory(err);
}

int comb_cluster_check_cell(const struct comb_definition *def, const char *dir,
			    struct comb_error *err)
{
	struct comb_definition cluster;
	int status = comb_cluster_load(&cluster, dir, def->cluster, err);

	if (!status && strcmp(def->root ?: "", cluster.root ?: "")) {
		comb_fail(err, COMB_USAGE, "all cells of cluster %s have one root", def->cluster);
		comb_hint(err, "Root= in %s/%s%s only", dir, def->cluster, clusters.suffix);
		status = at_line(def, COMB_KEY_ROOT, err);
	}
	comb_definition_free(&cluster);
	return status;
}

int comb_cluster_save(const struct comb_definition *def, const char *dir, bool replace,
		      struct comb_error *err)
{
	return definition_files_save(def, dir, replace, &clusters, err);
}

int comb_cluster_remove(const char *dir, const char *name, struct comb_error *err)
{
	return definition_files_remove(dir, name, &clusters, err);
}

int comb_cluster_list(const char *dir, struct comb_strings *names, struct comb_error *err)
{
	return definition_files_list(dir, names, &clusters, err);
}

static int by_number(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

int comb_cluster_cells(const char *dir, const char *name, struct comb_strings *cells,
		       struct comb_error *err)
{
	struct comb_strings all = { 0 };
	int status = comb_definition_list(dir, &all, err);

	for (size_t i = 0; !status && i < all.count; i++) {
		struct comb_error ignored;
		struct comb_definition def;

		/* After a bad line it has what came before. */
		comb_definition_load_copy(&def, dir, all.list[i], &ignored);
		if (def.cluster && !strcmp(def.cluster, name) &&
		    comb_strings_add(cells, all.list[i]))
			status = comb_out_of_memory(err);
		comb_definition_free(&def);
	}
	comb_strings_free(&all);
	if (cells->count)
		qsort(cells->list, cells->count, sizeof(*cells->list), by_number);
	return status;
}
