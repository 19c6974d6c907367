// SPDX-License-Identifier: GPL-2.0-or-later
#include "modprobe.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

/* Absolute paths: an ordinary user's PATH, kept by su, has no sbin. */
static const char *const programs[] = {"/sbin/modprobe", "/usr/sbin/modprobe", "/bin/modprobe"};

/* Of the package comb-dkms */
#define DKMS_CONF	"/usr/src/comb-" COMB_VERSION "/dkms.conf"

const char *comb_modules_hint(const char *release, char *text, size_t size)
{
	if (!access(DKMS_CONF, F_OK))
		snprintf(text, size, "apt install linux-headers-%s && dkms autoinstall -k %s",
			 release, release);
	else
		snprintf(text, size, "apt install linux-headers-%s, then make install RELEASE=%s "
			 "in Comb's sources", release, release);
	return text;
}

/* Start modprobe with its standard error in a pipe; 0 or an errno. */
static int modprobe_spawn(const char *module, pid_t *pid, int *errors)
{
	char *argv[] = { "modprobe", (char *)module, NULL };
	posix_spawn_file_actions_t actions;
	int pipe_ends[2], error;

	if (pipe2(pipe_ends, O_CLOEXEC))
		return errno;
	error = posix_spawn_file_actions_init(&actions);
	if (error)
		goto err_pipe;
	error = posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDERR_FILENO) ?: ENOENT;
	for (size_t i = 0; error == ENOENT && i < sizeof(programs) / sizeof(programs[0]); i++)
		error = posix_spawn(pid, programs[i], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (error)
		goto err_pipe;
	close(pipe_ends[1]);
	*errors = pipe_ends[0];
	return 0;

err_pipe:
	close(pipe_ends[0]);
	close(pipe_ends[1]);
	return error;
}

/* Read until the end; keep the first @size - 1 bytes. */
static void text_collect(int fd, char *text, size_t size)
{
	size_t used = 0;
	char chunk[256];
	ssize_t got;

	while ((got = read(fd, chunk, sizeof(chunk)))) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			break;
		/* Beyond the buffer it is only drained, so that the writer can end. */
		if ((size_t)got > size - 1 - used)
			got = (ssize_t)(size - 1 - used);
		memcpy(text + used, chunk, (size_t)got);
		used += (size_t)got;
	}
	text[used] = '\0';
}

/* The last line without "modprobe: FATAL: ". */
static const char *last_words(char *text)
{
	static const char *const labels[] = {"modprobe: ", "FATAL: ", "ERROR: "};
	size_t length = strlen(text);
	char *line;

	while (length && (text[length - 1] == '\n' || text[length - 1] == ' '))
		text[--length] = '\0';
	line = strrchr(text, '\n');
	line = line ? line + 1 : text;
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		if (!strncmp(line, labels[i], strlen(labels[i])))
			line += strlen(labels[i]);
	return line;
}

static int explain(const char *module, const char *words, struct comb_error *err)
{
	struct utsname uts;
	char hint[256];

	if (strstr(words, "not found") && !uname(&uts)) {
		comb_fail(err, COMB_UNSUITABLE, "%s.ko is not installed for kernel %s", module,
			  uts.release);
		return comb_hint(err, "%s", comb_modules_hint(uts.release, hint, sizeof(hint)));
	}
	comb_fail(err, COMB_UNSUITABLE, "modprobe %s: %s", module,
		  *words ? words : "failed without a word");
	/* Secure Boot: the kernel takes modules only with a key it knows. */
	if (strstr(words, "Key was rejected") || strstr(words, "Required key not available"))
		return comb_hint(err, "sign %s.ko with a key from mokutil --import, or turn off Secure "
				 "Boot", module);
	return comb_hint(err, "dmesg | tail");
}

int comb_modprobe(const char *module, struct comb_error *err)
{
	char text[1024];
	int errors = -1, status, error;
	pid_t pid;

	error = modprobe_spawn(module, &pid, &errors);
	if (error) {
		comb_fail(err, COMB_UNSUITABLE, "modprobe cannot be run: %s", strerror(error));
		return comb_hint(err, "apt install kmod");
	}
	text_collect(errors, text, sizeof(text));
	close(errors);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return comb_fail(err, COMB_FAILED, "waitpid: %s", strerror(errno));
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	return explain(module, last_words(text), err);
}
