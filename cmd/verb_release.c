// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_release.c - comb release */
#include "verbs.h"

#include "cells.h"
#include "halt.h"
#include "jobs.h"
#include "restarts.h"
#include "size.h"
#include "up.h"

static void sum_up(struct cli *cli, const struct work *list, size_t count)
{
	struct comb_cpuset cpus = { 0 };
	char cpus_text[1024], bytes_text[32];
	uint64_t bytes = 0;

	for (size_t i = 0; i < count; i++) {
		const struct comb_cpuset *own = &list[i].cpus;

		if (!list[i].done)
			continue;
		bytes += list[i].bytes;
		for (int c = comb_cpuset_next(own, 0); c >= 0; c = comb_cpuset_next(own, c + 1))
			comb_cpuset_add(&cpus, c);
	}
	if (cli->out) {
		cli_json_cpus(cli->out, "cpus", &cpus);
		cli_json_number(cli->out, "memory", bytes);
	}
	if (!comb_cpuset_count(&cpus)) {
		cli_say(cli, "nothing was lent");
		return;
	}
	cli_say(cli, "%s and %s are the host's again",
		cli_cpus(&cpus, cpus_text, sizeof(cpus_text)),
		comb_size_format(bytes, bytes_text, sizeof(bytes_text)));
}

static void release(struct cli *cli, const struct comb_strings *names)
{
	struct work *list = work_new(cli, names->list, names->count);

	/* First come the locks: what somebody is starting now is released, too. */
	if (!cli->dry_run)
		work_by_name(list, names->count, halt_lock);
	/* A cell that went away by itself is what was wanted. */
	work_each(list, names->count, halt_open_held);
	if (cli->dry_run) {
		for (size_t i = 0; i < names->count; i++)
			cli_say(cli, "%s: would be killed", names->list[i]);
	} else {
		/* No cell may come back by itself. */
		comb_restarts_forget_all(cli_run_dir());
		work_parallel(list, names->count, halt_give_back);
		sum_up(cli, list, names->count);
		jobs_sweep(cli);
	}
	work_report(list, names->count);
	up_json(list, names->count);
	work_free(list, names->count);
}

int verb_release(struct cli *cli, struct comb_error *err)
{
	struct comb_strings names = { 0 };

	if (cli_need_root("releasing", err) || cells_list("cells", &names, err))
		return -1;
	release(cli, &names);
	comb_strings_free(&names);
	return 0;
}
