// SPDX-License-Identifier: GPL-2.0-or-later
/* jobs_exec.c - comb exec --movable: a job, and this program its client wherever it goes */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "jobs.h"
#include "lock.h"
#include "patience.h"
#include "place.h"
#include "verbs.h"

#define LOCK_STEP_MS	1000
#define START_TIMEOUT_S	60
#define AGAIN_PAUSE_MS	50

/**
 * struct follower - what client_run() asks of this program
 * @record: of the job
 * @cell: where the job is; fd is -1 if it is not open
 */
struct follower {
	struct cli *cli;
	struct jobs_record record;
	struct comb_cell cell;
};

/* "PID", or "!STATUS WHY". */
static int take_start(const char *answer, struct jobs_record *record, struct comb_error *err)
{
	int status, at = 0;

	if (sscanf(answer, "!%d %n", &status, &at) != 1) {
		record->pid = atoi(answer);
		return record->pid > 0 ? 0 :
		       comb_fail(err, COMB_FAILED, "its agent sent what makes no sense");
	}
	comb_fail(err, (enum comb_status)status, "%.*s", (int)strcspn(answer + at, "\n"),
		  answer + at);
	comb_make_printable(err->what);
	if (status != EXECWIRE_NOT_FOUND && status != EXECWIRE_CANNOT_RUN) {
		err->status = COMB_FAILED;
		return comb_hint(err, "comb logs %s", record->cell);
	}
	return comb_hint(err, status == EXECWIRE_NOT_FOUND ? "a command that the cell has" :
			 "a program and a directory that the cell has");
}

static int start(struct follower *f, const struct agent_order *order, struct comb_error *err)
{
	struct cli *cli = f->cli;
	struct execwire_request request = { .what = EXECWIRE_JOB_START };
	struct answer answer;
	size_t count = 0;
	int result;

	while (cli->command[count])
		count++;
	agent_request(&request, order);
	request.tty = false;
	request.argv = cli_calloc(count + 2, sizeof(*request.argv));
	request.argv[0] = f->record.id;
	memcpy(request.argv + 1, cli->command, count * sizeof(*request.argv));
	result = ask_cell(cli, f->record.cell, &request, 4096,
			  cli_timeout_ms(cli, START_TIMEOUT_S), &answer, err);
	if (!result)
		result = take_start(answer.data, &f->record, err);
	if (!result && cli_given(cli, OPTION_ANY))
		place_started(f->record.pid);
	free(answer.data);
	free(request.argv);
	return result;
}

/* The lock of a job that is being moved is held for as long as that takes. */
static int wait_for_lock(const char *id, struct comb_error *err)
{
	int fd;

	do {
		memset(err, 0, sizeof(*err));
		fd = lock_job(id, LOCK_STEP_MS, err);
	} while (fd < 0 && err->status == COMB_TAKEN);
	return fd;
}

static int reach(struct follower *f, struct comb_error *err)
{
	if (f->cell.fd >= 0)
		comb_cell_close(&f->cell);
	f->cell.fd = -1;
	if (cells_open(f->cli, f->record.cell, &f->cell, err)) {
		f->cell.fd = -1;
		return -1;
	}
	return agent_open(f->cli, f->record.cell, err);
}

/* Wait until it is in one place, and connect to that. */
static int again(void *arg, struct comb_error *err)
{
	struct follower *f = arg;
	int lock, fd = -1;

	poll(NULL, 0, AGAIN_PAUSE_MS);
	lock = wait_for_lock(f->record.id, err);
	if (lock < 0)
		return -1;
	if (jobs_read(&f->record, err) || jobs_settle(f->cli, &f->record, err))
		goto out;
	if (jobs_look(f->cli, f->record.cell, f->record.id) == JOBS_COPY_NONE) {
		comb_fail(err, COMB_FAILED, "the job is gone");
		comb_hint(err, "comb events %s", f->record.cell);
		goto out;
	}
	fd = reach(f, err);
out:
	close(lock);
	return fd;
}

static bool is_down(void *arg)
{
	struct follower *f = arg;
	struct patience patience = { .cell = &f->cell, .endless = true };
	struct comb_error ignored = { 0 };

	return f->cell.fd < 0 || patience_ends(&patience, &ignored);
}

static int follow(struct follower *f, struct comb_error *err)
{
	char *argv[] = { f->record.id, NULL }, *none[] = { NULL };
	struct client_run run = {
		.request = { .what = EXECWIRE_JOB_ATTACH, .argv = argv, .environment = none },
		.in = STDIN_FILENO, .out = STDOUT_FILENO, .error = STDERR_FILENO,
		.is_down = is_down, .again = again, .arg = f,
	};
	int fd = reach(f, err), status, result;

	if (fd < 0)
		return -1;
	result = client_run(fd, &run, &status, err);
	close(fd);
	if (!result)
		f->cli->status = (enum comb_status)status;
	return result;
}

/* Nobody moves what is over. */
static void forget(const char *id)
{
	struct comb_error ignored = { 0 };
	int lock = lock_job(id, LOCK_STEP_MS, &ignored);

	if (lock < 0)
		return;
	jobs_remove(id);
	lock_job_forget(id);
	close(lock);
}

static int begin(struct follower *f, const struct agent_order *order, struct comb_error *err)
{
	int lock, result;

	jobs_sweep(f->cli);
	if (jobs_new_id(f->record.id, err))
		return -1;
	lock = lock_job(f->record.id, LOCK_STEP_MS, err);
	if (lock < 0)
		return -1;
	result = jobs_write(&f->record, err) || start(f, order, err) ||
		 jobs_write(&f->record, err) ? -1 : 0;
	close(lock);
	return result;
}

int jobs_exec(struct cli *cli, const char *cell, const struct agent_order *order,
	      struct comb_error *err)
{
	struct follower f = { .cli = cli, .cell.fd = -1 };
	int result;

	/* That all three files are one is no wish for a terminal there. */
	if (order->tty && cli_given(cli, OPTION_TTY)) {
		comb_fail(err, COMB_USAGE, "a movable job has no terminal");
		return comb_hint(err, "--no-tty");
	}
	snprintf(f.record.cell, sizeof(f.record.cell), "%s", cell);
	result = begin(&f, order, err);
	if (!result && cli_given(cli, OPTION_ANY))
		place_started(f.record.pid);
	if (!result)
		result = follow(&f, err);
	forget(f.record.id);
	if (f.cell.fd >= 0)
		comb_cell_close(&f.cell);
	if (!result)
		return 0;
	/* As agent_run() has it: what is no status of the command's is 125. */
	if (err->status < EXECWIRE_FAILED && err->status != COMB_NO_CELL &&
	    err->status != COMB_USAGE)
		err->status = (enum comb_status)EXECWIRE_FAILED;
	if (!err->hint[0])
		comb_hint(err, "comb logs %s", cell);
	return comb_prefix(err, "%s", cell);
}
