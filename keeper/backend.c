// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * backend.c - watch a back end, take it over, end it
 */
#include "backend.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "backend_internal.h"

#define ADOPT_WAIT_MS	500	/* for a child that has not executed its command yet */
#define ARGUMENTS_MAX	16384
#define EXIT_WAIT_MS	50

void backend_init(struct backend *backend, const struct device *device, struct loop *loop,
		  const char *directory, const char *name)
{
	*backend = (struct backend) {
		.device = device,
		.loop = loop,
		.socket = -1,
		.pidfd = -1,
		.log_watch.fd = -1,
	};
	snprintf(backend->path, sizeof(backend->path), "%s/%s.backend", directory, name);
}

const char *backend_name(const struct backend *backend)
{
	const char *slash = strrchr(backend->argv[0], '/');

	return slash ? slash + 1 : backend->argv[0];
}

/* Programs put what they were doing in front, such as all of a long option. */
const char *backend_last_words(const struct backend *backend)
{
	static char words[sizeof(backend->said)];
	char *line, *colon;

	snprintf(words, sizeof(words), "%s", backend->said);
	line = words + strlen(words);
	while (line > words && line[-1] == '\n')
		*--line = '\0';
	line = strrchr(words, '\n');
	line = line ? line + 1 : words;
	while ((colon = strstr(line, ": ")))
		line = colon + 2;
	return *line ? line : NULL;
}

void backend_forget(struct backend *backend)
{
	loop_remove(backend->loop, &backend->exit_watch);
	loop_remove(backend->loop, &backend->hangup_watch);
	loop_remove(backend->loop, &backend->log_watch);
	if (backend->socket >= 0)
		close(backend->socket);
	if (backend->pidfd >= 0)
		close(backend->pidfd);
	if (backend->log_watch.fd >= 0)
		close(backend->log_watch.fd);
	if (backend->record)
		munmap(backend->record, sizeof(*backend->record));
	backend->socket = -1;
	backend->pidfd = -1;
	backend->log_watch.fd = -1;
	backend->record = NULL;
	backend->pid = 0;
}

static void line_end(struct backend *backend)
{
	const char *name = backend_name(backend);
	size_t said = strlen(backend->said);
	const char *line = backend->line;

	backend->line[backend->line_bytes] = '\0';
	backend->line_bytes = 0;
	if (!*line)
		return;
	snprintf(backend->said + said, sizeof(backend->said) - said, "%s\n", line);
	if (!strncmp(line, name, strlen(name)))
		keeper_log(backend->device, "%s", line);
	else
		keeper_log(backend->device, "%s: %s", name, line);
}

/* Everything it has said so far. False: there will be no more. */
static bool log_read(struct backend *backend)
{
	char text[1024];
	ssize_t got;

	while ((got = read(backend->log_watch.fd, text, sizeof(text))) > 0) {
		for (ssize_t i = 0; i < got; i++) {
			if (text[i] != '\n')
				backend->line[backend->line_bytes++] = text[i];
			if (text[i] == '\n' || backend->line_bytes == sizeof(backend->line) - 1)
				line_end(backend);
		}
	}
	return got < 0 && (errno == EAGAIN || errno == EINTR);
}

static void log_ready(struct loop_watch *watch, uint32_t events)
{
	struct backend *backend = watch->data;

	(void)events;
	if (!log_read(backend))
		loop_remove(backend->loop, watch);
}

/* What the process died of, as far as its parent is told. */
static void death_log(struct backend *backend)
{
	siginfo_t info = { .si_pid = 0 };

	if (waitid(P_PIDFD, backend->pidfd, &info, WEXITED | WNOHANG) || !info.si_pid)
		keeper_log(backend->device, "%s has ended", backend_name(backend));
	else if (info.si_code == CLD_EXITED)
		keeper_log(backend->device, "%s has ended with status %d", backend_name(backend),
			   info.si_status);
	else
		keeper_log(backend->device, "%s was killed by signal %d", backend_name(backend),
			   info.si_status);
}

static void log_finish(struct backend *backend)
{
	if (backend->log_watch.fd >= 0)
		log_read(backend);
	if (backend->line_bytes)
		line_end(backend);
}

/* The connection is closed a little before the process has ended. */
static bool death_awaited(struct backend *backend)
{
	struct pollfd poller = { .fd = backend->pidfd, .events = POLLIN };

	return poll(&poller, 1, EXIT_WAIT_MS) > 0;
}

