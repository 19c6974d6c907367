// SPDX-License-Identifier: GPL-2.0-or-later
#include "watcher.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <device.h>	/* of the library: the cell file */
#include <observe.h>

#include "cellconfig.h"
#include "device.h"
#include "telling.h"

#define NS_PER_MS	1000000ULL
/* However often the cell rings, it is not looked at more often than this. */
#define LOOK_MIN_MS	10
#define PERIOD_MIN_MS	25
#define PERIOD_MAX_MS	1000
/* A cell that is down does not change, unless somebody gives it back: that wakes us. */
#define DOWN_MS		10000
/* Of a cell without agent, RAM is searched at most so often and for so small a part of the time. */
#define SEARCH_MIN_MS	1000
#define SEARCH_SHARE	20
#define SEARCH_LOOK_MS	5

/**
 * struct watcher - everything it has
 * @job: the cell, and where its files are
 * @directory: of the event log
 * @cell: a cell file of its own
 * @def: the definition it was started with
 * @telling: what was told, and what is done about it
 * @parent: the supervisor
 * @looked_ms: when it was looked at last
 */
struct watcher {
	const struct worker_job *job;
	char directory[128];
	struct comb_cell cell;
	struct comb_definition def;
	struct telling telling;
	pid_t parent;
	uint64_t looked_ms;
};

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / NS_PER_MS;
}

/* ---- looking ---- */

/* Searching the RAM for a log that is not there must not eat a CPU. */
static int observe(struct watcher *watcher, struct comb_observation *seen,
		   struct comb_error *err)
{
	uint64_t before = now_ms(), took, rest;

	if (comb_cell_observe(&watcher->cell, seen, err))
		return -1;
	took = now_ms() - before;
	if (took >= SEARCH_LOOK_MS) {
		rest = took * SEARCH_SHARE > SEARCH_MIN_MS ? took * SEARCH_SHARE : SEARCH_MIN_MS;
		watcher->cell.log_after_ns = (before + took + rest) * NS_PER_MS;
	}
	watcher->looked_ms = before + took;
	return 0;
}

static int period_ms(const struct watcher *watcher)
{
	int period = (int)watcher->def.heartbeat_ms;

	return period < PERIOD_MIN_MS ? PERIOD_MIN_MS :
	       period > PERIOD_MAX_MS ? PERIOD_MAX_MS : period;
}

/* How long nothing needs to be looked at, in milliseconds; -1: the cell is gone, or @err. */
static int look(struct watcher *watcher, struct comb_error *err)
{
	struct told *told = watcher->telling.told;
	struct comb_observation seen;

	if (observe(watcher, &seen, err))
		return -1;
	/* If the machine stood still, the cell did, too: let it beat before it is judged. */
	if (seen.state == COMB_STATE_HUNG && told->state != COMB_STATE_HUNG) {
		poll(NULL, 0, period_ms(watcher) / 2);
		if (observe(watcher, &seen, err))
			return -1;
	}
	/* The cell that is looked at may be gone by now, and its RAM read as zeros. */
	if (comb_cell_refresh(&watcher->cell, err))
		return -1;
	if (!(watcher->cell.get.flags & COMB_CELL_STARTED))
		return PERIOD_MAX_MS;
	told->started_ns = watcher->cell.get.started_ns;
	telling_take(&watcher->telling, &seen);
	return seen.state == COMB_STATE_STOPPED || seen.state == COMB_STATE_PANIC ||
	       seen.state == COMB_STATE_LOST ? DOWN_MS : period_ms(watcher);
}

/*
 * The supervisor was killed. As long as the worker goes on, this does, too; a keeper that
 * comes after them has a watcher of its own.
 */
static bool is_orphan(const struct watcher *watcher)
{
	const struct rundir *rundir = watcher->job->rundir;
	int fd;
	bool free;

	if (getppid() == watcher->parent)
		return false;
	if (rundir_pid(rundir) != watcher->parent)
		return true;
	fd = rundir_open_lock(rundir);
	free = fd < 0 || !flock(fd, LOCK_SH | LOCK_NB);
	if (fd >= 0)
		close(fd);
	return free;
}

/* Until the cell rings, who acts has ended, or @ms have passed. 1: the cell is gone */
static int rest(const struct watcher *watcher, int ms)
{
	struct pollfd files[] = {
		{ .fd = watcher->cell.fd, .events = POLLIN },
		{ .fd = watcher->telling.acting.fd, .events = POLLIN },
	};

	/* A watcher whose supervisor is gone must see it. */
	if (ms > PERIOD_MAX_MS &&
	    (acting_waits(&watcher->telling.acting) || getppid() != watcher->parent))
		ms = PERIOD_MAX_MS;
	if (poll(files, 2, ms) < 0)
		return 0;
	return (files[0].revents & (POLLHUP | POLLERR)) != 0;
}

static int watch(struct watcher *watcher, struct comb_error *err)
{
	uint64_t since;
	int pause;

	while (!is_orphan(watcher)) {
		pause = look(watcher, err);
		if (pause < 0)
			return -1;
		if (rest(watcher, pause))
			return 0;
		since = now_ms() - watcher->looked_ms;
		if (since < LOOK_MIN_MS)
			poll(NULL, 0, (int)(LOOK_MIN_MS - since));
	}
	return 0;
}

/* ---- set up ---- */

/* The supervisor's death ends a poll(). */
static void woken(int number)
{
	(void)number;
}

static int set_up(struct watcher *watcher, struct comb_error *err)
{
	const struct rundir *rundir = watcher->job->rundir;
	const char *slash = strrchr(rundir->path, '/');
	struct told *told;
	int device, status;

	signal(SIGUSR1, woken);
	prctl(PR_SET_PDEATHSIG, SIGUSR1);
	/* A worker that has ended must not seem to hold its lock. */
	close(rundir->lock);
	watcher->parent = rundir_pid(rundir);
	snprintf(watcher->directory, sizeof(watcher->directory), "%.*s",
		 (int)(slash - rundir->path), rundir->path);
	device = comb_device_open(false, err);
	if (device < 0)
		return -1;
	status = comb_cell_open(device, watcher->job->name, &watcher->cell, err);
	close(device);
	if (status || cellconfig_load(&watcher->def, rundir->path, watcher->job->config,
				      watcher->job->name, err))
		return -1;
	told = told_open(rundir, watcher->cell.get.id, watcher->cell.get.started_ns);
	watcher->telling = (struct telling){
		.name = watcher->job->name, .directory = watcher->directory,
		.cell = &watcher->cell, .watch = &watcher->def.watch, .told = told,
		.acting = { .name = watcher->job->name, .told = told, .fd = -1 },
	};
	if (told)
		return 0;
	return comb_fail(err, COMB_FAILED, "%s/told: %s", rundir->path, strerror(errno));
}

int watcher_run(const struct worker_job *job)
{
	struct watcher watcher = { .job = job, .cell.fd = -1 };
	struct comb_error err = { 0 };
	int status = set_up(&watcher, &err);

	if (!status) {
		telling_resume(&watcher.telling);
		status = watch(&watcher, &err);
	}
	if (status && err.status != COMB_NO_CELL)
		keeper_log(NULL, "watcher: %s", err.what);
	comb_cell_close(&watcher.cell);
	comb_definition_free(&watcher.def);
	return status ? (int)err.status : 0;
}
