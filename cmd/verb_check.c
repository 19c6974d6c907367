// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_check.c - comb check */
#include "verbs.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cells.h"
#include "check.h"

void check_say(struct check_result *result, enum check_level level, const char *fmt, ...)
{
	va_list args;

	result->level = level;
	va_start(args, fmt);
	vsnprintf(result->text, sizeof(result->text), fmt, args);
	va_end(args);
}

void check_fix(struct check_result *result, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(result->fix, sizeof(result->fix), fmt, args);
	va_end(args);
}

bool check_read(const char *path, char *line, size_t size)
{
	FILE *f = fopen(path, "re");
	bool ok;

	if (!f)
		return false;
	ok = fgets(line, size, f);
	if (ok)
		line[strcspn(line, "\n")] = '\0';
	fclose(f);
	return ok;
}

static const char *const level_names[] = { "ok", "warn", "FAIL" };

static void print(const struct cli *cli, const char *name, const struct check_result *result)
{
	static const char *const colours[] = { "\033[32m", "\033[33m", "\033[31m" };
	const char *colour = cli->colour ? colours[result->level] : "";

	printf("%s%-4s%s  %-10s %s\n", colour, level_names[result->level],
	       *colour ? "\033[0m" : "", name, result->text);
	if (result->level != CHECK_OK && result->fix[0])
		printf("      %-10s try: %s\n", "", result->fix);
}

static void add_json(struct cli *cli, const char *name, const struct check_result *result)
{
	static const char *const levels[] = { "ok", "warn", "fail" };
	struct json_object *check = cli_json_object(cli_json_array(cli->out, "checks"));

	cli_json_text(check, "name", name);
	cli_json_text(check, "level", levels[result->level]);
	cli_json_text(check, "text", result->text);
	cli_json_text(check, "fix", result->fix[0] ? result->fix : NULL);
}

static unsigned int run_checks(const struct check *checks, const struct check_facts *facts)
{
	unsigned int failed = 0;

	for (; checks->name; checks++) {
		struct check_result result = { 0 };

		checks->look(facts, &result);
		failed += result.level == CHECK_FAIL;
		if (facts->cli->out)
			add_json(facts->cli, checks->name, &result);
		else
			print(facts->cli, checks->name, &result);
	}
	return failed;
}

/* Asking the module tells more than guessing; without root that is one of the failures. */
static void ask_module(struct check_facts *facts)
{
	struct cli *cli = facts->cli;

	facts->have_info = cells_device(cli, !cli->dry_run, &facts->why) >= 0 &&
			   !comb_device_info(cli->device, &facts->info, &facts->why);
}

int verb_check(struct cli *cli, struct comb_error *err)
{
	struct check_facts facts = { .cli = cli };
	unsigned int failed;

	ask_module(&facts);
	failed = run_checks(check_machine, &facts) + run_checks(check_software, &facts) +
		 run_checks(check_devices, &facts);
	if (!failed) {
		cli_say(cli, "this machine can run cells");
		return 0;
	}
	comb_fail(err, COMB_UNSUITABLE, "%u requirement%s not met", failed,
		  failed == 1 ? " is" : "s are");
	return comb_hint(err, "the commands above");
}
