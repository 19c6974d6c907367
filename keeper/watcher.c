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
#include <eventlog.h>
#include <lastwords.h>
#include <observe.h>

#include "action.h"
#include "cellconfig.h"
#include "device.h"
#include "told.h"

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
/* No honest cell has more to tell in a minute, or gives cause to act for one reason twice. */
#define FLOOD_MS	60000
#define FLOOD_EVENTS	30

/**
 * struct watcher - everything it has
 * @job: the cell, and where its files are
 * @directory: of the event log
 * @cell: a cell file of its own
 * @def: the definition it was started with
 * @told: what was told
 * @parent: the supervisor
 * @looked_ms: when it was looked at last
 * @flood_ms: when the minute began in which @flood events were told
 */
struct watcher {
	const struct worker_job *job;
	char directory[128];
	struct comb_cell cell;
	struct comb_definition def;
	struct told *told;
	pid_t parent;
	uint64_t looked_ms;
	uint64_t flood_ms;
	unsigned int flood;
};

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / NS_PER_MS;
}

const char *watcher_event(enum comb_state told, enum comb_state seen)
{
	if (told == seen)
		return NULL;
	switch (seen) {
	case COMB_STATE_LOADING:
	case COMB_STATE_BOOTING:
		return NULL;
	case COMB_STATE_RUNNING:
		return told == COMB_STATE_HUNG ? "recovered" : "running";
	default:
		return comb_state_name(seen);
	}
}

enum comb_watch_case watcher_case(enum comb_state state, const char *health)
{
	if (state == COMB_STATE_PANIC)
		return COMB_WATCH_PANIC;
	if (state == COMB_STATE_HUNG)
		return COMB_WATCH_HANG;
	if (state == COMB_STATE_STOPPED && !strcmp(health, "reboot"))
		return COMB_WATCH_REBOOT;
	return COMB_WATCH_CASES;
}

/* ---- telling ---- */

static void append(struct watcher *watcher, const struct comb_event *event)
{
	struct comb_error err = { 0 };

	if (comb_eventlog_append(watcher->directory, event, &err))
		keeper_log(NULL, "%s", err.what);
}

/* A cell may change as fast as it likes; what is told of it is bounded. */
static bool flood_admits(struct watcher *watcher)
{
	struct comb_event event = {
		.cell = watcher->job->name, .event = "keeper", .detected_ns = UINT64_MAX,
		.reason = "its state changes too often: events are left out for a minute",
	};
	uint64_t now = now_ms();

	if (now - watcher->flood_ms >= FLOOD_MS) {
		watcher->flood_ms = now;
		watcher->flood = 0;
	}
	if (watcher->flood < FLOOD_EVENTS) {
		watcher->flood++;
		return true;
	}
	if (watcher->flood == FLOOD_EVENTS) {
		watcher->flood++;
		keeper_log(NULL, "%s", event.reason);
		append(watcher, &event);
	}
	return false;
}

/* What the event of @case_ns is a case of must be acted upon, now or by the next watcher. */
static void act(struct watcher *watcher)
{
	struct told *told = watcher->told;
	enum comb_watch_case what = told->case_plus_1 - 1;

	if (!told->action_ns || what >= COMB_WATCH_CASES)
		return;
	if (action_launch(watcher->job->name, what, told->action_ns, told->started_ns,
			  told->reason)) {
		keeper_log(NULL, "cannot act upon it: %s", strerror(errno));
		return;
	}
	told->acted_ns[what] = now_ms() * NS_PER_MS;
	__atomic_store_n(&told->action_ns, 0, __ATOMIC_RELEASE);
}

/* The event has been appended. */
static void tell_end(struct watcher *watcher)
{
	struct told *told = watcher->told;

	told->state = told->pending_state;
	if (told->pending_case_plus_1) {
		told->case_plus_1 = told->pending_case_plus_1;
		told->action_ns = told->pending_ns;
	}
	__atomic_store_n(&told->pending_ns, 0, __ATOMIC_RELEASE);
	act(watcher);
}

