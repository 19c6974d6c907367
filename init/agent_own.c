// SPDX-License-Identifier: GPL-2.0-or-later
/* agent_own.c - copying, looking and signals, which must work where there is no other program */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <process_signal.h>
#include <snapshot.h>
#include <tree.h>

#include "agent.h"
#include "job.h"

static void warn(void *arg, const char *text)
{
	(void)arg;
	dprintf(2, "%s\n", text);
}

static int copy(int from, int to)
{
	static char data[64 << 10];
	ssize_t got, put, at;

	while ((got = read(from, data, sizeof(data)))) {
		if (got < 0 && errno != EINTR)
			return -1;
		for (at = 0; at < got; at += put > 0 ? put : 0) {
			put = write(to, data + at, got - at);
			if (put < 0 && errno != EINTR)
				return -1;
		}
	}
	return 0;
}

static int copy_file(const char *path, bool take)
{
	int flags = take ? O_WRONLY | O_CREAT | O_TRUNC : O_RDONLY;
	int fd = open(path, flags | O_CLOEXEC | O_NOCTTY, 0666);
	struct stat st;

	if (fd >= 0 && !fstat(fd, &st) && S_ISDIR(st.st_mode)) {
		close(fd);
		fd = -1;
		errno = EISDIR;
	}
	if (fd < 0) {
		dprintf(2, "cannot open %s: %s\n", path, strerror(errno));
		return 1;
	}
	if (copy(take ? 0 : fd, take ? fd : 1) || close(fd)) {
		dprintf(2, "cannot %s %s: %s\n", take ? "write" : "read", path, strerror(errno));
		return 1;
	}
	return 0;
}

static int copy_tree(const struct execwire_request *request)
{
	struct tree_talk talk = { .warn = warn };
	struct comb_error err = { 0 };
	int result;

	if (request->what == EXECWIRE_TREE_SEND)
		result = tree_send(stdout, request->argv[0], &talk, &err);
	else
		result = tree_take(stdin, request->argv[0], request->argv[1], &talk, &err);
	if (result)
		dprintf(2, "%s\n", err.what);
	return result || talk.warnings;
}

static int look(char *const what[])
{
	unsigned int flags = !strcmp(what[0], "processes") ? COMB_SNAPSHOT_PROCESSES : 0;
	struct comb_error err = { 0 };

	if (flags && what[1] && !strcmp(what[1], "threads"))
		flags |= COMB_SNAPSHOT_THREADS;
	if (!comb_snapshot_write(stdout, "/proc", flags, &err))
		return fflush(stdout) ? 1 : 0;
	dprintf(2, "%s\n", err.what);
	return 1;
}

static int signal_all(char *const argv[])
{
	int number = atoi(argv[0]);

	for (int i = 1; argv[i]; i++)
		printf("%d\n", process_signal(argv[i], number));
	return fflush(stdout) ? 1 : 0;
}

int agent_own(const struct execwire_request *request)
{
	switch (request->what) {
	case EXECWIRE_FILE_SEND:
	case EXECWIRE_FILE_TAKE:
		return copy_file(request->argv[0], request->what == EXECWIRE_FILE_TAKE);
	case EXECWIRE_SNAPSHOT:
		return look(request->argv);
	case EXECWIRE_KILL:
		return signal_all(request->argv);
	case EXECWIRE_JOB_START:
		return job_start(request);
	case EXECWIRE_JOB:
		return job_tool(request->argv);
	default:
		return copy_tree(request);
	}
}
