// SPDX-License-Identifier: GPL-2.0-or-later
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int comb_fail(struct comb_error *err, enum comb_status status, const char *fmt, ...)
{
	va_list args;

	if (!err)
		return -1;
	err->status = status;
	err->hint[0] = '\0';
	va_start(args, fmt);
	vsnprintf(err->what, sizeof(err->what), fmt, args);
	va_end(args);
	return -1;
}

int comb_hint(struct comb_error *err, const char *fmt, ...)
{
	va_list args;

	if (!err)
		return -1;
	va_start(args, fmt);
	vsnprintf(err->hint, sizeof(err->hint), fmt, args);
	va_end(args);
	return -1;
}

int comb_out_of_memory(struct comb_error *err)
{
	return comb_fail(err, COMB_FAILED, "out of memory");
}

int comb_prefix(struct comb_error *err, const char *fmt, ...)
{
	char old[sizeof(err->what)];
	va_list args;
	size_t used;

	if (!err)
		return -1;
	memcpy(old, err->what, sizeof(old));
	va_start(args, fmt);
	vsnprintf(err->what, sizeof(err->what), fmt, args);
	va_end(args);
	used = strlen(err->what);
	snprintf(err->what + used, sizeof(err->what) - used, ": %s", old);
	return -1;
}

void comb_make_printable(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}
