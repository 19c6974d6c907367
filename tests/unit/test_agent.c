// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_agent.c - programs in a cell with pipes: status, streams, signals, copying
 *
 * Slow in valgrind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <signal.h>
#include <time.h>

#include "agent_setup.h"
#include "agent_user.h"
#include "scratch.h"

static void test_streams_apart(void **state)
{
	(void)state;
	assert_int_equal(SH("hello\n", "cat; echo oops >&2; exit 7"), 7);
	assert_string_equal(output, "hello\n");
	assert_string_equal(errors, "oops\n");
	assert_int_equal(SAY("", "true"), 0);
	assert_string_equal(output, "");
}

static void test_status_of_signal(void **state)
{
	(void)state;
	assert_int_equal(SH("", "kill -KILL $$"), 128 + SIGKILL);
	assert_int_equal(SH("", "kill -SEGV $$"), 128 + SIGSEGV);
	assert_int_equal(SH("", "exit 255"), 255);
}

static void test_cannot_run(void **state)
{
	(void)state;
	assert_int_equal(SAY("", "/no/such/program"), 127);
	assert_string_equal(errors, "/no/such/program: No such file or directory\n");
	assert_int_equal(SAY("", "no-such-program"), 127);
	assert_int_equal(SAY("", "/etc/passwd"), 126);
	assert_string_equal(errors, "/etc/passwd: Permission denied\n");
}

static void test_directory_and_environment(void **state)
{
	char *environment[] = { "COLOUR=green and blue", "=bad", "EMPTY=", NULL };
	struct user user = { .run.request = { .directory = "/usr", .environment = environment } };

	(void)state;
	user_begin(&user, EXECWIRE_RUN, (char *[]){
		"sh", "-c", "pwd; echo \"$COLOUR,${EMPTY-unset}\"", NULL });
	converse(&user, "", 0);
	assert_int_equal(user_end(&user), 0);
	assert_string_equal(output, "/usr\ngreen and blue,\n");

	user = (struct user){ .run.request.directory = "/no/such" };
	user_begin(&user, EXECWIRE_RUN, (char *[]){ "true", NULL });
	converse(&user, "", 0);
	assert_int_equal(user_end(&user), 126);
}

static void test_much_both_ways(void **state)
{
	size_t size = 3u << 20;
	char *data = malloc(size);

	(void)state;
	for (size_t i = 0; i < size; i++)
		data[i] = i * 2654435761u >> 13;
	for (int i = 0; i < 2; i++) {
		struct user user = { 0 };

		user_begin(&user, EXECWIRE_RUN,
			   i ? (char *[]){ "sh", "-c", "exec tee /dev/stderr", NULL } :
			       (char *[]){ "cat", NULL });
		converse(&user, data, size);
		assert_int_equal(user_end(&user), 0);
		assert_int_equal(output_size, size);
		assert_memory_equal(output, data, size);
		if (i)
			assert_memory_equal(errors, data, size);
	}
	free(data);
}

/* The program reads to the end of its input and answers then. */
static void test_half_close(void **state)
{
	(void)state;
	assert_int_equal(SH("a\nb\nc\n", "wc -l; echo done"), 0);
	assert_string_equal(output, "3\ndone\n");
}

/* Nobody reads stdout: stderr, signals and stdin go on. */
static void test_unread_stdout(void **state)
{
	struct user user = { 0 };

	(void)state;
	user_begin(&user, EXECWIRE_RUN, (char *[]){
		"sh", "-c", "trap 'echo caught >&2; kill $!' USR1; yes & "
		"echo started >&2; read line; echo \"$line\" >&2; wait; wait; exit 9", NULL });
	read_until(user.error, "started\n");
	usleep(200000);
	if (write(user.in, "typed\n", 6) != 6)
		fail();
	read_until(user.error, "typed\n");
	kill(user.pid, SIGUSR1);
	read_until(user.error, "caught\n");
	converse(&user, "", 0);
	assert_true(output_size > 65536);
	assert_int_equal(user_end(&user), 9);
}

