// SPDX-License-Identifier: GPL-2.0-or-later
/* test_console.c - comb console against a keeper that this test plays, on a terminal */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <poll.h>
#include <pty.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

/* The part behind open_console(), which needs a cell. */
#include "../../cmd/verb_console.c"
#include "scratch.h"

int cli_need_root(const char *what, struct comb_error *err)
{
	(void)what;
	(void)err;
	return 0;
}

static const char *gone_file(void)
{
	static char path[64];

	snprintf(path, sizeof(path), "%s/gone", scratch);
	return path;
}

int cells_open(struct cli *cli, const char *name, struct comb_cell *cell, struct comb_error *err)
{
	(void)cli;
	(void)name;
	memset(cell, 0, sizeof(*cell));
	cell->fd = -1;
	return access(gone_file(), F_OK) ? 0 : comb_fail(err, COMB_NO_CELL, "no such cell");
}

uint64_t cli_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

int agent_refuse_json(const struct cli *cli, struct comb_error *err)
{
	(void)cli;
	(void)err;
	return 0;
}

const char *cli_run_dir(void)
{
	return scratch;
}

void cli_say(const struct cli *cli, const char *fmt, ...)
{
	(void)cli;
	(void)fmt;
}

static int listener, keeper, master;
static pid_t child;
static char seen[1u << 22];

static void begin(void)
{
	struct winsize size = { .ws_row = 40, .ws_col = 100 };
	static char *names[] = { "web", NULL };
	struct comb_error err = { 0 };
	struct cli cli = { .names = names, .nr_names = 1 };

	child = forkpty(&master, NULL, NULL, &size);
	if (!child) {
		int result = verb_console(&cli, &err);

		_exit(result ? err.status : cli.status);
	}
	keeper = accept(listener, NULL, NULL);
	assert_true(keeper >= 0);
}

