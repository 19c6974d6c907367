// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * backend_spawn.c - start a back end
 *
 * The child writes its own number into the record: a keeper that is killed
 * right after fork() leaves a back end that the next one can find.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "backend_internal.h"

#define SPARE_FD	16	/* above every descriptor of the child */

/* What the child is born with, in the order of its descriptors 3, 4, 5. */
struct birth {
	int front;
	int listen;
	int lock;
	int log;
};

static void birth_close(struct birth *birth)
{
	const int fds[] = { birth->front, birth->listen, birth->lock, birth->log };

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

/* A connection that is made before its other side accepts it needs no waiting. */
static int birth_connect(struct birth *birth, const char *record)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const struct sockaddr *name = (const struct sockaddr *)&address;
	int status, saved;

	if (snprintf(address.sun_path, sizeof(address.sun_path), "%s.socket", record) >=
	    (int)sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	birth->listen = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	birth->front = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (birth->listen < 0 || birth->front < 0)
		return -1;
	unlink(address.sun_path);
	if (bind(birth->listen, name, sizeof(address)))
		return -1;
	status = listen(birth->listen, 1) || connect(birth->front, name, sizeof(address)) ? -1 : 0;
	saved = errno;
	unlink(address.sun_path);
	errno = saved;
	return status;
}

static int birth_record(struct birth *birth, struct backend *backend)
{
	birth->lock = record_lock(backend->path, true);
	if (birth->lock < 0)
		return -1;
	/* By a description of its own, or the mapping would keep the lock. */
	if (ftruncate(birth->lock, 0) || ftruncate(birth->lock, sizeof(*backend->record)))
		return -1;
	backend->record = record_map(backend->path);
	if (!backend->record)
		return -1;
	backend->record->magic = BACKEND_MAGIC;
	return 0;
}

static int birth_log(struct birth *birth, struct backend *backend)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return -1;
	backend->log_watch.fd = ends[0];
	birth->log = ends[1];
	return fcntl(ends[0], F_SETFL, O_NONBLOCK);
}

static int child_descriptors(const struct birth *birth)
{
	const int wanted[] = { -1, birth->log, birth->log, birth->front, birth->listen,
			       birth->lock };
	const int nr = sizeof(wanted) / sizeof(wanted[0]);
	int spare[sizeof(wanted) / sizeof(wanted[0])];

	for (int i = 0; i < nr; i++) {
		if (i)
			spare[i] = fcntl(wanted[i], F_DUPFD, SPARE_FD);
		else
			spare[i] = open("/dev/null", O_RDONLY);
		if (spare[i] < 0)
			return -1;
	}
	for (int i = 0; i < nr; i++)
		if (spare[i] != i && dup2(spare[i], i) < 0)
			return -1;
	return close_range(nr, ~0U, 0);
}

static void child_signals(void)
{
	const int reset[] = { SIGHUP, SIGINT, SIGTERM, SIGCHLD, SIGUSR1, SIGUSR2 };
	sigset_t none;

	for (size_t i = 0; i < sizeof(reset) / sizeof(reset[0]); i++)
		signal(reset[i], SIG_DFL);
	/* Between two keepers nobody reads its messages. */
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void child_run(struct backend *backend, const struct birth *birth)
{
	/* A session of its own: a keeper's death must not hang it up when it is stopped. */
	setsid();
	backend->record->pid = getpid();
	child_signals();
	if (child_descriptors(birth))
		_exit(126);
	if (backend->prepare && backend->prepare(backend->data))
		_exit(126);
	execv(backend->argv[0], backend->argv);
	dprintf(STDERR_FILENO, "cannot be executed: %s\n", strerror(errno));
	_exit(127);
}

int backend_spawn(struct backend *backend)
{
	struct birth birth = { -1, -1, -1, -1 };
	int saved;

	backend->said[0] = '\0';
	backend->line_bytes = 0;
	if (birth_record(&birth, backend) || birth_connect(&birth, backend->path) ||
	    birth_log(&birth, backend))
		goto err_birth;
	backend->pid = fork();
	if (backend->pid < 0)
		goto err_birth;
	if (!backend->pid)
		child_run(backend, &birth);
	backend->socket = birth.front;
	birth.front = -1;
	backend->pidfd = pidfd_open(backend->pid, 0);
	birth_close(&birth);
	if (backend->pidfd < 0 || backend_watch(backend)) {
		saved = errno;
		backend_end(backend, 0);
		errno = saved;
		return -1;
	}
	return 0;

err_birth:
	saved = errno;
	birth_close(&birth);
	backend_forget(backend);
	errno = saved;
	return -1;
}
