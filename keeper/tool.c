// SPDX-License-Identifier: GPL-2.0-or-later
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* A file with @text, at its beginning; no pipe, which would have to be fed. */
static int text_file(const char *text)
{
	int fd = memfd_create("comb", MFD_CLOEXEC);
	size_t size = strlen(text);

	while (fd >= 0 && size) {
		ssize_t put = write(fd, text, size);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0) {
			int error = errno;

			close(fd);
			errno = error;
			return -1;
		}
		text += put;
		size -= (size_t)put;
	}
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET);
	return fd;
}

static int tool_spawn(pid_t *pid, const char *const argv[], int input)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int error;

	sigemptyset(&none);
	sigfillset(&all);
	error = posix_spawn_file_actions_init(&actions);
	if (error)
		return error;
	error = posix_spawnattr_init(&attributes);
	if (error)
		goto out_actions;
	/* What the keeper blocks or ignores is no matter of its tools. */
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	error = posix_spawn_file_actions_adddup2(&actions, input, 0);
	if (!error)
		error = posix_spawn_file_actions_adddup2(&actions, 2, 1);
	if (!error)
		error = posix_spawnp(pid, argv[0], &actions, &attributes, (char *const *)argv,
				     environ);
	posix_spawnattr_destroy(&attributes);
out_actions:
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

int tool_run(const char *const argv[], const char *input)
{
	int fd, error, status;
	pid_t pid;

	fd = input ? text_file(input) : open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	error = tool_spawn(&pid, argv, fd);
	close(fd);
	if (error) {
		errno = error;
		return -1;
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int tool_open_device(const char *path, const char *module, int flags)
{
	const char *const modprobe[] = { "modprobe", "-q", module, NULL };
	int fd = open(path, O_RDWR | O_CLOEXEC | flags);

	if (fd >= 0 || (errno != ENOENT && errno != ENODEV && errno != ENXIO))
		return fd;
	tool_run(modprobe, NULL);
	return open(path, O_RDWR | O_CLOEXEC | flags);
}
