// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_exec.c - comb exec, comb shell */
#include "verbs.h"

#include <stdlib.h>
#include <unistd.h>

#include "caller.h"
#include "jobs.h"
#include "place.h"

static int run_in(struct cli *cli, const char *name, bool any, enum execwire_what what,
		  const struct agent_order *order, struct comb_error *err)
{
	static char *none[] = { NULL };
	struct client_run run = {
		.request = { .what = what, .argv = cli->command ? cli->command : none },
		.in = STDIN_FILENO, .out = STDOUT_FILENO, .error = STDERR_FILENO,
		.started = any ? place_started : NULL,
	};
	int fd;

	if (cli_given(cli, OPTION_MOVABLE) && !cli->dry_run)
		return jobs_exec(cli, name, order, err);
	fd = agent_open(cli, name, err);
	/* 1 would be the command's. */
	if (fd < 0 && err->status == COMB_FAILED)
		err->status = (enum comb_status)EXECWIRE_FAILED;
	if (fd < 0)
		return cli_names_cell(err->what, name) ? -1 : comb_prefix(err, "%s", name);
	if (cli->dry_run) {
		cli_say(cli, "%s: its agent answers, would run %s", name,
			cli->command ? cli->command[0] : "a login shell");
		close(fd);
		return 0;
	}
	agent_request(&run.request, order);
	return agent_run(cli, name, fd, &run, err);
}

/* Names are those of --any's candidates, if it is given. */
static int check_names(const struct cli *cli, bool any, struct comb_error *err)
{
	if (any || cli->nr_names == 1)
		return 0;
	comb_fail(err, COMB_USAGE, "%s: %s", cli->verb->name, cli->nr_names ?
		  "takes one name without --any" : "no name given");
	return comb_hint(err, "comb %s %s", cli->verb->name, cli->verb->usage);
}

static int run_as_told(struct cli *cli, enum execwire_what what, struct comb_error *err)
{
	bool any = cli_given(cli, OPTION_ANY);
	struct agent_order order = { 0 };
	char chosen[COMB_NAME_SIZE];
	const char *name = any ? chosen : cli->names[0];
	int result;

	if (check_names(cli, any, err) || agent_refuse_json(cli, err))
		return -1;
	/* Of a bad option one hears before a cell is looked for. */
	result = any ? caller_order(cli, &order, err) : agent_order(cli, &order, err);
	if (!result && any)
		result = place_choose(cli, chosen, err);
	if (!result)
		agent_order_cell(&order, name);
	if (!result)
		result = run_in(cli, name, any, what, &order, err);
	agent_order_free(&order);
	return result;
}

int verb_exec(struct cli *cli, struct comb_error *err)
{
	if (!cli->command) {
		const char *name = cli->nr_names ? cli->names[0] : "NAME";

		comb_fail(err, COMB_USAGE, "exec: no COMMAND given");
		return comb_hint(err, "comb exec %s -- COMMAND, or comb shell %s", name, name);
	}
	return run_as_told(cli, EXECWIRE_RUN, err);
}

int verb_shell(struct cli *cli, struct comb_error *err)
{
	return run_as_told(cli, EXECWIRE_SHELL, err);
}