static int end(void)
{
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	close(keeper);
	close(master);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void put_frame(uint32_t type, const void *data, size_t size)
{
	struct console_frame frame = { type, size };

	assert_int_equal(write(keeper, &frame, sizeof(frame)), sizeof(frame));
	if (size)
		assert_int_equal(write(keeper, data, size), size);
}

static void say_hello(uint32_t version)
{
	struct console_hello hello = { version, 3, 3 };

	put_frame(CONSOLE_HELLO, &hello, sizeof(hello));
	/* It leaves at once. */
	if (version != CONSOLE_VERSION)
		return;
	put_frame(CONSOLE_REPLAY, "old", 3);
	put_frame(CONSOLE_LIVE, NULL, 0);
}

static void read_exactly(void *data, size_t size)
{
	for (size_t at = 0; at < size;) {
		ssize_t got = read(keeper, (char *)data + at, size - at);

		assert_true(got > 0);
		at += got;
	}
}

/* The next frame of a type, from the client. */
static size_t get_frame(uint32_t type, char *data)
{
	struct console_frame frame;

	do {
		read_exactly(&frame, sizeof(frame));
		assert_true(frame.length <= CONSOLE_FRAME_MAX);
		read_exactly(data, frame.length);
	} while (frame.type != type);
	return frame.length;
}

static void see(const char *text)
{
	size_t used = 0;

	do {
		struct pollfd file = { master, POLLIN, 0 };
		ssize_t got;

		assert_int_equal(poll(&file, 1, 10000), 1);
		got = read(master, seen + used, sizeof(seen) - 1 - used);
		assert_true(got > 0);
		used += got;
		seen[used] = '\0';
	} while (!strstr(seen, text));
}

static void type_keys(const char *keys)
{
	assert_int_equal(write(master, keys, strlen(keys)), strlen(keys));
}

static void test_talk_and_leave(void **state)
{
	struct console_size size;
	char data[CONSOLE_FRAME_MAX];

	(void)state;
	begin();
	say_hello(CONSOLE_VERSION);
	see("old");
	get_frame(CONSOLE_SIZE, data);
	memcpy(&size, data, sizeof(size));
	assert_int_equal(size.rows, 40);
	assert_int_equal(size.columns, 100);
	put_frame(CONSOLE_DATA, "login: ", 7);
	see("login: ");
	/* Control characters are the cell's. */
	type_keys("ro\003t\r");
	assert_int_equal(get_frame(CONSOLE_DATA, data), 5);
	assert_memory_equal(data, "ro\003t\r", 5);
	type_keys("\035?");
	see("leaves the console");
	type_keys("\035.");
	assert_int_equal(end(), 0);
}

static void test_escapes(void **state)
{
	char data[CONSOLE_FRAME_MAX];

	(void)state;
	begin();
	say_hello(CONSOLE_VERSION);
	see("old");
	type_keys("\035\035\035x.");
	assert_int_equal(get_frame(CONSOLE_DATA, data), 4);
	assert_memory_equal(data, "\035\035x.", 4);
	type_keys("\035.");
	assert_int_equal(end(), 0);
}

#define PASTED	(1u << 20)

/* A cell that echoes, in a process of its own: whoever waits here, the terminal goes on. */
static pid_t echo_begin(const char *pasted)
{
	char data[CONSOLE_FRAME_MAX];
	pid_t pid = fork();
	size_t back = 0;

	if (pid)
		return pid;
	while (back < PASTED) {
		size_t used = get_frame(CONSOLE_DATA, data);

		if (back + used > PASTED || memcmp(data, pasted + back, used))
			_exit(1);
		back += used;
		put_frame(CONSOLE_DATA, data, used);
	}
	_exit(0);
}

/* 1 MiB pasted comes out complete, while as much comes back. */
static void test_paste(void **state)
{
	static char pasted[PASTED], got[PASTED];
	size_t put = 0, echoed = 0;
	int status;
	pid_t pid;

	(void)state;
	for (size_t i = 0; i < PASTED; i++)
		pasted[i] = 'a' + i * 7 % 26;
	begin();
	say_hello(CONSOLE_VERSION);
	see("old");
	pid = echo_begin(pasted);
	fcntl(master, F_SETFL, O_NONBLOCK);
	while (echoed < PASTED) {
		short wanted = POLLIN | (put < PASTED ? POLLOUT : 0);
		struct pollfd file = { master, wanted, 0 };
		ssize_t n;

		assert_true(poll(&file, 1, 10000) > 0);
		if (file.revents & POLLOUT) {
			n = write(master, pasted + put, PASTED - put);
			put += n > 0 ? n : 0;
		}
		if (file.revents & POLLIN) {
			n = read(master, got + echoed, PASTED - echoed);
			echoed += n > 0 ? n : 0;
		}
	}
	assert_memory_equal(got, pasted, PASTED);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	type_keys("\035.");
	assert_int_equal(end(), 0);
}

static void test_keeper_ends(void **state)
{
	(void)state;
	begin();
	say_hello(CONSOLE_VERSION);
	see("old");
	close(open(gone_file(), O_CREAT | O_WRONLY, 0600));
	close(keeper);
	assert_int_equal(end(), COMB_NO_CELL);
	unlink(gone_file());

	begin();
	say_hello(CONSOLE_VERSION + 1);
	see("another version");
	assert_int_equal(end(), COMB_NO_CELL);
}

/* Another keeper after the first was killed: nothing is seen twice, or goes unnoticed. */
static void test_another_keeper(void **state)
{
	struct console_hello hello = { CONSOLE_VERSION, 8, 14 };
	char data[CONSOLE_FRAME_MAX];

	(void)state;
	begin();
	say_hello(CONSOLE_VERSION);
	put_frame(CONSOLE_DATA, "first", 5);
	see("oldfirst");
	close(keeper);
	type_keys("typed");
	keeper = accept(listener, NULL, NULL);
	assert_true(keeper >= 0);
	/* 14 bytes, of which it has the last 8 and the terminal the first 8. */
	put_frame(CONSOLE_HELLO, &hello, sizeof(hello));
	put_frame(CONSOLE_REPLAY, "st", 2);
	put_frame(CONSOLE_REPLAY, "second", 6);
	put_frame(CONSOLE_LIVE, NULL, 0);
	see("second");
	assert_memory_equal(seen, "second", 6);
	/* What was typed meanwhile has waited for it. */
	assert_int_equal(get_frame(CONSOLE_DATA, data), 5);
	assert_memory_equal(data, "typed", 5);
	put_frame(CONSOLE_DATA, "live", 4);
	see("live");
	close(keeper);
	keeper = accept(listener, NULL, NULL);
	hello.written = 30;
	put_frame(CONSOLE_HELLO, &hello, sizeof(hello));
	put_frame(CONSOLE_REPLAY, "rest ...", 8);
	see("4 bytes of output are lost");
	if (!strstr(seen, "rest ..."))
		see("rest ...");
	type_keys("\035.");
	assert_int_equal(end(), 0);
}

static void test_bad_frame(void **state)
{
	struct console_frame frame = { CONSOLE_DATA, CONSOLE_FRAME_MAX + 1 };

	(void)state;
	begin();
	say_hello(CONSOLE_VERSION);
	see("old");
	assert_int_equal(write(keeper, &frame, sizeof(frame)), sizeof(frame));
	assert_int_equal(end(), COMB_NO_CELL);
}

static void test_signal(void **state)
{
	(void)state;
	begin();
	say_hello(CONSOLE_VERSION);
	see("old");
	kill(child, SIGTERM);
	assert_int_equal(end(), 128 + SIGTERM);
}

static int setup(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char path[64];

	if (make_scratch(state))
		return -1;
	snprintf(path, sizeof(path), "%s/web", scratch);
	if (mkdir(path, 0700))
		return -1;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/web/console", scratch);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return bind(listener, (struct sockaddr *)&address, sizeof(address)) || listen(listener, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_talk_and_leave),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_paste),
		cmocka_unit_test(test_keeper_ends),
		cmocka_unit_test(test_another_keeper),
		cmocka_unit_test(test_bad_frame),
		cmocka_unit_test(test_signal),
	};

	return cmocka_run_group_tests(tests, setup, remove_scratch);
}