/* The reader of stdout goes away: SIGPIPE, as without a cell in between. */
static void test_closed_stdout(void **state)
{
	struct user user = { 0 };

	(void)state;
	user_begin(&user, EXECWIRE_RUN, (char *[]){ "yes", NULL });
	read_until(user.out, "y\n");
	close(user.out);
	user.out = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(user_end(&user), 128 + SIGPIPE);
}

/* The program does not want input: whoever feeds it is not stuck. */
static void test_unwanted_stdin(void **state)
{
	size_t size = 2u << 20;
	char *data = calloc(1, size);
	struct user user = { 0 };

	(void)state;
	user_begin(&user, EXECWIRE_RUN, (char *[]){
		"sh", "-c", "exec <&-; sleep 0.3; echo end", NULL });
	converse(&user, data, size);
	assert_int_equal(user_end(&user), 0);
	assert_string_equal(output, "end\n");
	free(data);
}

static void test_signals(void **state)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 };

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct user user = { 0 };

		user_begin(&user, EXECWIRE_RUN, (char *[]){
			"sh", "-c", "echo ready; sleep 30 | cat", NULL });
		read_until(user.out, "ready\n");
		kill(user.pid, numbers[i]);
		/* The whole group: nothing holds the pipe for 30 s. */
		assert_int_equal(user_end(&user), 128 + numbers[i]);
	}
}

static void test_three_signals(void **state)
{
	struct user user = { 0 };

	(void)state;
	user_begin(&user, EXECWIRE_RUN, (char *[]){
		"sh", "-c", "trap 'echo no' INT; echo ready; while :; do sleep 0.05; done", NULL });
	read_until(user.out, "ready\n");
	for (int i = 0; i < 2; i++) {
		kill(user.pid, SIGINT);
		read_until(user.out, "no\n");
	}
	kill(user.pid, SIGINT);
	assert_int_equal(user_end(&user), 128 + SIGINT);
}

/* What a program leaves in the background keeps nobody waiting. */
static void test_background(void **state)
{
	time_t start = time(NULL);

	(void)state;
	assert_int_equal(SH("", "sleep 20 & echo gone; exit 3"), 3);
	assert_string_equal(output, "gone\n");
	assert_true(time(NULL) - start < 10);
	assert_int_equal(SH("", "(while echo x; do :; done) & sleep 0.2; exit 4"), 4);
}

static bool is_gone(const char *pid)
{
	for (int i = 0; i < 200; i++) {
		if (kill(atoi(pid), 0) && errno == ESRCH)
			return true;
		usleep(20000);
	}
	return false;
}

/* The host dies: so does what ran for it. */
static void test_hang_up(void **state)
{
	(void)state;
	for (int tty = 0; tty < 2; tty++) {
		struct user user = { .run.request.tty = tty };
		char pid[16];

		user_begin(&user, EXECWIRE_RUN, (char *[]){
			"sh", "-c", "sleep 30 & echo $! =; wait", NULL });
		read_until(user.out, "=");
		snprintf(pid, sizeof(pid), "%d", atoi(output));
		kill(user.pid, SIGKILL);
		waitpid(user.pid, NULL, 0);
		assert_true(is_gone(pid));
		close(user.in);
		close(user.out);
		close(user.error);
	}
}

static void test_shell(void **state)
{
	char *environment[] = { "ENV=", NULL };
	struct user user = { .run.request.environment = environment };

	(void)state;
	user_begin(&user, EXECWIRE_SHELL, (char *[]){ NULL });
	converse(&user, "echo $0; pwd; exit 8\n", 21);
	assert_int_equal(user_end(&user), 8);
	assert_int_equal(output[0], '-');
	assert_non_null(strstr(output, "/root\n"));
}

