// SPDX-License-Identifier: GPL-2.0-or-later
#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <eventlog.h>

#include "device.h"
#include "ready.h"
#include "sweep.h"

/* A child that dies young makes the next one wait, twice as long each time. */
#define YOUNG_MS	10000
#define DELAY_MIN_MS	50
#define DELAY_MAX_MS	5000

enum child_kind { WORKER, WATCHER, CHILDREN };

/* Also their process names, which end in the letter. */
static const char *const child_names[CHILDREN] = { "worker", "watcher" };
static const char *const child_comms[CHILDREN] = { "comb-keeper/w", "comb-keeper/e" };

struct child {
	pid_t pid;		/* 0: it does not run */
	uint64_t born_ms;
	uint64_t due_ms;	/* when to start it; UINT64_MAX: not at all */
	unsigned int delay_ms;
};

struct watch {
	struct supervisor *asked;
	struct comb_error *err;
	struct child children[CHILDREN];
	int signals;
	int ready;		/* the worker's pipe, -1: it is ready, or has died */
	bool announced;
	bool stopping;
};

static uint64_t now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

static sigset_t handled(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	return set;
}

/* A child begins with the signal mask the keeper was started with. */
static void child_begin(struct watch *watch, enum child_kind kind, int ready)
{
	const struct supervisor *asked = watch->asked;
	sigset_t set = handled();

	sigprocmask(SIG_UNBLOCK, &set, NULL);
	close(watch->signals);
	if (asked->ready_fd >= 0)
		close(asked->ready_fd);
	prctl(PR_SET_NAME, child_comms[kind]);
	_exit(kind == WORKER ? asked->worker(asked->data, ready) : asked->watcher(asked->data));
}

static int worker_start(struct watch *watch, struct child *worker)
{
	int pipe[2];

	if (pipe2(pipe, O_CLOEXEC))
		return -1;
	worker->pid = fork();
	if (!worker->pid) {
		close(pipe[0]);
		child_begin(watch, WORKER, pipe[1]);
	}
	close(pipe[1]);
	if (worker->pid < 0) {
		close(pipe[0]);
		worker->pid = 0;
		return -1;
	}
	watch->ready = pipe[0];
	return 0;
}

static int watcher_start(struct watch *watch, struct child *watcher)
{
	watcher->pid = fork();
	if (!watcher->pid) {
		if (watch->ready >= 0)
			close(watch->ready);
		child_begin(watch, WATCHER, -1);
	}
	if (watcher->pid > 0)
		return 0;
	watcher->pid = 0;
	return -1;
}

static unsigned int delay_next(struct child *child)
{
	unsigned int delay = child->delay_ms;

	if (now_ms() - child->born_ms >= YOUNG_MS)
		delay = 0;
	child->delay_ms = delay ? delay * 2 : DELAY_MIN_MS;
	if (child->delay_ms > DELAY_MAX_MS)
		child->delay_ms = DELAY_MAX_MS;
	return delay;
}

static int child_start(struct watch *watch, enum child_kind kind)
{
	struct child *child = &watch->children[kind];
	int status;

	child->due_ms = UINT64_MAX;
	child->born_ms = now_ms();
	status = kind == WORKER ? worker_start(watch, child) : watcher_start(watch, child);
	if (status)
		child->due_ms = now_ms() + delay_next(child);
	return status;
}

static void announce(struct watch *watch)
{
	watch->announced = true;
	if (watch->asked->watcher)
		watch->children[WATCHER].due_ms = now_ms();
	if (watch->asked->log)
		rundir_log(watch->asked->rundir);
	ready_notify();
	ready_line(watch->asked->ready_fd);
	watch->asked->ready_fd = -1;
}

/* Two lines, or "ready". A pipe gives what was written at once at once. */
static void ready_take(struct watch *watch)
{
	struct comb_error *err = watch->err;
	char text[sizeof(err->what) + sizeof(err->hint) + 2];
	ssize_t got = read(watch->ready, text, sizeof(text) - 1);
	char *rest = text, *what;

	if (got < 0 && errno == EINTR)
		return;
	close(watch->ready);
	watch->ready = -1;
	text[got > 0 ? got : 0] = '\0';
	what = strsep(&rest, "\n");
	if (!strcmp(what, "ready")) {
		if (!watch->announced)
			announce(watch);
		return;
	}
	comb_fail(err, COMB_FAILED, "%s", *what ? what : "the keeper has died");
	if (rest && *(what = strsep(&rest, "\n")))
		comb_hint(err, "%s", what);
}

/*
 * There is no cell or no comb.ko, or the cell was given back while nobody looked. A watcher
 * begins when its worker has comb.ko: not to get at that is want of memory or descriptors.
 */
static bool is_needless(enum child_kind kind, int status)
{
	return WIFEXITED(status) &&
	       (WEXITSTATUS(status) == COMB_NO_CELL ||
		(kind == WORKER && WEXITSTATUS(status) == COMB_UNSUITABLE));
}

