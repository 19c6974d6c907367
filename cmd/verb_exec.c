// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_exec.c - comb exec, comb shell */
#include "verbs.h"

#include <stdlib.h>
#include <unistd.h>

#include "agent.h"

static int run_in(struct cli *cli, enum execwire_what what, bool tty, struct comb_error *err)
{
	const char *name = cli->names[0], *directory = cli_given(cli, OPTION_CWD);
	static char *none[] = { NULL };
	struct client_run run = {
		.request = { .what = what, .tty = tty, .directory = directory ? directory : "",
			     .argv = cli->command ? cli->command : none },
		.in = STDIN_FILENO, .out = STDOUT_FILENO, .error = STDERR_FILENO,
	};
	int fd, result;

	if (agent_refuse_json(cli, err) ||
	    agent_variables(cli, tty, &run.request.environment, err))
		return -1;
	fd = agent_open(cli, name, err);
	/* 1 would be the command's. */
	if (fd < 0 && err->status == COMB_FAILED)
		err->status = (enum comb_status)EXECWIRE_FAILED;
	if (fd >= 0 && cli->dry_run) {
		cli_say(cli, "%s: its agent answers, would run %s", name,
			cli->command ? cli->command[0] : "root's login shell");
		close(fd);
		result = 0;
	} else {
		result = fd < 0 ? -1 : agent_run(cli, name, fd, &run, err);
	}
	free(run.request.environment);
	return result;
}

int verb_exec(struct cli *cli, struct comb_error *err)
{
	if (!cli->command) {
		comb_fail(err, COMB_USAGE, "exec: no COMMAND given");
		return comb_hint(err, "comb exec %s -- COMMAND, or comb shell %s", cli->names[0],
				 cli->names[0]);
	}
	return run_in(cli, EXECWIRE_RUN, agent_wants_tty(cli), err);
}

int verb_shell(struct cli *cli, struct comb_error *err)
{
	return run_in(cli, EXECWIRE_SHELL, agent_wants_tty(cli), err);
}
