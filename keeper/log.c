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

#define WINDOW_S	10
#define WINDOW_LINES	60

static struct {
	time_t since;
	unsigned int lines;
	unsigned int lost;
} window;

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
	char text[512];
	va_list args;

	if (!window_admits())
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	/* One write a line: workers and back ends share the file. */
	if (device)
		dprintf(STDERR_FILENO, "comb-keeper: %s%u: %s\n", device->ops->name,
			device->number, text);
	else
		dprintf(STDERR_FILENO, "comb-keeper: %s\n", text);
}
