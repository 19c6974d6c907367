/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli.h - the shape of comb(1): verbs, options, talk and results
 *
 * One table of verbs (verbs.c) and one table of option lists drive the parser,
 * --help, the completions and the option lists of the manual pages.
 */
#ifndef CMD_CLI_H
#define CMD_CLI_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "definition.h"
#include "error.h"

/* Version of the objects --json prints; readers ignore members they do not know. */
#define CLI_JSON_VERSION	1

struct cli;

/* What a shell may offer for an option's argument. */
enum cli_complete {
	CLI_COMPLETE_NONE,
	CLI_COMPLETE_FILE,
	CLI_COMPLETE_KERNEL,
	CLI_COMPLETE_STATE,
};

/**
 * struct cli_option - one option
 * @name: long name without "--"; NULL ends a list
 * @letter: short name, or 0
 * @argument: placeholder of its argument, or NULL if it takes none
 * @help: one line
 * @complete: what its argument is
 * @id: what cli_given() asks for; unique within the verb
 */
struct cli_option {
	const char *name;
	char letter;
	const char *argument;
	const char *help;
	enum cli_complete complete;
	int id;
};

/* How many NAMEs a verb takes. */
enum cli_names {
	CLI_NAMES_NONE,
	CLI_NAMES_ONE,
	CLI_NAMES_SOME,		/* one or more */
	CLI_NAMES_ANY,		/* none or more */
	CLI_NAMES_ONE_MORE,	/* one, and one argument that is no name */
};

/* What names a shell may offer. */
enum cli_name_kind {
	CLI_NAME_CELL,
	CLI_NAME_NEW,		/* a name that is not there yet: nothing to offer */
	CLI_NAME_VERB,
	CLI_NAME_CELL_OR_FILE,
	CLI_NAME_CELL_OR_HOST,
	CLI_NAME_CLUSTER,
	CLI_NAME_TEXT,		/* of comb generate */
};

/**
 * struct cli_verb - one verb
 * @name: the word; of a sub-verb both words, "cluster ls"
 * @usage: what follows it ("[OPTIONS] NAME..."), for --help and the manual
 * @help: one line
 * @text: a paragraph for --help and the manual
 * @options: its own options, ended by a NULL name, or NULL
 * @definition: takes the options of comb_keys too
 * @command: takes "-- COMMAND..."
 * @names: how many names
 * @kind: which names
 * @subs: its sub-verbs, ended by a NULL name, or NULL; it does nothing itself then
 * @run: does it; -1 with the error for a failure that concerns no single
 *	cell, failures of single cells go to cli_report() as they happen
 */
struct cli_verb {
	const char *name;
	const char *usage;
	const char *help;
	const char *text;
	const struct cli_option *options;
	bool definition;
	bool command;
	enum cli_names names;
	enum cli_name_kind kind;
	const struct cli_verb *subs;
	int (*run)(struct cli *cli, struct comb_error *err);
};

/* Ended by a NULL name. */
extern const struct cli_verb cli_verbs[];
extern const struct cli_option cli_global_options[];

/* @name: one word, or of a sub-verb both. NULL: there is none. */
const struct cli_verb *cli_verb_find(const char *name);
/* Of the words after the verb's: "ls" of "cluster ls". */
const char *cli_verb_word(const struct cli_verb *verb);

/* Where an option in a merged list comes from. */
enum cli_source {
	CLI_SOURCE_VERB,
	CLI_SOURCE_KEY,		/* id is an enum comb_key_id */
	CLI_SOURCE_GLOBAL,	/* id is an enum cli_global */
};

enum cli_global {
	CLI_JSON,
	CLI_QUIET,
	CLI_VERBOSE,
	CLI_DRY_RUN,
	CLI_YES,
	CLI_TIMEOUT,
	CLI_HELP,
	CLI_VERSION,
	CLI_GENERATE,
};

struct cli_known {
	struct cli_option option;
	enum cli_source source;
	bool repeats;
};

#define CLI_KNOWN_MAX	64

/*
 * Every option that may follow @verb (NULL: before any verb): the verb's own,
 * the definition's, the global ones. A verb's letter hides a global one.
 * Returns how many; hidden ones have a NULL help.
 */
size_t cli_known_options(const struct cli_verb *verb, struct cli_known *list);

/* One option as the user gave it. */
struct cli_given {
	enum cli_source source;
	int id;
	const char *value;	/* NULL if the option takes none */
};

