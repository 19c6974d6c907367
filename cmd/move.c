// SPDX-License-Identifier: GPL-2.0-or-later
#include "move.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cells.h"
#include "lock.h"
#include "remote.h"
#include "signal_block.h"

#define LOCK_MS		2000
/* Where the agents keep images, init/job.h. */
#define JOB_DIR		"/run/comb-agent"

/**
 * struct move - one under way
 * @record: of the job, under its lock
 * @to: the new cell
 * @needs: what inspect says the target needs, an argument vector for "fits"
 * @held: the old cell's agent, which lets the job go on when its stdin ends
 */
struct move {
	struct cli *cli;
	struct jobs_record record;
	const char *to;
	struct comb_strings needs;
	struct remote held;
	int pid;
};

/* These would end this program in the middle of a move. */
static const int ending[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, 0 };

/* "PID NAME WHY", or "0 cell WHY", which is about the cell. */
static void refuse_process(struct move *move, const char *text, struct comb_error *err)
{
	char name[32];
	int pid, at = 0;

	if (sscanf(text, "%d %31s %n", &pid, name, &at) != 2 || !at)
		comb_fail(err, COMB_FAILED, "%s's agent sent what makes no sense",
			  move->record.cell);
	else if (!pid)
		comb_fail(err, COMB_FAILED, "%s %s", move->record.cell, text + at);
	else
		comb_fail(err, COMB_FAILED, "%s:%d (%s) %s", move->record.cell, pid, name,
			  text + at);
	comb_make_printable(err->what);
	if (strstr(text, "has no criu"))
		comb_hint(err, "apt install criu, where that cell has its root");
	else
		comb_hint(err, "end what it needs here; man comb, MIGRATION");
}

/* Cut an answer into lines: "no" ones are refusals, of which the first becomes @err. */
static int take_inspection(struct move *move, char *answer, struct comb_error *err)
{
	char *cursor = answer, *line, *need = "0";
	int result = 0;

	comb_strings_add(&move->needs, "fits");
	comb_strings_add(&move->needs, need);
	while ((line = strsep(&cursor, "\n"))) {
		if (!strncmp(line, "no ", 3) && !result) {
			refuse_process(move, line + 3, err);
			result = -1;
		} else if (!strncmp(line, "file ", 5)) {
			comb_strings_add(&move->needs, line);
		} else if (!strncmp(line, "need ", 5)) {
			free(move->needs.list[1]);
			move->needs.list[1] = strdup(line + 5);
		}
	}
	return result;
}

static int inspect(struct move *move, struct comb_error *err)
{
	struct answer answer;
	int result = jobs_ask(move->cli, move->record.cell, &answer, err, "inspect",
			      move->record.id, NULL);

	if (!result)
		result = take_inspection(move, answer.data, err);
	free(answer.data);
	return result;
}

static int fits(struct move *move, struct comb_error *err)
{
	char *none[] = { NULL };
	struct execwire_request request = { .what = EXECWIRE_JOB, .argv = move->needs.list,
					    .environment = none };
	struct answer answer;
	int result = ask_cell(move->cli, move->to, &request, 1u << 20,
			      cli_timeout_ms(move->cli, JOBS_TIMEOUT_S), &answer, err);

	if (result) {
		comb_prefix(err, "%s", move->to);
	} else if (answer.size) {
		const char *why = strncmp(answer.data, "no ", 3) ? "?" : answer.data + 3;

		comb_fail(err, COMB_FAILED, "%s cannot take it: %.*s", move->to,
			  (int)strcspn(why, "\n"), why);
		comb_make_printable(err->what);
		result = comb_hint(err, strstr(why, "has no criu") ?
				   "apt install criu, where that cell has its root" :
				   "comb show %s, and man comb, MIGRATION", move->to);
	}
	free(answer.data);
	return result;
}

static int hold(struct move *move, struct comb_error *err)
{
	char line[64], *argv[] = { "hold", move->record.id, NULL }, *none[] = { NULL };
	struct execwire_request request = { .what = EXECWIRE_JOB, .argv = argv,
					    .environment = none };

	if (remote_start(move->cli, move->record.cell, &request, -1, -1, &move->held, err))
		return -1;
	if (!remote_line(move->cli, &move->held, line, sizeof(line)) && !strcmp(line, "held"))
		return 0;
	if (!remote_end(&move->held, err))
		comb_fail(err, COMB_FAILED, "its agent did not stop it");
	move->held.pid = -1;
	comb_prefix(err, "%s", move->record.cell);
	return comb_hint(err, "comb logs %s; the job goes on there", move->record.cell);
}

