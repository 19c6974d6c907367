// SPDX-License-Identifier: GPL-2.0-or-later
/* eventlog.c - the writers' side */
#include "eventlog.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOCK_TRIES	1000
#define LOCK_PAUSE_MS	1
/* Of any text, and of a line of a log: all of it must fit COMB_EVENTLOG_LINE_MAX, quoted. */
#define TEXT_MAX	400
#define LOG_TEXT_MAX	200
#define LOG_LINES_MAX	12

uint64_t comb_eventlog_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Texts come from cells, and go to terminals and programs. */
static struct json_object *text_object(const char *text, size_t max)
{
	char clean[TEXT_MAX + 1];
	size_t i;

	if (!text)
		return NULL;
	for (i = 0; i < max && text[i]; i++)
		clean[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	clean[i] = '\0';
	return json_object_new_string(clean);
}

static struct json_object *log_object(const struct comb_strings *log)
{
	struct json_object *array = json_object_new_array();
	size_t count = log ? log->count : 0;
	size_t from = count > LOG_LINES_MAX ? count - LOG_LINES_MAX : 0;

	for (size_t i = from; array && i < count; i++)
		json_object_array_add(array, text_object(log->list[i], LOG_TEXT_MAX));
	return array;
}

static struct json_object *event_object(const struct comb_event *event)
{
	struct json_object *object = json_object_new_object();

	if (!object)
		return NULL;
	json_object_object_add(object, "version", json_object_new_int(COMB_EVENTLOG_VERSION));
	json_object_object_add(object, "time_ns", json_object_new_uint64(event->time_ns));
	json_object_object_add(object, "cell", text_object(event->cell, TEXT_MAX));
	json_object_object_add(object, "event", text_object(event->event, TEXT_MAX));
	json_object_object_add(object, "reason", text_object(event->reason, TEXT_MAX));
	json_object_object_add(object, "error", text_object(event->error, TEXT_MAX));
	json_object_object_add(object, "detected_ns", event->detected_ns == UINT64_MAX ? NULL :
			       json_object_new_uint64(event->detected_ns));
	json_object_object_add(object, "log", log_object(event->log));
	return object;
}

/* Open and lock the file that is called @path now. */
static int log_lock(const char *path)
{
	for (int i = 0; i < LOCK_TRIES; i++) {
		struct stat locked, named;
		int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);

		if (fd < 0)
			return -1;
		if (!flock(fd, LOCK_EX | LOCK_NB)) {
			/* Another writer may have rotated it between the two. */
			if (!fstat(fd, &locked) && !stat(path, &named) &&
			    locked.st_ino == named.st_ino && locked.st_dev == named.st_dev)
				return fd;
			close(fd);
			continue;
		}
		close(fd);
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -1;
		poll(NULL, 0, LOCK_PAUSE_MS);
	}
	errno = EBUSY;
	return -1;
}

/* A line more, or nothing. */
static int line_write(int fd, const char *line, size_t length)
{
	struct stat stat;
	ssize_t put;

	if (fstat(fd, &stat))
		return -1;
	do
		put = write(fd, line, length);
	while (put < 0 && errno == EINTR);
	if (put == (ssize_t)length)
		return 0;
	if (put > 0 && !ftruncate(fd, stat.st_size))
		errno = ENOSPC;
	return -1;
}

static int log_write(const char *dir, const char *line, size_t length)
{
	char path[PATH_MAX], old[PATH_MAX];
	struct stat stat;
	int fd, error;

	snprintf(path, sizeof(path), "%s/" COMB_EVENTLOG_FILE, dir);
	snprintf(old, sizeof(old), "%s/" COMB_EVENTLOG_OLD, dir);
	fd = log_lock(path);
	if (fd >= 0 && !fstat(fd, &stat) &&
	    stat.st_size + (off_t)length > (off_t)COMB_EVENTLOG_MAX && !rename(path, old)) {
		close(fd);
		fd = log_lock(path);
	}
	if (fd < 0)
		return -1;
	error = line_write(fd, line, length) ? errno : 0;
	close(fd);
	errno = error;
	return error ? -1 : 0;
}

static int append_fail(const char *dir, struct comb_error *err)
{
	comb_fail(err, COMB_FAILED, "cannot write %s/" COMB_EVENTLOG_FILE ": %s", dir,
		  strerror(errno));
	return comb_hint(err, "df %s", dir);
}

int comb_eventlog_append(const char *dir, const struct comb_event *event, struct comb_error *err)
{
	struct comb_event whole = *event;
	struct json_object *object;
	const char *text;
	char *line;
	int length, status;

	if (!whole.time_ns)
		whole.time_ns = comb_eventlog_now();
	object = event_object(&whole);
	text = object ? json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
						       JSON_C_TO_STRING_NOSLASHESCAPE) : NULL;
	length = text ? asprintf(&line, "%s\n", text) : -1;
	if (object)
		json_object_put(object);
	if (length < 0)
		return comb_out_of_memory(err);
	if (mkdir(dir, 0755) && errno != EEXIST)
		status = append_fail(dir, err);
	else
		status = log_write(dir, line, (size_t)length) ? append_fail(dir, err) : 0;
	free(line);
	return status;
}

bool comb_eventlog_has(const char *dir, const char *cell, uint64_t time_ns)
{
	struct comb_eventlog log;
	char prefix[128];
	const char *line;
	bool has = false;

	snprintf(prefix, sizeof(prefix), "{\"version\":%d,\"time_ns\":%llu,\"cell\":\"%s\",",
		 COMB_EVENTLOG_VERSION, (unsigned long long)time_ns, cell);
	comb_eventlog_open(&log, dir);
	while (!has && comb_eventlog_next(&log, &line, NULL) > 0)
		has = !strncmp(line, prefix, strlen(prefix));
	comb_eventlog_close(&log);
	return has;
}