/**
 * struct cli - one run of the program
 * @verb: what to do
 * @timeout_ms: --timeout, or -1
 * @talk_tty: stderr is a terminal: show progress
 * @colour: stdout may be coloured
 * @given: options of the verb and of the definition, in order
 * @names: arguments that are not options
 * @command: what follows "--", NULL-terminated; NULL if there is no "--"
 * @out: with --json: the object printed at the end
 * @status: status of the first failure
 * @device: /dev/comb, -1 until cli_device()
 */
struct cli {
	const struct cli_verb *verb;
	bool json;
	bool quiet;
	bool verbose;
	bool dry_run;
	bool yes;
	bool help;
	bool version;
	bool talk_tty;
	bool colour;
	int64_t timeout_ms;
	const char *generate;
	struct cli_given *given;
	size_t nr_given;
	char **names;
	size_t nr_names;
	char **command;
	struct json_object *out;
	enum comb_status status;
	int device;
};

/* options.c */
int cli_parse(struct cli *cli, int argc, char *argv[], struct comb_error *err);
/* The last value of a verb's option, "" if it takes none, NULL if not given. */
const char *cli_given(const struct cli *cli, int id);
/* --lines of a verb that has it; SIZE_MAX: all. */
int cli_lines(const struct cli *cli, size_t *lines, struct comb_error *err);
/* --timeout, or @seconds. In milliseconds. */
int64_t cli_timeout_ms(const struct cli *cli, int seconds);

/* help.c */
void cli_help(void);
void cli_help_verb(const struct cli_verb *verb);

/* generate.c: print completions or a manual's fragment */
int cli_generate(const char *what, struct comb_error *err);

/*
 * suggest.c: the nearest of @count words to @word, or NULL if none is near.
 * @next returns the i-th word.
 */
const char *cli_nearest(const char *word, const char *(*next)(size_t i, const void *arg),
			size_t count, const void *arg);

/* talk.c: stderr */
/* Results and advice, unless -q. */
void cli_say(const struct cli *cli, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Progress: only on a terminal or with -v, never with -q. */
void cli_progress(const struct cli *cli, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/*
 * Print an error in two lines and remember its status; with --json it also
 * goes into "errors". @name: the cell it is about, or NULL.
 */
void cli_report(struct cli *cli, const char *name, const struct comb_error *err);
/* Does the text of an error begin with the name of the cell it is about? */
bool cli_names_cell(const char *what, const char *name);
/* Ask on the terminal; true without one or with -y: a script said what it wants. */
bool cli_confirm(const struct cli *cli, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Monotonic clock in nanoseconds. */
uint64_t cli_now_ns(void);
/* "0.31 s" */
const char *cli_seconds(uint64_t ns, char *buffer, size_t size);
/* "CPU 3" or "CPUs 2-3" */
const char *cli_cpus(const struct comb_cpuset *cpus, char *buffer, size_t size);
/* Is root? COMB_UNSUITABLE otherwise; @what: "starting a cell". */
int cli_need_root(const char *what, struct comb_error *err);

/* places.c: directories; the environment may move them, for tests */
const char *cli_config_dir(void);
const char *cli_run_dir(void);
const char *cli_log_dir(void);
/* Path of a program of Comb's own, such as comb-init. COMB_UNSUITABLE if it is not there. */
int cli_find_program(const char *name, char *path, size_t size, struct comb_error *err);

/* json.c: members of JSON objects; out of memory ends the program */
struct json_object *cli_json_object(struct json_object *array);
void cli_json_text(struct json_object *object, const char *key, const char *text);
/* What may be no UTF-8: U+FFFD stands for each byte that is part of none. */
void cli_json_bytes(struct json_object *object, const char *key, const char *data, size_t size);
void cli_json_number(struct json_object *object, const char *key, uint64_t number);
void cli_json_bool(struct json_object *object, const char *key, bool value);
void cli_json_null(struct json_object *object, const char *key);
void cli_json_cpus(struct json_object *object, const char *key, const struct comb_cpuset *cpus);
void cli_json_strings(struct json_object *object, const char *key,
		      const struct comb_strings *strings);
/* An array that is a member of @object, made if it is not there. */
struct json_object *cli_json_array(struct json_object *object, const char *key);

/* memory.c: allocation that ends the program when there is none */
void *cli_calloc(size_t count, size_t size);
char *cli_format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#define CLI_AUTOFREE __attribute__((cleanup(cli_free_pointer)))
void cli_free_pointer(void *pointer);

#endif
