// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * verb_upgrade.c - comb upgrade: another kernel under a cell's jobs
 *
 * A cell cannot change its name, so there are two moves: a second cell with the new kernel takes
 * the jobs, the first one is started anew under its own name, and takes them back. Until the
 * first one is stopped a failure leaves it as it was.
 */
#include "verbs.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "boot.h"
#include "cells.h"
#include "halt.h"
#include "lock.h"
#include "move.h"
#include "signal_block.h"
#include "up.h"
#include "upgrade.h"

#define LOCK_MS		200
#define SUFFIX		"-next"

/**
 * struct carried - a job on its way
 * @still_ns: for how long it has stood still, in all moves
 * @gone: it has ended meanwhile
 */
struct carried {
	struct move_job job;
	uint64_t still_ns;
	bool gone;
};

struct upgrade {
	struct cli *cli;
	const char *name;
	char next[COMB_NAME_SIZE];
	const char *kernel;
	char before[128];	/* release of the old kernel */
	char after[128];
	int locks[2];
	struct carried *jobs;
	size_t nr_jobs;
	bool stranded;		/* jobs could not come back: neither cell may be stopped */
};

/* Signals wait until a point where something can be done about them. */
static bool is_interrupted(struct comb_error *err)
{
	sigset_t pending;

	if (sigpending(&pending) || (!sigismember(&pending, SIGINT) &&
	    !sigismember(&pending, SIGTERM) && !sigismember(&pending, SIGHUP)))
		return false;
	comb_fail(err, COMB_FAILED, "interrupted");
	return true;
}

static int ask_release(struct cli *cli, const char *cell, char *release, size_t size,
		       struct comb_error *err)
{
	char *argv[] = { "/proc/sys/kernel/osrelease", NULL }, *none[] = { NULL };
	struct execwire_request request = { .what = EXECWIRE_FILE_SEND, .argv = argv,
					    .environment = none };
	struct answer answer;
	int result = ask_cell(cli, cell, &request, size, cli_timeout_ms(cli, BOOT_TIMEOUT_S),
			      &answer, err);

	if (!result) {
		snprintf(release, size, "%.*s", (int)strcspn(answer.data, "\n"), answer.data);
		comb_make_printable(release);
	}
	free(answer.data);
	return result ? comb_prefix(err, "%s", cell) : 0;
}

/* What the cell @name is made of: the definition of the one that is upgraded. */
static int define(struct upgrade *u, struct work *work, const char *kernel,
		  struct comb_error *err)
{
	struct comb_definition *def = &work->def;
	bool is_next = work->name == u->next;

	if (comb_definition_load(def, cli_config_dir(), u->name, err) ||
	    (kernel && comb_definition_set(def, COMB_KEY_KERNEL, kernel, "command line", 0, err)))
		return -1;
	if (!is_next)
		return 0;
	snprintf(def->name, sizeof(def->name), "%s", u->next);
	/* The first one has them still; and nobody shall start the second one anew. */
	if (comb_cpuset_count(&def->cpus))
		def->ncpus = comb_cpuset_count(&def->cpus);
	memset(&def->cpus, 0, sizeof(def->cpus));
	for (int i = 0; i < COMB_WATCH_CASES; i++)
		def->watch.actions[i] = 0;
	return 0;
}

/* Its locks are held by the caller. */
static int start(struct upgrade *u, const char *name, const char *kernel, struct comb_error *err)
{
	struct work *work = work_new(u->cli, (char *[]){ (char *)name }, 1);
	int result = define(u, work, kernel, err);

	if (!result && (up_clear(work) || up_start(work, 1, err) || work->failed)) {
		if (!err->status)
			*err = work->err;
		result = comb_prefix(err, "%s", name);
	}
	/* That it answers, too: a kernel that runs is no cell that takes jobs yet. */
	if (!result && !u->cli->dry_run)
		result = ask_release(u->cli, name, u->after, sizeof(u->after), err);
	else if (!result)
		snprintf(u->after, sizeof(u->after), "%s", work->boot->file.release ?: "");
	work_free(work, 1);
	return result;
}

