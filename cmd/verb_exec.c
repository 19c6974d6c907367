// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_exec.c - comb exec, comb shell */
#include "verbs.h"

#include <stdlib.h>
#include <unistd.h>

#include "agent.h"
#include "jobs.h"

static int run_in(struct cli *cli, const struct agent_order *order, enum execwire_what what,
		  struct comb_error *err)
{
	const char *name = cli->names[0], *directory = cli_given(cli, OPTION_CWD);
	static char *none[] = { NULL };
	struct client_run run = {
		.request = { .what = what, .directory = directory ? directory : "",
			     .argv = cli->command ? cli->command : none },
		.in = STDIN_FILENO, .out = STDOUT_FILENO, .error = STDERR_FILENO,
	};
	int fd;

	if (cli_given(cli, OPTION_MOVABLE) && !cli->dry_run)
		return jobs_exec(cli, name, order, err);
	fd = agent_open(cli, name, err);
	/* 1 would be the command's. */
	if (fd < 0 && err->status == COMB_FAILED)
		err->status = (enum comb_status)EXECWIRE_FAILED;
	if (fd < 0)
		return -1;
	if (cli->dry_run) {
		cli_say(cli, "%s: its agent answers, would run %s", name,
			cli->command ? cli->command[0] : "a login shell");
		close(fd);
		return 0;
	}
	agent_request(&run.request, order);
	return agent_run(cli, name, fd, &run, err);
}

static int run_as_told(struct cli *cli, enum execwire_what what, struct comb_error *err)
{
	struct agent_order order = { 0 };
	int result = agent_refuse_json(cli, err);

	if (!result)
		result = agent_order(cli, &order, err);
	if (!result)
		result = run_in(cli, &order, what, err);
	agent_order_free(&order);
	return result;
}

int verb_exec(struct cli *cli, struct comb_error *err)
{
	if (!cli->command) {
		comb_fail(err, COMB_USAGE, "exec: no COMMAND given");
		return comb_hint(err, "comb exec %s -- COMMAND, or comb shell %s", cli->names[0],
				 cli->names[0]);
	}
	return run_as_told(cli, EXECWIRE_RUN, err);
}

int verb_shell(struct cli *cli, struct comb_error *err)
{
	return run_as_told(cli, EXECWIRE_SHELL, err);
}
