// SPDX-License-Identifier: GPL-2.0-or-later
/* options.c - the command line, driven by the tables of verbs and options */
#include "verbs.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct cli_option cli_global_options[] = {
	{ .name = "json", .id = CLI_JSON,
	  .help = "print one JSON object on stdout" },
	{ .name = "quiet", .letter = 'q', .id = CLI_QUIET,
	  .help = "say nothing but errors" },
	{ .name = "verbose", .letter = 'v', .id = CLI_VERBOSE,
	  .help = "show progress even if stderr is no terminal" },
	{ .name = "dry-run", .letter = 'n', .id = CLI_DRY_RUN,
	  .help = "show what would be done, change nothing" },
	{ .name = "yes", .letter = 'y', .id = CLI_YES,
	  .help = "ask nothing" },
	{ .name = "timeout", .argument = "SECONDS", .id = CLI_TIMEOUT,
	  .help = "how long to wait; 0: do not wait" },
	{ .name = "help", .letter = 'h', .id = CLI_HELP,
	  .help = "show help, for a verb if one is given" },
	{ .name = "version", .letter = 'V', .id = CLI_VERSION,
	  .help = "show the version" },
	{ .name = "generate", .argument = "WHAT", .id = CLI_GENERATE },
	{ .name = NULL }
};

/* getopt's values of long options, out of the way of letters. */
#define LONG_BASE	1000

static enum cli_complete key_complete(enum comb_key_id id)
{
	switch (id) {
	case COMB_KEY_KERNEL:
		return CLI_COMPLETE_KERNEL;
	case COMB_KEY_INITRD:
	case COMB_KEY_FILE:
	case COMB_KEY_ROOT:
	case COMB_KEY_SHARE:
	case COMB_KEY_DISK:
		return CLI_COMPLETE_FILE;
	default:
		return CLI_COMPLETE_NONE;
	}
}

static size_t add_keys(struct cli_known *list)
{
	size_t count = 0;

	for (size_t i = 0; i < COMB_KEYS; i++) {
		const struct comb_key *key = &comb_keys[i];

		if (!key->option)
			continue;
		list[count++] = (struct cli_known){
			.option = { .name = key->option, .argument = key->argument,
				    .help = key->help, .id = key->id,
				    .complete = key_complete(key->id) },
			.source = CLI_SOURCE_KEY,
			.repeats = key->repeats,
		};
	}
	return count;
}

size_t cli_known_options(const struct cli_verb *verb, struct cli_known *list)
{
	const struct cli_option *own = verb ? verb->options : NULL;
	size_t count = 0, mine;

	for (; own && own->name; own++)
		list[count++] = (struct cli_known){ .option = *own, .source = CLI_SOURCE_VERB };
	mine = count;
	if (verb && verb->definition)
		count += add_keys(list + count);
	for (const struct cli_option *o = cli_global_options; o->name; o++) {
		struct cli_known *known = &list[count++];

		*known = (struct cli_known){ .option = *o, .source = CLI_SOURCE_GLOBAL };
		for (size_t i = 0; i < mine; i++)
			if (list[i].option.letter == o->letter)
				known->option.letter = 0;
	}
	return count;
}

/* What getopt_long() wants to have. */
struct scanner {
	struct cli_known known[CLI_KNOWN_MAX];
	size_t count;
	struct option longs[CLI_KNOWN_MAX + 1];
	char shorts[3 * CLI_KNOWN_MAX];
	const struct cli_verb *verb;
};

static void scanner_init(struct scanner *s, const struct cli_verb *verb)
{
	char *p = s->shorts;

	memset(s, 0, sizeof(*s));
	s->verb = verb;
	s->count = cli_known_options(verb, s->known);
	/* Before the verb: stop at it. After it: hand out arguments in order. */
	*p++ = verb ? '-' : '+';
	*p++ = ':';
	for (size_t i = 0; i < s->count; i++) {
		const struct cli_option *o = &s->known[i].option;

		s->longs[i].name = o->name;
		s->longs[i].has_arg = o->argument ? required_argument : no_argument;
		s->longs[i].val = LONG_BASE + i;
		if (!o->letter)
			continue;
		*p++ = o->letter;
		if (o->argument)
			*p++ = ':';
	}
}

static const struct cli_known *scanner_find(const struct scanner *s, int value)
{
	if (value >= LONG_BASE)
		return &s->known[value - LONG_BASE];
	for (size_t i = 0; i < s->count; i++)
		if (s->known[i].option.letter && s->known[i].option.letter == value)
			return &s->known[i];
	return NULL;
}

static const char *known_name(size_t i, const void *arg)
{
	return ((const struct scanner *)arg)->known[i].option.name;
}

static const char *verb_word(const struct scanner *s)
{
	return s->verb ? s->verb->name : "--help";
}

