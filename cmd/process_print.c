// SPDX-License-Identifier: GPL-2.0-or-later
/* process_print.c - processes on stdout, and options that choose them; see process.h */
#include <unistd.h>

#include "client.h"
#include "process.h"
#include "table.h"
#include "verbs.h"

void process_print(const struct process_row *rows, size_t count)
{
	struct process_cells cells;
	struct execwire_winsize size;
	struct table table;

	table_init(&table, PROCESS_COLUMNS, process_heading);
	for (size_t i = 0; i < PROCESS_COLUMNS; i++)
		table.right[i] = process_is_number(i);
	if (isatty(STDOUT_FILENO)) {
		terminal_size(STDOUT_FILENO, &size);
		table.most = size.columns;
	}
	for (size_t i = 0; i < count; i++) {
		process_cells_fill(&cells, &rows[i]);
		table_row(&table, cells.text);
	}
	table_print(&table, false, -1);
	table_free(&table);
}

struct json_object *process_json(const struct process_row *row, struct json_object *array)
{
	const struct comb_process *p = row->process;
	struct json_object *object = cli_json_object(array);
	char text[PROCESS_STAT_SIZE] = { p->state };

	cli_json_text(object, "cell", row->cell);
	cli_json_number(object, "pid", p->pid);
	cli_json_number(object, "ppid", p->ppid);
	cli_json_number(object, "pgrp", p->pgrp);
	cli_json_number(object, "session", p->session);
	cli_json_number(object, "uid", p->uid);
	cli_json_text(object, "user", row->user);
	cli_json_text(object, "state", text);
	cli_json_text(object, "stat", process_stat(p, text));
	json_object_object_add(object, "nice", json_object_new_int(p->nice));
	cli_json_number(object, "threads", p->threads);
	cli_json_number(object, "cpu", p->cpu);
	cli_json_number(object, "cpu_ns", row->cpu_ns);
	cli_json_number(object, "age_ns", row->age_ns);
	cli_json_number(object, "start_ticks", p->start_ticks);
	cli_json_number(object, "memory", p->rss);
	cli_json_number(object, "size", p->size);
	cli_json_bool(object, "kernel_thread", p->kernel_thread);
	cli_json_text(object, "name", p->comm);
	cli_json_text(object, "command", p->command);
	return object;
}

static int take_option(const struct cli_given *given, struct process_filter *filter,
		       struct process_order *order, struct comb_error *err)
{
	switch (given->id) {
	case OPTION_USER:
		return process_filter_users(filter, given->value, err);
	case OPTION_COMMAND:
		process_filter_names(filter, given->value);
		return 0;
	case OPTION_PID:
		return process_filter_pids(filter, given->value, err);
	case OPTION_KERNEL_THREADS:
		filter->kernel_threads = true;
		return 0;
	case OPTION_SORT:
		return process_order_parse(order, given->value, err);
	default:
		return 0;
	}
}

int process_options(const struct cli *cli, struct process_filter *filter,
		    struct process_order *order, struct comb_error *err)
{
	for (size_t i = 0; i < cli->nr_given; i++)
		if (cli->given[i].source == CLI_SOURCE_VERB &&
		    take_option(&cli->given[i], filter, order, err))
			return -1;
	return 0;
}
