// SPDX-License-Identifier: GPL-2.0-or-later
/* generate_man.c - the parts of the manual pages that are lists, in scdoc(5) */
#include "generate.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"

/* scdoc has its own meaning for some characters. */
static void print_escaped(const char *text, const char *indent)
{
	fputs(indent, stdout);
	for (; *text; text++) {
		if (*text == '\n') {
			printf("\n%s", indent);
			continue;
		}
		if (strchr("\\*_<>[]|#", *text))
			putchar('\\');
		putchar(*text);
	}
	putchar('\n');
}

/* A line of help as a sentence. */
static void print_sentence(const char *help)
{
	CLI_AUTOFREE char *text = cli_format("%s.", help);

	text[0] = toupper((unsigned char)text[0]);
	print_escaped(text, "");
}

static void print_option(const struct cli_known *known, const char *indent)
{
	const struct cli_option *o = &known->option;

	if (!o->help)
		return;
	printf("%s", indent);
	if (o->letter)
		printf("*-%c*, ", o->letter);
	printf("*--%s*", o->name);
	if (o->argument)
		printf(" _%s_", o->argument);
	printf("\n%s\t", indent);
	print_sentence(o->help);
	if (known->repeats)
		printf("%s\tMay be repeated.\n", indent);
	putchar('\n');
}

static void print_verbs(const struct cli_verb *verbs)
{
	for (const struct cli_verb *verb = verbs; verb->name; verb++) {
		struct cli_known list[CLI_KNOWN_MAX];
		size_t count = cli_known_options(verb, list);

		printf("*comb %s* ", verb->name);
		print_escaped(verb->usage, "");
		print_escaped(verb->text, "\t");
		putchar('\n');
		for (size_t i = 0; i < count; i++)
			if (list[i].source != CLI_SOURCE_GLOBAL)
				print_option(&list[i], "\t");
		if (verb->subs)
			print_verbs(verb->subs);
	}
}

void generate_man_verbs(void)
{
	print_verbs(cli_verbs);
}

void generate_man_options(void)
{
	struct cli_known list[CLI_KNOWN_MAX];
	size_t count = cli_known_options(NULL, list);

	for (size_t i = 0; i < count; i++)
		print_option(&list[i], "");
}

void generate_man_keys(void)
{
	const char *section = "";

	for (size_t i = 0; i < COMB_KEYS; i++) {
		const struct comb_key *key = &comb_keys[i];

		if (strcmp(section, key->section))
			printf("## [%s]\n\n", key->section);
		section = key->section;
		printf("*%s=*_%s_\n\t", key->key, key->argument);
		print_sentence(key->help);
		if (key->repeats)
			puts("\tMay be repeated; an empty value clears the list.");
		if (key->option)
			printf("\tOption *--%s* of *comb create*.\n", key->option);
		putchar('\n');
	}
}
