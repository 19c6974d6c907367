// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_job.c - movable jobs without a move: their client goes and comes back
 *
 * For the two ends of a move there is a criu that only stops a job, or starts a process.
 *
 * Needs root, for namespaces. Not in valgrind: PID 1 of a job is this program, started anew.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "agent_user.h"

#include "procfile.h"
#include "../../init/job.h"

/* What the agent says of a job. */
static const char *tool(const char *what, const char *id)
{
	struct user user = { 0 };

	user_begin(&user, EXECWIRE_JOB, (char *[]){ (char *)what, (char *)id, NULL });
	converse(&user, "", 0);
	user_end(&user);
	return output;
}

/* Start a job; what the agent answers is in @output. */
static void start(const char *id, char *const argv[])
{
	char *all[16] = { (char *)id };
	struct user user = { 0 };

	for (int i = 0; argv[i]; i++)
		all[i + 1] = argv[i];
	user_begin(&user, EXECWIRE_JOB_START, all);
	converse(&user, "", 0);
	assert_int_equal(user_end(&user), 0);
}

/* Another agent's session for a client whose job has let go of it. */
static int again(void *arg, struct comb_error *err)
{
	int fds[2];

	(void)arg;
	(void)err;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		return -1;
	serve(fds, -1);
	close(fds[1]);
	return fds[0];
}

static void attach(struct user *user, const char *id)
{
	user->run.again = again;
	user_begin(user, EXECWIRE_JOB_ATTACH, (char *[]){ (char *)id, NULL });
}

#define START(id, ...) start(id, (char *[]){ __VA_ARGS__, NULL })

static void wait_gone(const char *id)
{
	for (int left = PATIENCE_MS; strcmp(tool("status", id), "none\n"); left -= 50) {
		assert_true(left > 0);
		usleep(50000);
	}
}

static void test_streams_and_status(void **state)
{
	struct user user = { 0 };

	(void)state;
	START("one", "sh", "-c", "cat; echo oops >&2; exit 7");
	assert_true(atoi(output) > 1);
	assert_string_equal(tool("status", "one"), "running\n");
	attach(&user, "one");
	converse(&user, "hello\n", 6);
	assert_string_equal(output, "hello\n");
	assert_string_equal(errors, "oops\n");
	assert_int_equal(user_end(&user), 7);
	wait_gone("one");
}

static void test_cannot_run(void **state)
{
	(void)state;
	START("none", "/no/such/program");
	assert_string_equal(output, "!127 /no/such/program: No such file or directory\n");
	assert_string_equal(tool("status", "none"), "none\n");
}

static void test_own_numbers(void **state)
{
	struct user user = { 0 };

	(void)state;
	START("number", "sh", "-c", "echo $$");
	attach(&user, "number");
	converse(&user, "", 0);
	assert_string_equal(output, "2\n");
	user_end(&user);
}

/* Nothing is lost and nothing comes twice, in either direction. */
static void test_pauses_under_load(void **state)
{
	size_t size = 3u << 20;
	char *data = malloc(size), why[256];
	struct user user = { 0 };
	pid_t pauser;

	(void)state;
	for (size_t i = 0; i < size; i++)
		data[i] = i * 2654435761u >> 13;
	START("load", "sh", "-c", "exec tee /dev/stderr");
	attach(&user, "load");
	pauser = fork();
	if (!pauser) {
		for (int i = 0; i < 20; i++) {
			if (job_pause("load", why, sizeof(why)))
				_exit(1);
			usleep(20000);
		}
		_exit(0);
	}
	/* The end of its input is held back until it has been paused often enough. */
	user.hold = pauser;
	converse(&user, data, size);
	assert_int_equal(user.held, 0);
	assert_int_equal(user_end(&user), 0);
	assert_int_equal(output_size, size);
	assert_memory_equal(output, data, size);
	assert_memory_equal(errors, data, size);
	free(data);
}

/* A signal that comes while there is no connection arrives after it. */
static void test_signal_after_pause(void **state)
{
	struct user user = { 0 };
	char why[256];

	(void)state;
	START("signal", "sh", "-c", "trap 'echo caught; exit 9' TERM; echo ready; while :; do "
	      "sleep 0.1; done");
	attach(&user, "signal");
	read_until(user.out, "ready\n");
	assert_int_equal(job_pause("signal", why, sizeof(why)), 0);
	kill(user.pid, SIGTERM);
	read_until(user.out, "caught\n");
	assert_int_equal(user_end(&user), 9);
}

/* Its client is killed: it hears of that as it would without a job. */
static void test_client_gone(void **state)
{
	struct user user = { 0 };
	int status;

	(void)state;
	START("alone", "sh", "-c", "echo ready; exec sleep 1000");
	attach(&user, "alone");
	read_until(user.out, "ready\n");
	kill(user.pid, SIGKILL);
	waitpid(user.pid, &status, 0);
	wait_gone("alone");
}

