// SPDX-License-Identifier: GPL-2.0-or-later
/* test_agent_tty.c - programs in a cell with a terminal of their own */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>

#include "agent_setup.h"
#include "agent_user.h"

/* A terminal for the client: the test holds the master. */
static int user_begin_tty(struct user *user, char *const argv[], struct termios *before)
{
	struct winsize size = { .ws_row = 33, .ws_col = 77 };
	int master, slave, fds[2];
	char *environment[] = { "TERM=vt220", NULL };

	assert_int_equal(openpty(&master, &slave, NULL, NULL, &size), 0);
	tcgetattr(slave, before);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	serve(fds, master);
	close(fds[1]);
	*user = (struct user){ .in = -1, .run = {
		.request = { .what = EXECWIRE_RUN, .tty = true, .argv = (char **)argv,
			     .environment = environment },
		.in = slave, .out = slave, .error = slave } };
	user->pid = fork();
	if (!user->pid) {
		close(master);
		be_client(user, fds[0]);
	}
	close(fds[0]);
	/* Kept open so that the settings can be looked at. */
	user->error = slave;
	user->out = master;
	return master;
}

static void test_terminal(void **state)
{
	struct winsize size = { .ws_row = 24, .ws_col = 132 };
	struct termios before, after;
	struct user user;
	int master;

	(void)state;
	master = user_begin_tty(&user, (char *[]){
		"sh", "-c", "tty; stty size; echo $TERM; trap 'stty size; echo resized' WINCH; "
		"trap 'echo interrupted; exit 5' INT; echo ready >&2; "
		"while :; do sleep 0.05; done", NULL }, &before);
	read_until(master, "ready");
	assert_non_null(strstr(output, "/dev/pts/"));
	assert_non_null(strstr(output, "33 77"));
	assert_non_null(strstr(output, "vt220"));
	tcgetattr(user.error, &after);
	assert_false(after.c_lflag & (ICANON | ECHO | ISIG));

	ioctl(master, TIOCSWINSZ, &size);
	kill(user.pid, SIGWINCH);
	read_until(master, "resized");
	assert_non_null(strstr(output, "24 132"));

	/* The key, not a signal of this side. */
	if (write(master, "\003", 1) != 1)
		fail();
	read_until(master, "interrupted");
	assert_int_equal(user_end(&user), 5);
}

static void test_terminal_restored(void **state)
{
	struct termios before, after;
	struct user user;
	int status, master;
	char *absent[] = { "/no/such", NULL };
	char *stubborn[] = { "sh", "-c", "trap '' TERM; echo ready; "
			     "while :; do sleep 0.1; done", NULL };

	(void)state;
	for (int i = 0; i < 2; i++) {
		master = user_begin_tty(&user, i ? stubborn : absent, &before);
		if (i) {
			read_until(master, "ready");
			for (int j = 0; j < 3; j++) {
				kill(user.pid, SIGTERM);
				usleep(50000);
			}
		}
		waitpid(user.pid, &status, 0);
		assert_int_equal(WEXITSTATUS(status), i ? 128 + SIGTERM : 127);
		tcgetattr(user.error, &after);
		assert_int_equal(after.c_lflag, before.c_lflag);
		assert_int_equal(after.c_iflag, before.c_iflag);
		assert_int_equal(after.c_oflag, before.c_oflag);
		close(user.error);
		close(master);
	}
}

/* A terminal whose last user has closed it, then a last word, on a pipe of 1 MiB. */
static void test_terminal_output_is_complete(void **state)
{
	struct user user = { .run.request.tty = true };

	(void)state;
	user_begin(&user, EXECWIRE_RUN, (char *[]){
		"sh", "-c", "stty -opost; head -c 1000000 /dev/zero | tr '\\0' x; "
		"echo end", NULL });
	converse(&user, "", 0);
	assert_int_equal(user_end(&user), 0);
	assert_int_equal(output_size, 1000004);
	assert_string_equal(output + 1000000, "end\n");
}

static void test_terminal_end_of_input(void **state)
{
	struct user user = { .run.request.tty = true };

	(void)state;
	user_begin(&user, EXECWIRE_RUN, (char *[]){ "sh", "-c", "stty -echo; cat; exit 6", NULL });
	usleep(200000);
	converse(&user, "line\n", 5);
	assert_int_equal(user_end(&user), 6);
	assert_non_null(strstr(output, "line"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_terminal),
		cmocka_unit_test(test_terminal_restored),
		cmocka_unit_test(test_terminal_output_is_complete),
		cmocka_unit_test(test_terminal_end_of_input),
	};

	return cmocka_run_group_tests(tests, agent_setup, NULL);
}
