// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vhost_user_message.c - send and receive one vhost-user message
 *
 * The socket may be blocking or not: poll() comes first, and no call waits.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "vhost_user_message.h"

static int64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static int socket_wait(int socket, short events, int64_t deadline)
{
	for (;;) {
		struct pollfd poller = { .fd = socket, .events = events };
		int64_t left = deadline - clock_ms();
		int ready = poll(&poller, 1, left > 0 ? left : 0);

		if (ready > 0)
			return 0;
		if (!ready)
			errno = ETIMEDOUT;
		if (!ready || errno != EINTR)
			return -1;
	}
}

static ssize_t part_send(int socket, const uint8_t *bytes, size_t size, const int *fds,
			 unsigned int nr_fds)
{
	char control[CMSG_SPACE(sizeof(int) * VHOST_USER_REGIONS)] = "";
	struct iovec part = { .iov_base = (void *)bytes, .iov_len = size };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };

	if (nr_fds) {
		struct cmsghdr *first;

		header.msg_control = control;
		header.msg_controllen = CMSG_SPACE(sizeof(int) * nr_fds);
		first = CMSG_FIRSTHDR(&header);
		first->cmsg_level = SOL_SOCKET;
		first->cmsg_type = SCM_RIGHTS;
		first->cmsg_len = CMSG_LEN(sizeof(int) * nr_fds);
		memcpy(CMSG_DATA(first), fds, sizeof(int) * nr_fds);
	}
	return sendmsg(socket, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
}

int vhost_user_message_send(struct vhost_user *vu, struct vhost_user_message *message,
			    const int *fds, unsigned int nr_fds)
{
	int64_t deadline = clock_ms() + vu->timeout_ms;
	size_t size = VHOST_USER_HEADER + message->size, done = 0;

	message->flags |= VHOST_USER_VERSION;
	while (done < size) {
		ssize_t sent;

		if (socket_wait(vu->socket, POLLOUT, deadline))
			return -1;
		sent = part_send(vu->socket, (uint8_t *)message + done, size - done, fds,
				 done ? 0 : nr_fds);
		if (sent > 0)
			done += sent;
		else if (sent < 0 && errno == EPIPE)
			errno = ECONNRESET;
		if (sent < 0 && errno != EINTR && errno != EAGAIN)
			return -1;
	}
	return 0;
}

/* Keep the first descriptor in @fd, if one is wanted; close all others. */
static void control_take(struct msghdr *header, int *fd)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
		size_t nr = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < nr; i++) {
			int got;

			memcpy(&got, CMSG_DATA(c) + i * sizeof(int), sizeof(got));
			if (fd && *fd < 0)
				*fd = got;
			else
				close(got);
		}
	}
}

static int bytes_receive(int socket, void *bytes, size_t size, int *fd, int64_t deadline)
{
	char control[CMSG_SPACE(sizeof(int) * VHOST_USER_REGIONS)];
	size_t done = 0;

	while (done < size) {
		struct iovec part = { .iov_base = (char *)bytes + done, .iov_len = size - done };
		struct msghdr header = {
			.msg_iov = &part,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control),
		};
		ssize_t got;

		if (socket_wait(socket, POLLIN, deadline))
			return -1;
		got = recvmsg(socket, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (!got)
			errno = ECONNRESET;
		if (got <= 0)
			return -1;
		control_take(&header, fd);
		done += got;
	}
	return 0;
}

int vhost_user_message_receive(struct vhost_user *vu, struct vhost_user_message *message,
			       uint32_t request, int *fd)
{
	int64_t deadline = clock_ms() + vu->timeout_ms;
	int taken = -1;

	memset(message, 0, sizeof(*message));
	if (bytes_receive(vu->socket, message, VHOST_USER_HEADER, &taken, deadline))
		goto err_fd;
	if (message->size > sizeof(*message) - VHOST_USER_HEADER ||
	    (message->flags & VHOST_USER_VERSION_MASK) != VHOST_USER_VERSION ||
	    !(message->flags & VHOST_USER_REPLY) || (request && message->request != request)) {
		errno = EPROTO;
		goto err_fd;
	}
	if (bytes_receive(vu->socket, (uint8_t *)message + VHOST_USER_HEADER, message->size,
			  &taken, deadline))
		goto err_fd;
	if (fd)
		*fd = taken;
	else if (taken >= 0)
		close(taken);
	return 0;

err_fd:
	if (taken >= 0)
		close(taken);
	return -1;
}

int vhost_user_ask_u64(struct vhost_user *vu, uint32_t request, uint64_t *value)
{
	struct vhost_user_message message = { .request = request };

	if (vhost_user_message_send(vu, &message, NULL, 0) ||
	    vhost_user_message_receive(vu, &message, request, NULL))
		return -1;
	if (message.size != sizeof(message.u64)) {
		errno = EPROTO;
		return -1;
	}
	*value = message.u64;
	return 0;
}
