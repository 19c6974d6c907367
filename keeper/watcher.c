// SPDX-License-Identifier: GPL-2.0-or-later
#include "watcher.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <device.h>	/* of the library: the cell file */

#include "action.h"
#include "cellconfig.h"
#include "device.h"
#include "look.h"
#include "telling.h"

/**
 * struct watcher - everything it has
 * @job: the cell, and where its files are
 * @directory: of the event log
 * @cell: a cell file of its own
 * @def: the definition it was started with
 * @look: at it
 * @telling: what was told, and what is done about it
 * @parent: the supervisor
 */
struct watcher {
	const struct worker_job *job;
	char directory[128];
	struct comb_cell cell;
	struct comb_definition def;
	struct look look;
	struct telling telling;
	pid_t parent;
};

/* How long nothing needs to be looked at, in milliseconds; -1: the cell is gone, or @err. */
static int look(struct watcher *watcher, struct comb_error *err)
{
	struct told *told = watcher->telling.told;
	struct comb_observation seen;
	int status = look_at(&watcher->look, told->state, &seen, err);

	if (status)
		return status < 0 ? -1 : LOOK_PERIOD_MAX_MS;
	told->started_ns = watcher->cell.get.started_ns;
	telling_take(&watcher->telling, &seen);
	return look_pause_ms(&watcher->look, seen.state);
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
	if (ms > LOOK_PERIOD_MAX_MS &&
	    (acting_waits(&watcher->telling.acting) || getppid() != watcher->parent))
		ms = LOOK_PERIOD_MAX_MS;
	if (poll(files, 2, ms) < 0)
		return 0;
	return (files[0].revents & (POLLHUP | POLLERR)) != 0;
}

static int watch(struct watcher *watcher, struct comb_error *err)
{
	int pause;

	while (!is_orphan(watcher)) {
		pause = look(watcher, err);
		if (pause < 0)
			return -1;
		if (rest(watcher, pause))
			return 0;
		poll(NULL, 0, look_rest_ms(&watcher->look));
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
	action_prepare(watcher->job->name);
	told = told_open(rundir, watcher->cell.get.id, watcher->cell.get.started_ns);
	watcher->look = (struct look){
		.cell = &watcher->cell, .heartbeat_ms = watcher->def.heartbeat_ms,
	};
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