static void tell_pending(struct watcher *watcher, enum comb_state before)
{
	const struct told *told = watcher->told;
	struct comb_strings lines = { 0 };
	struct comb_event event = {
		.time_ns = told->pending_ns,
		.cell = watcher->job->name,
		.event = watcher_event(before, told->pending_state),
		.reason = told->reason[0] ? told->reason : NULL,
		.detected_ns = told->detected_ns,
		.log = &lines,
	};

	if (told->pending_state == COMB_STATE_PANIC || told->pending_state == COMB_STATE_HUNG ||
	    told->pending_state == COMB_STATE_LOST)
		comb_cell_last_words(&watcher->cell, &lines);
	if (event.event)
		append(watcher, &event);
	comb_strings_free(&lines);
	tell_end(watcher);
}

static bool is_wanted(const struct watcher *watcher, enum comb_watch_case what)
{
	const struct told *told = watcher->told;

	return what < COMB_WATCH_CASES && watcher->def.watch.actions[what] &&
	       (!told->acted_ns[what] ||
		now_ms() - told->acted_ns[what] / NS_PER_MS >= FLOOD_MS);
}

static void tell(struct watcher *watcher, const struct comb_observation *seen)
{
	enum comb_watch_case what = watcher_case(seen->state, seen->health);
	struct told *told = watcher->told;

	if (!watcher_event(told->state, seen->state)) {
		told->state = seen->state;
		return;
	}
	if (!flood_admits(watcher))
		return;
	snprintf(told->reason, sizeof(told->reason), "%s", seen->reason);
	told->detected_ns = seen->silent_ns;
	told->pending_state = seen->state;
	told->pending_case_plus_1 = is_wanted(watcher, what) ? what + 1 : 0;
	/* From here on the next watcher would finish it. */
	__atomic_store_n(&told->pending_ns, comb_eventlog_now(), __ATOMIC_RELEASE);
	tell_pending(watcher, told->state);
}

/* What an earlier watcher had begun when it was killed. */
static void resume(struct watcher *watcher)
{
	struct told *told = watcher->told;

	told->reason[sizeof(told->reason) - 1] = '\0';
	if (!told->pending_ns)
		act(watcher);
	else if (comb_eventlog_has(watcher->directory, watcher->job->name, told->pending_ns))
		tell_end(watcher);
	else
		tell_pending(watcher, told->state);
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
	struct told *told = watcher->told;
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
	tell(watcher, &seen);
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

static int watch(struct watcher *watcher, struct comb_error *err)
{
	struct pollfd file = { .fd = watcher->cell.fd, .events = POLLIN };
	uint64_t since;
	int pause;

	while (!is_orphan(watcher)) {
		pause = look(watcher, err);
		if (pause < 0)
			return -1;
		/* A watcher whose supervisor is gone must see it. */
		poll(&file, 1, pause > PERIOD_MAX_MS && getppid() != watcher->parent ?
		     PERIOD_MAX_MS : pause);
		if (file.revents & (POLLHUP | POLLERR))
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
	int device, status;

	/* Who acts is somebody else, and nobody waits for him. */
	signal(SIGCHLD, SIG_IGN);
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
	watcher->told = told_open(rundir, watcher->cell.get.id, watcher->cell.get.started_ns);
	if (watcher->told)
		return 0;
	return comb_fail(err, COMB_FAILED, "%s/told: %s", rundir->path, strerror(errno));
}

int watcher_run(const struct worker_job *job)
{
	struct watcher watcher = { .job = job, .cell.fd = -1 };
	struct comb_error err = { 0 };
	int status = set_up(&watcher, &err);

	if (!status) {
		resume(&watcher);
		status = watch(&watcher, &err);
	}
	if (status && err.status != COMB_NO_CELL)
		keeper_log(NULL, "watcher: %s", err.what);
	comb_cell_close(&watcher.cell);
	comb_definition_free(&watcher.def);
	return status ? (int)err.status : 0;
}
