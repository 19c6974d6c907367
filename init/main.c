// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * comb-init - PID 1 of the default initramfs
 *
 * Sets up a minimal system, loads the cell's modules, mounts the root and the
 * shares the host gives, runs the agent and the user's command, whose output
 * goes to the kernel log, reaps, and shuts down when asked to. It must never
 * end: the kernel panics if it does. A root with an init of its own gets the
 * kernel instead.
 *
 * Under the name comb-agent it is the agent of a system that has another PID 1, as comb-job the
 * first process of a movable job.
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

#include "agent.h"
#include "files.h"
#include "job.h"
#include "lines.h"
#include "log.h"
#include "net.h"
#include "private.h"
#include "resolver.h"
#include "root.h"
#include "setup.h"
#include "shutdown.h"
#include "words.h"

#define COMMAND_FILE "/etc/comb/command"
/* An agent that cannot live must not keep everybody busy. */
#define AGENT_PAUSE_S 1

/* PID 1 is one of a kind, and so is what it knows. */
static struct {
	int signals;		/* signalfd */
	int output;		/* the command's stdout and stderr, -1 if none */
	struct lines lines;
	pid_t command;		/* 0 if there is none or it has ended */
	pid_t agent;		/* 0 if it must be started again */
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
		else if (pid > 0 && pid == init.agent)
			init.agent = 0;
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

/* Before the root takes the place of the initramfs, where the file is. */
static char **read_command(char **data)
{
	char **argv = NULL;
	size_t size;

	*data = file_read(COMMAND_FILE, &size);
	if (*data)
		argv = file_argv(*data, size);
	if (!argv && errno != ENOENT)
		log_say("cannot use " COMMAND_FILE ": %s", strerror(errno));
	return argv;
}

static void start_command(char **argv)
{
	int ends[2];

	if (!argv)
		return;
	if (pipe2(ends, O_CLOEXEC)) {
		log_say("cannot run the command: %s", strerror(errno));
		return;
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
}

static void start_agent(int pause_s)
{
	init.agent = fork();
	if (!init.agent) {
		setsid();
		close_range(3, ~0U, 0);
		sleep(pause_s);
		agent_listen();
	}
	if (init.agent < 0)
		init.agent = 0;
}

/* Root, shares and network as the kernel command line says. */
static void settle(void)
{
	struct words words = { 0 };
	size_t size;
	char *cmdline = file_read("/proc/cmdline", &size), *privates;

	if (!cmdline) {
		log_trouble("cannot read /proc/cmdline: %s", strerror(errno));
		return;
	}
	privates = private_read();
	net_setup(cmdline);
	words_parse(&words, cmdline);
	if (words.bad)
		log_trouble("makes no sense: %s", words.bad);
	if (words.root == WORDS_ROOT_NONE || root_switch(&words)) {
		if (words.root == WORDS_ROOT_NONE || words.overlay)
			resolver_setup();
		if (words.root != WORDS_ROOT_NONE)
			private_mount(privates);
		root_shares(&words);
		if (words.init && words.root != WORDS_ROOT_NONE) {
			setup_announce();
			root_init(words.init);
		}
	}
	free(privates);
	free(cmdline);
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

static int run_elsewhere(int argc, char *argv[])
{
	const char *slash = strrchr(argv[0], '/');

	if (!strcmp(argv[0], JOB_NAME) && argc == 2)
		return job_main(argv[1]);
	if (!strcmp(slash ? slash + 1 : argv[0], "comb-agent")) {
		agent_environment();
		agent_listen();
	}
	fputs("comb-init: this is the first program of a cell, not one to run\n"
	      "try: comb create\n", stderr);
	return 2;
}

int main(int argc, char *argv[])
{
	char *data = NULL, **command;

	/* That a job's is 1, too, is no matter: the cell's has no such name. */
	if (getpid() != 1 || (argc > 0 && !strcmp(argv[0], JOB_NAME)))
		return argc > 0 ? run_elsewhere(argc, argv) : 2;
	setup_system();
	/* Before comb_cell.ko tells the host that it may ask for a stop: PID 1 loses others. */
	block_signals();
	agent_environment();
	setup_modules();
	command = read_command(&data);
	settle();
	setup_announce();
	start_agent(0);
	start_command(command);

	for (;;) {
		/* Without a signalfd nothing wakes poll() when a child ends. */
		handle_events(init.signals < 0 || !init.agent ? 1000 : -1);
		reap();
		if (init.shutdown >= 0) {
			shutdown_system(init.shutdown, wait_for_processes);
			init.shutdown = -1;
		}
		if (!init.agent)
			start_agent(AGENT_PAUSE_S);
	}
}
