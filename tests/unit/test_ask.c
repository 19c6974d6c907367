// SPDX-License-Identifier: GPL-2.0-or-later
/* test_ask.c - questions an agent answers by itself, and agents that do not answer well */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../cmd/ask.h"
#include "agent_setup.h"
#include "has_pidfd.h"
#include "snapshot.h"

#define MS	1000000ULL
#define MUCH	(1u << 20)

static struct answer answer;
static struct comb_error err;
/* What ask_over() is to be told after so many silences; 0: nothing */
static int silences_left;

static bool is_gone(void *arg, struct comb_error *why)
{
	int *left = arg;

	if (!*left || --*left)
		return false;
	comb_fail(why, COMB_NO_CELL, "is not running");
	return true;
}

/* Ask a peer that is @serve in a process of its own. */
static int ask(void (*serve)(int fd), enum execwire_what what, char *const argv[], size_t most,
	       unsigned int ms)
{
	char *none[] = { NULL };
	struct execwire_request request = {
		.what = what, .argv = (char **)argv, .environment = none,
	};
	int fds[2], result;
	pid_t pid;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	pid = fork();
	if (!pid) {
		close(fds[0]);
		serve(fds[1]);
		_exit(0);
	}
	close(fds[1]);
	free(answer.data);
	memset(&err, 0, sizeof(err));
	result = ask_over(fds[0], &request, most, cli_now_ns() + ms * MS, is_gone, &silences_left,
			  &answer, &err);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return result;
}

#define ASK(serve, what, most, ms, ...) \
	ask(serve, what, (char *[]){ __VA_ARGS__, NULL }, most, ms)

static void snapshots(void **state)
{
	struct comb_snapshot s;
	FILE *in;

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ASK(agent_session, EXECWIRE_SNAPSHOT, 64u << 20, 20000,
				     i ? "processes" : "summary"), 0);
		in = fmemopen(answer.data, answer.size, "r");
		assert_int_equal(comb_snapshot_read(in, &s, &err), 0);
		assert_int_equal(!!comb_snapshot_find(&s, getpid(), 0), i);
		comb_snapshot_free(&s);
		fclose(in);
	}
}

static void kills(void **state)
{
	char pid_text[16], expected[64];
	int status;
	pid_t pid;

	(void)state;
	if (!has_pidfd())
		return;
	pid = fork();
	if (!pid) {
		pause();
		_exit(0);
	}
	snprintf(pid_text, sizeof(pid_text), "%d", pid);
	assert_int_equal(ASK(agent_session, EXECWIRE_KILL, 1024, 20000, "15", "0", "-1", "x",
			     "4194305", pid_text), 0);
	snprintf(expected, sizeof(expected), "%d\n%d\n%d\n%d\n0\n", EINVAL, EINVAL, EINVAL, ESRCH);
	assert_string_equal(answer.data, expected);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

static void failures(void **state)
{
	(void)state;
	assert_int_equal(ASK(agent_session, EXECWIRE_RUN, MUCH, 20000, "sh", "-c",
			     "printf 'one\\033\\ntwo' >&2; exit 3"), -1);
	assert_string_equal(err.what, "its agent failed: one?");
	assert_int_equal(ASK(agent_session, EXECWIRE_RUN, MUCH, 20000, "/no/such"), -1);
	assert_non_null(strstr(err.what, "No such file"));
	assert_int_equal(ASK(agent_session, EXECWIRE_WHATS, MUCH, 20000, "x"), -1);
	assert_non_null(strstr(err.what, "does not understand"));
	assert_non_null(strstr(err.hint, "same version"));
}

/* More than a window, and more than is wanted. */
static void much(void **state)
{
	(void)state;
	assert_int_equal(ASK(agent_session, EXECWIRE_RUN, MUCH, 20000, "head", "-c", "1048576",
			     "/dev/zero"), 0);
	assert_int_equal(answer.size, MUCH);
	assert_int_equal(ASK(agent_session, EXECWIRE_RUN, MUCH, 20000, "head", "-c", "1048577",
			     "/dev/zero"), -1);
	assert_non_null(strstr(err.what, "too long"));
	assert_int_equal(ASK(agent_session, EXECWIRE_RUN, MUCH, 20000, "sh", "-c",
			     "head -c 1048576 /dev/zero >&2; echo end"), 0);
	assert_string_equal(answer.data, "end\n");
}

static void be_silent(int fd)
{
	(void)fd;
	pause();
}

/* Who can say nothing any more is not waited for, however long that may be. */
static void the_dead(void **state)
{
	uint64_t begin = cli_now_ns();

	(void)state;
	silences_left = 2;
	assert_int_equal(ASK(be_silent, EXECWIRE_SNAPSHOT, MUCH, 600000, "summary"), -1);
	assert_int_equal(err.status, COMB_NO_CELL);
	assert_string_equal(err.what, "is not running");
	assert_true(cli_now_ns() - begin < 60000 * MS);
	silences_left = 0;
}

static void trickle(int fd)
{
	uint8_t hello[EXECWIRE_HEADER + EXECWIRE_HELLO_BYTES];

	execwire_header(hello, EXECWIRE_HELLO, 0, EXECWIRE_HELLO_BYTES);
	execwire_hello(hello + EXECWIRE_HEADER);
	if (write(fd, hello, sizeof(hello)) < 0)
		return;
	for (;;) {
		if (write(fd, "\x04\1\0\0\x01\0\0\0x", 9) < 0)
			return;
		usleep(1000);
	}
}

static void go_away(int fd)
{
	close(fd);
}

static void talk_nonsense(int fd)
{
	if (write(fd, "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n", 40) == 40)
		pause();
}

static void be_older(int fd)
{
	if (write(fd, "\x01\0\0\0\x0c\0\0\0combexec\x63\0\0\0", 20) == 20)
		pause();
}

static void bad_peers(void **state)
{
	(void)state;
	assert_int_equal(ASK(be_silent, EXECWIRE_SNAPSHOT, MUCH, 300, "summary"), -1);
	assert_int_equal(err.status, COMB_TIMEOUT);
	assert_int_equal(ASK(trickle, EXECWIRE_SNAPSHOT, MUCH, 300, "summary"), -1);
	assert_int_equal(err.status, COMB_TIMEOUT);
	assert_int_equal(ASK(go_away, EXECWIRE_SNAPSHOT, MUCH, 20000, "summary"), -1);
	assert_non_null(strstr(err.what, "cut off"));
	assert_int_equal(ASK(talk_nonsense, EXECWIRE_SNAPSHOT, MUCH, 20000, "summary"), -1);
	assert_non_null(strstr(err.what, "no sense"));
	assert_int_equal(ASK(be_older, EXECWIRE_SNAPSHOT, MUCH, 20000, "summary"), -1);
	assert_non_null(strstr(err.what, "version"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(snapshots),
		cmocka_unit_test(kills),
		cmocka_unit_test(failures),
		cmocka_unit_test(much),
		cmocka_unit_test(the_dead),
		cmocka_unit_test(bad_peers),
	};
	int failed = cmocka_run_group_tests(tests, agent_setup, NULL);

	free(answer.data);
	return failed;
}
