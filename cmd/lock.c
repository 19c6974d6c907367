// SPDX-License-Identifier: GPL-2.0-or-later
#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
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
	int64_t end = (int64_t)cli_now_ns() + wait_ms * 1000000;

	while (flock(fd, LOCK_EX | LOCK_NB)) {
		if (errno == EINTR)
			continue;
		if (errno != EWOULDBLOCK || (int64_t)cli_now_ns() >= end)
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

/* lock_forget() may have removed the file between opening and locking it. */
static bool is_forgotten(int fd, const char *file)
{
	struct stat held, there;
	char path[PATH_MAX];

	lock_path(path, file);
	return stat(path, &there) || fstat(fd, &held) || held.st_ino != there.st_ino ||
	       held.st_dev != there.st_dev;
}

static int lock_take(const char *file, int64_t wait_ms, const char *doing, struct comb_error *err)
{
	int64_t end = cli_now_ns() / 1000000 + wait_ms;

	for (;;) {
		int fd = open_lock(file, err);

		if (fd < 0)
			return -1;
		if (try_lock(fd, end - (int64_t)(cli_now_ns() / 1000000))) {
			comb_fail(err, COMB_TAKEN, "another comb is %s (PID %d)", doing,
				  read_owner(fd));
			close(fd);
			return -1;
		}
		if (!is_forgotten(fd, file)) {
			write_owner(fd);
			return fd;
		}
		close(fd);
	}
}

int lock_cell(const char *name, int64_t wait_ms, struct comb_error *err)
{
	int fd = lock_take(name, wait_ms, "working on it", err);

	if (fd < 0 && err->status == COMB_TAKEN)
		comb_hint(err, "comb wait %s", name);
	return fd;
}

/* A cell's name begins with a letter or a digit: no clash. */
static const char *job_file(const char *id, char file[NAME_MAX])
{
	snprintf(file, NAME_MAX, "_job_%s", id);
	return file;
}

int lock_job(const char *id, int64_t wait_ms, struct comb_error *err)
{
	char file[NAME_MAX];
	int fd = lock_take(job_file(id, file), wait_ms, "moving it", err);

	if (fd < 0 && err->status == COMB_TAKEN)
		comb_hint(err, "comb ps");
	return fd;
}

void lock_job_forget(const char *id)
{
	char file[NAME_MAX];

	lock_forget(job_file(id, file));
}

int lock_choice(struct comb_error *err)
{
	/* A cell's name begins with a letter or a digit: no clash. */
	int fd = lock_take("_choice", CHOICE_WAIT_MS, "taking CPUs", err);

	if (fd < 0 && err->status == COMB_TAKEN)
		comb_hint(err, "comb ls");
	return fd;
}

int lock_placing(int64_t wait_ms, struct comb_error *err)
{
	int fd = lock_take("_placing", wait_ms, "choosing a cell", err);

	if (fd < 0 && err->status == COMB_TAKEN)
		comb_hint(err, "comb exec NAME, or once more");
	return fd;
}

int lock_balance(struct comb_error *err)
{
	int fd = lock_take("_balance", 0, "balancing", err);

	if (fd < 0 && err->status == COMB_TAKEN)
		comb_hint(err, "comb balance --dry-run, or systemctl stop comb-balance");
	return fd;
}

void lock_forget(const char *name)
{
	char path[PATH_MAX];

	lock_path(path, name);
	unlink(path);
}
