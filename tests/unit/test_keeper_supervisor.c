// SPDX-License-Identifier: GPL-2.0-or-later
/* Workers that die, are told to stop, fail at once; and the lock of a cell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <eventlog.h>

#include "../../keeper/ready.h"
#include "../../keeper/supervisor.h"

/* Shared with workers, which are other processes. */
static struct {
	volatile unsigned int born;
	volatile pid_t pid;
	volatile unsigned int watchers;
	volatile pid_t watcher;
	volatile bool ends;
} *seen;

static struct rundir rundir;
static char top[] = "/tmp/comb-keeper-XXXXXX";

enum kind { LIVES, DIES_TWICE, FAILS, NO_CELL_LATER, MUTE, WATCHED };

static void woken(int number)
{
	(void)number;
}

static int worker(void *data, int ready_fd)
{
	struct comb_error err = { .what = "no good", .hint = "another one" };

	seen->born++;
	seen->pid = getpid();
	switch (*(enum kind *)data) {
	case FAILS:
		ready_error(ready_fd, &err);
		return COMB_UNSUITABLE;
	case MUTE:
		raise(SIGKILL);
		return 0;
	case DIES_TWICE:
		ready_line(ready_fd);
		if (seen->born > 2)
			return 0;
		raise(SIGKILL);
		return 0;
	case NO_CELL_LATER:
		if (seen->born > 1)
			return COMB_NO_CELL;
		ready_line(ready_fd);
		return COMB_FAILED;
	case LIVES:
	case WATCHED:
		signal(SIGUSR1, woken);
		ready_line(ready_fd);
		while (!seen->ends)
			pause();
	}
	return 0;
}

/* The first two die, and the third finds no memory. */
static int watcher(void *data)
{
	(void)data;
	seen->watcher = getpid();
	if (++seen->watchers < 3)
		raise(SIGKILL);
	if (seen->watchers == 3)
		return COMB_UNSUITABLE;
	while (seen->watchers)
		pause();
	return 0;
}

static struct comb_error error;
static int ends[2];

/* The supervisor's PID; what it says comes out of ends[0]. */
static pid_t start(enum kind kind)
{
	pid_t child;

	seen->born = 0;
	seen->watchers = 0;
	seen->ends = false;
	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (!child) {
		struct supervisor supervisor = {
			.rundir = &rundir, .ready_fd = ends[1], .worker = worker, .data = &kind,
			.watcher = kind == WATCHED ? watcher : NULL,
		};
		struct comb_error err = { 0 };
		int status = supervisor_run(&supervisor, &err);

		if (status)
			dprintf(ends[1], "%s|%s", err.what, err.hint);
		_exit(status);
	}
	close(ends[1]);
	return child;
}

