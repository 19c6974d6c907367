// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_help.c - comb help */
#include "verbs.h"

int verb_help(struct cli *cli, struct comb_error *err)
{
	if (!cli->nr_names)
		cli_help();
	for (size_t i = 0; i < cli->nr_names; i++) {
		const struct cli_verb *verb = cli_verb_find(cli->names[i]);

		if (!verb) {
			comb_fail(err, COMB_USAGE, "unknown verb \"%s\"", cli->names[i]);
			return comb_hint(err, "comb help");
		}
		cli_help_verb(verb);
	}
	return 0;
}
