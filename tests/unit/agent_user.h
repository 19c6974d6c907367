/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * agent_user.h - the agent's session and the host's client, over a socket pair
 *
 * The test stands for the user: it holds the other ends of the client's stdin,
 * stdout and stderr.
 */
#ifndef AGENT_USER_H
#define AGENT_USER_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../cmd/client.h"
#include "../../init/agent.h"

#define OUTPUT_MAX	(4u << 20)
#define PATIENCE_MS	20000

/*
 * A client in a process of its own. While process @hold lives, if it is one, converse() keeps its
 * input open; @held is that one's exit status.
 */
struct user {
	pid_t pid;
	int in, out, error;
	pid_t hold;
	int held;
	struct client_run run;
};

static char output[OUTPUT_MAX], errors[OUTPUT_MAX];
static size_t output_size, errors_size;

static void __attribute__((noreturn)) be_client(struct user *user, int fd)
{
	struct comb_error err = { 0 };
	int status;

	if (client_run(fd, &user->run, &status, &err)) {
		dprintf(2, "client: %s\n", err.what);
		_exit(125);
	}
	if (err.what[0])
		dprintf(user->run.error, "%s\n", err.what);
	_exit(status);
}

static void serve(int fds[2], int spare)
{
	if (fork())
		return;
	close(fds[0]);
	if (spare >= 0)
		close(spare);
	agent_session(fds[1]);
	_exit(0);
}

static inline void user_begin(struct user *user, enum execwire_what what, char *const argv[])
{
	static char *none[] = { NULL };
	int in[2], out[2], error[2], fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	serve(fds, -1);
	close(fds[1]);
	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) || pipe2(error, O_CLOEXEC))
		fail();
	user->run.request.what = what;
	user->run.request.argv = (char **)argv;
	if (!user->run.request.environment)
		user->run.request.environment = none;
	user->run.in = in[0];
	user->run.out = out[1];
	user->run.error = error[1];
	user->pid = fork();
	if (!user->pid) {
		close(in[1]);
		close(out[0]);
		close(error[0]);
		be_client(user, fds[0]);
	}
	close(fds[0]);
	close(in[0]);
	close(out[1]);
	close(error[1]);
	user->in = in[1];
	user->out = out[0];
	user->error = error[0];
}

static inline int user_end(struct user *user)
{
	int status;

	if (user->in >= 0)
		close(user->in);
	assert_int_equal(waitpid(user->pid, &status, 0), user->pid);
	close(user->out);
	close(user->error);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Write @size bytes of @data as input, read everything until both outputs end. */
static inline void converse(struct user *user, const char *data, size_t size)
{
	fcntl(user->in, F_SETFL, O_NONBLOCK);
	output_size = errors_size = 0;
	for (int open = 2; open;) {
		struct pollfd files[] = {
			{ user->in, POLLOUT, 0 }, { user->out, POLLIN, 0 },
			{ user->error, POLLIN, 0 },
		};

		assert_true(poll(files, 3, PATIENCE_MS) > 0);
		if (files[0].revents) {
			ssize_t put = write(user->in, data, size);

			if (put > 0) {
				data += put;
				size -= put;
			}
			if (!size && user->hold) {
				user->held = -1;
				waitpid(user->hold, &user->held, 0);
			}
			if (!size || (put < 0 && errno == EPIPE)) {
				close(user->in);
				user->in = -1;
			}
		}
		open = 0;
		for (int i = 1; i < 3; i++) {
			char *at = i == 1 ? output : errors;
			size_t *used = i == 1 ? &output_size : &errors_size;
			ssize_t got = 1;

			if (files[i].revents)
				got = read(files[i].fd, at + *used, OUTPUT_MAX - 1 - *used);
			open += got > 0;
			if (got > 0 && files[i].revents)
				*used += got;
			at[*used] = '\0';
		}
	}
}

static inline int say(const char *input, char *const argv[])
{
	struct user user = { 0 };

	user_begin(&user, EXECWIRE_RUN, argv);
	converse(&user, input, strlen(input));
	return user_end(&user);
}

#define SAY(input, ...) say(input, (char *[]){ __VA_ARGS__, NULL })
#define SH(input, script) SAY(input, "sh", "-c", script)

static inline void read_until(int fd, const char *text)
{
	output_size = 0;
	output[0] = '\0';
	while (!strstr(output, text)) {
		struct pollfd file = { fd, POLLIN, 0 };
		ssize_t got;

		assert_true(poll(&file, 1, PATIENCE_MS) > 0);
		got = read(fd, output + output_size, OUTPUT_MAX - 1 - output_size);
		if (got <= 0)
			fail_msg("no \"%s\" in \"%s\"", text, output);
		output_size += got;
		output[output_size] = '\0';
	}
}

#endif
