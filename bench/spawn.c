// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * spawn - how long a program takes from its start to its end
 *
 * usage: spawn PROGRAM [ARGUMENT]...
 *
 * Prints nanoseconds. Its output goes to /dev/null; if it fails, so does this.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec;
}

int main(int argc, char *argv[])
{
	posix_spawn_file_actions_t files;
	uint64_t begin;
	int status;
	pid_t pid;

	if (argc < 2) {
		fprintf(stderr, "usage: spawn PROGRAM [ARGUMENT]...\n");
		return 2;
	}
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	begin = now_ns();
	if (posix_spawnp(&pid, argv[1], &files, NULL, argv + 1, environ) ||
	    waitpid(pid, &status, 0) != pid) {
		perror(argv[1]);
		return 1;
	}
	printf("%llu\n", (unsigned long long)(now_ns() - begin));
	if (status)
		fprintf(stderr, "spawn: %s has failed\n", argv[1]);
	return status != 0;
}
