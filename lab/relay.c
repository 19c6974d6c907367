// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Starts a lab machine, hands the agent in it one command and passes the
 * command's output on; ends the machine when the command has ended, the time
 * is over, or somebody interrupts.
 *
 *	relay TIMEOUT BOOT-TIMEOUT RESULT-FILE COMMAND PROGRAM [ARGUMENT...]
 *
 * PROGRAM is QEMU; the word @FD@ in an argument becomes the number of the
 * socket that it has to connect to the port of the agent. RESULT-FILE gets one
 * word: "status", "timeout", "gone" (no status came), "signal", or "unready":
 * the command had not even begun when the machine went away or BOOT-TIMEOUT
 * was over. Times are seconds from the start. The exit status is the
 * command's, 124 if it never ended, 125 if PROGRAM cannot start.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "frame.h"

#define STATUS_LOST 124
#define STATUS_FAILED 125

static volatile sig_atomic_t caught;

static void note_signal(int number)
{
	caught = number;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static char *replace_fd(char *argument, int fd)
{
	char *mark = strstr(argument, "@FD@"), *text;

	if (!mark)
		return argument;
	if (asprintf(&text, "%.*s%d%s", (int)(mark - argument), argument, fd,
		     mark + strlen("@FD@")) < 0)
		return argument;
	return text;
}

static pid_t start_program(char **argv, int fd)
{
	pid_t parent = getpid(), pid = fork();

	if (pid != 0)
		return pid;
	/* A machine nobody listens to must not outlive us. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(STATUS_FAILED);
	/* Ctrl-C is for the relay, which ends the machine. */
	setsid();
	for (char **a = argv; *a; a++)
		*a = replace_fd(*a, fd);
	/* Nothing QEMU says may end up in the command's output. */
	dup2(STDERR_FILENO, STDOUT_FILENO);
	execvp(argv[0], argv);
	fprintf(stderr, "lab: %s: %s\n", argv[0], strerror(errno));
	_exit(STATUS_FAILED);
}

/* 1: got it, 0: the machine is gone, -1: time is over or a signal came. */
static int receive(int fd, void *data, size_t length, double deadline)
{
	char *p = data;

	while (length > 0) {
		struct pollfd poller = { .fd = fd, .events = POLLIN };
		double left = deadline - now();
		ssize_t n;

		if (caught || left <= 0)
			return -1;
		/* Short naps: a signal may come just before poll(). */
		if (poll(&poller, 1, left > 0.5 ? 500 : left * 1000 + 1) <= 0)
			continue;
		n = read(fd, p, length);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return 0;
		p += n;
		length -= n;
	}
	return 1;
}

static int relay(int fd, double end, double boot_end, const char **result)
{
	static char data[FRAME_MAX];
	double deadline = boot_end < end ? boot_end : end;
	struct frame_head head;
	bool ready = false;
	int32_t status;
	int got;

	for (;;) {
		got = receive(fd, &head, sizeof(head), deadline);
		if (got == 1 && head.length > sizeof(data))
			got = 0;
		if (got == 1)
			got = receive(fd, data, head.length, deadline);
		if (got != 1)
			break;
		switch (head.type) {
		case FRAME_READY:
			ready = true;
			deadline = end;
			break;
		case FRAME_STDOUT:
			write_all(STDOUT_FILENO, data, head.length);
			break;
		case FRAME_STDERR:
			write_all(STDERR_FILENO, data, head.length);
			break;
		case FRAME_STATUS:
			memcpy(&status, data, sizeof(status));
			*result = "status";
			return status;
		}
	}
	if (caught)
		*result = "signal";
	else if (!ready && now() < end)
		*result = "unready";
	else
		*result = got == 0 ? "gone" : "timeout";
	return caught ? 128 + caught : STATUS_LOST;
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = note_signal };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	/* A reader that went away must not end us before the machine. */
	signal(SIGPIPE, SIG_IGN);
}

static void write_result(const char *path, const char *result)
{
	FILE *file = fopen(path, "we");

	if (!file)
		return;
	fprintf(file, "%s\n", result);
	fclose(file);
}

int main(int argc, char **argv)
{
	const char *result = "gone";
	int fds[2], status;
	double start;
	pid_t pid;

	if (argc < 6 || atof(argv[1]) <= 0 || atof(argv[2]) <= 0) {
		fprintf(stderr, "usage: relay TIMEOUT BOOT-TIMEOUT RESULT COMMAND PROGRAM...\n");
		return STATUS_FAILED;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0)
		return STATUS_FAILED;
	fcntl(fds[0], F_SETFD, FD_CLOEXEC);
	catch_signals();
	start = now();
	pid = start_program(argv + 5, fds[1]);
	close(fds[1]);
	if (pid < 0)
		return STATUS_FAILED;
	send_frame(fds[0], FRAME_COMMAND, argv[4], strlen(argv[4]));
	status = relay(fds[0], start + atof(argv[1]), start + atof(argv[2]), &result);
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	write_result(argv[3], result);
	return status;
}
