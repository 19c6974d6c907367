// SPDX-License-Identifier: GPL-2.0-or-later
/* memory.c - small allocations; without memory a command line has nothing left to say */
#include "cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void out_of_memory(void)
{
	fputs("comb: out of memory\ntry: free some memory\n", stderr);
	exit(COMB_FAILED);
}

void *cli_calloc(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

char *cli_format(const char *fmt, ...)
{
	va_list args;
	char *text;
	int length;

	va_start(args, fmt);
	length = vasprintf(&text, fmt, args);
	va_end(args);
	if (length < 0)
		out_of_memory();
	return text;
}

void cli_free_pointer(void *pointer)
{
	free(*(void **)pointer);
}
