// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_ps.c - comb ps: the processes of all kernels */
#include "verbs.h"

#include <stdlib.h>

#include "process.h"

struct wanted {
	struct process_filter filter;
	struct process_order order;
};

static struct process_row *gather(const struct kernel *kernels, size_t nr_kernels,
				  const struct wanted *wanted, size_t *count)
{
	struct process_row *rows;
	size_t most = 0;

	for (size_t k = 0; k < nr_kernels; k++)
		most += kernels[k].snapshot.nr_processes;
	rows = cli_calloc(most, sizeof(*rows));
	*count = 0;
	for (size_t k = 0; k < nr_kernels; k++)
		for (size_t i = 0; i < kernels[k].snapshot.nr_processes; i++) {
			const struct comb_process *p = &kernels[k].snapshot.processes[i];

			if (process_filter_fits(&wanted->filter, kernels[k].name, p))
				process_row_init(&rows[(*count)++], &kernels[k], k, p);
		}
	process_sort(rows, *count, &wanted->order);
	return rows;
}

static void print_json(struct cli *cli, const struct kernel *kernels, size_t nr_kernels,
		       const struct process_row *rows, size_t count)
{
	struct json_object *array = cli_json_array(cli->out, "kernels");

	for (size_t i = 0; i < nr_kernels; i++)
		if (!kernels[i].failed)
			kernel_json(&kernels[i], array);
	array = cli_json_array(cli->out, "processes");
	for (size_t i = 0; i < count; i++)
		process_json(&rows[i], array);
}

int verb_ps(struct cli *cli, struct comb_error *err)
{
	struct wanted wanted = { 0 };
	struct process_row *rows;
	struct kernel *kernels;
	size_t nr_kernels, count;
	int result = process_options(cli, &wanted.filter, &wanted.order, err);

	if (result || kernels_snapshot(cli, cli->names, cli->nr_names, COMB_SNAPSHOT_PROCESSES,
				       &kernels, &nr_kernels, err)) {
		process_filter_free(&wanted.filter);
		return -1;
	}
	rows = gather(kernels, nr_kernels, &wanted, &count);
	if (cli->out)
		print_json(cli, kernels, nr_kernels, rows, count);
	else if (count)
		process_print(rows, count);
	kernels_report(cli, kernels, nr_kernels);
	/* As ps(1) does, so that a script can ask. */
	if (!count && !cli->status && process_filter_any(&wanted.filter)) {
		comb_fail(err, COMB_FAILED, "there is no such process");
		result = comb_hint(err, "comb ps%s", wanted.filter.nr_uids &&
				   !wanted.filter.kernel_threads ? " -k" : "");
	}
	free(rows);
	kernels_free(kernels, nr_kernels);
	process_filter_free(&wanted.filter);
	return result;
}
