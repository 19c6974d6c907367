// SPDX-License-Identifier: GPL-2.0-or-later
/* agent_start.c - a program with pipes or a terminal of its own */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent.h"

/* What the new process reports if it does not become the program. */
struct trouble {
	int status;
	int error;
	char what[256];
};

/* Both ends of everything: [0] is the program's, [1] the agent's. */
struct ends {
	int in[2], out[2], error[2];
	int report[2];
};

static void close_pair(int pair[2])
{
	for (int i = 0; i < 2; i++)
		if (pair[i] >= 0)
			close(pair[i]);
	pair[0] = pair[1] = -1;
}

static void close_ends(struct ends *ends)
{
	close_pair(ends->in);
	close_pair(ends->out);
	close_pair(ends->error);
	close_pair(ends->report);
}

static int make_pipe(int pair[2], bool program_reads)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return -1;
	pair[0] = fds[program_reads ? 0 : 1];
	pair[1] = fds[program_reads ? 1 : 0];
	/* Only this end: the program expects to block. */
	return fcntl(pair[1], F_SETFL, O_NONBLOCK);
}

/* One terminal: in[] is slave and master, out[1] the master again. */
static int make_terminal(struct ends *ends, const struct execwire_winsize *size)
{
	struct winsize window = { .ws_row = size->rows, .ws_col = size->columns,
				  .ws_xpixel = size->width, .ws_ypixel = size->height };
	int unlock = 0;

	ends->in[1] = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (ends->in[1] < 0 || ioctl(ends->in[1], TIOCSPTLCK, &unlock))
		return -1;
	/* By the master, so that it does not matter where devpts is mounted. */
	ends->in[0] = ioctl(ends->in[1], TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (ends->in[0] < 0)
		return -1;
	ioctl(ends->in[1], TIOCSWINSZ, &window);
	ends->out[1] = fcntl(ends->in[1], F_DUPFD_CLOEXEC, 3);
	return ends->out[1] < 0 ? -1 : 0;
}

static int make_ends(struct ends *ends, const struct execwire_request *request)
{
	if (make_pipe(ends->report, false))
		return -1;
	if (request->tty)
		return make_terminal(ends, &request->size);
	return make_pipe(ends->in, true) || make_pipe(ends->out, false) ||
	       make_pipe(ends->error, false) ? -1 : 0;
}

static void __attribute__((noreturn, format(printf, 3, 4)))
give_up(int report, int status, const char *format, ...)
{
	struct trouble trouble = { .status = status, .error = errno };
	va_list args;

	va_start(args, format);
	vsnprintf(trouble.what, sizeof(trouble.what), format, args);
	va_end(args);
	while (write(report, &trouble, sizeof(trouble)) < 0 && errno == EINTR)
		;
	_exit(status);
}

static void reset_signals(void)
{
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int take_files(const struct ends *ends, bool tty)
{
	if (setsid() < 0)
		return -1;
	if (!tty)
		return dup2(ends->in[0], 0) < 0 || dup2(ends->out[0], 1) < 0 ||
		       dup2(ends->error[0], 2) < 0 ? -1 : 0;
	if (ioctl(ends->in[0], TIOCSCTTY, 0))
		return -1;
	return dup2(ends->in[0], 0) < 0 || dup2(ends->in[0], 1) < 0 ||
	       dup2(ends->in[0], 2) < 0 ? -1 : 0;
}

/*
 * The first of these that can be had; what the environment says is that of a user whom only
 * the host knows.
 */
static const char *choose_shell(const struct agent_account *account)
{
	const char *wanted[] = { account->shell, getenv("SHELL") };

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (wanted[i] && *wanted[i] == '/' && !access(wanted[i], X_OK))
			return wanted[i];
	return "/bin/sh";
}

static void __attribute__((noreturn)) run_shell(int report, bool at_home)
{
	struct agent_account account;
	char shell[PATH_MAX], name[PATH_MAX];
	const char *home;

	agent_account_find(getuid(), &account);
	snprintf(shell, sizeof(shell), "%s", choose_shell(&account));
	if (account.home[0])
		setenv("HOME", account.home, 1);
	setenv("SHELL", shell, 1);
	if (!account.name[0] && !getuid())
		strcpy(account.name, "root");
	if (account.name[0]) {
		setenv("USER", account.name, 0);
		setenv("LOGNAME", account.name, 0);
	}
	home = getenv("HOME");
	if (at_home && (!home || chdir(home)) && chdir("/"))
		give_up(report, EXECWIRE_CANNOT_RUN, "/");
	/* A login shell by its name. */
	snprintf(name, sizeof(name), "-%s", strrchr(shell, '/') + 1);
	execl(shell, name, NULL);
	give_up(report, errno == ENOENT ? EXECWIRE_NOT_FOUND : EXECWIRE_CANNOT_RUN, "%s", shell);
}

/* Before the environment that is asked for, which wins. */
static void become_user(const struct execwire_user *user, const struct ends *ends)
{
	const int files[] = { ends->in[0], ends->out[0], ends->error[0] };

	/* It may open /dev/stdout or its terminal by name. */
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (files[i] >= 0 && fchown(files[i], user->uid, -1))
			give_up(ends->report[0], EXECWIRE_FAILED, "its files");
	agent_account_environment(user->uid);
	if (agent_account_become(user))
		give_up(ends->report[0], EXECWIRE_FAILED, "becoming user %u", user->uid);
}

static void __attribute__((noreturn)) do_own(const struct execwire_request *request,
					     struct ends *ends)
{
	close_pair(ends->in);
	close_pair(ends->out);
	close_pair(ends->error);
	close(ends->report[0]);
	exit(agent_own(request));
}

static void __attribute__((noreturn)) become(const struct execwire_request *request,
					     struct ends *ends)
{
	int report = ends->report[0];

	reset_signals();
	umask(request->has_umask ? request->umask : 022);
	if (take_files(ends, request->tty))
		give_up(report, EXECWIRE_FAILED, "its files");
	/* Whose it is and where it runs is about the job's command, not about who starts it. */
	if (request->what == EXECWIRE_JOB_START)
		do_own(request, ends);
	if (request->user.given)
		become_user(&request->user, ends);
	for (size_t i = 0; request->environment[i]; i++)
		if (*request->environment[i] != '=' && strchr(request->environment[i], '='))
			putenv(request->environment[i]);
	if (request->directory[0] && chdir(request->directory))
		give_up(report, EXECWIRE_CANNOT_RUN, "directory %s", request->directory);
	if (request->what == EXECWIRE_SHELL)
		run_shell(report, !request->directory[0]);
	if (request->what != EXECWIRE_RUN)
		do_own(request, ends);
	execvp(request->argv[0], request->argv);
	give_up(report, errno == ENOENT ? EXECWIRE_NOT_FOUND : EXECWIRE_CANNOT_RUN, "%s",
		request->argv[0]);
}

/* Did it start? The report's end is closed by execve(). */
static int read_report(int fd, struct trouble *trouble)
{
	ssize_t got;

	fcntl(fd, F_SETFL, 0);
	do
		got = read(fd, trouble, sizeof(*trouble));
	while (got < 0 && errno == EINTR);
	return got == sizeof(*trouble) ? trouble->status : 0;
}

int agent_start(struct agent_job *job, const struct execwire_request *request, char *why,
		size_t why_size)
{
	struct ends ends = { { -1, -1 }, { -1, -1 }, { -1, -1 }, { -1, -1 } };
	struct trouble trouble;
	int status;

	job->pid = -1;
	if (!make_ends(&ends, request))
		job->pid = fork();
	if (job->pid < 0) {
		snprintf(why, why_size, "cannot start a program: %s", strerror(errno));
		close_ends(&ends);
		return EXECWIRE_FAILED;
	}
	if (!job->pid)
		become(request, &ends);
	close(ends.report[0]);
	ends.report[0] = -1;
	status = read_report(ends.report[1], &trouble);
	if (status) {
		snprintf(why, why_size, "%s: %s", trouble.what, strerror(trouble.error));
		while (waitpid(job->pid, NULL, 0) < 0 && errno == EINTR)
			;
		close_ends(&ends);
		return status;
	}
	job->in = ends.in[1];
	job->out = ends.out[1];
	job->error = ends.error[1];
	ends.in[1] = ends.out[1] = ends.error[1] = -1;
	close_ends(&ends);
	return 0;
}
