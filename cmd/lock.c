// SPDX-License-Identifier: GPL-2.0-or-later
#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"

/* Choosing and taking CPUs: offlining one takes 0.1 s, and a cell has many. */
#define CHOICE_WAIT_MS	60000
#define RETRY_MS	20

/*
 * Beside the directories of cells. A cell's name begins with a letter or a digit, so
 * with the dot no lock is in the way of one that is called NAME.lock.
 */
static void lock_path(char path[PATH_MAX], const char *file)
{
	snprintf(path, PATH_MAX, "%s/.%s.lock", cli_run_dir(), file);
}

static int open_lock(const char *file, struct comb_error *err)
{
	char path[PATH_MAX];
	int fd;

	if (mkdir(cli_run_dir(), 0755) && errno != EEXIST)
		goto err_place;
	lock_path(path, file);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		goto err_place;
	return fd;

err_place:
	comb_fail(err, errno == EACCES ? COMB_UNSUITABLE : COMB_FAILED,
		  "cannot make a lock in %s: %s", cli_run_dir(), strerror(errno));
	return comb_hint(err, errno == EACCES ? "sudo comb ..." : "ls -ld %s", cli_run_dir());
}

static int try_lock(int fd, int64_t wait_ms)
{
	uint64_t end = cli_now_ns() + wait_ms * 1000000ULL;

	while (flock(fd, LOCK_EX | LOCK_NB)) {
		if (errno == EINTR)
			continue;
		if (errno != EWOULDBLOCK || cli_now_ns() >= end)
			return -1;
		poll(NULL, 0, RETRY_MS);
	}
	return 0;
}

static void write_owner(int fd)
{
	/* For messages only: a failure costs a PID in a text. */
	if (!ftruncate(fd, 0))
		dprintf(fd, "%d\n", (int)getpid());
}

static int read_owner(int fd)
{
	char text[16] = "";
	int pid = 0;

	if (pread(fd, text, sizeof(text) - 1, 0) > 0)
		sscanf(text, "%d", &pid);
	return pid;
}

int lock_cell(const char *name, int64_t wait_ms, struct comb_error *err)
{
	int fd = open_lock(name, err);

	if (fd < 0)
		return -1;
	if (!try_lock(fd, wait_ms)) {
		write_owner(fd);
		return fd;
	}
	comb_fail(err, COMB_TAKEN, "another comb is working on it (PID %d)", read_owner(fd));
	comb_hint(err, "comb wait %s", name);
	close(fd);
	return -1;
}

int lock_choice(struct comb_error *err)
{
	/* A cell's name begins with a letter or a digit: no clash. */
	int fd = open_lock("_choice", err);

	if (fd < 0)
		return -1;
	if (!try_lock(fd, CHOICE_WAIT_MS)) {
		write_owner(fd);
		return fd;
	}
	comb_fail(err, COMB_TAKEN, "another comb is taking CPUs (PID %d)", read_owner(fd));
	comb_hint(err, "comb ls");
	close(fd);
	return -1;
}

void lock_forget(const char *name)
{
	char path[PATH_MAX];

	lock_path(path, name);
	unlink(path);
}