/* A user's ids, groups, umask and account, and outputs that can be opened by name. */
static void test_user(void **state)
{
	char *environment[] = { "USER=somebody", NULL };
	struct user user = { .run.request = {
		.environment = environment, .has_umask = true, .umask = 027,
		.user = { .given = true, .uid = 65534, .gid = 65533, .nr_groups = 2,
			  .groups = (uint32_t[]){ 7, 70000 } } } };

	(void)state;
	if (getuid())
		skip();
	user_begin(&user, EXECWIRE_RUN, (char *[]){
		"sh", "-c", "echo $(id -u) $(id -g) $(id -G); umask; echo \"$HOME,$USER,$LOGNAME\"; "
		"echo again >/dev/stdout; cat /etc/shadow >/dev/null 2>&1; echo $?", NULL });
	converse(&user, "", 0);
	assert_int_equal(user_end(&user), 0);
	assert_string_equal(output, "65534 65533 65533 7 70000\n0027\n"
			    "/nonexistent,somebody,nobody\nagain\n1\n");

	/* Nobody's number: nothing of root's account remains. */
	setenv("LOGNAME", "root", 1);
	user = (struct user){ .run.request.user = { .given = true, .uid = 54321, .gid = 54321 } };
	user_begin(&user, EXECWIRE_RUN, (char *[]){
		"sh", "-c", "echo $(id -u) $(id -G) $HOME ${LOGNAME-unset}; umask", NULL });
	converse(&user, "", 0);
	assert_int_equal(user_end(&user), 0);
	assert_string_equal(output, "54321 54321 / unset\n0022\n");

	/* A directory is looked for as that user. */
	user = (struct user){ .run.request = { .directory = "/root",
		.user = { .given = true, .uid = 54321, .gid = 54321 } } };
	user_begin(&user, EXECWIRE_RUN, (char *[]){ "true", NULL });
	converse(&user, "", 0);
	assert_int_equal(user_end(&user), 126);
	assert_string_equal(errors, "directory /root: Permission denied\n");
}

static void test_shell_of_user(void **state)
{
	char *environment[] = { "ENV=", "SHELL=/bin/sh", "HOME=/usr", NULL };
	struct user user = { .run.request = { .environment = environment,
		.user = { .given = true, .uid = 54321, .gid = 54321 } } };

	(void)state;
	if (getuid())
		skip();
	user_begin(&user, EXECWIRE_SHELL, (char *[]){ NULL });
	converse(&user, "echo $0; pwd; id -u; exit 8\n", 28);
	assert_int_equal(user_end(&user), 8);
	assert_string_equal(output, "-sh\n/usr\n54321\n");

	/* It stays where it is told to be. */
	user = (struct user){ .run.request = { .environment = environment, .directory = "/var" } };
	user_begin(&user, EXECWIRE_SHELL, (char *[]){ NULL });
	converse(&user, "pwd\n", 4);
	assert_int_equal(user_end(&user), 0);
	assert_non_null(strstr(output, "/var\n"));
}

/* What the agent must not take: ids that mean "leave it", a umask that is none, half a group. */
static void test_bad_requests(void **state)
{
	struct execwire_request request = { .what = EXECWIRE_SHELL, .user = {
		.given = true, .uid = 1, .gid = 2, .nr_groups = 1,
		.groups = (uint32_t[]){ 3 } } }, parsed;
	struct execwire_frame frame = { .type = EXECWIRE_REQUEST };
	static const struct {
		size_t at;
		uint32_t value;
	} bad[] = {
		{ 4, 8 }, { 4, 0 }, { 24, 2 }, { 24, UINT32_MAX }, { 28, 022 },
		{ 32, UINT32_MAX }, { 36, UINT32_MAX },
	};
	uint8_t *payload = execwire_request(&request, &frame.length);

	(void)state;
	assert_non_null(payload);
	frame.payload = payload;
	assert_int_equal(execwire_request_parse(&frame, &parsed), 0);
	assert_true(parsed.user.given && parsed.user.uid == 1 && parsed.user.gid == 2);
	assert_int_equal(parsed.user.nr_groups, 1);
	assert_int_equal(parsed.user.groups[0], 3);
	execwire_request_free(&parsed);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint32_t good = execwire_get32(payload + bad[i].at);

		execwire_put32(payload + bad[i].at, bad[i].value);
		assert_int_equal(execwire_request_parse(&frame, &parsed), -1);
		execwire_put32(payload + bad[i].at, good);
	}
	free(payload);
	request.user.nr_groups = EXECWIRE_GROUPS_MAX + 1;
	request.user.groups = calloc(request.user.nr_groups, sizeof(*request.user.groups));
	assert_null(execwire_request(&request, &frame.length));
	free(request.user.groups);
}

