// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_all.c - comb all: one command in many cells, equal output once */
#include "verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent.h"
#include "client.h"
#include "gather.h"
#include "kernels.h"

/* Kept of each output of each cell. In man/comb.1.scd, too. */
#define OUTPUT_MAX	(1u << 20)
/* stdin is kept, too, as each cell reads it at its own pace. */
#define INPUT_MAX	(64u << 20)

/**
 * struct member - one cell and its command
 * @failed: Comb did, @err says why; otherwise @gather.status is the command's
 */
struct member {
	struct cli *cli;
	const char *name;
	int input;
	struct agent_order order;
	struct gather gather;
	struct comb_cell cell;
	bool failed;
	struct comb_error err;
	pthread_t thread;
	bool threaded;
};

/* A connection to a kernel that died does not end by itself, and one that hangs may never. */
static bool is_gone(void *arg, struct comb_error *err)
{
	struct member *member = arg;
	struct comb_observation seen;

	if (cells_observe(&member->cell, &seen, err))
		return true;
	if (cells_is_down(seen.state))
		comb_fail(err, COMB_NO_CELL, "went down: %s", comb_state_name(seen.state));
	else if (seen.state == COMB_STATE_HUNG)
		comb_fail(err, COMB_FAILED, "hangs");
	else
		return false;
	comb_hint(err, "comb logs %s", member->name);
	return true;
}

static int connect_to(struct member *member, struct comb_error *err)
{
	int64_t timeout_ms = cli_timeout_ms(member->cli, AGENT_TIMEOUT_S);
	struct comb_observation seen;

	if (cells_open(member->cli, member->name, &member->cell, err) ||
	    cells_observe(&member->cell, &seen, err))
		return -1;
	if (seen.state == COMB_STATE_LOADING || cells_is_down(seen.state))
		return agent_refuse_down(&member->cell, &seen, err);
	if (is_gone(member, err))
		return -1;
	return agent_connect(&member->cell, timeout_ms, NULL, err);
}

