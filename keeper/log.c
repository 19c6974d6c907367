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
#include <time.h>
#include <unistd.h>

#include "device.h"
#include "log.h"

#define WINDOW_S	10
#define WINDOW_LINES	60

static struct {
	time_t since;
	unsigned int lines;
	unsigned int lost;
} window;

static char last[512];

const char *keeper_log_last(void)
{
	return last;
}

static bool window_admits(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec - window.since >= WINDOW_S) {
		if (window.lost)
			dprintf(STDERR_FILENO, "comb-keeper: %u messages left out\n", window.lost);
		window.since = now.tv_sec;
		window.lines = 0;
		window.lost = 0;
	}
	if (window.lines++ < WINDOW_LINES)
		return true;
	window.lost++;
	return false;
}

void keeper_log(const struct device *device, const char *format, ...)
{
	va_list args;
	int used = 0;

	if (!window_admits())
		return;
	if (device)
		used = snprintf(last, sizeof(last), "%s%u: ", device->ops->name, device->number);
	va_start(args, format);
	vsnprintf(last + used, sizeof(last) - (size_t)used, format, args);
	va_end(args);
	/* One write a line: workers and back ends share the file. */
	dprintf(STDERR_FILENO, "comb-keeper: %s\n", last);
}