/* The images, from one agent's stdout to the other's stdin. */
static int carry(struct move *move, struct comb_error *err)
{
	CLI_AUTOFREE char *path = cli_format(JOB_DIR "/%s", move->record.id);
	char *send_argv[] = { path, NULL }, *take_argv[] = { JOB_DIR, move->record.id, NULL };
	char *none[] = { NULL };
	struct execwire_request send = { .what = EXECWIRE_TREE_SEND, .argv = send_argv,
					 .environment = none };
	struct execwire_request take = { .what = EXECWIRE_TREE_TAKE, .argv = take_argv,
					 .environment = none };
	struct comb_error other = { 0 };
	struct remote sender, taker;
	int result;

	if (remote_start(move->cli, move->record.cell, &send, -1, -1, &sender, err))
		return -1;
	result = remote_start(move->cli, move->to, &take, sender.out, -1, &taker, err);
	close(sender.out);
	sender.out = -1;
	if (!result && remote_end(&taker, err))
		result = comb_prefix(err, "%s", move->to);
	if (remote_end(&sender, &other) && !result) {
		*err = other;
		result = comb_prefix(err, "%s", move->record.cell);
	}
	return result;
}

static int restore(struct move *move, struct comb_error *err)
{
	struct answer answer;
	int result = jobs_ask(move->cli, move->to, &answer, err, "restore", move->record.id, NULL);

	if (!result && sscanf(answer.data, "restored %d", &move->pid) != 1)
		result = comb_fail(err, COMB_FAILED, "%s: its agent sent what makes no sense",
				   move->to);
	free(answer.data);
	return result;
}

/* From here on there is no way back: the old copy first. */
static int commit(struct move *move, struct comb_error *err)
{
	int result = jobs_tell(move->cli, move->record.cell, "kill", move->record.id, err);

	/* A cell that is down has no copy any more, either. */
	if (result && err->status != COMB_NO_CELL)
		return -1;
	memset(err, 0, sizeof(*err));
	return 0;
}

/* With the job stopped: the rest. Whatever fails, jobs_settle() finds out what is true. */
static int switch_over(struct move *move, struct comb_error *err)
{
	struct comb_error settled = { 0 }, ignored = { 0 };
	struct jobs_record *record = &move->record;
	int result = carry(move, err);

	if (!result)
		result = restore(move, err);
	if (!result)
		result = commit(move, err);
	if (!result) {
		result = jobs_settle(move->cli, record, err);
		record->pid = move->pid;
		if (!result)
			result = jobs_write(record, err);
		remote_end(&move->held, &ignored);
		return result;
	}
	if (!err->hint[0])
		comb_hint(err, "comb logs %s; the job goes on in %s", move->to, record->cell);
	/* Not by the end of the agent's stdin, so that it is known to go on. */
	if (jobs_settle(move->cli, record, &settled))
		*err = settled;
	else if (!strcmp(record->cell, move->to))
		memset(err, 0, sizeof(*err));
	remote_end(&move->held, &ignored);
	return err->status ? -1 : 0;
}

static int move_locked(struct move *move, struct move_result *result, struct comb_error *err)
{
	struct comb_error ignored = { 0 };
	sigset_t before;
	uint64_t since;
	int failed;

	if (inspect(move, err) || fits(move, err))
		return -1;
	if (move->cli->dry_run)
		return 0;
	/* What a move that was broken may have left there. */
	if (jobs_tell(move->cli, move->to, "kill", move->record.id, err))
		return -1;
	/* What takes its time and need not be done while the job stands still. */
	jobs_tell(move->cli, move->record.cell, "prepare", move->record.id, &ignored);
	jobs_tell(move->cli, move->to, "prepare", move->record.id, &ignored);
	snprintf(move->record.to, sizeof(move->record.to), "%s", move->to);
	signal_block(ending, NULL, &before);
	since = cli_now_ns();
	failed = jobs_write(&move->record, err) || hold(move, err);
	if (failed) {
		move->record.to[0] = '\0';
		jobs_write(&move->record, &ignored);
	} else {
		failed = switch_over(move, err);
	}
	result->still_ns = cli_now_ns() - since;
	result->pid = move->record.pid;
	sigprocmask(SIG_SETMASK, &before, NULL);
	return failed ? -1 : 0;
}

int move_to(struct cli *cli, const char *id, const char *from, const char *to,
	    struct move_result *result, struct comb_error *err)
{
	struct move move = { .cli = cli, .to = to, .held.pid = -1 };
	struct comb_error unknown = { 0 };
	struct comb_cell target;
	int lock, failed = -1;

	memset(result, 0, sizeof(*result));
	if (!strcmp(from, to)) {
		comb_fail(err, COMB_USAGE, "it is in %s already", to);
		return comb_hint(err, "comb ls");
	}
	/* A name that is nobody's is told as such, whatever else there is to say of the job. */
	if (cells_open(cli, to, &target, err))
		return -1;
	comb_cell_close(&target);
	lock = lock_job(id, LOCK_MS, err);
	if (lock < 0)
		return -1;
	snprintf(move.record.id, sizeof(move.record.id), "%s", id);
	/* A job whose comb exec has gone away has no record. */
	if (jobs_read(&move.record, &unknown))
		snprintf(move.record.cell, sizeof(move.record.cell), "%s", from);
	if (jobs_settle(cli, &move.record, err))
		goto out;
	if (strcmp(move.record.cell, from)) {
		comb_fail(err, COMB_TAKEN, "it is in %s now", move.record.cell);
		comb_hint(err, "comb ps %s", move.record.cell);
		goto out;
	}
	failed = move_locked(&move, result, err);
out:
	comb_strings_free(&move.needs);
	close(lock);
	return failed;
}
