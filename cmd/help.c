// SPDX-License-Identifier: GPL-2.0-or-later
/* help.c - --help, from the tables */
#include "cli.h"

#include <stdio.h>
#include <string.h>

#define HELP_COLUMN	26

static void print_option(const struct cli_known *known)
{
	const struct cli_option *o = &known->option;
	char left[80];

	if (!o->help)
		return;
	if (o->letter)
		snprintf(left, sizeof(left), "-%c, --%s", o->letter, o->name);
	else
		snprintf(left, sizeof(left), "    --%s", o->name);
	if (o->argument)
		snprintf(left + strlen(left), sizeof(left) - strlen(left), " %s", o->argument);
	if (strlen(left) > HELP_COLUMN) {
		printf("  %s\n", left);
		left[0] = '\0';
	}
	printf("  %-*s %s%s\n", HELP_COLUMN, left, o->help,
	       known->repeats ? "; may be repeated" : "");
}

static void print_options(const struct cli_known *list, size_t count, bool global)
{
	bool any = false;

	for (size_t i = 0; i < count; i++) {
		if ((list[i].source == CLI_SOURCE_GLOBAL) != global || !list[i].option.help)
			continue;
		if (!any)
			puts(global ? "\nOptions of every verb:" : "\nOptions:");
		any = true;
		print_option(&list[i]);
	}
}

static void print_verbs(const struct cli_verb *verbs)
{
	for (const struct cli_verb *v = verbs; v->name; v++)
		printf("  %-*s %s\n", HELP_COLUMN, cli_verb_word(v), v->help);
}

void cli_help(void)
{
	struct cli_known list[CLI_KNOWN_MAX];
	size_t count = cli_known_options(NULL, list);

	puts("comb - run several Linux kernels side by side on one machine\n\n"
	     "Usage: comb [OPTIONS] VERB [OPTIONS] [NAME...] [-- COMMAND...]\n\nVerbs:");
	print_verbs(cli_verbs);
	print_options(list, count, true);
	puts("\n\"comb help VERB\" tells more; the manual is comb(1).");
}

void cli_help_verb(const struct cli_verb *verb)
{
	struct cli_known list[CLI_KNOWN_MAX];
	size_t count = cli_known_options(verb, list);

	printf("comb %s - %s\n\nUsage: comb %s %s\n\n%s\n", verb->name, verb->help, verb->name,
	       verb->usage, verb->text);
	if (verb->subs) {
		puts("\nVerbs:");
		print_verbs(verb->subs);
	}
	print_options(list, count, false);
	print_options(list, count, true);
}
