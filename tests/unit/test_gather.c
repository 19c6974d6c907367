// SPDX-License-Identifier: GPL-2.0-or-later
/* test_gather.c - a command whose output is kept: status, bounds, input, time; output in JSON */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../cmd/cli.h"
#include "../../cmd/gather.h"
#include "agent_setup.h"

#define MS	1000000ULL
#define MOST	(1u << 20)

static struct gather gather;
static struct comb_error err;

/* An agent of its own runs it. */
static int run(char *const argv[], int in, unsigned int ms,
	       bool (*gone)(void *arg, struct comb_error *err))
{
	char *none[] = { NULL };
	struct execwire_request request = {
		.what = EXECWIRE_RUN, .argv = (char **)argv, .environment = none,
	};
	int fds[2], result, status;
	pid_t pid;

	gather_free(&gather);
	memset(&err, 0, sizeof(err));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	pid = fork();
	if (!pid) {
		close(fds[0]);
		agent_session(fds[1]);
		_exit(0);
	}
	close(fds[1]);
	gather = (struct gather){
		.request = &request, .in = in, .end = cli_now_ns() + ms * MS, .gone = gone,
		.out = { { .most = MOST }, { .most = MOST } },
	};
	result = gather_over(fds[0], &gather, &err);
	/* It ends with the connection, and what it runs hears of that. */
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return result;
}

#define SH(script, in, ms, gone) \
	run((char *[]){ "sh", "-c", script, NULL }, in, ms, gone)

static int forget(void **state)
{
	(void)state;
	gather_free(&gather);
	return 0;
}

static void outputs_and_status(void **state)
{
	(void)state;
	assert_int_equal(SH("echo one; echo two >&2; exit 3", -1, 20000, NULL), 0);
	assert_int_equal(gather.status, 3);
	assert_string_equal(gather.out[GATHER_OUT].data, "one\n");
	assert_string_equal(gather.out[GATHER_ERROR].data, "two\n");
	assert_int_equal(SH("kill -9 $$", -1, 20000, NULL), 0);
	assert_int_equal(gather.status, 137);
	assert_null(gather.out[GATHER_OUT].data);
	assert_int_equal(run((char *[]){ "/no/such", NULL }, -1, 20000, NULL), 0);
	assert_int_equal(gather.status, 127);
	assert_string_equal(err.what, "/no/such: No such file or directory");
}

/* What is too much is dropped and counted; the command does not notice. */
static void bounds(void **state)
{
	(void)state;
	assert_int_equal(SH("head -c 3000000 /dev/zero; head -c 1048577 /dev/zero >&2; exit 4",
			    -1, 60000, NULL), 0);
	assert_int_equal(gather.status, 4);
	assert_int_equal(gather.out[GATHER_OUT].size, MOST);
	assert_int_equal(gather.out[GATHER_OUT].dropped, 3000000 - MOST);
	assert_int_equal(gather.out[GATHER_ERROR].size, MOST);
	assert_int_equal(gather.out[GATHER_ERROR].dropped, 1);
}

static void input(void **state)
{
	int fd = memfd_create("input", MFD_CLOEXEC);

	(void)state;
	/* More than a window */
	assert_int_equal(ftruncate(fd, 1000000), 0);
	assert_int_equal(SH("wc -c", fd, 20000, NULL), 0);
	assert_string_equal(gather.out[GATHER_OUT].data, "1000000\n");
	/* It is not wanted. */
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(SH("exec <&-; echo on; sleep 0.2; exit 5", fd, 20000, NULL), 0);
	assert_int_equal(gather.status, 5);
	close(fd);
	assert_int_equal(SH("wc -c", -1, 20000, NULL), 0);
	assert_string_equal(gather.out[GATHER_OUT].data, "0\n");
}

static void time_is_up(void **state)
{
	(void)state;
	assert_int_equal(SH("echo begun; exec sleep 1000", -1, 1000, NULL), -1);
	assert_int_equal(err.status, COMB_TIMEOUT);
	assert_string_equal(err.what, "has not ended in time");
	assert_string_equal(gather.out[GATHER_OUT].data, "begun\n");
}

static bool is_gone(void *arg, struct comb_error *why)
{
	(void)arg;
	comb_fail(why, COMB_NO_CELL, "went down: panic");
	return true;
}