/* getopt does not say whether a long option is unknown or ambiguous. */
static int refuse_long(const struct scanner *s, const char *given, struct comb_error *err)
{
	char word[64], matches[128] = "";
	const char *near;
	size_t length;

	snprintf(word, sizeof(word), "%.*s", (int)strcspn(given + 2, "="), given + 2);
	length = strlen(word);
	for (size_t i = 0; i < s->count; i++) {
		size_t used = strlen(matches);

		if (s->known[i].option.help && !strncmp(s->known[i].option.name, word, length))
			snprintf(matches + used, sizeof(matches) - used, " --%s",
				 s->known[i].option.name);
	}
	if (matches[0]) {
		comb_fail(err, COMB_USAGE, "option --%s may mean%s", word, matches);
		return comb_hint(err, "write it in full");
	}
	comb_fail(err, COMB_USAGE, "unknown option --%s", word);
	near = cli_nearest(word, known_name, s->count, s);
	if (near && s->verb)
		return comb_hint(err, "comb %s --%s", s->verb->name, near);
	if (near)
		return comb_hint(err, "comb --%s", near);
	return comb_hint(err, s->verb ? "comb help %s" : "comb %s", verb_word(s));
}

static int refuse(const struct scanner *s, int result, const char *given, struct comb_error *err)
{
	const struct cli_known *known = scanner_find(s, optopt);

	if (result == ':' && known) {
		comb_fail(err, COMB_USAGE, "option --%s needs %s", known->option.name,
			  known->option.argument);
		return comb_hint(err, s->verb ? "comb help %s" : "comb %s", verb_word(s));
	}
	if (known && optopt >= LONG_BASE) {
		comb_fail(err, COMB_USAGE, "option --%s takes no argument", known->option.name);
		return comb_hint(err, "--%s", known->option.name);
	}
	if (!strncmp(given, "--", 2))
		return refuse_long(s, given, err);
	comb_fail(err, COMB_USAGE, "unknown option -%c", isprint(optopt) ? optopt : '?');
	return comb_hint(err, s->verb ? "comb help %s" : "comb %s", verb_word(s));
}

static int set_timeout(struct cli *cli, const char *text, struct comb_error *err)
{
	double seconds;
	char *end;

	errno = 0;
	seconds = strtod(text, &end);
	/* The comparison also refuses NaN. */
	if (errno || end == text || *end || !(seconds >= 0 && seconds <= 1e6)) {
		comb_fail(err, COMB_USAGE, "\"%s\" is no number of seconds", text);
		return comb_hint(err, "--timeout 60");
	}
	cli->timeout_ms = (int64_t)(seconds * 1000);
	return 0;
}

static int set_global(struct cli *cli, int id, const char *value, struct comb_error *err)
{
	switch ((enum cli_global)id) {
	case CLI_JSON:
		cli->json = true;
		break;
	case CLI_QUIET:
		cli->quiet = true;
		break;
	case CLI_VERBOSE:
		cli->verbose = true;
		break;
	case CLI_DRY_RUN:
		cli->dry_run = true;
		break;
	case CLI_YES:
		cli->yes = true;
		break;
	case CLI_TIMEOUT:
		return set_timeout(cli, value, err);
	case CLI_HELP:
		cli->help = true;
		break;
	case CLI_VERSION:
		cli->version = true;
		break;
	case CLI_GENERATE:
		cli->generate = value;
		break;
	}
	return 0;
}

static int take_option(struct cli *cli, const struct cli_known *known, struct comb_error *err)
{
	const char *value = known->option.argument ? optarg : "";

	if (known->source == CLI_SOURCE_GLOBAL)
		return set_global(cli, known->option.id, value, err);
	cli->given[cli->nr_given++] = (struct cli_given){
		.source = known->source, .id = known->option.id, .value = value,
	};
	return 0;
}

static void take_name(struct cli *cli, char *name)
{
	/* The same cell twice is the same cell. */
	if (cli->verb->names != CLI_NAMES_ONE_MORE)
		for (size_t i = 0; i < cli->nr_names; i++)
			if (!strcmp(cli->names[i], name))
				return;
	cli->names[cli->nr_names++] = name;
}

/* Options from argv[1] on; returns where it stopped, or -1. */
static int scan(struct cli *cli, const struct cli_verb *verb, int argc, char *argv[],
		struct comb_error *err)
{
	struct scanner s;
	int result;

	scanner_init(&s, verb);
	opterr = 0;
	optind = 0;	/* GNU: start afresh */
	while ((result = getopt_long(argc, argv, s.shorts, s.longs, NULL)) != -1) {
		int failed = 0;

		if (result == 1)
			take_name(cli, optarg);
		else if (result == '?' || result == ':')
			failed = refuse(&s, result, argv[optind - 1], err);
		else
			failed = take_option(cli, scanner_find(&s, result), err);
		if (failed)
			return -1;
	}
	return optind;
}

