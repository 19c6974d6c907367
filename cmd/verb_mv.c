// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_mv.c - comb mv, comb drain */
#include "verbs.h"

#include <stdlib.h>
#include <string.h>

#include "move.h"
#include "process.h"

int verb_mv(struct cli *cli, struct comb_error *err)
{
	const char *to = cli->names[1];
	struct move_result result;
	char from[COMB_NAME_SIZE];
	struct move_job job;
	pid_t pid;

	if (cli_need_root("moving a process", err) ||
	    process_name_parse(cli->names[0], from, &pid, err) || comb_name_check(to, err))
		return -1;
	if (!strcmp(from, "host") || !strcmp(to, "host")) {
		comb_fail(err, COMB_USAGE, "jobs move between cells, not to or from the host");
		return comb_hint(err, "comb exec --movable NAME -- COMMAND");
	}
	if (move_find(cli, from, pid, &job, err) ||
	    move_to(cli, job.id, from, to, &result, err))
		return comb_prefix(err, "%s", cli->names[0]);
	move_tell(cli, &job, from, to, &result);
	return 0;
}

/* One job of a cell that is being emptied. */
static int move_away(struct cli *cli, const struct move_job *job, const char *from,
		     struct comb_error *err)
{
	char to[COMB_NAME_SIZE];
	struct move_result result;

	if (move_choose(cli, from, to, err) || move_to(cli, job->id, from, to, &result, err)) {
		/* It has ended, or somebody else has moved it. */
		if (jobs_look(cli, from, job->id) == JOBS_COPY_NONE)
			return 0;
		return comb_prefix(err, "%s:%d", from, job->pid);
	}
	move_tell(cli, job, from, to, &result);
	return 0;
}

int verb_drain(struct cli *cli, struct comb_error *err)
{
	const char *from = cli->names[0];
	struct move_job *list;
	size_t count, stays = 0;

	if (cli_need_root("moving a process", err) || comb_name_check(from, err) ||
	    move_list(cli, from, &list, &count, err))
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct comb_error why = { 0 };

		if (!move_away(cli, &list[i], from, &why))
			continue;
		cli_report(cli, NULL, &why);
		stays++;
	}
	free(list);
	cli_say(cli, "%s: %zu of %zu jobs %s", from, count - stays, count,
		cli->dry_run ? "could move" : "moved");
	/* What could not move ends with the cell, as its user has asked for. */
	if (cli_given(cli, OPTION_STOP))
		return verb_stop(cli, err);
	return 0;
}
