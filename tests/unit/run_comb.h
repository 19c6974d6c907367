/* SPDX-License-Identifier: GPL-2.0-or-later */
/* run_comb.h - run the comb beside this test and keep what it says */
#ifndef RUN_COMB_H
#define RUN_COMB_H

#include <fcntl.h>
#include <sys/wait.h>

#include "scratch.h"

#define SAID_MAX	(1u << 18)

/* Of the last run. */
static char said_out[SAID_MAX], said_err[SAID_MAX];

/* build/tests/test_cli -> build/comb */
static void comb_path(char *path, size_t size)
{
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	self[length > 0 ? length : 0] = '\0';
	for (int i = 0; i < 2; i++)
		if (strrchr(self, '/'))
			*strrchr(self, '/') = '\0';
	if (snprintf(path, size, "%s/comb", self) >= (int)size)
		abort();
}

static void read_back(const char *name, char *text)
{
	char path[PATH_MAX];
	size_t length = 0;
	FILE *f;

	scratch_path(path, sizeof(path), name);
	f = fopen(path, "r");
	if (f) {
		length = fread(text, 1, SAID_MAX - 1, f);
		fclose(f);
	}
	text[length] = '\0';
}

static void redirect(int fd, const char *name, int flags)
{
	char path[PATH_MAX];
	int file;

	scratch_path(path, sizeof(path), name);
	file = open(name[0] == '/' ? name : path, flags, 0600);
	if (file < 0 || dup2(file, fd) < 0)
		_exit(99);
}

/* Run @file with @argv; stdout goes to @out. Returns its exit status, 100 + N for a signal. */
static int run_to(const char *out, const char *file, char *const argv[])
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		redirect(STDIN_FILENO, "/dev/null", O_RDONLY);
		redirect(STDOUT_FILENO, out, O_WRONLY | O_CREAT | O_TRUNC);
		redirect(STDERR_FILENO, "err", O_WRONLY | O_CREAT | O_TRUNC);
		execvp(file, argv);
		_exit(98);
	}
	waitpid(pid, &status, 0);
	read_back("out", said_out);
	read_back("err", said_err);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}

static inline int run_comb(char *const argv[])
{
	char path[PATH_MAX];

	comb_path(path, sizeof(path));
	return run_to("out", path, argv);
}

#define COMB(...) run_comb((char *[]){ "comb", __VA_ARGS__, NULL })

/* Also what comb takes for its own directories */
static inline int make_comb_scratch(void **state)
{
	static const char *const variables[] = {
		"COMB_CONFIG_DIR", "COMB_RUN_DIR", "COMB_LOG_DIR",
	};

	if (make_scratch(state))
		return -1;
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		setenv(variables[i], scratch, 1);
	return 0;
}

#endif
