// SPDX-License-Identifier: GPL-2.0-or-later
#include "bounded.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OUTPUT_MAX	65536
#define LOOK_MS		20

bool bounded_find_comb(char *path, size_t size)
{
	static const char *const places[] = { "comb", "../../sbin/comb" };
	char self[512], *slash;
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	self[length > 0 ? length : 0] = '\0';
	slash = strrchr(self, '/');
	if (!slash)
		return false;
	slash[1] = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, size, "%s%s", self, places[i]);
		if (!access(path, X_OK))
			return true;
	}
	return false;
}

static int spawn(pid_t *pid, char *const argv[], char *const environment[], int output)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int error = posix_spawn_file_actions_init(&actions);

	if (error)
		return error;
	error = posix_spawnattr_init(&attributes);
	if (error)
		goto out_actions;
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
	posix_spawnattr_setpgroup(&attributes, 0);
	error = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	if (!error)
		error = posix_spawn_file_actions_adddup2(&actions, output, 1);
	if (!error)
		error = posix_spawn_file_actions_adddup2(&actions, output, 2);
	if (!error)
		error = posix_spawn(pid, argv[0], &actions, &attributes, argv, environment);
	posix_spawnattr_destroy(&attributes);
out_actions:
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* It stays there to be waited for. */
static bool has_ended(pid_t pid)
{
	siginfo_t info = { .si_pid = 0 };

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) || info.si_pid;
}

/* Until it has ended, or the time is up. Without a file of it, it is looked at often. */
static bool wait_end(pid_t pid, int seconds)
{
	struct pollfd file = { .fd = pidfd_open(pid, 0), .events = POLLIN };
	uint64_t end = now_ms() + (uint64_t)seconds * 1000, now;
	bool ended;

	while (!(ended = has_ended(pid)) && (now = now_ms()) < end)
		poll(&file, 1, file.fd < 0 ? LOOK_MS : (int)(end - now));
	if (file.fd >= 0)
		close(file.fd);
	return ended;
}

static void first_line(int output, char *line, size_t size)
{
	ssize_t got = pread(output, line, size - 1, 0);

	line[got > 0 ? got : 0] = '\0';
	line[strcspn(line, "\n")] = '\0';
}

static int judge(const char *program, int status, bool ended, int seconds, int output,
		 struct comb_error *err)
{
	char line[300];

	first_line(output, line, sizeof(line));
	if (!ended)
		return comb_fail(err, COMB_TIMEOUT, "%s was killed after %d s", program, seconds);
	if (WIFSIGNALED(status))
		return comb_fail(err, COMB_FAILED, "%s was killed by signal %d", program,
				 WTERMSIG(status));
	if (!WEXITSTATUS(status))
		return 0;
	if (line[0])
		comb_fail(err, COMB_FAILED, "%s", line);
	else
		comb_fail(err, COMB_FAILED, "%s ended with status %d", program,
			  WEXITSTATUS(status));
	return WEXITSTATUS(status);
}

int bounded_run(char *const argv[], char *const environment[], int seconds,
		struct comb_error *err)
{
	int output = memfd_create("comb", MFD_CLOEXEC | MFD_ALLOW_SEALING), error, status;
	bool ended;
	pid_t pid;

	/* Who prints more than that only gets an error. */
	if (output < 0 || ftruncate(output, OUTPUT_MAX) || fcntl(output, F_ADD_SEALS, F_SEAL_GROW))
		return comb_fail(err, COMB_FAILED, "memfd: %s", strerror(errno));
	error = spawn(&pid, argv, environment, output);
	if (error) {
		close(output);
		return comb_fail(err, COMB_FAILED, "%s: %s", argv[0], strerror(error));
	}
	ended = wait_end(pid, seconds);
	if (!ended)
		kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	status = judge(argv[0], status, ended, seconds, output, err);
	close(output);
	return status;
}
