// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_help.c - comb help */
#include "verbs.h"

/* Two words name a sub-verb, if the first is a verb that has any. */
static const struct cli_verb *take_verb(const struct cli *cli, size_t *at)
{
	const struct cli_verb *verb = cli_verb_find(cli->names[*at]);
	CLI_AUTOFREE char *both = NULL;

	if (!verb || !verb->subs || *at + 1 == cli->nr_names)
		return verb;
	both = cli_format("%s %s", cli->names[*at], cli->names[*at + 1]);
	++*at;
	return cli_verb_find(both);
}

int verb_help(struct cli *cli, struct comb_error *err)
{
	if (!cli->nr_names)
		cli_help();
	for (size_t i = 0; i < cli->nr_names; i++) {
		const struct cli_verb *verb = take_verb(cli, &i);

		if (!verb) {
			comb_fail(err, COMB_USAGE, "unknown verb \"%s\"", cli->names[i]);
			return comb_hint(err, "comb help");
		}
		cli_help_verb(verb);
	}
	return 0;
}
