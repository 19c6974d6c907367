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

/* No answer that is asked for here comes with descriptors; without room for them they are closed. */
static int bytes_receive(int socket, void *bytes, size_t size, int64_t deadline)
{
	size_t done = 0;

	while (done < size) {
		ssize_t got;

		if (socket_wait(socket, POLLIN, deadline))
			return -1;
		got = recv(socket, (char *)bytes + done, size - done, MSG_DONTWAIT);
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (!got)
			errno = ECONNRESET;
		if (got <= 0)
			return -1;
		done += got;
	}
	return 0;
}

int vhost_user_message_receive(struct vhost_user *vu, struct vhost_user_message *message,
			       uint32_t request)
{
	int64_t deadline = clock_ms() + vu->timeout_ms;

	memset(message, 0, sizeof(*message));
	if (bytes_receive(vu->socket, message, VHOST_USER_HEADER, deadline))
		return -1;
	if (message->size > sizeof(*message) - VHOST_USER_HEADER ||
	    (message->flags & VHOST_USER_VERSION_MASK) != VHOST_USER_VERSION ||
	    !(message->flags & VHOST_USER_REPLY) || (request && message->request != request)) {
		errno = EPROTO;
		return -1;
	}
	return bytes_receive(vu->socket, (uint8_t *)message + VHOST_USER_HEADER, message->size,
			     deadline);
}

int vhost_user_ask_u64(struct vhost_user *vu, uint32_t request, uint64_t *value)
{
	struct vhost_user_message message = { .request = request };

	if (vhost_user_message_send(vu, &message, NULL, 0) ||
	    vhost_user_message_receive(vu, &message, request))
		return -1;
	if (message.size != sizeof(message.u64)) {
		errno = EPROTO;
		return -1;
	}
	*value = message.u64;
	return 0;
}
