// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_validate.c - comb validate */
#include "verbs.h"

#include <stdio.h>
#include <string.h>

#include "checkdef.h"
#include "deffile.h"

static int validate_one(struct cli *cli, const char *name, struct comb_error *err)
{
	struct comb_definition def;
	int result;

	if (strchr(name, '/'))
		result = deffile_read(&def, name, NULL, err);
	else
		result = comb_definition_load(&def, cli_config_dir(), name, err);
	if (!result)
		result = checkdef(cli, &def, err);
	comb_definition_free(&def);
	return result;
}

static void validate_list(struct cli *cli, char *const names[], size_t count)
{
	struct json_object *cells = cli->out ? cli_json_array(cli->out, "cells") : NULL;

	for (size_t i = 0; i < count; i++) {
		struct comb_error err = { 0 };
		int bad = validate_one(cli, names[i], &err);

		if (bad)
			cli_report(cli, names[i], &err);
		if (cells) {
			struct json_object *cell = cli_json_object(cells);

			cli_json_text(cell, "name", names[i]);
			cli_json_bool(cell, "valid", !bad);
		} else if (!bad) {
			printf("%s: valid\n", names[i]);
		}
	}
}

int verb_validate(struct cli *cli, struct comb_error *err)
{
	struct comb_strings all = { 0 };

	if (cli->nr_names) {
		validate_list(cli, cli->names, cli->nr_names);
		return 0;
	}
	if (comb_definition_list(cli_config_dir(), &all, err))
		return -1;
	validate_list(cli, all.list, all.count);
	comb_strings_free(&all);
	return 0;
}