static int stop(struct upgrade *u, const char *name, struct comb_error *err)
{
	struct work *work = work_new(u->cli, (char *[]){ (char *)name }, 1);
	int result = halt_open_held(work);

	if (!result && work->cell.fd >= 0) {
		/* Whatever is of value has moved away. */
		if (halt_ask(work))
			memset(&work->err, 0, sizeof(work->err));
		result = halt_give_back(work);
	}
	if (result) {
		*err = work->err;
		comb_prefix(err, "%s", name);
	}
	work_free(work, 1);
	return result;
}

static int carry_one(struct upgrade *u, struct carried *one, const char *from, const char *to,
		     struct comb_error *err)
{
	struct move_result result;
	int failed = move_to(u->cli, one->job.id, from, to, &result, err);

	one->still_ns += result.still_ns;
	if (!failed) {
		cli_progress(u->cli, "%s:%d is in %s", from, one->job.pid, to);
		one->job.pid = result.pid;
		return 0;
	}
	if (jobs_look(u->cli, from, one->job.id) != JOBS_COPY_NONE)
		return comb_prefix(err, "%s:%d", from, one->job.pid);
	one->gone = true;
	memset(err, 0, sizeof(*err));
	return 0;
}

/* Nothing more is stopped: there are jobs in both cells, or in the second one. */
static int strand(struct upgrade *u, struct comb_error *err)
{
	struct comb_error why = *err;

	u->stranded = true;
	comb_fail(err, COMB_FAILED, "jobs are in %s: %s", u->next, why.what);
	return comb_hint(err, "comb ps %s; comb start %s if it is down, then comb drain --stop %s",
			 u->next, u->name, u->next);
}

/* All of them, or none: what has moved comes back. What cannot is in @to, which must stay then. */
static int carry_all(struct upgrade *u, const char *from, const char *to, struct comb_error *err)
{
	struct comb_error back;

	for (size_t i = 0; i < u->nr_jobs; i++) {
		if (u->jobs[i].gone)
			continue;
		if (!is_interrupted(err) && !carry_one(u, &u->jobs[i], from, to, err))
			continue;
		while (i--) {
			memset(&back, 0, sizeof(back));
			if (u->jobs[i].gone || !carry_one(u, &u->jobs[i], to, from, &back))
				continue;
			cli_report(u->cli, NULL, &back);
			u->stranded = true;
		}
		return u->stranded ? strand(u, err) : -1;
	}
	return 0;
}

/* The second cell has all jobs: the first one anew, and back. */
static int replace(struct upgrade *u, struct comb_error *err)
{
	struct comb_error again = { 0 };

	if (stop(u, u->name, err))
		return strand(u, err);
	if (!start(u, u->name, u->kernel, err) && !carry_all(u, u->next, u->name, err))
		return 0;
	if (u->stranded)
		return -1;
	/* With its old kernel it has run. */
	if (stop(u, u->name, &again) || start(u, u->name, NULL, &again) ||
	    carry_all(u, u->next, u->name, &again)) {
		*err = again;
		return u->stranded ? -1 : strand(u, err);
	}
	return -1;
}

static int list_jobs(struct upgrade *u, struct comb_error *err)
{
	struct move_job *list;
	size_t count;

	if (move_list(u->cli, u->name, &list, &count, err))
		return -1;
	free(u->jobs);
	u->nr_jobs = count;
	u->jobs = cli_calloc(u->nr_jobs + 1, sizeof(*u->jobs));
	for (size_t i = 0; i < u->nr_jobs; i++)
		u->jobs[i].job = list[i];
	free(list);
	return 0;
}

static int run(struct upgrade *u, struct comb_error *err)
{
	struct comb_error left = { 0 };
	int result = start(u, u->next, u->kernel, err);

	if (!result && is_interrupted(err))
		result = -1;
	/* Booting takes its time, in which jobs begin, end and move. */
	if (!result)
		result = list_jobs(u, err);
	if (!result)
		result = carry_all(u, u->name, u->next, err);
	if (!result)
		result = replace(u, err);
	if (!result)
		result = upgrade_write(u->name, u->kernel, err);
	if (u->stranded)
		return -1;
	if (stop(u, u->next, &left))
		cli_report(u->cli, NULL, &left);
	lock_forget(u->next);
	return result;
}

