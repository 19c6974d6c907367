// SPDX-License-Identifier: GPL-2.0-or-later
#include "textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* /proc/net/route of a router is larger than any file Comb writes. */
#define TEXTFILE_MAX	(4u << 20)

static char *read_all(int fd)
{
	size_t used = 0, room = 0;
	char *text = NULL;
	ssize_t got;

	do {
		if (used + 1 >= room) {
			char *larger = room < TEXTFILE_MAX ? realloc(text, room + 16384) : NULL;

			if (!larger) {
				errno = room < TEXTFILE_MAX ? ENOMEM : EFBIG;
				free(text);
				return NULL;
			}
			text = larger;
			room += 16384;
		}
		got = read(fd, text + used, room - used - 1);
		if (got > 0)
			used += (size_t)got;
	} while (got > 0 || (got < 0 && errno == EINTR));
	if (got < 0) {
		int error = errno;

		free(text);
		errno = error;
		return NULL;
	}
	text[used] = '\0';
	if (strlen(text) == used)
		return text;
	free(text);
	errno = EINVAL;
	return NULL;
}

char *textfile_read(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text;
	int error;

	if (fd < 0)
		return NULL;
	text = read_all(fd);
	error = errno;
	close(fd);
	errno = error;
	return text;
}

static int write_all(int fd, const char *text)
{
	size_t size = strlen(text);

	while (size) {
		ssize_t put = write(fd, text, size);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -1;
		text += put;
		size -= (size_t)put;
	}
	return fsync(fd);
}

static int replace(const char *path, const char *text)
{
	struct stat old = { .st_mode = 0644 };
	char temporary[PATH_MAX];
	int fd, error;

	if (stat(path, &old) && errno != ENOENT)
		return -1;
	if (snprintf(temporary, sizeof(temporary), "%s.comb", path) >= (int)sizeof(temporary)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	unlink(temporary);
	fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	if (!fchown(fd, old.st_uid, old.st_gid) && !fchmod(fd, old.st_mode & 07777) &&
	    !write_all(fd, text) && !rename(temporary, path)) {
		close(fd);
		return 0;
	}
	error = errno;
	close(fd);
	unlink(temporary);
	errno = error;
	return -1;
}

int textfile_replace(const char *path, const char *text)
{
	char *real, *old;
	int status, error;

	old = textfile_read(path);
	if (old && !strcmp(old, text)) {
		free(old);
		return 0;
	}
	free(old);
	/* A symbolic link stays one. */
	real = realpath(path, NULL);
	status = replace(real ? real : path, text);
	error = errno;
	free(real);
	errno = error;
	return status;
}
