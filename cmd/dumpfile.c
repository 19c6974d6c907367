// SPDX-License-Identifier: GPL-2.0-or-later
#include "dumpfile.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ZEROS_BYTES	65536u

/* What is at @path now: nothing, or a file that may be replaced. */
static int check_place(const char *path, bool replace, struct comb_error *err)
{
	struct stat there;

	if (lstat(path, &there))
		return 0;
	if (!S_ISREG(there.st_mode)) {
		comb_fail(err, COMB_USAGE, "%s is there and is no file", path);
		return comb_hint(err, S_ISDIR(there.st_mode) ? "%s/vmcore" :
				 "comb dump NAME - >%s", path);
	}
	if (replace)
		return 0;
	comb_fail(err, COMB_FAILED, "%s is there already", path);
	return comb_hint(err, "another name, or comb dump -y to replace it");
}

static int open_part(struct dumpfile *file, struct comb_error *err)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
	int length = snprintf(file->part, sizeof(file->part), "%s.part", file->path);

	if (length < 0 || (size_t)length >= sizeof(file->part)) {
		file->part[0] = '\0';
		comb_fail(err, COMB_USAGE, "the file's name is too long");
		return comb_hint(err, "a shorter one");
	}
	/* A kernel's memory holds everybody's secrets. */
	file->fd = open(file->part, flags, 0600);
	if (file->fd >= 0)
		return 0;
	if (errno == EEXIST) {
		comb_fail(err, COMB_FAILED, "%s is there: another dump, or one that was killed",
			  file->part);
		comb_hint(err, "rm %s", file->part);
	} else {
		comb_fail(err, COMB_FAILED, "cannot write %s: %s", file->part, strerror(errno));
		comb_hint(err, "another place");
	}
	file->part[0] = '\0';
	return -1;
}

int dumpfile_open(struct dumpfile *file, const char *path, bool replace, int stop_fd,
		  struct comb_error *err)
{
	memset(file, 0, sizeof(*file));
	file->fd = -1;
	file->stop_fd = stop_fd;
	file->path = path;
	file->replace = replace;
	if (strcmp(path, "-")) {
		file->sparse = true;
		return check_place(path, replace, err) || open_part(file, err) ? -1 : 0;
	}
	if (isatty(STDOUT_FILENO)) {
		comb_fail(err, COMB_USAGE, "a terminal cannot show a dump");
		return comb_hint(err, "comb dump NAME FILE");
	}
	file->fd = STDOUT_FILENO;
	return 0;
}

/* Wait until the file takes something. Nobody may read at the other end of a pipe. */
static int wait_writable(const struct dumpfile *file)
{
	struct pollfd fds[] = {
		{ .fd = file->fd, .events = POLLOUT },
		{ .fd = file->stop_fd, .events = POLLIN },
	};

	while (poll(fds, 2, -1) < 0)
		if (errno != EINTR)
			return -1;
	if (!fds[1].revents)
		return 0;
	errno = EINTR;
	return -1;
}

static int write_all(const struct dumpfile *file, const char *data, uint64_t bytes)
{
	while (bytes > 0) {
		/* A pipe that can be written to takes this much without blocking (pipe(7)). */
		size_t part = !file->sparse && bytes > PIPE_BUF ? PIPE_BUF : bytes;
		ssize_t written;

		if (wait_writable(file))
			return -1;
		written = write(file->fd, data, part);
		if (written < 0 && errno != EAGAIN && errno != EINTR)
			return -1;
		if (written < 0)
			continue;
		data += written;
		bytes -= (uint64_t)written;
	}
	return 0;
}

static int write_zeros(struct dumpfile *file, uint64_t bytes)
{
	static const char zeros[ZEROS_BYTES];

	if (file->sparse)
		return lseek(file->fd, (off_t)bytes, SEEK_CUR) < 0 ? -1 : 0;
	for (uint64_t part; bytes > 0; bytes -= part) {
		part = bytes < sizeof(zeros) ? bytes : sizeof(zeros);
		if (write_all(file, zeros, part))
			return -1;
	}
	return 0;
}

int dumpfile_write(struct dumpfile *file, const void *data, uint64_t bytes)
{
	if (data ? write_all(file, data, bytes) : write_zeros(file, bytes))
		return -1;
	file->bytes += bytes;
	return 0;
}

int dumpfile_fail(const struct dumpfile *file, struct comb_error *err)
{
	const char *name = file->part[0] ? file->path : "stdout";

	if (errno == EINTR) {
		comb_fail(err, COMB_FAILED, "interrupted before %s was whole", name);
		return comb_hint(err, "the same command again");
	}
	comb_fail(err, COMB_FAILED, "cannot write %s: %s", name, strerror(errno));
	if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)
		return comb_hint(err, "more room, or comb dump NAME - | zstd >FILE");
	return comb_hint(err, "another place");
}

/* Never over a file that has come there meanwhile, unless that was allowed. */
static int rename_part(const struct dumpfile *file)
{
	if (file->replace)
		return rename(file->part, file->path);
	if (!renameat2(AT_FDCWD, file->part, AT_FDCWD, file->path, RENAME_NOREPLACE))
		return 0;
	/* Some file systems know no flags. */
	return errno == EINVAL ? rename(file->part, file->path) : -1;
}

int dumpfile_commit(struct dumpfile *file, struct comb_error *err)
{
	if (!file->part[0])
		return 0;
	/* A hole at its end has no length yet; a full disk may be told of only now. */
	if (ftruncate(file->fd, (off_t)file->bytes) || fsync(file->fd) || rename_part(file))
		return dumpfile_fail(file, err);
	file->part[0] = '\0';
	return 0;
}

void dumpfile_close(struct dumpfile *file)
{
	if (file->part[0])
		unlink(file->part);
	if (file->fd >= 0 && file->fd != STDOUT_FILENO)
		close(file->fd);
	file->fd = -1;
}