/* It has ended, or wants no more of this connection because it found the rings broken. */
static void end_ready(struct loop_watch *watch, uint32_t events)
{
	struct backend *backend = watch->data;

	(void)events;
	if (death_awaited(backend))
		death_log(backend);
	else
		keeper_log(backend->device, "%s has closed its connection",
			   backend_name(backend));
	if (record_kill(backend->path, backend->pid, backend->pidfd, 0))
		keeper_log(backend->device, "%s: a process of it does not end",
			   backend_name(backend));
	log_finish(backend);
	backend_forget(backend);
	backend->died(backend);
}

int backend_watch(struct backend *backend)
{
	backend->exit_watch = (struct loop_watch) {
		.fd = backend->pidfd, .ready = end_ready, .data = backend,
	};
	backend->hangup_watch = (struct loop_watch) {
		.fd = backend->socket, .ready = end_ready, .data = backend,
	};
	backend->log_watch.ready = log_ready;
	backend->log_watch.data = backend;
	if (loop_add(backend->loop, &backend->exit_watch, EPOLLIN) ||
	    loop_add(backend->loop, &backend->hangup_watch, EPOLLRDHUP))
		return -1;
	return backend->log_watch.fd < 0 ? 0 :
		loop_add(backend->loop, &backend->log_watch, EPOLLIN);
}

static bool arguments_match(pid_t pid, char *const *argv)
{
	char path[64], text[ARGUMENTS_MAX];
	size_t at = 0, have = 0;
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	while (have < sizeof(text) && (got = read(fd, text + have, sizeof(text) - have)) > 0)
		have += got;
	close(fd);
	for (; *argv; argv++) {
		size_t size = strlen(*argv) + 1;

		if (have - at < size || memcmp(text + at, *argv, size))
			return false;
		at += size;
	}
	return at == have;
}

/* The living process with the wanted arguments; it may not have executed them yet. */
static bool adopt_find(struct backend *backend)
{
	const struct timespec step = { .tv_nsec = 1000000 };

	for (int waited = 0; waited < ADOPT_WAIT_MS; waited++) {
		pid_t pid = __atomic_load_n(&backend->record->pid, __ATOMIC_RELAXED);

		if (pid > 1) {
			backend->pid = pid;
			if (arguments_match(pid, backend->argv))
				return true;
		}
		nanosleep(&step, NULL);
	}
	return false;
}

static int adopt_take(struct backend *backend)
{
	struct sockaddr_storage peer;
	socklen_t bytes = sizeof(peer);
	char path[64];

	backend->pidfd = pidfd_open(backend->pid, 0);
	if (backend->pidfd < 0)
		return -1;
	backend->socket = pidfd_getfd(backend->pidfd, BACKEND_FRONT, 0);
	if (backend->socket < 0 || getpeername(backend->socket, (void *)&peer, &bytes))
		return -1;
	snprintf(path, sizeof(path), "/proc/%d/fd/2", backend->pid);
	backend->log_watch.fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	return backend_watch(backend);
}

int backend_adopt(struct backend *backend)
{
	int lock = record_lock(backend->path, false);
	int status;

	if (lock >= 0)
		close(lock);
	if (lock >= 0 || errno == ENOENT)
		return 0;
	backend->record = record_map(backend->path);
	if (!backend->record)
		return -1;
	if (adopt_find(backend) && backend->record->magic == BACKEND_MAGIC &&
	    backend->record->progress != BACKEND_BEGUN && !adopt_take(backend))
		return 1;
	keeper_log(backend->device, "%s: ending process %d of an earlier keeper",
		   backend_name(backend), backend->pid);
	status = record_kill(backend->path, backend->pid, -1, 0);
	backend_forget(backend);
	return status;
}

void backend_end(struct backend *backend, int timeout_ms)
{
	if (backend->socket < 0)
		return;
	loop_remove(backend->loop, &backend->exit_watch);
	loop_remove(backend->loop, &backend->hangup_watch);
	if (record_kill(backend->path, backend->pid, backend->pidfd, timeout_ms))
		keeper_log(backend->device, "%s: process %d does not end", backend_name(backend),
			   backend->pid);
	log_finish(backend);
	backend_forget(backend);
}

bool backend_is_stray(const struct backend *backend)
{
	int lock = backend->socket < 0 ? record_lock(backend->path, false) : -1;

	if (lock >= 0)
		close(lock);
	return backend->socket < 0 && lock < 0 && errno != ENOENT;
}

int backend_free(struct backend *backend, int timeout_ms)
{
	int lock;

	backend_end(backend, timeout_ms);
	lock = record_lock(backend->path, false);
	if (lock < 0)
		return errno == ENOENT ? 0 : -1;
	unlink(backend->path);
	close(lock);
	return 0;
}
