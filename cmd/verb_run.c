// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_run.c - comb run: a cell for the time of one command */
#include "verbs.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "backings.h"
#include "boot.h"
#include "checkdef.h"
#include "halt.h"
#include "keeper.h"
#include "lock.h"
#include "record.h"
#include "restarts.h"
#include "signal_block.h"
#include "up.h"

#define LOCK_MS		200
#define WATCH_MS	50

extern char **environ;

/*
 * Signals that end this program while there is no command to pass them on to. They are
 * blocked all the time, so that the cell is always given back; the watcher takes them while
 * the cell boots.
 */
static struct {
	sigset_t set;
	pthread_t thread;
	bool watching;
	int got;		/* the signal, 0 if there was none */
	struct work *work;
} ending;

static bool is_ending(void)
{
	return __atomic_load_n(&ending.got, __ATOMIC_ACQUIRE);
}

/* Destroying the cell ends whatever waits for it. */
static void destroy_cell(void)
{
	struct comb_error ignored = { 0 };
	struct comb_cell cell;

	if (ending.work->cli->device < 0 ||
	    comb_cell_open(ending.work->cli->device, ending.work->name, &cell, &ignored))
		return;
	comb_cell_destroy(&cell, &ignored);
	comb_cell_close(&cell);
}

static void *watch(void *unused)
{
	struct timespec pause = { .tv_nsec = WATCH_MS * 1000000L };
	int number;

	(void)unused;
	while (__atomic_load_n(&ending.watching, __ATOMIC_ACQUIRE)) {
		number = sigtimedwait(&ending.set, NULL, &pause);
		if (number > 0)
			__atomic_store_n(&ending.got, number, __ATOMIC_RELEASE);
		if (is_ending())
			destroy_cell();
	}
	return NULL;
}

static int watch_begin(struct work *work, struct comb_error *err)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, 0 };

	signal_block(numbers, &ending.set, NULL);
	ending.work = work;
	ending.watching = true;
	if (!pthread_create(&ending.thread, NULL, watch, NULL))
		return 0;
	ending.watching = false;
	return comb_fail(err, COMB_FAILED, "no thread");
}

/* From now on signals stay where they are until somebody takes them. */
static void watch_end(void)
{
	if (!ending.watching)
		return;
	__atomic_store_n(&ending.watching, false, __ATOMIC_RELEASE);
	pthread_join(ending.thread, NULL);
}

static int refuse_restart(const struct comb_definition *def, struct comb_error *err)
{
	for (int i = 0; i < COMB_WATCH_CASES; i++) {
		if (!(def->watch.actions[i] & (COMB_WATCH_RESTART | COMB_WATCH_STOP)))
			continue;
		comb_fail(err, COMB_USAGE, "a cell of run ends with its command: nothing restarts it");
		return comb_hint(err, "comb create and comb start, or notify and dump only");
	}
	return 0;
}

static int define(struct cli *cli, struct comb_definition *def, const char *name,
		  struct comb_error *err)
{
	char **command = cli->command;
	int result;

	/* COMMAND is the agent's business, not comb-init's. */
	cli->command = NULL;
	result = checkdef_whole(cli, def, name, err);
	cli->command = command;
	if (!result && !def->origin[COMB_KEY_ROOT].where)
		result = comb_definition_set(def, COMB_KEY_ROOT, "host", "comb run", 0, err);
	if (!result && !def->devices) {
		comb_fail(err, COMB_USAGE, "run reaches its command by a virtual device");
		return comb_hint(err, "leave out --devices no");
	}
	if (!result)
		result = refuse_restart(def, err);
	/* What is quick to look at comes first. */
	return result || backings_check(def, err) || checkdef(cli, def, err) ? -1 : 0;
}

/* comb-init goes on without what it could not set up; a command must not. */
static int check_log(struct work *work, struct comb_error *err)
{
	struct record_place place = { 0 };
	struct record_list log = { 0 };
	int result = 0;

	if (record_read(&work->cell, &place, &log, err))
		log.count = 0;
	memset(err, 0, sizeof(*err));
	for (size_t i = 0; i < log.count && !result; i++) {
		const char *trouble = strstr(log.list[i].text, COMB_TROUBLE_LINE);

		if (!trouble)
			continue;
		comb_fail(err, COMB_FAILED, "%s: %s", work->name,
			  trouble + strlen(COMB_TROUBLE_LINE));
		result = comb_hint(err, "comb logs %s", work->name);
	}
	record_place_free(&place);
	record_free(&log);
	return result;
}

static int run_command(struct cli *cli, struct work *work, int fd,
		       const struct agent_order *order, struct comb_error *err)
{
	bool host = !strcmp(work->def.root ?: "", "host");
	char here[PATH_MAX], *none[] = { NULL };
	struct client_run run = {
		.request = { .what = cli->command ? EXECWIRE_RUN : EXECWIRE_SHELL,
			     .argv = cli->command ? cli->command : none },
		.in = STDIN_FILENO, .out = STDOUT_FILENO, .error = STDERR_FILENO,
	};
	uint64_t since = cli_now_ns();
	int result;

	agent_request(&run.request, order);
	if (!order->directory && host && cli->command)
		run.request.directory = getcwd(here, sizeof(here)) ?: "";
	result = agent_run(cli, work->name, fd, &run, err);
	work_phase(work, "command", since);
	return result;
}

