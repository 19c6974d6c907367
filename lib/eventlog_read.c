// SPDX-License-Identifier: GPL-2.0-or-later
/* eventlog_read.c - the readers' side, which survives rotation */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "eventlog.h"

static int open_file(const struct comb_eventlog *log, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", log->dir, name);
	return open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

void comb_eventlog_open(struct comb_eventlog *log, const char *dir)
{
	*log = (struct comb_eventlog){ .dir = dir };
	log->fd = open_file(log, COMB_EVENTLOG_OLD);
}

void comb_eventlog_close(struct comb_eventlog *log)
{
	if (log->fd >= 0)
		close(log->fd);
	free(log->buffer);
	*log = (struct comb_eventlog){ .fd = -1 };
}

static bool same_file(int a, int b)
{
	struct stat one, other;

	return a >= 0 && b >= 0 && !fstat(a, &one) && !fstat(b, &other) &&
	       one.st_ino == other.st_ino && one.st_dev == other.st_dev;
}

/*
 * The file after the one that has been read to its end, or -1 if that is still the
 * newest: nobody writes to a file that has lost its name. After two rotations in one
 * go the one in between is events.1.
 */
static int next_file(const struct comb_eventlog *log)
{
	int newest = open_file(log, COMB_EVENTLOG_FILE), before;

	if (newest >= 0 && same_file(newest, log->fd)) {
		close(newest);
		return -1;
	}
	before = log->fd >= 0 ? open_file(log, COMB_EVENTLOG_OLD) : -1;
	if (before < 0 || same_file(before, log->fd)) {
		if (before >= 0)
			close(before);
		return newest;
	}
	if (newest >= 0)
		close(newest);
	return before;
}

/* More bytes: their number, 0 at the end, -1 with errno. */
static ssize_t fill(struct comb_eventlog *log)
{
	ssize_t got;

	if (!log->buffer)
		log->buffer = malloc(COMB_EVENTLOG_LINE_MAX);
	if (!log->buffer)
		return -1;
	memmove(log->buffer, log->buffer + log->taken, log->used - log->taken);
	log->used -= log->taken;
	log->taken = 0;
	/* No line of Comb's is that long. */
	if (log->used == COMB_EVENTLOG_LINE_MAX)
		log->used = 0;
	do
		got = read(log->fd, log->buffer + log->used, COMB_EVENTLOG_LINE_MAX - log->used);
	while (got < 0 && errno == EINTR);
	if (got > 0)
		log->used += (size_t)got;
	return got;
}

static bool take_line(struct comb_eventlog *log, const char **line)
{
	char *start, *end;

	if (log->used == log->taken)
		return false;
	start = log->buffer + log->taken;
	end = memchr(start, '\n', log->used - log->taken);
	if (!end)
		return false;
	*end = '\0';
	*line = start;
	log->taken = (size_t)(end + 1 - log->buffer);
	return true;
}

static int read_fail(const struct comb_eventlog *log, struct comb_error *err)
{
	int error = errno;

	comb_fail(err, error == EACCES ? COMB_UNSUITABLE : COMB_FAILED, "cannot read %s/"
		  COMB_EVENTLOG_FILE ": %s", log->dir, strerror(error));
	return comb_hint(err, error == EACCES ? "sudo comb events" : "ls -l %s", log->dir);
}

int comb_eventlog_next(struct comb_eventlog *log, const char **line, struct comb_error *err)
{
	for (;;) {
		ssize_t got = 0;
		int next;

		if (take_line(log, line))
			return 1;
		/* Looked up before the last read: what is written until then is seen. */
		errno = 0;
		next = next_file(log);
		if (next < 0 && log->fd < 0)
			return errno == ENOENT ? 0 : read_fail(log, err);
		if (log->fd >= 0)
			got = fill(log);
		if (got) {
			if (next >= 0)
				close(next);
			if (got < 0)
				return read_fail(log, err);
			continue;
		}
		if (next < 0)
			return 0;
		if (log->fd >= 0)
			close(log->fd);
		log->fd = next;
		log->used = log->taken = 0;
	}
}
