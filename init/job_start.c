// SPDX-License-Identifier: GPL-2.0-or-later
/* job_start.c - a new movable job, for which the host waits no longer than for its start */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "job.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME	0x00000080
#endif

static int refuse(int status, const char *why)
{
	printf("!%d %s\n", status, why);
	return fflush(stdout) ? 1 : 0;
}

/* The program's own request, for PID 1 to read: more than arguments can carry. */
static int request_file(const struct execwire_request *request)
{
	struct execwire_request inner = *request;
	uint8_t *payload;
	size_t size, at = 0;
	int fd;

	inner.what = EXECWIRE_RUN;
	inner.tty = false;
	inner.argv++;
	payload = execwire_request(&inner, &size);
	fd = payload ? memfd_create("request", MFD_CLOEXEC) : -1;
	while (fd >= 0 && at < size) {
		ssize_t put = write(fd, payload + at, size - at);

		if (put < 0 && errno != EINTR) {
			close(fd);
			fd = -1;
		}
		at += put > 0 ? put : 0;
	}
	free(payload);
	return fd;
}

static void __attribute__((noreturn)) become_init(const char *program, const char *id,
						  int request, int report)
{
	int null = open("/dev/null", O_RDWR);

	setsid();
	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	/* Out of the way of the numbers they get. */
	request = fcntl(request, F_DUPFD, 10);
	report = fcntl(report, F_DUPFD, 10);
	if (null < 0 || request < 0 || report < 0 || chdir("/") || dup2(null, 0) < 0 ||
	    dup2(null, 1) < 0 || dup2(null, 2) < 0 || dup2(request, JOB_FD_REQUEST) < 0 ||
	    dup2(report, JOB_FD_REPORT) < 0)
		_exit(EXECWIRE_FAILED);
	close_range(JOB_FD_REPORT + 1, ~0U, 0);
	execl(program, JOB_NAME, id, NULL);
	dprintf(JOB_FD_REPORT, "%d %s: %s\n", EXECWIRE_FAILED, program, strerror(errno));
	_exit(EXECWIRE_FAILED);
}

/* A process of its own: who has left a PID namespace can start nothing in its old one. */
static void __attribute__((noreturn)) start_init(const char *program, const char *id, int request,
						 int report)
{
	pid_t pid = -1;

	if (!unshare(CLONE_NEWPID | CLONE_NEWTIME))
		pid = fork();
	if (!pid)
		become_init(program, id, request, report);
	if (pid < 0)
		dprintf(report, "%d no PID and time namespaces: %s\n", EXECWIRE_FAILED,
			strerror(errno));
	_exit(0);
}

/* "0 PID" or "STATUS WHY" of the job's PID 1, which then goes on by itself. */
static int hear_report(int fd)
{
	char text[1024];
	size_t used = 0;
	ssize_t got;
	int status, length = 0;

	while (used < sizeof(text) - 1 &&
	       (got = read(fd, text + used, sizeof(text) - 1 - used)) != 0) {
		if (got < 0 && errno != EINTR)
			break;
		used += got > 0 ? got : 0;
	}
	text[used] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (sscanf(text, "%d %n", &status, &length) != 1)
		return refuse(EXECWIRE_FAILED, "the job's first process has died");
	if (status)
		return refuse(status, text + length);
	puts(text + length);
	return fflush(stdout) ? 1 : 0;
}

int job_start(const struct execwire_request *request)
{
	const char *id = request->argv[0];
	int report[2], inner;
	char program[PATH_MAX];
	pid_t pid;

	if (!job_id_ok(id) || !request->argv[1])
		return refuse(EXECWIRE_FAILED, "the job's request makes no sense");
	inner = request_file(request);
	if (inner < 0 || job_program(program) || pipe2(report, O_CLOEXEC))
		return refuse(EXECWIRE_FAILED, strerror(errno));
	pid = fork();
	if (pid < 0)
		return refuse(EXECWIRE_FAILED, strerror(errno));
	if (!pid)
		start_init(program, id, inner, report[1]);
	close(report[1]);
	return hear_report(report[0]);
}
