// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * keeper_end.c - the end of a keeper that does not hear
 *
 * One that was stopped by a signal, say. Only its lock tells for sure whose keeper a
 * process is: PIDs in files are those of the past.
 */
#include "keeper.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

/* A symbolic link of /proc */
static bool leads_to(const char *link, const char *wanted)
{
	char target[PATH_MAX];
	ssize_t length = readlink(link, target, sizeof(target) - 1);

	if (length < 0)
		return false;
	target[length] = '\0';
	return !strcmp(target, wanted);
}

static bool has_open(const char *pid, const char *file)
{
	CLI_AUTOFREE char *directory = cli_format("/proc/%s/fd", pid);
	DIR *fds = opendir(directory);
	struct dirent *entry;
	bool found = false;

	while (fds && !found && (entry = readdir(fds))) {
		CLI_AUTOFREE char *link = cli_format("%s/%s", directory, entry->d_name);

		found = leads_to(link, file);
	}
	if (fds)
		closedir(fds);
	return found;
}

/* Others look at the lock, too: whoever is about to start a keeper. */
static bool is_keeper(const char *pid)
{
	CLI_AUTOFREE char *path = cli_format("/proc/%s/comm", pid);
	char name[32] = "";
	FILE *f = fopen(path, "re");

	if (f) {
		if (!fgets(name, sizeof(name), f))
			name[0] = '\0';
		fclose(f);
	}
	return !strncmp(name, "comb-keeper", strlen("comb-keeper"));
}

static void signal_one(const char *pid, const char *lock, int signal)
{
	/* What is looked at below is the process that is meant, whatever ends meanwhile. */
	int fd = pidfd_open(atoi(pid), 0);

	if (fd < 0)
		return;
	if (is_keeper(pid) && has_open(pid, lock))
		pidfd_send_signal(fd, signal, NULL, 0);
	close(fd);
}

void keeper_signal(const char *directory, int signal)
{
	CLI_AUTOFREE char *named = cli_format("%s/lock", directory);
	CLI_AUTOFREE char *lock = realpath(named, NULL);
	DIR *processes = lock ? opendir("/proc") : NULL;
	struct dirent *entry;

	while (processes && (entry = readdir(processes)))
		if (isdigit((unsigned char)entry->d_name[0]))
			signal_one(entry->d_name, lock, signal);
	if (processes)
		closedir(processes);
}