/* A client that does not read what is on its way cannot fall silent. */
static void test_stuck_client(void **state)
{
	struct user user = { 0 };
	char why[256];

	(void)state;
	START("stuck", "sh", "-c", "echo ready; exec sleep 1000");
	attach(&user, "stuck");
	read_until(user.out, "ready\n");
	kill(user.pid, SIGSTOP);
	assert_int_equal(job_pause("stuck", why, sizeof(why)), -1);
	assert_non_null(strstr(why, "does not answer"));
	kill(user.pid, SIGCONT);
	assert_string_equal(tool("status", "stuck"), "running\n");
	tool("kill", "stuck");
	assert_string_equal(output, "killed\n");
	assert_string_equal(tool("status", "stuck"), "none\n");
	user_end(&user);
}

/* It ends while its client is about to fall silent: that one has all it wrote, and how it ended. */
static void test_end_in_pause(void **state)
{
	struct user user = { 0 };
	char why[256];
	pid_t pauser, init, *list;

	(void)state;
	START("ends", "sh", "-c", "echo ready; while [ ! -e /run/end ]; do sleep 0.05; done; "
	      "echo bye; exit 3");
	init = atoi(output);
	attach(&user, "ends");
	read_until(user.out, "ready\n");
	kill(user.pid, SIGSTOP);
	pauser = fork();
	if (!pauser)
		_exit(!job_pause("ends", why, sizeof(why)));
	/* The pause is asked for first. */
	usleep(200000);
	close(open("/run/end", O_CREAT | O_WRONLY, 0600));
	while (job_processes(init, &list) > 1) {
		free(list);
		usleep(10000);
	}
	free(list);
	kill(user.pid, SIGCONT);
	converse(&user, "", 0);
	assert_string_equal(output, "bye\n");
	assert_int_equal(user_end(&user), 3);
	waitpid(pauser, NULL, 0);
	wait_gone("ends");
}

/* A job that takes no second client is not asked for ever. */
static void test_second_client(void **state)
{
	struct user user = { 0 }, second = { 0 };

	(void)state;
	START("taken", "sh", "-c", "echo ready; read line; echo $line");
	attach(&user, "taken");
	read_until(user.out, "ready\n");
	attach(&second, "taken");
	converse(&second, "", 0);
	assert_int_equal(user_end(&second), 125);
	converse(&user, "first\n", 6);
	assert_string_equal(output, "first\n");
	assert_int_equal(user_end(&user), 0);
}

static void test_find(void **state)
{
	struct user user = { 0 };
	char number[16], expected[64];
	pid_t *list, init;

	(void)state;
	START("find", "sh", "-c", "echo ready; sleep 1000; true");
	init = atoi(output);
	attach(&user, "find");
	read_until(user.out, "ready\n");
	assert_true(job_processes(init, &list) >= 2);
	snprintf(expected, sizeof(expected), "find %d\n", init);
	snprintf(number, sizeof(number), "%d", list[1]);
	assert_string_equal(tool("find", number), expected);
	assert_string_equal(tool("find", "1"), "no job\n");
	assert_string_equal(tool("find", "99999999"), "none\n");
	assert_non_null(strstr(tool("list", NULL), "find "));
	free(list);
	kill(user.pid, SIGTERM);
	assert_int_equal(user_end(&user), 128 + SIGTERM);
}

static void test_inspection(void **state)
{
	char gone[64], there[64];
	struct user user = { 0 };

	(void)state;
	snprintf(gone, sizeof(gone), "/tmp/comb-gone-%d", getpid());
	snprintf(there, sizeof(there), "/tmp/comb-there-%d", getpid());
	START("look", "bash", "-c", "echo x >$1; exec 5>>$1 6</dev/ptmx 7<>/dev/udp/127.0.0.1/9; "
	      "rm $1; echo y >$2; exec 8>>$2; echo ready; read -t 1000", "bash", gone, there);
	attach(&user, "look");
	read_until(user.out, "ready\n");
	tool("inspect", "look");
	assert_non_null(strstr(output, " has a terminal open, /dev/p"));
	assert_non_null(strstr(output, there));
	assert_null(strstr(output, "socket"));
	/* Small and deleted: CRIU takes it along. */
	assert_null(strstr(output, gone));
	assert_non_null(strstr(output, "\nneed "));
	unlink(there);
	converse(&user, "", 0);
	user_end(&user);
	assert_string_equal(tool("inspect", "nothing"), "");
	assert_string_equal(errors, "no such job\n");
}

