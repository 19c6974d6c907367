// SPDX-License-Identifier: GPL-2.0-or-later
#include "signals.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "ask.h"
#include "process_signal.h"

#define ANSWER_BYTES	16	/* most of one line */

static int send_here(char *const targets[], size_t count, int number, int errors[])
{
	for (size_t i = 0; i < count; i++)
		errors[i] = process_signal(targets[i], number);
	return 0;
}

/* One line with a number for each. */
static int take_answer(const char *at, size_t count, int errors[], struct comb_error *err)
{
	for (size_t i = 0; i < count; i++) {
		char *end;
		unsigned long error = isdigit((unsigned char)*at) ? strtoul(at, &end, 10) : 0;

		if (!isdigit((unsigned char)*at) || *end != '\n' || error > 4095)
			return comb_fail(err, COMB_FAILED, "its agent sent what makes no sense");
		errors[i] = (int)error;
		at = end + 1;
	}
	return 0;
}

int signal_send(struct cli *cli, const char *cell, char *const targets[], size_t count, int number,
		int errors[], struct comb_error *err)
{
	char **argv, *none[] = { NULL }, text[SIGNAL_NAME_SIZE];
	struct execwire_request request = { .what = EXECWIRE_KILL, .environment = none };
	struct answer answer;
	int result;

	if (!strcmp(cell, "host"))
		return send_here(targets, count, number, errors);
	if (cli_need_root("a signal to a cell's process", err))
		return -1;
	snprintf(text, sizeof(text), "%d", number);
	argv = cli_calloc(count + 2, sizeof(*argv));
	argv[0] = text;
	memcpy(argv + 1, targets, count * sizeof(*argv));
	request.argv = argv;
	result = ask_cell(cli, cell, &request, count * ANSWER_BYTES,
			  cli_timeout_ms(cli, AGENT_TIMEOUT_S), &answer, err);
	if (!result)
		result = take_answer(answer.data, count, errors, err);
	free(answer.data);
	free(argv);
	return result;
}

int signal_refused(const char *cell, int pid, int error, struct comb_error *err)
{
	if (error == ESRCH) {
		comb_fail(err, COMB_FAILED, "%s:%d: there is no such process", cell, pid);
		return comb_hint(err, "comb ps %s", cell);
	}
	if (error == EPERM) {
		comb_fail(err, COMB_UNSUITABLE, "%s:%d: only its owner and root may do that", cell,
			  pid);
		return comb_hint(err, "sudo comb ...");
	}
	comb_fail(err, COMB_FAILED, "%s:%d: %s", cell, pid, strerror(error));
	return comb_hint(err, "comb ps %s", cell);
}
