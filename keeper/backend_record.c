// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * backend_record.c - the files that name the living back ends of a cell
 *
 * A flock(2) belongs to an open file description, which a process keeps through
 * exec and gives to its children. So "can be locked" proves that no process of
 * a back end is left, whatever became of its parent.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "backend_internal.h"

#define KILL_WAIT_MS	5000
#define END_WAIT_MS	5000
#define REAP_WAIT_MS	50

struct backend_record *record_map(const char *path)
{
	struct backend_record *record;
	int fd = open(path, O_RDWR | O_CLOEXEC);
	off_t bytes;

	if (fd < 0)
		return NULL;
	bytes = lseek(fd, 0, SEEK_END);
	if (bytes < (off_t)sizeof(*record)) {
		close(fd);
		errno = ENODATA;
		return NULL;
	}
	record = mmap(NULL, sizeof(*record), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return record == MAP_FAILED ? NULL : record;
}

int record_lock(const char *path, bool create)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | (create ? O_CREAT : 0), 0600);

	if (fd < 0)
		return -1;
	while (flock(fd, LOCK_EX | LOCK_NB)) {
		if (errno == EINTR)
			continue;
		close(fd);
		errno = EWOULDBLOCK;
		return -1;
	}
	return fd;
}

/* A process lets go of its files a little before it has ended and can be reaped. */
static void child_reap(int pidfd)
{
	struct pollfd poller = { .fd = pidfd, .events = POLLIN };
	siginfo_t ignored;

	if (pidfd >= 0 && poll(&poller, 1, REAP_WAIT_MS) > 0)
		waitid(P_PIDFD, pidfd, &ignored, WEXITED | WNOHANG);
}

int record_wait(const char *path, int pidfd, int timeout_ms)
{
	const struct timespec step = { .tv_nsec = 1000000 };

	for (int waited = 0; waited <= timeout_ms; waited++) {
		int fd = record_lock(path, false);

		if (fd >= 0)
			close(fd);
		if (fd >= 0 || errno == ENOENT) {
			child_reap(pidfd);
			return 0;
		}
		nanosleep(&step, NULL);
	}
	errno = ETIMEDOUT;
	return -1;
}

/* A child that has just been born is not in its own group yet. */
static void group_signal(pid_t pid, int signal)
{
	if (kill(-pid, signal))
		kill(pid, signal);
}

int record_kill(const char *path, pid_t pid, int pidfd, int timeout_ms)
{
	/* The number of a process group is not given out again while a member lives. */
	if (pid <= 1) {
		errno = ESRCH;
		return -1;
	}
	if (timeout_ms) {
		group_signal(pid, SIGTERM);
		if (!record_wait(path, pidfd, timeout_ms))
			return 0;
	}
	group_signal(pid, SIGKILL);
	return record_wait(path, pidfd, KILL_WAIT_MS);
}

static void record_end(const char *path)
{
	int fd = record_lock(path, false);
	struct backend_record *record;

	if (fd >= 0) {
		close(fd);
		return;
	}
	record = record_map(path);
	if (!record)
		return;
	if (record->magic == BACKEND_MAGIC &&
	    record_kill(path, record->pid, -1, END_WAIT_MS))
		keeper_log(NULL, "%s: process %d does not end: %s", path, record->pid,
			   strerror(errno));
	munmap(record, sizeof(*record));
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text);

	return length > strlen(end) && !strcmp(text + length - strlen(end), end);
}

void backend_end_all(const char *directory)
{
	DIR *listing = opendir(directory);
	struct dirent *entry;
	char path[sizeof(((struct backend *)0)->path)];

	if (!listing)
		return;
	while ((entry = readdir(listing))) {
		bool record = ends_with(entry->d_name, ".backend");

		if (!record && !ends_with(entry->d_name, ".inflight"))
			continue;
		if (snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name) >=
		    (int)sizeof(path))
			continue;
		if (record)
			record_end(path);
		unlink(path);
	}
	closedir(listing);
}
