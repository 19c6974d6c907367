// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_ls.c - comb ls */
#include "verbs.h"

#include <stdio.h>

#include "size.h"
#include "status.h"
#include "table.h"

enum { COLUMN_STATE = 1, COLUMNS = 7 };

static void add_row(struct table *table, const struct status *status)
{
	const struct comb_observation *seen = &status->seen;
	char cpus[1024] = "", memory[32] = "", uptime[32], health[300];

	if (comb_cpuset_count(&status->cpus))
		comb_cpuset_format(&status->cpus, cpus, sizeof(cpus));
	if (status->memory)
		comb_size_format(status->memory, memory, sizeof(memory));
	snprintf(health, sizeof(health), "%s", seen->reason[0] ? seen->reason : seen->health);
	table_row(table, (const char *const[]){
		status->name, comb_state_name(seen->state), cpus, memory, seen->kernel,
		status_uptime(seen->uptime_ns, uptime, sizeof(uptime)), health,
	});
}

int verb_ls(struct cli *cli, struct comb_error *err)
{
	static const char *const heading[] = {
		"NAME", "STATE", "CPUS", "MEMORY", "KERNEL", "UPTIME", "HEALTH",
	};
	struct status_list all;
	struct table table;

	if (status_all(cli, &all, err)) {
		status_free(&all);
		return -1;
	}
	table_init(&table, COLUMNS, heading);
	for (size_t i = 0; i < all.count; i++) {
		if (cli->out)
			status_json(&all.list[i], cli_json_array(cli->out, "cells"));
		else
			add_row(&table, &all.list[i]);
	}
	if (cli->out)
		cli_json_array(cli->out, "cells");
	else if (all.count)
		table_print(&table, cli->colour, COLUMN_STATE);
	table_free(&table);
	status_free(&all);
	return 0;
}
