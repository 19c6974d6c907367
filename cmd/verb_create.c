// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_create.c - comb create */
#include "verbs.h"

#include <stdlib.h>
#include <unistd.h>

#include "cells.h"
#include "checkdef.h"
#include "size.h"

/* What is written is what was said; what is checked has the cluster's values, too. */
static int create(struct cli *cli, struct comb_definition *def, struct comb_definition *whole,
		  struct comb_error *err)
{
	unsigned int ncpus;
	char memory[32];

	if (checkdef_from_options(cli, def, err) || checkdef_whole(cli, whole, def->name, err) ||
	    checkdef(cli, whole, err))
		return -1;
	if (cli->dry_run && cells_defined(def->name)) {
		comb_fail(err, COMB_TAKEN, "is defined already");
		return comb_hint(err, "comb edit %s", def->name);
	}
	if (!cli->dry_run && comb_definition_save(def, cli_config_dir(), false, err))
		return -1;
	ncpus = comb_cpuset_count(&whole->cpus) ?: whole->ncpus;
	cli_say(cli, "%s: %s%s/%s.cell, %u CPU%s, %s", def->name,
		cli->dry_run ? "would write " : "", cli_config_dir(), def->name, ncpus,
		ncpus == 1 ? "" : "s",
		comb_size_format(whole->memory, memory, sizeof(memory)));
	return 0;
}

static void create_json(struct cli *cli, const char *name)
{
	struct json_object *cell = cli_json_object(cli_json_array(cli->out, "cells"));
	char *file = cli_format("%s/%s.cell", cli_config_dir(), name);

	cli_json_text(cell, "name", name);
	cli_json_text(cell, "file", file);
	cli_json_bool(cell, "done", !cli->dry_run);
	free(file);
}

int verb_create(struct cli *cli, struct comb_error *err)
{
	const char *name = cli->names[0], *dir = cli_config_dir();
	struct comb_error why = { 0 };
	struct comb_definition def, whole = { 0 };

	if (!cli->dry_run && geteuid() && access(dir, W_OK) &&
	    cli_need_root("creating a definition", err))
		return -1;
	comb_definition_init(&def, name);
	if (create(cli, &def, &whole, &why))
		cli_report(cli, name, &why);
	else if (cli->out)
		create_json(cli, name);
	comb_definition_free(&def);
	comb_definition_free(&whole);
	return 0;
}
