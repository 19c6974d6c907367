// SPDX-License-Identifier: GPL-2.0-or-later
/* main.c - comb(1): parse, run one verb, print the result, exit with the first failure */
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vanish.h"
#include "verbs.h"

static void cli_init(struct cli *cli)
{
	const char *no_colour = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	memset(cli, 0, sizeof(*cli));
	cli->timeout_ms = -1;
	cli->device = -1;
	cli->talk_tty = isatty(STDERR_FILENO);
	cli->colour = isatty(STDOUT_FILENO) && !(no_colour && *no_colour) &&
		      term && strcmp(term, "dumb");
}

/* An error on the way to an option named --json is still one for a program. */
static bool wants_json(char *argv[])
{
	for (argv++; *argv && strcmp(*argv, "--"); argv++)
		if (!strcmp(*argv, "--json"))
			return true;
	return false;
}

static void open_json(struct cli *cli)
{
	cli->out = cli_json_object(NULL);
	cli_json_number(cli->out, "comb", CLI_JSON_VERSION);
}

/* What is asked for is a text: an object beside it would make neither readable. */
static bool answers_in_text(const struct cli *cli)
{
	return cli->help || cli->version || cli->generate ||
	       (cli->verb && cli->verb->run == verb_help);
}

static bool names_are_cells(const struct cli_verb *verb)
{
	return verb->kind == CLI_NAME_CELL || verb->kind == CLI_NAME_NEW ||
	       verb->kind == CLI_NAME_CLUSTER;
}

static int run(struct cli *cli, struct comb_error *err)
{
	size_t names = cli->nr_names;

	if (cli->generate)
		return cli_generate(cli->generate, err);
	if (cli->version) {
		puts("comb " COMB_VERSION);
		return 0;
	}
	if (cli->help) {
		if (cli->verb)
			cli_help_verb(cli->verb);
		else
			cli_help();
		return 0;
	}
	if (cli->verb->names == CLI_NAMES_ONE_MORE)
		names = 1;
	/* A name becomes part of paths: no verb sees a bad one. */
	for (size_t i = 0; names_are_cells(cli->verb) && i < names; i++)
		if (comb_name_check(cli->names[i], err))
			return -1;
	return cli->verb->run(cli, err);
}

/* A full disk or a closed pipe must not look like success. */
static void flush_output(struct cli *cli)
{
	struct comb_error err = { 0 };

	if (cli->out) {
		puts(json_object_to_json_string_ext(cli->out, JSON_C_TO_STRING_PRETTY |
						    JSON_C_TO_STRING_NOSLASHESCAPE));
		json_object_put(cli->out);
		cli->out = NULL;
	}
	if (!fflush(stdout) && !ferror(stdout))
		return;
	comb_fail(&err, COMB_FAILED, "cannot write the output: %s", strerror(errno));
	comb_hint(&err, "make room, or write somewhere else");
	cli_report(cli, NULL, &err);
}

int main(int argc, char *argv[])
{
	struct comb_error err = { 0 };
	struct cli cli;
	int failed;

	cli_init(&cli);
	comb_vanish_survive();
	failed = cli_parse(&cli, argc, argv, &err);
	if (failed ? wants_json(argv) : cli.json && !answers_in_text(&cli))
		open_json(&cli);
	if (!failed)
		failed = run(&cli, &err);
	if (failed)
		cli_report(&cli, NULL, &err);
	flush_output(&cli);
	if (cli.device >= 0)
		close(cli.device);
	free(cli.names);
	free(cli.given);
	return cli.status;
}