/* A move that has failed: who was stopped before stays so, though the job goes on. */
static void test_hold(void **state)
{
	struct user holder = { 0 };
	char path[PATH_MAX], program[PATH_MAX] = "";
	pid_t init, *list;

	(void)state;
	START("held", "sh", "-c", "kill -STOP $$; exec sleep 1000");
	init = atoi(output);
	assert_int_equal(job_processes(init, &list), 2);
	for (int left = PATIENCE_MS; procstat_state(list[1]) != 'T'; left -= 50) {
		assert_true(left > 0);
		usleep(50000);
	}
	/* It came from a cell whose agent is another version. */
	snprintf(path, sizeof(path), "/proc/%d/exe", init);
	assert_true(readlink(path, program, sizeof(program) - 1) > 0);
	assert_int_equal(rename(program, JOB_DIR "/program-other"), 0);
	user_begin(&holder, EXECWIRE_JOB, (char *[]){ "hold", "held", NULL });
	read_until(holder.out, "held\n");
	assert_int_equal(procstat_state(init), 'T');
	assert_int_equal(access(JOB_DIR "/held/program-other", F_OK), 0);
	assert_string_equal(tool("go", "held"), "going\n");
	converse(&holder, "", 0);
	assert_int_equal(user_end(&holder), 0);
	assert_int_not_equal(procstat_state(init), 'T');
	assert_int_equal(procstat_state(list[1]), 'T');
	assert_int_not_equal(access(JOB_DIR "/held", F_OK), 0);
	assert_string_equal(tool("kill", "held"), "killed\n");
	free(list);
}

static void wait_for(const char *path)
{
	for (int left = PATIENCE_MS; access(path, F_OK); left -= 10) {
		assert_true(left > 0);
		usleep(10000);
	}
}

/* Whoever asked for a copy is gone before it is made: it can be found, and ended, all the same. */
static void test_restore_unattended(void **state)
{
	struct user user = { 0 };
	char pid[16] = "", state_letter;
	FILE *file;

	(void)state;
	assert_int_equal(mkdir(JOB_DIR "/copy", 0700), 0);
	close(open(JOB_DIR "/copy/program-x", O_CREAT | O_WRONLY, 0700));
	user_begin(&user, EXECWIRE_JOB, (char *[]){ "restore", "copy", NULL });
	wait_for("/run/restoring");
	kill(user.pid, SIGKILL);
	waitpid(user.pid, NULL, 0);
	/* Its session notices. */
	usleep(300000);
	close(open("/run/restore", O_CREAT | O_WRONLY, 0600));
	assert_string_equal(tool("kill", "copy"), "killed\n");
	wait_for("/run/restored");
	file = fopen("/run/restored", "r");
	assert_non_null(file);
	assert_non_null(fgets(pid, sizeof(pid), file));
	fclose(file);
	state_letter = procstat_state(atoi(pid));
	assert_true(!state_letter || state_letter == 'Z');
}

static int make_criu(void)
{
	FILE *file;

	if (mkdir("/run/bin", 0755) || !(file = fopen("/run/bin/criu", "w")))
		return -1;
	fputs("#!/bin/sh\n"
	      "for last; do :; done\n"
	      "[ $1 = restore ] || exec kill -STOP $3\n"
	      ">/run/restoring\n"
	      "while [ ! -e /run/restore ]; do sleep 0.05; done\n"
	      "sleep 1\n"
	      "sleep 60 &\n"
	      "echo $! >$last\n"
	      "echo $! >/run/fresh\n"
	      "mv /run/fresh /run/restored\n", file);
	return fclose(file) || chmod("/run/bin/criu", 0755) ||
	       setenv("PATH", "/run/bin:/usr/bin:/bin", 1);
}

/* 127.0.0.1 can be sent to. */
static int loopback_up(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), result;

	result = fd < 0 ? -1 : ioctl(fd, SIOCSIFFLAGS, &request);
	close(fd);
	return result;
}

/* A /run and sockets of its own: neither an agent's jobs nor those of another run are in the way. */
static int prepare(void **state)
{
	(void)state;
	return unshare(CLONE_NEWNS | CLONE_NEWNET) || loopback_up() ||
	       mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	       mount("none", "/run", "tmpfs", 0, NULL) || make_criu();
}

int main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_streams_and_status),
		cmocka_unit_test(test_cannot_run),
		cmocka_unit_test(test_own_numbers),
		cmocka_unit_test(test_pauses_under_load),
		cmocka_unit_test(test_signal_after_pause),
		cmocka_unit_test(test_client_gone),
		cmocka_unit_test(test_stuck_client),
		cmocka_unit_test(test_end_in_pause),
		cmocka_unit_test(test_second_client),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_inspection),
		cmocka_unit_test(test_hold),
		cmocka_unit_test(test_restore_unattended),
	};

	if (argc == 2 && !strcmp(argv[0], JOB_NAME))
		return job_main(argv[1]);
	/* Sessions inherit this; the jobs they start are nobody's children then. */
	if (geteuid()) {
		printf("# needs root: left out\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, prepare, NULL);
}