/* What anybody may want to know: in the keeper's log, and for comb events. */
static void tell_death(const struct watch *watch, enum child_kind kind, int status)
{
	const char *path = watch->asked->rundir->path, *name = strrchr(path, '/') + 1;
	char text[300], directory[sizeof(watch->asked->rundir->path)];
	struct comb_event event = {
		.cell = name, .event = "keeper", .reason = text, .detected_ns = UINT64_MAX,
	};
	struct comb_error err = { 0 };

	if (WIFSIGNALED(status))
		snprintf(text, sizeof(text), "the %s was killed by signal %d, starting another",
			 child_names[kind], WTERMSIG(status));
	else
		snprintf(text, sizeof(text), "the %s failed (%.200s), starting another",
			 child_names[kind], kind == WORKER ? watch->err->what : "see above");
	keeper_log(NULL, "%s", text);
	snprintf(directory, sizeof(directory), "%.*s", (int)(name - 1 - path), path);
	if (comb_eventlog_append(directory, &event, &err))
		keeper_log(NULL, "%s", err.what);
}

/* The exit status of the supervisor, or -1: it goes on. */
static int worker_ended(struct watch *watch, int status)
{
	if (watch->ready >= 0)
		ready_take(watch);
	if (watch->stopping || (WIFEXITED(status) && !WEXITSTATUS(status)))
		return 0;
	if (is_needless(WORKER, status)) {
		sweep(watch->asked->rundir);
		watch->err->status = WEXITSTATUS(status);
		return watch->announced ? 0 : WEXITSTATUS(status);
	}
	if (watch->announced)
		return -1;
	watch->err->status = WIFEXITED(status) ? WEXITSTATUS(status) : COMB_FAILED;
	return (int)watch->err->status;
}

static bool watcher_has_finished(const struct watch *watch, int status)
{
	return watch->stopping || is_needless(WATCHER, status) ||
	       (WIFEXITED(status) && !WEXITSTATUS(status));
}

/* As worker_ended(). */
static int child_ended(struct watch *watch, enum child_kind kind, int status)
{
	struct child *child = &watch->children[kind];
	int result;

	child->pid = 0;
	if (kind == WATCHER && watcher_has_finished(watch, status))
		return -1;
	result = kind == WORKER ? worker_ended(watch, status) : -1;
	if (result >= 0)
		return result;
	tell_death(watch, kind, status);
	child->due_ms = now_ms() + delay_next(child);
	return -1;
}

/* One that was stopped would not hear SIGTERM. */
static void child_kill(const struct child *child)
{
	if (!child->pid)
		return;
	kill(child->pid, SIGTERM);
	kill(child->pid, SIGCONT);
}

static void children_kill(struct watch *watch)
{
	for (int kind = 0; kind < CHILDREN; kind++)
		child_kill(&watch->children[kind]);
}

/* A signal has arrived. As worker_ended(). */
static int signal_take(struct watch *watch)
{
	struct signalfd_siginfo info;
	int status, result = -1;

	if (read(watch->signals, &info, sizeof(info)) != sizeof(info))
		return -1;
	if (info.ssi_signo != SIGCHLD) {
		watch->stopping = true;
		children_kill(watch);
		/* Nobody has to be waited for. */
		return watch->children[WORKER].pid ? -1 : 0;
	}
	for (int kind = 0; kind < CHILDREN; kind++) {
		pid_t pid = watch->children[kind].pid;

		if (result < 0 && pid && waitpid(pid, &status, WNOHANG) == pid)
			result = child_ended(watch, kind, status);
	}
	return result;
}

/* Start what is due; how long nothing else will be, in milliseconds, or -1. */
static int start_due(struct watch *watch)
{
	uint64_t first = UINT64_MAX, now;

	for (int kind = 0; kind < CHILDREN && !watch->stopping; kind++) {
		struct child *child = &watch->children[kind];

		if (child->due_ms <= now_ms())
			child_start(watch, kind);
		if (child->due_ms < first)
			first = child->due_ms;
	}
	if (first == UINT64_MAX)
		return -1;
	now = now_ms();
	return first > now ? (int)(first - now) : 0;
}

/* Whatever it was told to do is done in a moment, and its end must not be missed. */
static void watcher_end(struct watch *watch)
{
	struct child *watcher = &watch->children[WATCHER];

	if (!watcher->pid)
		return;
	child_kill(watcher);
	while (waitpid(watcher->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static int watch_run(struct watch *watch)
{
	int status = -1;

	if (child_start(watch, WORKER)) {
		comb_fail(watch->err, COMB_FAILED, "cannot start a worker: %s", strerror(errno));
		return COMB_FAILED;
	}
	while (status < 0) {
		int pause_ms = start_due(watch);
		struct pollfd files[] = {
			{ .fd = watch->signals, .events = POLLIN },
			{ .fd = watch->ready, .events = POLLIN },
		};

		if (poll(files, 2, pause_ms) < 0)
			continue;
		if (files[1].revents)
			ready_take(watch);
		if (files[0].revents)
			status = signal_take(watch);
	}
	watcher_end(watch);
	return status;
}

int supervisor_run(struct supervisor *supervisor, struct comb_error *err)
{
	struct watch watch = { .asked = supervisor, .err = err, .ready = -1 };
	sigset_t set = handled();
	int status;

	for (int kind = 0; kind < CHILDREN; kind++)
		watch.children[kind].due_ms = UINT64_MAX;
	sigprocmask(SIG_BLOCK, &set, NULL);
	watch.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (watch.signals < 0) {
		comb_fail(err, COMB_FAILED, "signalfd: %s", strerror(errno));
		return COMB_FAILED;
	}
	status = watch_run(&watch);
	close(watch.signals);
	return status;
}
