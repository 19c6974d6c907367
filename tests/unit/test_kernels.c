// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_kernels.c - several kernels asked at a time, some of which do not answer; and again and
 * again, as comb top does
 *
 * Agents run in processes of their own; the test stands for comb.ko and says what cells there are.
 *
 * Not in valgrind, which is too slow for its time-outs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../cmd/agent.h"
#include "../../cmd/ask.h"
#include "../../cmd/top.h"
#include "../../init/agent.h"

#define TIMEOUT_MS	1500
#define PATIENCE_MS	20000

/* Cells that are there now, NULL-terminated. */
static const char *const *there;

/* Says nothing, until the host gives up. */
static void be_silent(int fd)
{
	char data[256];

	while (read(fd, data, sizeof(data)) > 0)
		;
}

static void send_rubbish(int fd)
{
	if (write(fd, "HTTP/1.1 400 Bad Request\r\n\r\n", 28) == 28)
		be_silent(fd);
}

/* What each cell is like; without @serve nobody hears. */
static const struct {
	const char *name;
	enum comb_state state;
	void (*serve)(int fd);
} cells[] = {
	{ "good", COMB_STATE_RUNNING, agent_session },
	{ "fine", COMB_STATE_RUNNING, agent_session },
	{ "silent", COMB_STATE_RUNNING, be_silent },
	{ "rude", COMB_STATE_RUNNING, send_rubbish },
	{ "deaf", COMB_STATE_RUNNING, NULL },
	{ "hung", COMB_STATE_HUNG, agent_session },
	{ "dead", COMB_STATE_PANIC, agent_session },
};

static size_t cell_number(const char *name)
{
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
		if (!strcmp(cells[i].name, name))
			return i;
	return SIZE_MAX;
}

/* In place of the C library's, of cmd/cells.c and of cmd/agent.c */
uid_t geteuid(void)
{
	return 0;
}

bool cells_module_loaded(void)
{
	return true;
}

int cells_device(struct cli *cli, bool load, struct comb_error *err)
{
	(void)cli;
	(void)load;
	(void)err;
	return 0;
}

int cells_list(const char *what, struct comb_strings *names, struct comb_error *err)
{
	(void)err;
	assert_string_equal(what, "cells");
	memset(names, 0, sizeof(*names));
	for (size_t i = 0; there[i]; i++)
		comb_strings_add(names, there[i]);
	return 0;
}

int cells_open(struct cli *cli, const char *name, struct comb_cell *cell, struct comb_error *err)
{
	(void)cli;
	memset(cell, 0, sizeof(*cell));
	cell->fd = -1;
	for (size_t i = 0; there[i]; i++)
		if (!strcmp(there[i], name)) {
			snprintf(cell->get.name, sizeof(cell->get.name), "%s", name);
			return 0;
		}
	return comb_fail(err, COMB_NO_CELL, "%s: no such cell", name);
}

int cells_observe(struct comb_cell *cell, struct comb_observation *seen, struct comb_error *err)
{
	(void)err;
	memset(seen, 0, sizeof(*seen));
	seen->state = cells[cell_number(cell->get.name)].state;
	return 0;
}

bool cells_is_down(enum comb_state state)
{
	return state == COMB_STATE_PANIC;
}

int agent_refuse_down(const struct comb_cell *cell, const struct comb_observation *seen,
		      struct comb_error *err)
{
	return comb_fail(err, COMB_NO_CELL, "%s: is not running: %s", cell->get.name,
			 comb_state_name(seen->state));
}

int agent_refuse_hung(const char *name, struct comb_error *err)
{
	return comb_fail(err, COMB_FAILED, "%s: hangs", name);
}

/* The cells' end of the socket to the process that has all agents as its children */
static int nursery;

