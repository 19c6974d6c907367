// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_show.c - comb show */
#include "verbs.h"

#include <stdio.h>
#include <string.h>

#include "show.h"

static void show(struct cli *cli, const char *name, bool first)
{
	bool host = !strcmp(name, "host");
	struct comb_error why = { 0 };
	struct json_object *facts = NULL;

	if (host)
		facts = show_host(cli, &why);
	else if (!comb_name_check(name, &why))
		facts = show_cell(cli, name, &why);
	if (!facts) {
		cli_report(cli, name, &why);
		return;
	}
	if (cli->out) {
		json_object_array_add(cli_json_array(cli->out, "cells"), facts);
		return;
	}
	if (!first)
		putchar('\n');
	if (host)
		show_print_host(facts);
	else
		show_print_cell(facts);
	json_object_put(facts);
}

int verb_show(struct cli *cli, struct comb_error *err)
{
	(void)err;
	for (size_t i = 0; i < cli->nr_names; i++)
		show(cli, cli->names[i], i == 0);
	return 0;
}