static void cell_goes_down(void **state)
{
	(void)state;
	assert_int_equal(SH("exec sleep 1000", -1, 20000, is_gone), -1);
	assert_string_equal(err.what, "went down: panic");
}

#define CRUMBS	1000

/* Crumbs, and then the end; how many bytes the other side has to say to that is the exit status. */
static void serve_crumbs(int fd)
{
	static const uint8_t crumb[] = { EXECWIRE_DATA, 1, 0, 0, 1, 0, 0, 0, 'x' };
	uint8_t hello[EXECWIRE_HEADER + EXECWIRE_HELLO_BYTES], end[EXECWIRE_HEADER + 8] = { 0 };
	size_t said = 0;
	char data[4096];
	ssize_t got;

	execwire_header(hello, EXECWIRE_HELLO, 0, EXECWIRE_HELLO_BYTES);
	execwire_hello(hello + EXECWIRE_HEADER);
	execwire_header(end, EXECWIRE_EXIT, 0, 8);
	got = write(fd, hello, sizeof(hello));
	for (int i = 0; i < CRUMBS && got > 0; i++)
		got = write(fd, crumb, sizeof(crumb));
	if (got <= 0 || write(fd, end, sizeof(end)) != sizeof(end))
		_exit(2);
	while ((got = read(fd, data, sizeof(data))) > 0)
		said += got;
	_exit(said < CRUMBS ? 0 : 1);
}

/* One answer to each of them would fill up the memory if the peer does not read. */
static void crumbs_are_not_answered_one_by_one(void **state)
{
	char *argv[] = { "x", NULL }, *none[] = { NULL };
	struct execwire_request request = {
		.what = EXECWIRE_RUN, .argv = argv, .environment = none,
	};
	int fds[2], status;
	pid_t pid;

	(void)state;
	gather = (struct gather){ .request = &request, .in = -1, .end = cli_now_ns() + 20000 * MS,
				  .out = { { .most = MOST }, { .most = MOST } } };
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	pid = fork();
	if (!pid) {
		close(fds[0]);
		serve_crumbs(fds[1]);
	}
	close(fds[1]);
	assert_int_equal(gather_over(fds[0], &gather, &err), 0);
	assert_int_equal(gather.out[GATHER_OUT].size, CRUMBS);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static const char *as_json(const char *data, size_t size)
{
	static char text[256];
	struct json_object *object = cli_json_object(NULL);

	cli_json_bytes(object, "x", data, size);
	snprintf(text, sizeof(text), "%s",
		 json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN));
	json_object_put(object);
	return text;
}

static void output_in_json(void **state)
{
	static const struct {
		const char *data;
		size_t size;
		const char *text;
	} cases[] = {
		{ "a\n\"\033\0z", 6, "{\"x\":\"a\\n\\\"\\u001b\\u0000z\"}" },
		{ "caf\303\251 \342\202\254 \360\237\230\200", 14,
		  "{\"x\":\"caf\303\251 \342\202\254 \360\237\230\200\"}" },
		/* Alone, too long, a surrogate, beyond Unicode, cut off at the end */
		{ "\200", 1, "{\"x\":\"\357\277\275\"}" },
		{ "\300\257", 2, "{\"x\":\"\357\277\275\357\277\275\"}" },
		{ "\355\240\200", 3, "{\"x\":\"\357\277\275\357\277\275\357\277\275\"}" },
		{ "\364\220a", 3, "{\"x\":\"\357\277\275\357\277\275a\"}" },
		{ "\342\202", 2, "{\"x\":\"\357\277\275\357\277\275\"}" },
		{ "", 0, "{\"x\":\"\"}" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(as_json(cases[i].data, cases[i].size), cases[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(outputs_and_status, forget),
		cmocka_unit_test_teardown(bounds, forget),
		cmocka_unit_test_teardown(input, forget),
		cmocka_unit_test_teardown(time_is_up, forget),
		cmocka_unit_test_teardown(cell_goes_down, forget),
		cmocka_unit_test_teardown(crumbs_are_not_answered_one_by_one, forget),
		cmocka_unit_test(output_in_json),
	};

	return cmocka_run_group_tests(tests, agent_setup, NULL);
}
