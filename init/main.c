// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * comb-init - PID 1 of the default initramfs
 *
 * Sets up a minimal system, loads the cell's modules, runs the user's command
 * with its output in the kernel log, reaps, and shuts down when asked to. It
 * must never end: the kernel panics if it does.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "files.h"
#include "lines.h"
#include "log.h"
#include "setup.h"
#include "shutdown.h"

#define COMMAND_FILE "/etc/comb/command"

/* PID 1 is one of a kind, and so is what it knows. */
static struct {
	int signals;		/* signalfd */
	int output;		/* the command's stdout and stderr, -1 if none */
	struct lines lines;
	pid_t command;		/* 0 if there is none or it has ended */
	int shutdown;		/* RB_* asked for, -1 if none */
} init = { .signals = -1, .output = -1, .shutdown = -1 };

/* Take what the command wrote, without waiting. */
static void forward_output(void)
{
	char data[4096];
	ssize_t got;

	while (init.output >= 0) {
		got = read(init.output, data, sizeof(data));
		if (got > 0) {
			lines_feed(&init.lines, data, got, log_line, NULL);
		} else if (!got || (errno != EINTR && errno != EAGAIN)) {
			/* The last process that could write has ended. */
			close(init.output);
			init.output = -1;
			lines_flush(&init.lines, log_line, NULL);
		} else if (errno == EAGAIN) {
			return;
		}
	}
}

static void command_ended(int status)
{
	init.command = 0;
	/* Its last line comes before the news of its end. */
	forward_output();
	lines_flush(&init.lines, log_line, NULL);
	if (WIFSIGNALED(status))
		log_say("command killed by signal %d", WTERMSIG(status));
	else
		log_say("command exited with status %d", WEXITSTATUS(status));
}

/* True while there are processes left. */
static bool reap(void)
{
	int status;
	pid_t pid;

	do {
		pid = waitpid(-1, &status, WNOHANG);
		if (pid > 0 && pid == init.command)
			command_ended(status);
	} while (pid > 0 || (pid < 0 && errno == EINTR));
	return !pid;
}

static void take_signals(void)
{
	struct signalfd_siginfo info;

	while (read(init.signals, &info, sizeof(info)) == sizeof(info)) {
		int command = shutdown_command(info.ssi_signo);

		if (command >= 0 && init.shutdown < 0)
			init.shutdown = command;
	}
}

/* Handle what comes in within @milliseconds; -1: for ever. */
static void handle_events(int milliseconds)
{
	struct pollfd files[] = {
		{ .fd = init.signals, .events = POLLIN },
		{ .fd = init.output, .events = POLLIN },
	};

	if (poll(files, 2, milliseconds) > 0) {
		take_signals();
		forward_output();
	}
}

/* See shutdown_system(). */
static bool wait_for_processes(int milliseconds)
{
	if (!reap())
		return false;
	handle_events(milliseconds);
	return reap();
}

static void __attribute__((noreturn)) run_command(char **argv, int output)
{
	sigset_t none;
	int err;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	if (dup2(output, 1) >= 0 && dup2(output, 2) >= 0)
		execvp(argv[0], argv);
	err = errno;
	dprintf(2, "comb-init: cannot run %s: %s\n", argv[0], strerror(err));
	_exit(err == ENOENT ? 127 : 126);
}

static void start_command(void)
{
	char *data = NULL, **argv = NULL;
	int ends[2];
	size_t size;

	data = file_read(COMMAND_FILE, &size);
	if (data)
		argv = file_argv(data, size);
	if (!argv) {
		if (errno != ENOENT)
			log_say("cannot use " COMMAND_FILE ": %s", strerror(errno));
		goto out;
	}
	if (pipe2(ends, O_CLOEXEC)) {
		log_say("cannot run the command: %s", strerror(errno));
		goto out;
	}
	/* Only this end: the command expects to block. */
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	init.command = fork();
	if (!init.command)
		run_command(argv, ends[1]);
	close(ends[1]);
	init.output = ends[0];
	if (init.command < 0) {
		log_say("cannot run the command: %s", strerror(errno));
		init.command = 0;
	}
out:
	free(argv);
	free(data);
}

static void block_signals(void)
{
	static const int extra[] = { SIGCHLD, SIGTERM, SIGINT, SIGUSR1, SIGUSR2 };
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < sizeof(extra) / sizeof(extra[0]); i++)
		sigaddset(&set, extra[i]);
	for (i = 3; i <= 5; i++)
		sigaddset(&set, SIGRTMIN + i);
	sigprocmask(SIG_BLOCK, &set, NULL);
	init.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (init.signals < 0)
		log_say("no signals: %s", strerror(errno));
}

int main(void)
{
	if (getpid() != 1) {
		fputs("comb-init: this is the first program of a cell, not one to run\n"
		      "try: comb create\n", stderr);
		return 2;
	}
	setup_system();
	block_signals();
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	setenv("HOME", "/root", 1);
	setup_modules();
	setup_announce();
	start_command();

	for (;;) {
		/* Without a signalfd nothing wakes poll() when a child ends. */
		handle_events(init.signals < 0 ? 1000 : -1);
		reap();
		if (init.shutdown >= 0) {
			shutdown_system(init.shutdown, wait_for_processes);
			init.shutdown = -1;
		}
	}
}
