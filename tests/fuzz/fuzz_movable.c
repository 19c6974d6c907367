// SPDX-License-Identifier: GPL-2.0-or-later
/* What an agent says of jobs and their files, and any text as lines of /proc. */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "movable.h"
#include "../../cmd/move.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_file(const char *line)
{
	struct movable_file file, again, there = { 0 };
	char text[8192], why[256];

	if (movable_read(line, &file))
		return;
	movable_same(&file, &there, false, why, sizeof(why));
	if (movable_write(&file, text, sizeof(text)) < 0)
		return;
	/* What is written is what was read. */
	if (movable_read(text, &again) || again.fs != file.fs || again.ino != file.ino ||
	    again.size != file.size || again.mtime_ns != file.mtime_ns ||
	    again.mode != file.mode || strcmp(again.path, file.path))
		abort();
}

static void check_job(const char *line)
{
	struct move_job job;

	if (!move_parse(line, &job))
		return;
	/* An id becomes part of a file's name, a command goes to a terminal. */
	if (!job.id[0] || job.pid <= 0)
		abort();
	for (const char *c = job.id; *c; c++)
		if (!isalnum((unsigned char)*c))
			abort();
	for (const char *c = job.command; *c; c++)
		if (*c < ' ' || *c > '~')
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *cursor = text, *line, why[64];
	const char *file;
	bool written;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	while ((line = strsep(&cursor, "\n"))) {
		check_file(line);
		check_job(line);
		movable_fdinfo(line);
		if (!movable_mapping(line, &file, &written, why, sizeof(why)) && file &&
		    *file != '/')
			abort();
	}
	free(text);
	return 0;
}
