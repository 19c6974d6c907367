// SPDX-License-Identifier: GPL-2.0-or-later
/* balance_scene.c - from the cells' snapshots to what lib/balance.h wants to know */
#include "balance_scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of a cell, so many jobs are looked at: it may claim any number. */
#define JOBS_MAX	256

/*
 * Cells that may take part: those that run and have a definition. That of comb run has none, and
 * is gone with its command. Jobs move among cells with the same root: elsewhere their files are
 * not.
 */
static int list_cells(struct cli *cli, struct comb_strings *names, struct comb_strings *groups,
		      struct comb_error *err)
{
	struct comb_strings running;
	int result = kernels_running(cli, &running, err);

	for (size_t i = 0; !result && i < running.count; i++) {
		struct comb_error ignored = { 0 };
		struct comb_definition def;

		if (!comb_definition_load(&def, cli_config_dir(), running.list[i], &ignored) &&
		    (comb_strings_add(names, running.list[i]) ||
		     comb_strings_add(groups, def.root ? def.root : "")))
			result = comb_out_of_memory(err);
		comb_definition_free(&def);
	}
	comb_strings_free(&running);
	return result;
}

static void add_cell(struct balance_scene *scene, const struct kernel *kernel, const char *group)
{
	const struct comb_snapshot *seen = &kernel->snapshot;

	scene->cells[scene->look.nr_kernels++] = (struct comb_balance_kernel){
		.name = kernel->name,
		.group = group,
		.cpus = seen->nr_cpus ? (unsigned int)seen->nr_cpus : 1,
		.runnable = seen->runnable,
		.pressure = seen->psi_cpu,
		.available = seen->mem_available,
	};
}

/* A cell may say what it likes, but not of jobs that are known to be elsewhere. */
static bool is_there(const char *cell, const char *id)
{
	struct jobs_record record = { 0 };
	struct comb_error ignored = { 0 };

	snprintf(record.id, sizeof(record.id), "%s", id);
	/* A job whose comb exec has gone away has no record. */
	return jobs_read(&record, &ignored) || !strcmp(record.cell, cell);
}

static int add_jobs(struct cli *cli, struct balance_scene *scene, const struct kernel *kernel,
		    struct comb_error *err)
{
	size_t count, first = scene->look.nr_jobs, all = first;
	pid_t pids[JOBS_MAX];
	struct move_job *list;

	if (move_list(cli, kernel->name, &list, &count, err))
		return -1;
	scene->jobs = reallocarray(scene->jobs, all + count + 1, sizeof(*scene->jobs));
	scene->infos = reallocarray(scene->infos, all + count + 1, sizeof(*scene->infos));
	if (!scene->jobs || !scene->infos) {
		free(list);
		return comb_out_of_memory(err);
	}
	for (size_t i = 0; i < count && i < JOBS_MAX; i++) {
		if (!is_there(kernel->name, list[i].id))
			continue;
		scene->infos[all].job = list[i];
		snprintf(scene->infos[all].cell, COMB_NAME_SIZE, "%s", kernel->name);
		pids[all - first] = list[i].pid;
		scene->jobs[all++] = (struct comb_balance_job){ .cell = kernel->name };
	}
	scene->look.nr_jobs = all;
	free(list);
	return comb_balance_measure(scene->jobs + first, pids, all - first, &kernel->snapshot, err);
}

static void forget_cell(struct cli *cli, const char *name, const struct comb_error *err)
{
	cli_progress(cli, "%s: left out: %s", name, err->what);
}

int balance_scene_look(struct cli *cli, struct balance_scene *scene, struct comb_error *err)
{
	struct comb_strings names = { 0 };
	int result;

	memset(scene, 0, sizeof(*scene));
	result = list_cells(cli, &names, &scene->groups, err);
	if (!result && names.count)
		result = kernels_snapshot(cli, names.list, names.count, COMB_SNAPSHOT_PROCESSES,
					  &scene->kernels, &scene->nr_kernels, err);
	comb_strings_free(&names);
	if (result)
		return -1;
	scene->cells = cli_calloc(scene->nr_kernels + 1, sizeof(*scene->cells));
	for (size_t i = 0; i < scene->nr_kernels; i++) {
		const struct kernel *kernel = &scene->kernels[i];
		struct comb_error why = { 0 };

		if (kernel->failed)
			forget_cell(cli, kernel->name, &kernel->err);
		else if (add_jobs(cli, scene, kernel, &why))
			forget_cell(cli, kernel->name, &why);
		else
			add_cell(scene, kernel, scene->groups.list[i]);
	}
	/* The lists do not grow any more. */
	for (size_t i = 0; i < scene->look.nr_jobs; i++)
		scene->jobs[i].name = scene->infos[i].job.id;
	scene->look.kernels = scene->cells;
	scene->look.jobs = scene->jobs;
	scene->look.time_ns = cli_now_ns();
	return 0;
}

void balance_scene_free(struct balance_scene *scene)
{
	kernels_free(scene->kernels, scene->nr_kernels);
	comb_strings_free(&scene->groups);
	free(scene->cells);
	free(scene->jobs);
	free(scene->infos);
	memset(scene, 0, sizeof(*scene));
}

const struct balance_job *balance_scene_job(const struct balance_scene *scene, const char *id)
{
	for (size_t i = 0; i < scene->look.nr_jobs; i++)
		if (!strcmp(scene->infos[i].job.id, id))
			return &scene->infos[i];
	return NULL;
}