/* A cell that is somebody else's stays as it is. The cell's own error becomes @err. */
static int claim_name(struct work *work, struct comb_error *err)
{
	work->lock = lock_cell(work->name, LOCK_MS, &work->err);
	if (work->lock >= 0 && !up_clear(work))
		return 0;
	*err = work->err;
	return comb_prefix(err, "%s", work->name);
}

/* Boot, and reach the agent. The cell's own error becomes @err. */
static int bring_up(struct work *work, struct comb_error *err)
{
	struct cli *cli = work->cli;
	uint64_t since;
	int fd;

	if (up_start(work, 1, &work->err) || work->failed || check_log(work, &work->err)) {
		*err = work->err;
		comb_prefix(err, "%s", work->name);
		return -1;
	}
	since = cli_now_ns();
	fd = agent_connect(&work->cell, cli_timeout_ms(cli, BOOT_TIMEOUT_S), is_ending, err);
	if (fd < 0)
		return comb_prefix(err, "%s", work->name);
	work_phase(work, "agent", since);
	return fd;
}

/* Disks and what is written to the host need an orderly end; a throw-away root does not. */
static bool has_state(const struct comb_definition *def)
{
	return def->disks.count || def->shares.count || (def->root && strcmp(def->root, "host"));
}

static void take_down(struct work *work, bool was_up, struct comb_error *err, int *result)
{
	struct comb_error why = { 0 };

	work->failed = false;
	memset(&work->err, 0, sizeof(work->err));
	if (was_up && has_state(&work->def) && halt_ask(work))
		memset(&work->err, 0, sizeof(work->err));
	/* Another comb, or the watcher, may have taken it down. */
	if (halt_give_back(work) && work->err.status != COMB_NO_CELL && !is_ending())
		why = work->err;
	keeper_wait(work->cli, work->name);
	if (!why.status)
		return;
	cli_report(work->cli, work->name, &why);
	if (!*result)
		*err = why;
	*result = -1;
}

/* A name made up here is used once: what it leaves would be in the way of nobody's search. */
static void forget(const struct work *work)
{
	CLI_AUTOFREE char *log = cli_format("%s/%s.log", cli_log_dir(), work->name);

	lock_forget(work->name);
	comb_restarts_purge(cli_run_dir(), work->name);
	unlink(log);
}

static int run_in_cell(struct cli *cli, struct work *work, const struct agent_order *order,
		       struct comb_error *err)
{
	bool was_up;
	int fd, result;

	if (claim_name(work, err))
		return -1;
	fd = watch_begin(work, err) ? -1 : bring_up(work, err);
	watch_end();
	if (fd >= 0 && is_ending()) {
		close(fd);
		fd = -1;
	}
	was_up = fd >= 0;
	result = was_up ? run_command(cli, work, fd, order, err) : -1;
	take_down(work, was_up, err, &result);
	if (is_ending()) {
		memset(err, 0, sizeof(*err));
		cli->status = (enum comb_status)(CLIENT_SIGNALLED + ending.got);
		return 0;
	}
	return result;
}

/* What the caller has here, as far as it can be had there. */
static int make_order(struct cli *cli, struct agent_order *order, struct comb_error *err)
{
	for (size_t i = 0; environ[i]; i++)
		comb_strings_add(&order->variables, environ[i]);
	return agent_order(cli, order, err);
}

int verb_run(struct cli *cli, struct comb_error *err)
{
	const char *given = cli_given(cli, OPTION_NAME);
	CLI_AUTOFREE char *name = given ? strdup(given) : cli_format("run-%d", (int)getpid());
	struct agent_order order = { 0 };
	struct cli quiet = *cli;
	struct work *work;
	int result;

	if (cli_need_root("running a cell", err) || agent_refuse_json(cli, err) ||
	    comb_name_check(name, err))
		return -1;
	/* stderr is the command's, too. */
	quiet.quiet = cli->quiet || (!cli->verbose && !cli->dry_run);
	work = work_new(&quiet, (char *[]){ name }, 1);
	/* Of a bad --env or --user, too, one hears before a cell is booted. */
	result = make_order(cli, &order, err) || define(cli, &work->def, name, err) ? -1 : 0;
	if (!result && cli->dry_run) {
		result = up_start(work, 1, err);
		if (!result && !work->failed)
			up_explain(work);
		work_report(work, 1);
	} else if (!result) {
		result = run_in_cell(cli, work, &order, err);
		if (!given && (!result || (int)err->status > EXECWIRE_FAILED))
			forget(work);
	}
	if (result && err->status != COMB_USAGE && err->status <= COMB_TIMEOUT)
		err->status = (enum comb_status)EXECWIRE_FAILED;
	if (quiet.status && !cli->status)
		cli->status = quiet.status;
	cli->device = quiet.device;
	agent_order_free(&order);
	work_free(work, 1);
	return result;
}