static int run_member(struct member *member)
{
	struct cli *cli = member->cli;
	struct execwire_request request = { .what = EXECWIRE_RUN, .argv = cli->command };
	struct gather *gather = &member->gather;
	char path[32];
	int fd;

	*gather = (struct gather){
		.request = &request, .in = -1, .end = UINT64_MAX, .gone = is_gone, .arg = member,
		.out = { { .most = OUTPUT_MAX }, { .most = OUTPUT_MAX } },
	};
	if (cli->timeout_ms >= 0)
		gather->end = cli_now_ns() + cli->timeout_ms * 1000000ULL;
	fd = connect_to(member, &member->err);
	if (fd < 0)
		return -1;
	agent_request(&request, &member->order);
	/* Each with a place of its own in it. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", member->input);
	if (member->input >= 0)
		gather->in = open(path, O_RDONLY | O_CLOEXEC);
	if (member->input >= 0 && gather->in < 0) {
		close(fd);
		return comb_fail(&member->err, COMB_FAILED, "cannot read the input again: %s",
				 strerror(errno));
	}
	fd = gather_over(fd, gather, &member->err);
	if (gather->in >= 0)
		close(gather->in);
	gather->request = NULL;
	return fd;
}

static void *member_thread(void *arg)
{
	struct member *member = arg;

	member->failed = run_member(member);
	return NULL;
}

static void run_all(struct member *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		list[i].threaded = !pthread_create(&list[i].thread, NULL, member_thread, &list[i]);
	for (size_t i = 0; i < count; i++) {
		if (list[i].threaded)
			pthread_join(list[i].thread, NULL);
		else
			member_thread(&list[i]);
	}
}

/* ---- what came of it */

static bool same_output(const struct gather_output *a, const struct gather_output *b)
{
	return a->size == b->size && a->dropped == b->dropped &&
	       (!a->size || !memcmp(a->data, b->data, a->size));
}

/* As dshbak and clubak write it: the names between two lines, then what all of them said. */
static void print_group(FILE *to, const struct member *list, size_t count, size_t first, int which)
{
	static const char line[] = "---------------";
	const struct gather_output *output = &list[first].gather.out[which];
	size_t same = 0;

	fprintf(to, "%s\n", line);
	for (size_t i = first; i < count; i++)
		if (same_output(&list[i].gather.out[which], output))
			fprintf(to, "%s%s", same++ ? "," : "", list[i].name);
	if (same > 1)
		fprintf(to, " (%zu)", same);
	fprintf(to, "\n%s\n", line);
	fwrite(output->data, 1, output->size, to);
	if (output->data[output->size - 1] != '\n')
		putc('\n', to);
}

static void print_outputs(FILE *to, const struct member *list, size_t count, int which)
{
	for (size_t i = 0; i < count; i++) {
		const struct gather_output *output = &list[i].gather.out[which];
		size_t before = 0;

		while (before < i && !same_output(&list[before].gather.out[which], output))
			before++;
		if (before == i && output->size)
			print_group(to, list, count, i, which);
	}
	fflush(to);
}

static int status_of(const struct member *member)
{
	return member->failed ? EXECWIRE_FAILED : member->gather.status;
}

/* In words, also that the command has failed. */
static void judge(struct member *member)
{
	int status = member->gather.status;
	struct comb_error *err = &member->err;

	if (member->failed) {
		if (err->status == COMB_TIMEOUT)
			comb_hint(err, "a longer --timeout, or comb logs %s", member->name);
		return;
	}
	if (err->what[0]) {
		comb_hint(err, status == EXECWIRE_NOT_FOUND ? "a command that the cell has" :
			  "a program and a directory that the cell has");
		return;
	}
	if (!status)
		return;
	if (status > CLIENT_SIGNALLED)
		comb_fail(err, COMB_FAILED, "the command was ended by signal %d (%s)",
			  status - CLIENT_SIGNALLED, strsignal(status - CLIENT_SIGNALLED));
	else
		comb_fail(err, COMB_FAILED, "the command ended with status %d", status);
	comb_hint(err, "comb exec %s -- %s", member->name, member->cli->command[0]);
}

static void tell_cut(const struct member *member)
{
	static const char *const names[] = { "output", "errors" };

	for (int i = 0; i < GATHER_OUTPUTS; i++)
		if (member->gather.out[i].dropped)
			cli_say(member->cli, "%s: warning: its %s were cut off after %u bytes, %llu "
				"more came", member->name, names[i], OUTPUT_MAX,
				(unsigned long long)member->gather.out[i].dropped);
}

static void json_member(struct json_object *cells, const struct member *member)
{
	static const char *const names[] = { "stdout", "stderr" };
	static const char *const dropped[] = { "stdout_dropped", "stderr_dropped" };
	struct json_object *cell = cli_json_object(cells);

	cli_json_text(cell, "name", member->name);
	if (member->failed)
		cli_json_null(cell, "status");
	else
		cli_json_number(cell, "status", member->gather.status);
	for (int i = 0; i < GATHER_OUTPUTS; i++) {
		const struct gather_output *output = &member->gather.out[i];

		cli_json_bytes(cell, names[i], output->data ?: "", output->size);
		cli_json_number(cell, dropped[i], output->dropped);
	}
	cli_json_text(cell, "error", member->err.what[0] ? member->err.what : NULL);
}

static void tell(struct cli *cli, struct member *list, size_t count)
{
	int worst = 0;

	for (size_t i = 0; i < count; i++)
		judge(&list[i]);
	if (cli->json) {
		struct json_object *cells = cli_json_array(cli->out, "cells");

		for (size_t i = 0; i < count; i++)
			json_member(cells, &list[i]);
	} else {
		print_outputs(stdout, list, count, GATHER_OUT);
		print_outputs(stderr, list, count, GATHER_ERROR);
	}
	for (size_t i = 0; i < count; i++) {
		tell_cut(&list[i]);
		if (list[i].err.what[0])
			cli_report(cli, list[i].name, &list[i].err);
		if (status_of(&list[i]) > worst)
			worst = status_of(&list[i]);
	}
	cli->status = (enum comb_status)worst;
}

/* ---- what goes in */

/* All of stdin, in memory; -1 with the error. */
static int read_input(struct comb_error *err)
{
	int fd = memfd_create("comb-all", MFD_CLOEXEC);
	char data[65536];
	size_t all = 0;
	ssize_t got;

	while (fd >= 0 && (got = read(STDIN_FILENO, data, sizeof(data)))) {
		if (got < 0 && errno == EINTR)
			continue;
		all += got > 0 ? got : 0;
		if (all > INPUT_MAX) {
			close(fd);
			comb_fail(err, COMB_USAGE, "all: stdin has more than 64 MiB");
			return comb_hint(err, "comb cp - NAME:/FILE");
		}
		if (got < 0 || write(fd, data, got) != got) {
			close(fd);
			fd = -1;
		}
	}
	if (fd < 0)
		comb_fail(err, (enum comb_status)EXECWIRE_FAILED, "cannot keep stdin: %s",
			  strerror(errno));
	return fd;
}

static int choose_names(struct cli *cli, struct comb_strings *names, struct comb_error *err)
{
	memset(names, 0, sizeof(*names));
	for (size_t i = 0; i < cli->nr_names; i++)
		comb_strings_add(names, cli->names[i]);
	if (!cli->nr_names && kernels_running(cli, names, err))
		return -1;
	if (!names->count) {
		comb_fail(err, (enum comb_status)EXECWIRE_FAILED, "no cell is running");
		return comb_hint(err, "comb start NAME");
	}
	/* Opened here, not by several threads at a time. */
	return cells_module_loaded() && cells_device(cli, false, err) < 0 ? -1 : 0;
}

static int run_in_all(struct cli *cli, const struct comb_strings *names, int input,
		      struct comb_error *err)
{
	struct member *list = cli_calloc(names->count, sizeof(*list));
	int result = 0;

	/* All of them before anything can fail: what is given back below must not be a file 0. */
	for (size_t i = 0; i < names->count; i++)
		list[i] = (struct member){ .cli = cli, .name = names->list[i], .input = input,
					   .cell.fd = -1 };
	for (size_t i = 0; i < names->count && !result; i++) {
		result = agent_order(cli, &list[i].order, err);
		list[i].order.tty = false;
		agent_order_cell(&list[i].order, list[i].name);
	}
	for (size_t i = 0; i < names->count && !result && cli->dry_run; i++)
		cli_say(cli, "%s: would run %s", list[i].name, cli->command[0]);
	if (!result && !cli->dry_run) {
		run_all(list, names->count);
		tell(cli, list, names->count);
	}
	for (size_t i = 0; i < names->count; i++) {
		gather_free(&list[i].gather);
		agent_order_free(&list[i].order);
		comb_cell_close(&list[i].cell);
	}
	free(list);
	return result;
}

int verb_all(struct cli *cli, struct comb_error *err)
{
	struct comb_strings names = { 0 };
	int input = -1, result;

	if (!cli->command) {
		comb_fail(err, COMB_USAGE, "all: no COMMAND given");
		return comb_hint(err, "comb all %s", cli->verb->usage);
	}
	result = cli_need_root("running something in a cell", err) ||
		 choose_names(cli, &names, err) ? -1 : 0;
	if (!result && cli_given(cli, OPTION_STDIN) && !cli->dry_run) {
		input = read_input(err);
		result = input < 0 ? -1 : 0;
	}
	if (!result)
		result = run_in_all(cli, &names, input, err);
	if (input >= 0)
		close(input);
	comb_strings_free(&names);
	/* 5 and the like would be a command's. */
	if (result && err->status != COMB_USAGE)
		err->status = (enum comb_status)EXECWIRE_FAILED;
	return result;
}
