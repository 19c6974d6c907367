// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * log.c - the keeper's messages, on stderr
 *
 * A cell can make its keeper complain as often as it likes, so there is a limit
 * that no honest cell reaches.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "device.h"
#include "log.h"

#define WINDOW_S	10
#define WINDOW_LINES	60

/* What devices say must not push out what is said of the cell as a whole. */
static struct window {
	time_t since;
	unsigned int lines;
	unsigned int lost;
} windows[2];

/* Of the file, if it is one of the keeper's own */
static off_t limit;

#define HINT	"try: "

static char last[512];
static char hint[256];

const char *keeper_log_last(void)
{
	return last;
}

const char *keeper_log_hint(void)
{
	return hint;
}

static void remember(const char *line)
{
	if (!strncmp(line, HINT, strlen(HINT))) {
		snprintf(hint, sizeof(hint), "%.*s", (int)sizeof(hint) - 1, line + strlen(HINT));
		return;
	}
	snprintf(last, sizeof(last), "%s", line);
	hint[0] = '\0';
}

void keeper_log_limit(off_t bytes)
{
	limit = bytes;
}

/* The rate alone would still fill a file system in some weeks. */
static void file_limit(void)
{
	struct stat stat;

	if (limit && !fstat(STDERR_FILENO, &stat) && S_ISREG(stat.st_mode) &&
	    stat.st_size > limit && ftruncate(STDERR_FILENO, 0))
		limit = 0;
}

static bool window_admits(struct window *window)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec - window->since >= WINDOW_S) {
		file_limit();
		if (window->lost)
			dprintf(STDERR_FILENO, "comb-keeper: %u messages left out\n", window->lost);
		window->since = now.tv_sec;
		window->lines = 0;
		window->lost = 0;
	}
	if (window->lines++ < WINDOW_LINES)
		return true;
	window->lost++;
	return false;
}

void keeper_log(const struct device *device, const char *format, ...)
{
	char line[sizeof(last)];
	va_list args;
	int used = 0;

	if (!window_admits(&windows[!!device]))
		return;
	if (device)
		used = snprintf(line, sizeof(line), "%s%u: ", device->ops->name, device->number);
	va_start(args, format);
	vsnprintf(line + used, sizeof(line) - (size_t)used, format, args);
	va_end(args);
	remember(line);
	/* One write a line: workers and back ends share the file. */
	dprintf(STDERR_FILENO, "comb-keeper: %s\n", line);
}
