// SPDX-License-Identifier: GPL-2.0-or-later
#include "work.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "boot.h"
#include "eventlog.h"

struct work *work_new(struct cli *cli, char *const names[], size_t count)
{
	struct work *list = cli_calloc(count, sizeof(*list));

	for (size_t i = 0; i < count; i++) {
		list[i].cli = cli;
		list[i].name = names[i];
		list[i].lock = -1;
		list[i].cell.fd = -1;
	}
	return list;
}

void work_free(struct work *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		boot_free(&list[i]);
		if (list[i].def.name[0])
			comb_definition_free(&list[i].def);
		if (list[i].cell.fd >= 0)
			comb_cell_close(&list[i].cell);
		if (list[i].lock >= 0)
			close(list[i].lock);
	}
	free(list);
}

static void run_step(struct work *work)
{
	if (!work->failed && work->step(work))
		work->failed = true;
}

static void *run_thread(void *work)
{
	run_step(work);
	return NULL;
}

void work_each(struct work *list, size_t count, int (*step)(struct work *work))
{
	for (size_t i = 0; i < count; i++) {
		list[i].step = step;
		run_step(&list[i]);
	}
}

static int compare_names(const void *a, const void *b)
{
	return strcmp((*(struct work *const *)a)->name, (*(struct work *const *)b)->name);
}

void work_by_name(struct work *list, size_t count, int (*step)(struct work *work))
{
	struct work **sorted = cli_calloc(count + 1, sizeof(*sorted));

	for (size_t i = 0; i < count; i++)
		sorted[i] = &list[i];
	qsort(sorted, count, sizeof(*sorted), compare_names);
	for (size_t i = 0; i < count; i++)
		work_each(sorted[i], 1, step);
	free(sorted);
}

void work_parallel(struct work *list, size_t count, int (*step)(struct work *work))
{
	for (size_t i = 0; i < count; i++) {
		list[i].step = step;
		list[i].threaded = count > 1 && !list[i].failed &&
				   !pthread_create(&list[i].thread, NULL, run_thread, &list[i]);
	}
	for (size_t i = 0; i < count; i++) {
		if (list[i].threaded)
			pthread_join(list[i].thread, NULL);
		else
			run_step(&list[i]);
	}
}

void work_report(struct work *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].failed)
			cli_report(list[i].cli, list[i].name, &list[i].err);
}

void work_json(const struct work *list, size_t count,
	       void (*fill)(struct json_object *cell, const struct work *work))
{
	struct json_object *cells, *cell;

	if (!count || !list->cli->out)
		return;
	cells = cli_json_array(list->cli->out, "cells");
	for (size_t i = 0; i < count; i++) {
		if (list[i].failed)
			continue;
		cell = cli_json_object(cells);
		cli_json_text(cell, "name", list[i].name);
		fill(cell, &list[i]);
	}
}

void work_phase(struct work *work, const char *name, uint64_t since)
{
	uint64_t ns = cli_now_ns() - since;
	char text[32];

	if (work->nr_phases < WORK_PHASES_MAX) {
		work->phase[work->nr_phases].name = name;
		work->phase[work->nr_phases++].ns = ns;
	}
	cli_progress(work->cli, "%s: %s %s", work->name, name, cli_seconds(ns, text, sizeof(text)));
}

void work_event(const struct work *work, const char *event, const char *reason)
{
	struct comb_event told = {
		.cell = work->name, .event = event, .reason = *reason ? reason : NULL,
		.detected_ns = UINT64_MAX,
	};
	struct comb_error err = { 0 };

	if (comb_eventlog_append(cli_run_dir(), &told, &err))
		cli_say(work->cli, "%s: warning: %s", work->name, err.what);
}
