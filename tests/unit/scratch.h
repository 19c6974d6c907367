/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scratch.h - a directory of this test's own, and what is in it */
#ifndef SCRATCH_H
#define SCRATCH_H

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char scratch[] = "/tmp/comb-test-XXXXXX";

/* A new one each time */
static inline int make_scratch(void **state)
{
	(void)state;
	strcpy(scratch + strlen(scratch) - 6, "XXXXXX");
	return mkdtemp(scratch) ? 0 : -1;
}

static inline int remove_scratch(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", scratch);
	return system(command);
}

static inline void scratch_path(char *path, size_t size, const char *name)
{
	snprintf(path, size, "%s/%s", scratch, name);
}

static inline void write_scratch(const char *name, const void *data, size_t size)
{
	char path[PATH_MAX];
	FILE *f;

	scratch_path(path, sizeof(path), name);
	f = fopen(path, "w");
	if (!f || fwrite(data, 1, size, f) != size || fclose(f))
		abort();
}

static inline void write_text(const char *name, const char *text)
{
	write_scratch(name, text, strlen(text));
}

static inline void make_directory(const char *name)
{
	char path[PATH_MAX];

	scratch_path(path, sizeof(path), name);
	if (mkdir(path, 0755))
		abort();
}

static inline bool scratch_has(const char *name)
{
	char path[PATH_MAX];

	scratch_path(path, sizeof(path), name);
	return !access(path, F_OK);
}

#endif
