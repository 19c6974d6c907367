// SPDX-License-Identifier: GPL-2.0-or-later
#include "execlink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define IN_ROOM		(256u << 10)

static void link_use(struct execlink *link, int fd)
{
	int flags = fcntl(fd, F_GETFL);

	link->fd = fd;
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK))
		link->broken = errno;
}

void execlink_init(struct execlink *link, int fd)
{
	memset(link, 0, sizeof(*link));
	link_use(link, fd);
}

void execlink_hold(struct execlink *link)
{
	link->fd = -1;
	link->held = true;
	link->broken = 0;
	link->in.start = link->in.end = 0;
	link->out.start = link->out.end = 0;
}

void execlink_resume(struct execlink *link, int fd)
{
	link->held = false;
	link_use(link, fd);
}

void execlink_free(struct execlink *link)
{
	free(link->in.data);
	free(link->out.data);
	memset(&link->in, 0, sizeof(link->in));
	memset(&link->out, 0, sizeof(link->out));
}

/* Make room for @bytes more at the end. */
static int buffer_grow(struct execlink_buffer *buffer, size_t bytes)
{
	size_t used = buffer->end - buffer->start, room = buffer->room ? buffer->room : IN_ROOM;
	uint8_t *data;

	if (buffer->room - buffer->end >= bytes)
		return 0;
	if (buffer->start)
		memmove(buffer->data, buffer->data + buffer->start, used);
	buffer->start = 0;
	buffer->end = used;
	while (room < used + bytes)
		room *= 2;
	if (room == buffer->room)
		return 0;
	data = realloc(buffer->data, room);
	if (!data)
		return -1;
	buffer->data = data;
	buffer->room = room;
	return 0;
}

static int link_break(struct execlink *link, int error)
{
	if (!link->broken)
		link->broken = error;
	return -1;
}

int execlink_fill(struct execlink *link)
{
	ssize_t got;

	if (link->broken)
		return -1;
	if (buffer_grow(&link->in, EXECWIRE_DATA_MAX))
		return link_break(link, ENOMEM);
	got = recv(link->fd, link->in.data + link->in.end, link->in.room - link->in.end, 0);
	if (got < 0)
		return errno == EAGAIN || errno == EINTR ? 1 : link_break(link, errno);
	link->in.end += got;
	return got > 0;
}

int execlink_next(struct execlink *link, struct execwire_frame *frame)
{
	struct execlink_buffer *in = &link->in;
	size_t wanted;
	int64_t size;

	if (in->start == in->end)
		in->start = in->end = 0;
	size = execwire_decode(in->data + in->start, in->end - in->start, frame, &wanted);
	if (size < 0)
		return link_break(link, EPROTO);
	in->start += size;
	return size > 0;
}

void execlink_flush(struct execlink *link)
{
	struct execlink_buffer *out = &link->out;

	if (link->held)
		return;
	while (!link->broken && out->start < out->end) {
		ssize_t sent = send(link->fd, out->data + out->start, out->end - out->start,
				    MSG_NOSIGNAL);

		if (sent >= 0)
			out->start += sent;
		else if (errno == EAGAIN)
			return;
		else if (errno != EINTR)
			link_break(link, errno);
	}
	out->start = out->end = 0;
}

void execlink_send(struct execlink *link, enum execwire_type type, unsigned int stream,
		   const void *payload, size_t length)
{
	struct execlink_buffer *out = &link->out;

	if (link->broken)
		return;
	if (buffer_grow(out, EXECWIRE_HEADER + length)) {
		link_break(link, ENOMEM);
		return;
	}
	execwire_header(out->data + out->end, type, stream, length);
	if (length)
		memcpy(out->data + out->end + EXECWIRE_HEADER, payload, length);
	out->end += EXECWIRE_HEADER + length;
	execlink_flush(link);
}

void execlink_send_numbers(struct execlink *link, enum execwire_type type, unsigned int stream,
			   uint32_t first, const uint32_t *second)
{
	uint8_t payload[8];

	execwire_put32(payload, first);
	if (second)
		execwire_put32(payload + 4, *second);
	execlink_send(link, type, stream, payload, second ? 8 : 4);
}

size_t execlink_pending(const struct execlink *link)
{
	return link->out.end - link->out.start;
}
