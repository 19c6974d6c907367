// SPDX-License-Identifier: GPL-2.0-or-later
#include "hostfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int hostfile_memory(struct comb_error *err)
{
	comb_fail(err, COMB_FAILED, "out of memory while building an initramfs");
	return comb_hint(err, "free some memory, or add fewer files");
}

static int fail_errno(const char *path, enum comb_status status, struct comb_error *err)
{
	comb_fail(err, status, "%s: %s", path, strerror(errno));
	return comb_hint(err, "ls -l %s", path);
}

static int bytes_read(int fd, uint8_t *to, size_t size, size_t *done)
{
	ssize_t got;

	*done = 0;
	while (*done < size) {
		got = read(fd, to + *done, size - *done);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		*done += (size_t)got;
	}
	return 0;
}

int hostfile_read(const char *path, uint64_t limit, void **data, size_t *size,
		  struct comb_error *err)
{
	/* O_NONBLOCK: opening a FIFO must not hang. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), result = -1;
	struct stat st;
	void *buffer;

	if (fd < 0)
		return fail_errno(path, COMB_USAGE, err);
	if (fstat(fd, &st) < 0) {
		fail_errno(path, COMB_FAILED, err);
		goto out;
	}
	if (!S_ISREG(st.st_mode)) {
		comb_fail(err, COMB_USAGE, "%s is no regular file", path);
		comb_hint(err, "ls -l %s", path);
		goto out;
	}
	if ((uint64_t)st.st_size < limit)
		limit = (uint64_t)st.st_size;
	buffer = malloc(limit ? limit : 1);
	if (!buffer) {
		hostfile_memory(err);
		goto out;
	}
	if (bytes_read(fd, buffer, limit, size) < 0) {
		fail_errno(path, COMB_FAILED, err);
		free(buffer);
		goto out;
	}
	*data = buffer;
	result = 0;
out:
	close(fd);
	return result;
}

static char *path_absolute(const char *path)
{
	char *here, *joined = NULL;

	if (*path == '/')
		return strdup(path);
	here = getcwd(NULL, 0);
	if (here && asprintf(&joined, "%s/%s", here, path) < 0)
		joined = NULL;
	free(here);
	return joined;
}

char *path_clean(const char *path)
{
	char *clean = path_absolute(path);
	const char *from = clean;
	char *to = clean;

	/* The result never gets longer than what was read, so it is built in place. */
	while (clean && *from) {
		size_t length = strcspn(from, "/");

		if (length == 2 && memcmp(from, "..", 2) == 0) {
			while (to > clean && *--to != '/')
				;
		} else if (length > 0 && !(length == 1 && *from == '.')) {
			*to++ = '/';
			memmove(to, from, length);
			to += length;
		}
		from += length;
		from += strspn(from, "/");
	}
	if (!clean)
		return NULL;
	if (to == clean)
		*to++ = '/';
	*to = '\0';
	return clean;
}