/* A socket, and the number of the cell whose agent is to serve it */
union handing {
	char room[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

static int hand_over(int fd, char number)
{
	union handing control = { 0 };
	struct iovec data = { &number, 1 };
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1,
		.msg_control = control.room, .msg_controllen = sizeof(control.room),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	return sendmsg(nursery, &message, 0) == 1 ? 0 : -1;
}

/* Serve what is handed over, each in a process of its own, until nobody can any more. */
static void nurse(int from)
{
	for (;;) {
		union handing control;
		char number;
		struct iovec data = { &number, 1 };
		struct msghdr message = {
			.msg_iov = &data, .msg_iovlen = 1,
			.msg_control = control.room, .msg_controllen = sizeof(control.room),
		};
		int fd;

		if (recvmsg(from, &message, 0) != 1 || !CMSG_FIRSTHDR(&message))
			_exit(0);
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
		if (!fork()) {
			close(from);
			cells[(int)number].serve(fd);
			_exit(0);
		}
		close(fd);
	}
}

/* Before there is a thread: a process that has some cannot safely fork one that goes on. */
static int start_nursery(void **state)
{
	int fds[2];

	(void)state;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		return -1;
	if (!fork()) {
		close(fds[0]);
		nurse(fds[1]);
	}
	close(fds[1]);
	nursery = fds[0];
	return 0;
}

int agent_connect(struct comb_cell *cell, int64_t timeout_ms, bool (*stop)(void),
		  struct comb_error *err)
{
	size_t number = cell_number(cell->get.name);
	uint64_t end = cli_now_ns() + timeout_ms * 1000000ULL;
	int fds[2];

	if (!cells[number].serve) {
		while (cli_now_ns() < end && !stop())
			poll(NULL, 0, 10);
		return comb_fail(err, COMB_FAILED, "no agent answers in it");
	}
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	assert_int_equal(hand_over(fds[1], (char)number), 0);
	close(fds[1]);
	return fds[0];
}

int64_t cli_timeout_ms(const struct cli *cli, int seconds)
{
	(void)cli;
	(void)seconds;
	return TIMEOUT_MS;
}

static struct cli cli = { .timeout_ms = TIMEOUT_MS, .quiet = true };

static const struct kernel *find(const struct kernel *list, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(list[i].name, name))
			return &list[i];
	return NULL;
}

static void one_does_not_stop_the_others(void **state)
{
	static const char *const all[] = {
		"good", "silent", "rude", "deaf", "hung", "dead", "fine", NULL,
	};
	uint64_t start = cli_now_ns();
	struct comb_error err = { 0 };
	struct kernel *list;
	size_t count;

	(void)state;
	there = all;
	assert_int_equal(kernels_snapshot(&cli, NULL, 0, COMB_SNAPSHOT_PROCESSES, &list, &count,
					  &err), 0);
	/* Both wait at the same time. */
	assert_true(cli_now_ns() - start < 2 * TIMEOUT_MS * 1000000ULL);
	/* What is down is no kernel. */
	assert_int_equal(count, 7);
	assert_string_equal(list[0].name, "host");
	for (size_t i = 0; i < count; i++) {
		bool answers = strstr("host good fine", list[i].name);

		assert_int_equal(list[i].failed, !answers);
		assert_int_equal(!!comb_snapshot_find(&list[i].snapshot, getpid(), 0), answers);
	}
	assert_int_equal(find(list, count, "silent")->err.status, COMB_TIMEOUT);
	assert_non_null(strstr(find(list, count, "rude")->err.what, "no sense"));
	assert_non_null(strstr(find(list, count, "deaf")->err.what, "no agent"));
	assert_non_null(strstr(find(list, count, "hung")->err.what, "hangs"));
	kernels_free(list, count);
}

static void named_ones(void **state)
{
	static const char *const all[] = { "good", "dead", "hung", NULL };
	char *names[] = { "dead", "nothere", "good" }, *bad[] = { "good", "a/b" };
	struct comb_error err = { 0 };
	struct kernel *list;
	size_t count;

	(void)state;
	there = all;
	assert_int_equal(kernels_snapshot(&cli, names, 3, COMB_SNAPSHOT_SUMMARY, &list, &count,
					  &err), 0);
	assert_int_equal(count, 3);
	assert_int_equal(list[0].err.status, COMB_NO_CELL);
	assert_int_equal(list[1].err.status, COMB_NO_CELL);
	assert_false(list[2].failed);
	assert_int_equal(list[2].snapshot.nr_processes, 0);
	assert_true(list[2].snapshot.nr_cpus > 0);
	kernels_free(list, count);
	assert_int_equal(kernels_snapshot(&cli, bad, 2, 0, &list, &count, &err), -1);
	assert_int_equal(err.status, COMB_USAGE);
}

static const struct top_kernel *seen(const struct top *top, const char *name)
{
	for (size_t i = 0; i < top->nr_kernels; i++)
		if (!strcmp(top->kernels[i].now.name, name))
			return &top->kernels[i];
	return NULL;
}

static bool all_answered(const struct top *top)
{
	for (size_t i = 0; i < top->nr_kernels; i++)
		if (!top->kernels[i].answered)
			return false;
	return true;
}

static bool rates_known(const struct top *top)
{
	return seen(top, "good")->has_before && seen(top, "host")->has_before;
}

/* Let it go on until @done. */
static void go_on(struct top_watch *watch, struct top *top, int wake, bool (*done)(const struct top *))
{
	uint64_t end = cli_now_ns() + PATIENCE_MS * 1000000ULL;
	struct pollfd file = { .fd = wake, .events = POLLIN };
	eventfd_t count;

	do {
		poll(&file, 1, 50);
		eventfd_read(wake, &count);
		top_watch_update(watch, top);
		assert_true(cli_now_ns() < end);
	} while (!done(top));
}

static void again_and_again(void **state)
{
	static const char *const first[] = { "good", "silent", "dead", NULL };
	static const char *const then[] = { "fine", "good", "hung", NULL };
	int wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct top_watch *watch = top_watch_start(&cli, wake, 100);
	struct top top = { .order.key = PROCESS_BY_CELL };

	(void)state;
	there = first;
	top_watch_update(watch, &top);
	assert_int_equal(top.nr_kernels, 4);
	assert_string_equal(top.kernels[0].now.name, "host");
	/* Those that answer have done so twice before the silent one is given up. */
	go_on(watch, &top, wake, rates_known);
	assert_false(seen(&top, "silent")->answered);
	assert_non_null(strstr(seen(&top, "dead")->now.err.what, "panic"));
	assert_true(top.nr_rows > 1);
	go_on(watch, &top, wake, all_answered);
	assert_int_equal(seen(&top, "silent")->now.err.status, COMB_TIMEOUT);
	/* Cells come and go. */
	there = then;
	top_watch_update(watch, &top);
	assert_null(seen(&top, "silent"));
	assert_true(seen(&top, "good")->has_before);
	go_on(watch, &top, wake, all_answered);
	assert_false(seen(&top, "fine")->now.failed);
	assert_true(seen(&top, "hung")->now.failed);
	top_watch_pace(watch, 100, true);
	top_watch_pace(watch, 100, false);
	/* All threads end soon, whoever is asked now. */
	there = first;
	top_watch_update(watch, &top);
	poll(NULL, 0, 50);
	top_watch_end(watch);
	assert_true(ask_interrupted());
	top_free(&top);
	close(wake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_does_not_stop_the_others),
		cmocka_unit_test(named_ones),
		/* The last: it interrupts all questions. */
		cmocka_unit_test(again_and_again),
	};

	signal(SIGPIPE, SIG_IGN);
	/* Nobody waits for agents; their own children are another matter. */
	signal(SIGCHLD, SIG_IGN);
	return cmocka_run_group_tests(tests, start_nursery, NULL);
}