static int end_of(pid_t child)
{
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	close(ends[0]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static const char *answer(void)
{
	static char text[200];
	ssize_t got = read(ends[0], text, sizeof(text) - 1);

	text[got > 0 ? got : 0] = '\0';
	return text;
}

static int set_up(void **state)
{
	struct comb_error err;

	(void)state;
	strcpy(top + strlen(top) - 6, "XXXXXX");
	if (!mkdtemp(top) || setenv("COMB_RUN_DIR", top, 1) || rundir_open(&rundir, "a", &err))
		return -1;
	return rundir_write_pid(&rundir, &err);
}

static int tear_down(void **state)
{
	char events[64];

	(void)state;
	close(rundir.lock);
	rundir_remove(&rundir);
	snprintf(events, sizeof(events), "%s/events", top);
	unlink(events);
	return rmdir(top);
}

/* Deaths that comb events tells of */
static unsigned int events_of_deaths(void)
{
	struct comb_eventlog log;
	unsigned int count = 0;
	const char *line;

	comb_eventlog_open(&log, top);
	while (comb_eventlog_next(&log, &line, NULL) > 0)
		count += strstr(line, "\"cell\":\"a\",\"event\":\"keeper\"") &&
			 strstr(line, "was killed by signal 9, starting another");
	comb_eventlog_close(&log);
	return count;
}

static void stops_when_told(void **state)
{
	pid_t child = start(LIVES);

	(void)state;
	assert_string_equal(answer(), "ready\n");
	kill(child, SIGTERM);
	assert_int_equal(end_of(child), 0);
	assert_int_equal(seen->born, 1);
	assert_int_equal(kill(seen->pid, 0), -1);
}

static void starts_another(void **state)
{
	pid_t child = start(DIES_TWICE);

	(void)state;
	/* Only once, although three workers said so */
	assert_string_equal(answer(), "ready\n");
	assert_string_equal(answer(), "");
	assert_int_equal(end_of(child), 0);
	assert_int_equal(seen->born, 3);
	assert_int_equal(events_of_deaths(), 2);
}

/* Ready, and with the watcher that stays */
static pid_t start_watched(void)
{
	pid_t child = start(WATCHED);

	assert_string_equal(answer(), "ready\n");
	for (int i = 0; i < 500 && seen->watchers < 4; i++)
		usleep(10000);
	return child;
}

/* Both children are seen to, each by itself. */
static void watcher_too(void **state)
{
	pid_t child = start_watched();

	(void)state;
	assert_int_equal(seen->watchers, 4);
	assert_int_equal(seen->born, 1);
	kill(child, SIGTERM);
	assert_int_equal(end_of(child), 0);
	assert_int_equal(kill(seen->watcher, 0), -1);
	assert_int_equal(events_of_deaths(), 2);
}

/* SIGTERM waits for who was stopped; whoever sent SIGSTOP may not come back. */
static void stopped_ones_end(void **state)
{
	pid_t child = start_watched();

	(void)state;
	kill(seen->watcher, SIGSTOP);
	kill(seen->pid, SIGSTOP);
	kill(child, SIGTERM);
	assert_int_equal(end_of(child), 0);
	assert_int_equal(kill(seen->watcher, 0), -1);
	/* A worker that has ended by itself leaves a stopped watcher. */
	child = start_watched();
	kill(seen->watcher, SIGSTOP);
	seen->ends = true;
	kill(seen->pid, SIGUSR1);
	assert_int_equal(end_of(child), 0);
	assert_int_equal(kill(seen->watcher, 0), -1);
}

static void first_one_fails(void **state)
{
	pid_t child = start(FAILS);

	(void)state;
	assert_string_equal(answer(), "no good|another one");
	assert_int_equal(end_of(child), COMB_UNSUITABLE);
	assert_int_equal(seen->born, 1);
	child = start(MUTE);
	assert_string_equal(answer(), "the keeper has died|");
	assert_int_equal(end_of(child), COMB_FAILED);
	assert_int_equal(seen->born, 1);
}

static void cell_gone_meanwhile(void **state)
{
	pid_t child = start(NO_CELL_LATER);

	(void)state;
	assert_int_equal(end_of(child), 0);
	assert_int_equal(seen->born, 2);
	assert_int_equal(access(rundir.path, F_OK), -1);
}

static void one_keeper_a_cell(void **state)
{
	struct rundir other;
	char hint[300];

	(void)state;
	assert_int_equal(rundir_open(&other, "a", &error), -1);
	assert_int_equal(error.status, COMB_TAKEN);
	snprintf(hint, sizeof(hint), "another keeper serves it (PID %d)", getpid());
	assert_string_equal(error.what, hint);
	assert_int_equal(rundir_open(&other, "b", &error), 0);
	close(other.lock);
	rundir_remove(&other);
	assert_int_equal(access(other.path, F_OK), -1);
	setenv("COMB_RUN_DIR", "/tmp/a-path-that-leaves-no-room-for-the-names-of-sockets-"
	       "because-it-is-far-too-long-for-that", 1);
	assert_int_equal(rundir_open(&other, "a", &error), -1);
}

static void service_manager_is_told(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char text[100], want[100];
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	ssize_t got;

	(void)state;
	snprintf(address.sun_path, sizeof(address.sun_path), "%.90s/notify", top);
	assert_int_equal(bind(fd, (void *)&address, sizeof(address)), 0);
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	ready_notify();
	unsetenv("NOTIFY_SOCKET");
	got = read(fd, text, sizeof(text) - 1);
	assert_true(got > 0);
	text[got] = '\0';
	snprintf(want, sizeof(want), "READY=1\nMAINPID=%d\n", getpid());
	assert_string_equal(text, want);
	unlink(address.sun_path);
	close(fd);
}

int main(void)
{
#define keeper_test(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		keeper_test(stops_when_told), keeper_test(starts_another),
		keeper_test(watcher_too), keeper_test(stopped_ones_end),
		keeper_test(first_one_fails), keeper_test(cell_gone_meanwhile),
		keeper_test(one_keeper_a_cell), keeper_test(service_manager_is_told),
	};

	seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return cmocka_run_group_tests_name("keeper_supervisor", tests, NULL, NULL);
}