static int take_rest(struct cli *cli, int at, int argc, char *argv[], struct comb_error *err)
{
	/* In order-preserving mode getopt ends early only behind "--". */
	bool dashes = at > 1 && at <= argc && !strcmp(argv[at - 1], "--");

	if (dashes && cli->verb->command) {
		cli->command = argv + at;
		if (!cli->command[0]) {
			comb_fail(err, COMB_USAGE, "no COMMAND behind --");
			return comb_hint(err, "comb %s %s", cli->verb->name, cli->verb->usage);
		}
		return 0;
	}
	for (; at < argc; at++)
		take_name(cli, argv[at]);
	return 0;
}

static int refuse_names(const struct cli *cli, const char *what, struct comb_error *err)
{
	comb_fail(err, COMB_USAGE, "%s: %s", cli->verb->name, what);
	return comb_hint(err, "comb %s %s", cli->verb->name, cli->verb->usage);
}

static int check_names(const struct cli *cli, struct comb_error *err)
{
	size_t n = cli->nr_names;

	switch (cli->verb->names) {
	case CLI_NAMES_NONE:
		return n ? refuse_names(cli, "takes no name", err) : 0;
	case CLI_NAMES_ONE:
		return n == 1 ? 0 : refuse_names(cli, n ? "takes one name" : "no name given", err);
	case CLI_NAMES_SOME:
		return n ? 0 : refuse_names(cli, "no name given", err);
	case CLI_NAMES_ONE_MORE:
		return n == 2 ? 0 : refuse_names(cli, "takes two arguments", err);
	case CLI_NAMES_ANY:
		break;
	}
	return 0;
}

static const char *verb_word_at(size_t i, const void *verbs)
{
	return cli_verb_word((const struct cli_verb *)verbs + i);
}

/* Among all verbs, or among those of the verb that has been found. */
static int find_verb(struct cli *cli, const char *word, struct comb_error *err)
{
	const struct cli_verb *verbs = cli->verb ? cli->verb->subs : cli_verbs;
	const char *group = cli->verb ? cli->verb->name : "", *blank = cli->verb ? " " : "";
	const char *near;
	size_t count = 0;

	for (; verbs[count].name; count++) {
		if (strcmp(cli_verb_word(&verbs[count]), word))
			continue;
		cli->verb = &verbs[count];
		return 0;
	}
	comb_fail(err, COMB_USAGE, "unknown verb \"%s%s%s\"", group, blank, word);
	near = cli_nearest(word, verb_word_at, count, verbs);
	if (near)
		return comb_hint(err, "comb %s%s%s", group, blank, near);
	return comb_hint(err, cli->verb ? "comb help %s" : "comb --help", group);
}

/* The verb and, if it has any, its sub-verb. Returns where it stands, or -1. */
static int take_verbs(struct cli *cli, int argc, char *argv[], struct comb_error *err)
{
	int at = 0, next;

	do {
		next = scan(cli, NULL, argc - at, argv + at, err);
		if (next < 0)
			return -1;
		at += next;
		if (at < argc) {
			if (find_verb(cli, argv[at], err))
				return -1;
		} else if (cli->help || cli->version || cli->generate) {
			break;
		} else if (cli->verb) {
			comb_fail(err, COMB_USAGE, "%s: no verb given", cli->verb->name);
			return comb_hint(err, "comb help %s", cli->verb->name);
		} else {
			comb_fail(err, COMB_USAGE, "no verb given");
			return comb_hint(err, "comb --help");
		}
	} while (cli->verb->subs);
	return at;
}

int cli_parse(struct cli *cli, int argc, char *argv[], struct comb_error *err)
{
	int at = take_verbs(cli, argc, argv, err);

	if (at < 0)
		return -1;
	if (at >= argc)
		return 0;
	argc -= at;
	argv += at;
	cli->names = cli_calloc(argc + 1, sizeof(*cli->names));
	cli->given = cli_calloc(argc + 1, sizeof(*cli->given));
	at = scan(cli, cli->verb, argc, argv, err);
	if (at < 0 || take_rest(cli, at, argc, argv, err))
		return -1;
	return cli->help || cli->version ? 0 : check_names(cli, err);
}

const char *cli_given(const struct cli *cli, int id)
{
	const char *value = NULL;

	for (size_t i = 0; i < cli->nr_given; i++)
		if (cli->given[i].source == CLI_SOURCE_VERB && cli->given[i].id == id)
			value = cli->given[i].value;
	return value;
}

int64_t cli_timeout_ms(const struct cli *cli, int seconds)
{
	return cli->timeout_ms >= 0 ? cli->timeout_ms : seconds * 1000LL;
}

int cli_lines(const struct cli *cli, size_t *lines, struct comb_error *err)
{
	const char *text = cli_given(cli, OPTION_LINES);
	char *end;

	*lines = SIZE_MAX;
	if (!text)
		return 0;
	errno = 0;
	*lines = strtoul(text, &end, 10);
	if (!errno && end != text && !*end && *text != '-')
		return 0;
	comb_fail(err, COMB_USAGE, "\"%s\" is no number of lines", text);
	return comb_hint(err, "comb %s -n 20%s%s", cli->verb->name, cli->nr_names ? " " : "",
			 cli->nr_names ? cli->names[0] : "");
}
