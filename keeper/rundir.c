// SPDX-License-Identifier: GPL-2.0-or-later
#include "rundir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"

#define RUN_DIR		"/run/comb"
#define LOCK		"lock"
#define LOG_MAX		(256 << 10)
/* Names of sockets in it may have this length, with the slash. */
#define SOCKET_NAME_MAX	24

static int place_fail(const struct rundir *rundir, struct comb_error *err)
{
	comb_fail(err, COMB_FAILED, "cannot use %s: %s", rundir->path, strerror(errno));
	return comb_hint(err, "ls -ld %s", rundir->path);
}

const char *rundir_top(void)
{
	const char *moved = secure_getenv("COMB_RUN_DIR");

	return moved && *moved ? moved : RUN_DIR;
}

int rundir_name(struct rundir *rundir, const char *name, struct comb_error *err)
{
	rundir->lock = -1;
	if ((size_t)snprintf(rundir->path, sizeof(rundir->path), "%s/%s", rundir_top(), name) <
	    sizeof(rundir->path) - SOCKET_NAME_MAX)
		return 0;
	return comb_fail(err, COMB_FAILED, "%s is too long a path", rundir_top());
}

static int make_directories(struct rundir *rundir, const char *name, struct comb_error *err)
{
	const char *top = rundir_top();

	if (rundir_name(rundir, name, err))
		return -1;
	if ((mkdir(top, 0755) && errno != EEXIST) || (mkdir(rundir->path, 0755) && errno != EEXIST))
		return place_fail(rundir, err);
	return 0;
}

/* Is the file that was locked still the one that has this name? */
static bool is_current(int fd, const char *path)
{
	struct stat locked, named;

	return !fstat(fd, &locked) && !stat(path, &named) && locked.st_ino == named.st_ino &&
	       locked.st_dev == named.st_dev;
}

int rundir_pid(const struct rundir *rundir)
{
	char path[PATH_MAX], text[16] = "";
	int pid = 0, fd;

	snprintf(path, sizeof(path), "%s/keeper.pid", rundir->path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (read(fd, text, sizeof(text) - 1) > 0)
		sscanf(text, "%d", &pid);
	close(fd);
	return pid;
}

int rundir_open_lock(const struct rundir *rundir)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/" LOCK, rundir->path);
	return open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

int rundir_open(struct rundir *rundir, const char *name, struct comb_error *err)
{
	char path[PATH_MAX];

	for (;;) {
		if (make_directories(rundir, name, err))
			return -1;
		snprintf(path, sizeof(path), "%s/" LOCK, rundir->path);
		rundir->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		/* A keeper that ends may take the directory away at any moment. */
		if (rundir->lock < 0 && errno == ENOENT)
			continue;
		if (rundir->lock < 0)
			return place_fail(rundir, err);
		if (flock(rundir->lock, LOCK_EX | LOCK_NB)) {
			close(rundir->lock);
			comb_fail(err, COMB_TAKEN, "another keeper serves it (PID %d)",
				  rundir_pid(rundir));
			return comb_hint(err, "comb ls %s", name);
		}
		if (is_current(rundir->lock, path))
			return 0;
		close(rundir->lock);
	}
}

int rundir_write_pid(const struct rundir *rundir, struct comb_error *err)
{
	char path[PATH_MAX], new[PATH_MAX];
	int fd, written;

	snprintf(path, sizeof(path), "%s/keeper.pid", rundir->path);
	snprintf(new, sizeof(new), "%s/keeper.pid.new", rundir->path);
	fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return place_fail(rundir, err);
	written = dprintf(fd, "%d\n", (int)getpid());
	if (close(fd) || written < 0 || rename(new, path))
		return place_fail(rundir, err);
	return 0;
}

void rundir_log(const struct rundir *rundir)
{
	char path[PATH_MAX];
	struct stat stat;
	int fd;

	snprintf(path, sizeof(path), "%s/keeper.log", rundir->path);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return;
	/* Old news; the rate of new ones is limited. */
	if (!fstat(fd, &stat) && stat.st_size > LOG_MAX && ftruncate(fd, 0))
		dprintf(fd, "comb-keeper: this file cannot be made shorter\n");
	if (dup2(fd, STDERR_FILENO) >= 0)
		keeper_log_limit(LOG_MAX);
	close(fd);
}

void rundir_unlink(const struct rundir *rundir, const char *file)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", rundir->path, file);
	unlink(path);
}

void rundir_remove(const struct rundir *rundir)
{
	DIR *directory = opendir(rundir->path);
	struct dirent *entry;

	if (!directory)
		return;
	while ((entry = readdir(directory)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..") &&
		    strcmp(entry->d_name, LOCK))
			unlinkat(dirfd(directory), entry->d_name, 0);
	/* The last one: from now on files in there may be another keeper's. */
	unlinkat(dirfd(directory), LOCK, 0);
	closedir(directory);
	rmdir(rundir->path);
}
