// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_signal.c - comb signal */
#include "verbs.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "process.h"
#include "signals.h"

/**
 * struct target - one CELL:PID
 * @text: its PID, for process_signal()
 * @done: the signal has been sent, or cannot be
 */
struct target {
	char cell[COMB_NAME_SIZE];
	char text[16];
	pid_t pid;
	bool done;
};

/* The last argument is the signal if it is no CELL:PID; or --signal says which. */
static int choose_signal(const struct cli *cli, int *number, size_t *count, struct comb_error *err)
{
	const char *given = cli_given(cli, OPTION_SIGNAL), *last = cli->names[cli->nr_names - 1];

	*number = SIGTERM;
	*count = cli->nr_names;
	if (!strchr(last, ':') && *count > 1) {
		if (given) {
			comb_fail(err, COMB_USAGE, "two signals are given: %s and %s", given, last);
			return comb_hint(err, "comb signal %s %s", cli->names[0], last);
		}
		given = last;
		--*count;
	}
	return given ? signal_parse(given, number, err) : 0;
}

static int parse_targets(const struct cli *cli, struct target *list, size_t count,
			 struct comb_error *err)
{
	for (size_t i = 0; i < count; i++) {
		if (process_name_parse(cli->names[i], list[i].cell, &list[i].pid, err))
			return -1;
		snprintf(list[i].text, sizeof(list[i].text), "%d", list[i].pid);
	}
	return 0;
}

/* A kernel's first process is its system: to end that there is comb stop. */
static int ask_first(struct cli *cli, const struct target *list, size_t count, int number,
		     struct comb_error *err)
{
	char name[SIGNAL_NAME_SIZE];

	for (size_t i = 0; number && !cli->dry_run && i < count; i++) {
		if (list[i].pid != 1)
			continue;
		if (cli_confirm(cli, "%s:1 is the first process of its kernel, which may go down. "
				"Send %s?", list[i].cell, signal_name(number, name)))
			continue;
		comb_fail(err, COMB_FAILED, "%s:1: nothing was sent", list[i].cell);
		return comb_hint(err, "comb stop %s", list[i].cell);
	}
	return 0;
}

static void tell(struct cli *cli, const struct target *target, int number)
{
	char name[SIGNAL_NAME_SIZE];
	struct json_object *sent;

	signal_name(number, name);
	if (cli->dry_run)
		cli_say(cli, "would send %s to %s:%d", name, target->cell, target->pid);
	if (!cli->out || cli->dry_run)
		return;
	sent = cli_json_object(cli_json_array(cli->out, "sent"));
	cli_json_text(sent, "cell", target->cell);
	cli_json_number(sent, "pid", target->pid);
	cli_json_number(sent, "signal", number);
	cli_json_text(sent, "name", name);
}

/* All targets in the kernel of the first one, in one go. */
static void send_to(struct cli *cli, struct target *first, size_t count, int number)
{
	char **texts = cli_calloc(count, sizeof(*texts));
	int *errors = cli_calloc(count, sizeof(*errors));
	size_t *where = cli_calloc(count, sizeof(*where)), mine = 0;
	struct comb_error err = { 0 };

	for (size_t i = 0; i < count; i++)
		if (!strcmp(first[i].cell, first->cell)) {
			first[i].done = true;
			where[mine] = i;
			texts[mine++] = first[i].text;
		}
	if (signal_send(cli, first->cell, texts, mine, cli->dry_run ? 0 : number, errors, &err)) {
		cli_report(cli, first->cell, &err);
		mine = 0;
	}
	for (size_t i = 0; i < mine; i++) {
		const struct target *target = &first[where[i]];

		if (!errors[i]) {
			tell(cli, target, number);
			continue;
		}
		memset(&err, 0, sizeof(err));
		signal_refused(target->cell, target->pid, errors[i], &err);
		cli_report(cli, target->cell, &err);
	}
	free(where);
	free(errors);
	free(texts);
}

int verb_signal(struct cli *cli, struct comb_error *err)
{
	struct target *list = cli_calloc(cli->nr_names, sizeof(*list));
	size_t count;
	int number, result = choose_signal(cli, &number, &count, err);

	if (!result)
		result = parse_targets(cli, list, count, err);
	if (!result)
		result = ask_first(cli, list, count, number, err);
	for (size_t i = 0; !result && i < count; i++)
		if (!list[i].done)
			send_to(cli, &list[i], count - i, number);
	if (!result && cli->out)
		cli_json_array(cli->out, "sent");
	free(list);
	return result;
}
