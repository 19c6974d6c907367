// SPDX-License-Identifier: GPL-2.0-or-later
#include "remote.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "jobs.h"

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void __attribute__((noreturn)) be_client(struct cli *cli, const char *cell, int fd,
						struct client_run *run)
{
	struct comb_error err = { 0 };
	int result;

	/* The terminal's signals are about the whole of it, not about this part. */
	setsid();
	result = agent_run(cli, cell, fd, run, &err);
	if (result || err.what[0])
		dprintf(run->error, "%s\n", err.what);
	_exit(result ? EXECWIRE_FAILED : (int)cli->status);
}

int remote_start(struct cli *cli, const char *cell, struct execwire_request *request, int in,
		 int out, struct remote *remote, struct comb_error *err)
{
	int fd = agent_open(cli, cell, err), to[2] = { -1, -1 }, from[2] = { -1, -1 };
	struct client_run run = { .request = *request, .gives_up = true };

	if (fd < 0)
		return comb_prefix(err, "%s", cell);
	*remote = (struct remote){ .pid = -1, .in = -1, .out = -1,
				   .words = memfd_create("words", MFD_CLOEXEC) };
	if (remote->words >= 0 && (in >= 0 || !pipe2(to, O_CLOEXEC)) &&
	    (out >= 0 || !pipe2(from, O_CLOEXEC)))
		remote->pid = fork();
	if (!remote->pid) {
		close_one(&to[1]);
		close_one(&from[0]);
		run.in = in >= 0 ? in : to[0];
		run.out = out >= 0 ? out : from[1];
		run.error = remote->words;
		be_client(cli, cell, fd, &run);
	}
	close(fd);
	close_one(&to[0]);
	close_one(&from[1]);
	remote->in = to[1];
	remote->out = from[0];
	if (remote->pid > 0)
		return 0;
	comb_fail(err, COMB_FAILED, "no process: %s", strerror(errno));
	close_one(&remote->in);
	close_one(&remote->out);
	close_one(&remote->words);
	return -1;
}

int remote_line(struct cli *cli, struct remote *remote, char *line, size_t size)
{
	uint64_t end = cli_now_ns() + cli_timeout_ms(cli, JOBS_TIMEOUT_S) * 1000000ULL;
	size_t used = 0;

	while (used < size - 1) {
		struct pollfd file = { .fd = remote->out, .events = POLLIN };
		uint64_t now = cli_now_ns();

		if (now >= end)
			return -1;
		if (poll(&file, 1, (int)((end - now) / 1000000) + 1) <= 0)
			continue;
		if (read(remote->out, line + used, 1) <= 0)
			return -1;
		if (line[used] == '\n')
			break;
		used++;
	}
	line[used] = '\0';
	return 0;
}

/* Its first line; an agent's "ID: " goes before what the user has not given a name. */
static void take_words(struct remote *remote, struct comb_error *err)
{
	char words[400] = "";
	ssize_t got = pread(remote->words, words, sizeof(words) - 1, 0);

	words[got > 0 ? got : 0] = '\0';
	words[strcspn(words, "\n")] = '\0';
	comb_fail(err, COMB_FAILED, "%s", words[0] ? words : "its agent does not say why");
	comb_make_printable(err->what);
}

int remote_end(struct remote *remote, struct comb_error *err)
{
	int status;

	close_one(&remote->in);
	close_one(&remote->out);
	while (waitpid(remote->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		take_words(remote, err);
	close_one(&remote->words);
	return !WIFEXITED(status) || WEXITSTATUS(status) ? -1 : 0;
}