static void test_many_at_once(void **state)
{
	struct user users[20] = { 0 };
	char expected[64];

	(void)state;
	for (int i = 0; i < 20; i++) {
		char script[64];

		snprintf(script, sizeof(script), "cat; echo %d; exit %d", i, i);
		user_begin(&users[i], EXECWIRE_RUN, (char *[]){ "sh", "-c", script, NULL });
	}
	for (int i = 19; i >= 0; i--) {
		converse(&users[i], "in ", 3);
		snprintf(expected, sizeof(expected), "in %d\n", i);
		assert_string_equal(output, expected);
		assert_int_equal(user_end(&users[i]), i);
	}
}

static int copy(enum execwire_what what, const char *path, const char *name, const char *input,
		size_t size)
{
	struct user user = { 0 };

	user_begin(&user, what, (char *[]){ (char *)path, (char *)name, NULL });
	converse(&user, input, size);
	return user_end(&user);
}

static void test_copy(void **state)
{
	char path[64], other[64], command[256];
	char *tree;
	size_t size;

	(void)state;
	snprintf(path, sizeof(path), "%s/file", scratch);
	assert_int_equal(copy(EXECWIRE_FILE_TAKE, path, NULL, "some bytes", 10), 0);
	assert_int_equal(copy(EXECWIRE_FILE_SEND, path, NULL, "", 0), 0);
	assert_string_equal(output, "some bytes");
	assert_int_equal(copy(EXECWIRE_FILE_SEND, scratch, NULL, "", 0), 1);
	assert_non_null(strstr(errors, "Is a directory"));

	assert_int_equal(copy(EXECWIRE_TREE_SEND, scratch, NULL, "", 0), 0);
	tree = malloc(output_size);
	size = output_size;
	memcpy(tree, output, size);
	snprintf(other, sizeof(other), "%s.copy", scratch);
	assert_int_equal(copy(EXECWIRE_TREE_TAKE, other, "unused", tree, size), 0);
	free(tree);
	snprintf(command, sizeof(command), "diff -r %s %s", scratch, other);
	assert_int_equal(system(command), 0);
	snprintf(command, sizeof(command), "rm -rf %s", other);
	assert_int_equal(system(command), 0);
}

/* Whatever a peer sends: the session ends, nothing runs. */
static void test_bad_peers(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
	} peers[] = {
		{ "GET / HTTP/1.0\r\n\r\n", 18 },
		{ "\x02\0\0\0\0\0\0\0", 8 },
		{ "\x01\0\0\0\x0c\0\0\0nonsense\x01\0\0\0", 20 },
		{ "\x01\0\0\0\x0c\0\0\0combexec\x01\0\0\0\x04\0\0\0\1\0\0\0x", 29 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(peers) / sizeof(peers[0]); i++) {
		struct pollfd file;
		char data[256];
		int fds[2];
		ssize_t got;

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
		serve(fds, -1);
		close(fds[1]);
		assert_int_equal(write(fds[0], peers[i].bytes, peers[i].size), peers[i].size);
		file = (struct pollfd){ fds[0], POLLIN, 0 };
		do {
			assert_int_equal(poll(&file, 1, PATIENCE_MS), 1);
			got = read(fds[0], data, sizeof(data));
		} while (got > 0);
		close(fds[0]);
	}
}

static int group_setup(void **state)
{
	return agent_setup(state) || make_scratch(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_streams_apart),
		cmocka_unit_test(test_status_of_signal),
		cmocka_unit_test(test_cannot_run),
		cmocka_unit_test(test_directory_and_environment),
		cmocka_unit_test(test_much_both_ways),
		cmocka_unit_test(test_half_close),
		cmocka_unit_test(test_unread_stdout),
		cmocka_unit_test(test_closed_stdout),
		cmocka_unit_test(test_unwanted_stdin),
		cmocka_unit_test(test_signals),
		cmocka_unit_test(test_three_signals),
		cmocka_unit_test(test_background),
		cmocka_unit_test(test_hang_up),
		cmocka_unit_test(test_shell),
		cmocka_unit_test(test_user),
		cmocka_unit_test(test_shell_of_user),
		cmocka_unit_test(test_bad_requests),
		cmocka_unit_test(test_many_at_once),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_bad_peers),
	};

	return cmocka_run_group_tests(tests, group_setup, remove_scratch);
}
