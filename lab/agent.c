// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * PID 1 of a lab machine, or a service of one that boots from a disk: takes one
 * command from lab/run, runs it, sends its output as it comes and its status last.
 * lab/run then switches the machine off from outside, so nothing here can be lost or
 * get stuck on the way down.
 *
 *	agent PORT [DIRECTORY-TO-SYNC...]
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>

#include "frame.h"

struct stream {
	enum frame_type type;
	int read_fd;
	int write_fd;
};

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "lab agent: %s: %s\n", what, strerror(errno));
	exit(1);	/* PID 1: the kernel panics and lab/run sees it */
}

/* A port reads as at end of file until the other side has opened it. */
static void read_exactly(int fd, void *data, size_t length)
{
	char *p = data;

	while (length > 0) {
		ssize_t n = read(fd, p, length);

		if (n < 0 && errno != EINTR && errno != EAGAIN)
			die("port");
		if (n <= 0) {
			usleep(1000);
			continue;
		}
		p += n;
		length -= n;
	}
}

static char *receive_command(int port)
{
	struct frame_head head;
	char *command;

	read_exactly(port, &head, sizeof(head));
	if (head.type != FRAME_COMMAND || head.length > FRAME_MAX) {
		errno = EPROTO;
		die("command");
	}
	command = calloc(1, head.length + 1);
	if (!command)
		die("command");
	read_exactly(port, command, head.length);
	return command;
}

static void open_stream(struct stream *stream, enum frame_type type)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		die("pipe");
	if (fcntl(fds[0], F_SETFL, O_NONBLOCK) < 0)
		die("pipe");
	stream->type = type;
	stream->read_fd = fds[0];
	stream->write_fd = fds[1];
}

/*
 * Sleeps for a moment on every CPU. Emulated CPUs sometimes come up deaf to
 * interrupts: then this never returns, lab/run finds the machine unready and
 * boots another one, instead of a command failing for no fault of its own.
 */
static void try_cpus(void)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	cpu_set_t all, one;

	if (sched_getaffinity(0, sizeof(all), &all) < 0)
		die("CPUs");
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		if (sched_setaffinity(0, sizeof(one), &one) < 0)
			die("CPUs");
		nanosleep(&moment, NULL);
	}
	if (sched_setaffinity(0, sizeof(all), &all) < 0)
		die("CPUs");
}

static pid_t start_command(const char *command, const struct stream *out,
			   const struct stream *err)
{
	pid_t pid = fork();
	sigset_t none;

	if (pid < 0)
		die("fork");
	if (pid > 0)
		return pid;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	if (dup2(out->write_fd, STDOUT_FILENO) < 0 ||
	    dup2(err->write_fd, STDERR_FILENO) < 0)
		_exit(126);
	execl("/bin/sh", "sh", "-c", command, NULL);
	_exit(127);
}

/* Passes on what is there; closes the stream at its end. */
static void forward(int port, struct stream *stream)
{
	static char buffer[1 << 16];

	while (stream->read_fd >= 0) {
		ssize_t n = read(stream->read_fd, buffer, sizeof(buffer));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			close(stream->read_fd);
			stream->read_fd = -1;
			return;
		}
		if (!send_frame(port, stream->type, buffer, n))
			die("port");
	}
}

/* Reaps everything, as PID 1 has to; true when it was the command. */
static bool reap(pid_t command, int *status)
{
	bool ended = false;
	int s;
	pid_t pid;

	while ((pid = waitpid(-1, &s, WNOHANG)) > 0) {
		if (pid != command)
			continue;
		*status = WIFSIGNALED(s) ? 128 + WTERMSIG(s) : WEXITSTATUS(s);
		ended = true;
	}
	return ended;
}

static int32_t serve(int port, int signals, pid_t command, struct stream *out,
		     struct stream *err)
{
	struct signalfd_siginfo info;
	int status = 0;

	for (;;) {
		struct pollfd fds[] = {
			{ .fd = out->read_fd, .events = POLLIN },
			{ .fd = err->read_fd, .events = POLLIN },
			{ .fd = signals, .events = POLLIN },
		};

		if (poll(fds, 3, -1) < 0 && errno != EINTR)
			die("poll");
		if (fds[0].revents)
			forward(port, out);
		if (fds[1].revents)
			forward(port, err);
		if (!fds[2].revents)
			continue;
		if (read(signals, &info, sizeof(info)) < 0)
			continue;
		/*
		 * The command is what counts, not who else holds its output:
		 * a daemon it left behind must not keep the machine up.
		 */
		if (reap(command, &status)) {
			forward(port, out);
			forward(port, err);
			return status;
		}
	}
}

int main(int argc, char **argv)
{
	struct stream out, err;
	sigset_t child;
	int port, signals, fd;
	int32_t status;
	char *line;
	pid_t command;

	if (argc < 2) {
		errno = EINVAL;
		die("usage: agent PORT [DIRECTORY...]");
	}
	port = open(argv[1], O_RDWR | O_CLOEXEC);
	if (port < 0)
		die(argv[1]);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals < 0)
		die("signalfd");
	open_stream(&out, FRAME_STDOUT);
	open_stream(&err, FRAME_STDERR);
	line = receive_command(port);
	try_cpus();
	send_frame(port, FRAME_READY, NULL, 0);
	command = start_command(line, &out, &err);
	close(out.write_fd);
	close(err.write_fd);
	status = serve(port, signals, command, &out, &err);
	for (int i = 2; i < argc; i++) {
		fd = open(argv[i], O_RDONLY | O_CLOEXEC);
		if (fd >= 0)
			syncfs(fd);
	}
	send_frame(port, FRAME_STATUS, &status, sizeof(status));
	for (;;)
		pause();
}
