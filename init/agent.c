// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/vm_sockets.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"

#define BACKLOG		64
#define RETRY_FIRST_MS	20
#define RETRY_LAST_MS	1000
/* linux/vm_sockets.h has no name for it; af_vsock.c: LAST_RESERVED_PORT. */
#define RESERVED_PORT_MAX 1023

void agent_environment(void)
{
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	setenv("HOME", "/root", 1);
}

static void sleep_ms(int ms)
{
	struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	nanosleep(&time, NULL);
}

/* -1: not yet. */
static int try_listen(void)
{
	struct sockaddr_vm address = {
		.svm_family = AF_VSOCK,
		.svm_cid = VMADDR_CID_ANY,
		.svm_port = COMB_AGENT_PORT,
	};
	int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (!bind(fd, (struct sockaddr *)&address, sizeof(address)) && !listen(fd, BACKLOG))
		return fd;
	close(fd);
	return -1;
}

/*
 * The socket family, and with it the device, may appear at any time or never:
 * its driver is a module.
 */
static int wait_listen(void)
{
	int ms = RETRY_FIRST_MS, fd;

	while ((fd = try_listen()) < 0) {
		sleep_ms(ms);
		ms = ms * 2 < RETRY_LAST_MS ? ms * 2 : RETRY_LAST_MS;
	}
	return fd;
}

/*
 * Only the host's root: any process of the host may connect, but a reserved
 * port needs a privilege, and other cells and this one have other CIDs.
 */
static int accept_host(int listener)
{
	struct sockaddr_vm peer;
	socklen_t size = sizeof(peer);
	int fd = accept4(listener, (struct sockaddr *)&peer, &size, SOCK_CLOEXEC);

	if (fd < 0)
		return -1;
	if (peer.svm_cid == VMADDR_CID_HOST && peer.svm_port <= RESERVED_PORT_MAX)
		return fd;
	close(fd);
	errno = EINTR;
	return -1;
}

static void serve(int listener, int fd)
{
	pid_t pid = fork();

	if (!pid) {
		close(listener);
		agent_session(fd);
		_exit(0);
	}
	close(fd);
}

void agent_listen(void)
{
	sigset_t none;
	int listener;

	prctl(PR_SET_NAME, "comb-agent");
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* Nobody waits for the processes that serve. */
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		listener = wait_listen();
		for (;;) {
			int fd = accept_host(listener);

			if (fd >= 0)
				serve(listener, fd);
			else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
				 errno == ENOBUFS)
				sleep_ms(RETRY_FIRST_MS);
			else if (errno != EINTR && errno != ECONNABORTED)
				break;
		}
		close(listener);
		sleep_ms(RETRY_FIRST_MS);
	}
}