static void tell(struct upgrade *u)
{
	struct json_object *object, *jobs;
	uint64_t longest = 0;
	char time[32];

	for (size_t i = 0; i < u->nr_jobs; i++)
		if (u->jobs[i].still_ns > longest)
			longest = u->jobs[i].still_ns;
	if (u->nr_jobs)
		cli_say(u->cli, "%s: %s instead of %s; %zu jobs went along and stood still for at "
			"most %s", u->name, u->after, u->before, u->nr_jobs,
			cli_seconds(longest, time, sizeof(time)));
	else
		cli_say(u->cli, "%s: %s instead of %s; there was no job in it", u->name, u->after,
			u->before);
	if (!u->cli->json)
		return;
	object = cli_json_object(cli_json_array(u->cli->out, "upgraded"));
	cli_json_text(object, "name", u->name);
	cli_json_text(object, "kernel", u->after);
	cli_json_text(object, "kernel_before", u->before);
	jobs = cli_json_array(object, "jobs");
	for (size_t i = 0; i < u->nr_jobs; i++) {
		object = cli_json_object(jobs);
		cli_json_text(object, "job", u->jobs[i].job.id);
		cli_json_number(object, "pid", u->jobs[i].job.pid);
		cli_json_number(object, "still_ns", u->jobs[i].still_ns);
		cli_json_bool(object, "ended", u->jobs[i].gone);
	}
}

/* Whether it runs, with which kernel; that the second one is not there from another time. */
static int look(struct upgrade *u, struct comb_error *err)
{
	struct comb_error none = { 0 };
	struct comb_cell cell;

	if (ask_release(u->cli, u->name, u->before, sizeof(u->before), err))
		return -1;
	/* Its address, log and place in a cluster are somebody else's. */
	if (cells_defined(u->next)) {
		comb_fail(err, COMB_TAKEN, "%s is a cell of its own, and the name is needed",
			  u->next);
		return comb_hint(err, "comb show %s", u->next);
	}
	if (cells_open(u->cli, u->next, &cell, &none))
		return list_jobs(u, err);
	comb_cell_close(&cell);
	comb_fail(err, COMB_TAKEN, "there is a cell %s, from an upgrade that was broken off",
		  u->next);
	return comb_hint(err, "comb drain --stop %s", u->next);
}

static int lock_both(struct upgrade *u, struct comb_error *err)
{
	u->locks[0] = lock_cell(u->name, LOCK_MS, err);
	if (u->locks[0] >= 0)
		u->locks[1] = lock_cell(u->next, LOCK_MS, err);
	return u->locks[1] < 0 ? comb_prefix(err, "%s", u->name) : 0;
}

static int choose_names(struct upgrade *u, struct comb_error *err)
{
	u->name = u->cli->names[0];
	u->kernel = cli_given(u->cli, OPTION_KERNEL);
	if (comb_name_check(u->name, err))
		return -1;
	snprintf(u->next, sizeof(u->next), "%.*s" SUFFIX, (int)(sizeof(u->next) - sizeof(SUFFIX)),
		 u->name);
	if (u->kernel)
		return cells_defined(u->name) ? 0 : cells_unknown(u->name, err);
	comb_fail(err, COMB_USAGE, "upgrade: no kernel given");
	return comb_hint(err, "comb upgrade %s --kernel RELEASE", u->name);
}

int verb_upgrade(struct cli *cli, struct comb_error *err)
{
	struct upgrade u = { .cli = cli, .locks = { -1, -1 } };
	sigset_t before;
	int result = cli_need_root("upgrading a cell", err) || choose_names(&u, err) ||
		     lock_both(&u, err) || look(&u, err) ? -1 : 0;

	signal_block((const int[]){ SIGINT, SIGTERM, SIGHUP, 0 }, NULL, &before);
	if (!result && cli->dry_run)
		result = start(&u, u.next, u.kernel, err);
	else if (!result)
		result = run(&u, err);
	if (!result && !cli->dry_run)
		tell(&u);
	else if (!result)
		cli_say(cli, "%s: would run %s instead of %s, and %zu jobs would move", u.name,
			u.after, u.before, u.nr_jobs);
	sigprocmask(SIG_SETMASK, &before, NULL);
	for (size_t i = 0; i < sizeof(u.locks) / sizeof(u.locks[0]); i++)
		if (u.locks[i] >= 0)
			close(u.locks[i]);
	free(u.jobs);
	return result ? -1 : 0;
}
