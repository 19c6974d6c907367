// SPDX-License-Identifier: GPL-2.0-or-later
/* log.c - the kernel log is the only place a cell can always speak to */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#include <observe.h>

#include "lines.h"
#include "log.h"

/* Facility "user", priority "notice": shown by every reader but a very quiet one. */
#define LOG_PREFIX "<13>"

static int log_fd = -1;

void log_open(void)
{
	log_fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	if (log_fd < 0 && errno == ENOENT &&
	    !mknod("/dev/kmsg", S_IFCHR | 0600, makedev(1, 11)))
		log_fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
}

void log_line(void *context, const char *text, size_t length)
{
	/* One write is one record. */
	struct iovec parts[] = {
		{ (void *)LOG_PREFIX, strlen(LOG_PREFIX) },
		{ (void *)text, length },
		{ (void *)"\n", 1 },
	};

	(void)context;
	while (log_fd >= 0 && writev(log_fd, parts, 3) < 0 && errno == EINTR)
		;
}

static void say(const char *prefix, const char *format, va_list args)
{
	char text[LINE_MAX_BYTES];
	int used, more;

	used = snprintf(text, sizeof(text), "%s", prefix);
	more = vsnprintf(text + used, sizeof(text) - used, format, args);
	if (more >= 0)
		log_line(NULL, text, strnlen(text, sizeof(text)));
}

void log_say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say("comb-init: ", format, args);
	va_end(args);
}

void log_trouble(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(COMB_TROUBLE_LINE, format, args);
	va_end(args);
}
