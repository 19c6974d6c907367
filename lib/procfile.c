// SPDX-License-Identifier: GPL-2.0-or-later
#include "procfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

ssize_t procfile_load(int dir, const char *path, char *data, size_t size)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOCTTY), error;
	size_t used = 0;
	ssize_t got = 0;

	if (fd < 0)
		return -1;
	while (used < size - 1 && (got = read(fd, data + used, size - 1 - used)) > 0)
		used += got;
	error = errno;
	close(fd);
	errno = error;
	data[used] = '\0';
	return got < 0 ? -1 : (ssize_t)used;
}

char *procstat_split(char *data, char *field[PROCSTAT_FIELDS])
{
	/* The name is in brackets and may have some itself. */
	char *name = strchr(data, '('), *end = strrchr(data, ')'), *at;

	if (!name || !end || end < name)
		return NULL;
	*end = '\0';
	at = end + 1;
	for (int i = 0; i < PROCSTAT_FIELDS; i++) {
		while (*at == ' ')
			*at++ = '\0';
		if (!*at || *at == '\n')
			return NULL;
		field[i] = at;
		at += strcspn(at, " \n");
	}
	*at = '\0';
	return name + 1;
}

/* Of a process of this kernel; the fields are inside @data. False: there is no such process. */
static bool procstat_load(pid_t pid, char data[PROCFILE_BYTES], char *field[PROCSTAT_FIELDS])
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	return procfile_load(-1, path, data, PROCFILE_BYTES) >= 0 && procstat_split(data, field);
}

uint64_t procstat_start(pid_t pid)
{
	char data[PROCFILE_BYTES], *field[PROCSTAT_FIELDS];

	return procstat_load(pid, data, field) ? strtoull(field[PROCSTAT_START], NULL, 10) : 0;
}

char procstat_state(pid_t pid)
{
	char data[PROCFILE_BYTES], *field[PROCSTAT_FIELDS];

	return procstat_load(pid, data, field) ? *field[PROCSTAT_STATE] : 0;
}
