// SPDX-License-Identifier: GPL-2.0-or-later
#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "device.h"
#include "ready.h"
#include "sweep.h"

/* A worker that dies young makes the next one wait, twice as long each time. */
#define YOUNG_S		10
#define DELAY_MIN_MS	50
#define DELAY_MAX_MS	5000

struct watch {
	struct supervisor *asked;
	struct comb_error *err;
	pid_t worker;
	int signals;
	int ready;		/* the worker's pipe, -1: it is ready, or has died */
	bool announced;
	bool stopping;
	time_t born;
	int delay_ms;
};

static time_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
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

/* The worker begins with the signal mask the keeper was started with. */
static void worker_begin(struct watch *watch, int ready)
{
	sigset_t set = handled();

	sigprocmask(SIG_UNBLOCK, &set, NULL);
	close(watch->signals);
	if (watch->asked->ready_fd >= 0)
		close(watch->asked->ready_fd);
	prctl(PR_SET_NAME, "comb-keeper/w");
	_exit(watch->asked->worker(watch->asked->data, ready));
}

static int worker_start(struct watch *watch)
{
	int pipe[2];

	if (pipe2(pipe, O_CLOEXEC))
		return -1;
	watch->born = now();
	watch->worker = fork();
	if (!watch->worker) {
		close(pipe[0]);
		worker_begin(watch, pipe[1]);
	}
	close(pipe[1]);
	if (watch->worker < 0) {
		close(pipe[0]);
		return -1;
	}
	watch->ready = pipe[0];
	return 0;
}

static void announce(struct watch *watch)
{
	watch->announced = true;
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

static int delay_next(struct watch *watch)
{
	int delay = watch->delay_ms;

	if (now() - watch->born >= YOUNG_S)
		delay = 0;
	watch->delay_ms = delay ? delay * 2 : DELAY_MIN_MS;
	if (watch->delay_ms > DELAY_MAX_MS)
		watch->delay_ms = DELAY_MAX_MS;
	return delay;
}

/* Sleep, but not through a request to stop. */
static void wait_ms(struct watch *watch, int ms)
{
	struct pollfd file = { .fd = watch->signals, .events = POLLIN };
	struct signalfd_siginfo info;

	while (ms && poll(&file, 1, ms) > 0)
		if (read(watch->signals, &info, sizeof(info)) == sizeof(info) &&
		    info.ssi_signo != SIGCHLD) {
			watch->stopping = true;
			return;
		}
}

/* There is no cell or no comb.ko, or the cell was given back while nobody looked. */
static bool is_needless(int status)
{
	return WIFEXITED(status) && (WEXITSTATUS(status) == COMB_NO_CELL ||
				     WEXITSTATUS(status) == COMB_UNSUITABLE);
}

/* The worker has died. The exit status, or -1: there is another one. */
static int worker_ended(struct watch *watch, int status)
{
	if (watch->ready >= 0)
		ready_take(watch);
	watch->worker = -1;
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	if (watch->stopping)
		return 0;
	if (is_needless(status)) {
		sweep(watch->asked->rundir);
		watch->err->status = WEXITSTATUS(status);
		return watch->announced ? 0 : WEXITSTATUS(status);
	}
	if (!watch->announced) {
		watch->err->status = WIFEXITED(status) ? WEXITSTATUS(status) : COMB_FAILED;
		return (int)watch->err->status;
	}
	if (WIFSIGNALED(status))
		keeper_log(NULL, "the worker was killed by signal %d, starting another",
			   WTERMSIG(status));
	else
		keeper_log(NULL, "the worker failed (%s), starting another", watch->err->what);
	do {
		wait_ms(watch, delay_next(watch));
		if (watch->stopping)
			return 0;
	} while (worker_start(watch));
	return -1;
}

/* A signal has arrived. As worker_ended(). */
static int signal_take(struct watch *watch)
{
	struct signalfd_siginfo info;
	int status;

	if (read(watch->signals, &info, sizeof(info)) != sizeof(info))
		return -1;
	if (info.ssi_signo != SIGCHLD) {
		watch->stopping = true;
		kill(watch->worker, SIGTERM);
		return -1;
	}
	if (waitpid(watch->worker, &status, WNOHANG) != watch->worker)
		return -1;
	return worker_ended(watch, status);
}

static int watch_run(struct watch *watch)
{
	int status = -1;

	if (worker_start(watch)) {
		comb_fail(watch->err, COMB_FAILED, "cannot start a worker: %s", strerror(errno));
		return COMB_FAILED;
	}
	while (status < 0) {
		struct pollfd files[] = {
			{ .fd = watch->signals, .events = POLLIN },
			{ .fd = watch->ready, .events = POLLIN },
		};

		if (poll(files, 2, -1) < 0)
			continue;
		if (files[1].revents)
			ready_take(watch);
		if (files[0].revents)
			status = signal_take(watch);
	}
	return status;
}

int supervisor_run(struct supervisor *supervisor, struct comb_error *err)
{
	struct watch watch = { .asked = supervisor, .err = err, .ready = -1 };
	sigset_t set = handled();
	int status;

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
