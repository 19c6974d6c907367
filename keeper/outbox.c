// SPDX-License-Identifier: GPL-2.0-or-later
#include "outbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define CAPACITY_MIN	4096u

void *outbox_room(struct outbox *outbox, size_t size)
{
	size_t used = outbox_size(outbox), capacity = outbox->capacity;
	uint8_t *data;

	if (outbox->capacity - outbox->end >= size)
		return outbox->data + outbox->end;
	/* Moving at most half of the buffer keeps the cost of a byte constant. */
	if (outbox->begin && used <= capacity / 2 && used + size <= capacity) {
		memmove(outbox->data, outbox->data + outbox->begin, used);
		outbox->begin = 0;
		outbox->end = used;
		return outbox->data + used;
	}
	if (!capacity)
		capacity = CAPACITY_MIN;
	while (capacity - outbox->end < size)
		capacity *= 2;
	data = realloc(outbox->data, capacity);
	if (!data)
		return NULL;
	outbox->data = data;
	outbox->capacity = capacity;
	return data + outbox->end;
}

int outbox_send(struct outbox *outbox, int fd)
{
	while (outbox->begin < outbox->end) {
		ssize_t sent = send(fd, outbox->data + outbox->begin, outbox_size(outbox),
				    MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent >= 0)
			outbox->begin += (size_t)sent;
		else if (errno == EAGAIN || errno == EWOULDBLOCK)
			return 0;
		else if (errno != EINTR)
			return -1;
	}
	/* A backlog is an exception: give a large buffer back. */
	if (outbox->capacity > 16 * CAPACITY_MIN)
		outbox_free(outbox);
	outbox->begin = outbox->end = 0;
	return 0;
}

void outbox_free(struct outbox *outbox)
{
	free(outbox->data);
	*outbox = (struct outbox){ 0 };
}
