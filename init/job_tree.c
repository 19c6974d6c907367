// SPDX-License-Identifier: GPL-2.0-or-later
/* job_tree.c - which processes a job consists of: those in its PID namespace */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "job.h"

/* The number of a process's PID namespace, 0: no such process. */
static ino_t namespace_of(pid_t pid)
{
	struct stat st;
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)pid);
	return stat(path, &st) ? 0 : st.st_ino;
}

size_t job_processes(pid_t init, pid_t **list)
{
	ino_t wanted = namespace_of(init);
	DIR *directory = opendir("/proc");
	struct dirent *entry;
	size_t count = 0;

	*list = NULL;
	while (directory && wanted && (entry = readdir(directory))) {
		pid_t pid = atoi(entry->d_name), *more;

		if (!isdigit((unsigned char)entry->d_name[0]) || namespace_of(pid) != wanted)
			continue;
		more = reallocarray(*list, count + 1, sizeof(**list));
		if (!more)
			break;
		*list = more;
		more[count++] = pid;
	}
	if (directory)
		closedir(directory);
	return count;
}

struct search {
	ino_t wanted;
	char *id;
	pid_t *init;
	bool found;
};

static bool compare(const char *id, pid_t pid, void *arg)
{
	struct search *search = arg;

	if (namespace_of(pid) != search->wanted)
		return true;
	snprintf(search->id, 64, "%s", id);
	*search->init = pid;
	search->found = true;
	return false;
}

bool job_of(pid_t pid, char id[64], pid_t *init)
{
	struct search search = { .wanted = namespace_of(pid), .id = id, .init = init };

	if (search.wanted)
		job_each(compare, &search);
	return search.found;
}
