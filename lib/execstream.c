// SPDX-License-Identifier: GPL-2.0-or-later
/* execstream.c - the streams of an execlink: local files on one side, credit on the other */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "execlink.h"

/* Say so when this much has been used up: few frames, and the sender never waits for long. */
#define CREDIT_STEP	(EXECWIRE_WINDOW / 4)
#define READ_MAX	(32u << 10)

void execlink_source_init(struct execlink_source *source, int fd)
{
	*source = (struct execlink_source){ .fd = fd, .credit = EXECWIRE_WINDOW };
}

bool execlink_source_wants(const struct execlink_source *source, const struct execlink *link)
{
	return source->fd >= 0 && !source->ended && source->credit && !link->held &&
	       execlink_pending(link) < EXECLINK_ENOUGH;
}

int execlink_source_pump(struct execlink_source *source, struct execlink *link,
			 unsigned int stream)
{
	uint8_t data[READ_MAX];
	size_t most = source->credit < sizeof(data) ? source->credit : sizeof(data);
	ssize_t got = read(source->fd, data, most);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (got <= 0)
		return -1;
	source->credit -= got;
	execlink_send(link, EXECWIRE_DATA, stream, data, got);
	return 1;
}

void execlink_source_end(struct execlink_source *source, struct execlink *link,
			 unsigned int stream)
{
	if (!source->ended)
		execlink_send(link, EXECWIRE_EOF, stream, NULL, 0);
	source->ended = true;
}

int execlink_source_credit(struct execlink_source *source, const struct execwire_frame *frame)
{
	uint32_t bytes;

	if (execwire_numbers(frame, &bytes, 1) || bytes > EXECWIRE_WINDOW - source->credit)
		return -1;
	source->credit += bytes;
	return 0;
}

int execlink_sink_init(struct execlink_sink *sink, int fd)
{
	struct stat st;

	*sink = (struct execlink_sink){ .fd = fd, .data = malloc(EXECWIRE_WINDOW) };
	sink->socket = fd >= 0 && !fstat(fd, &st) && S_ISSOCK(st.st_mode);
	return sink->data ? 0 : -1;
}

void execlink_sink_free(struct execlink_sink *sink)
{
	free(sink->data);
	sink->data = NULL;
}

static void sink_used(struct execlink_sink *sink, struct execlink *link, unsigned int stream,
		      size_t bytes)
{
	sink->unsaid += bytes;
	/* After its end nobody needs credit. */
	if (sink->unsaid < CREDIT_STEP || sink->ended)
		return;
	execlink_send_numbers(link, EXECWIRE_CREDIT, stream, sink->unsaid, NULL);
	sink->unsaid = 0;
}

int execlink_sink_take(struct execlink_sink *sink, const struct execwire_frame *frame,
		       struct execlink *link, unsigned int stream)
{
	size_t at = (sink->start + sink->used) % EXECWIRE_WINDOW;
	size_t first = EXECWIRE_WINDOW - at;

	if (sink->ended || frame->length > EXECWIRE_WINDOW - sink->used - sink->unsaid)
		return -1;
	if (sink->fd < 0) {
		sink_used(sink, link, stream, frame->length);
		return 0;
	}
	if (first > frame->length)
		first = frame->length;
	memcpy(sink->data + at, frame->payload, first);
	memcpy(sink->data, frame->payload + first, frame->length - first);
	sink->used += frame->length;
	return 0;
}

void execlink_sink_drop(struct execlink_sink *sink, struct execlink *link, unsigned int stream)
{
	size_t used = sink->used;

	if (sink->fd < 0)
		return;
	sink->fd = -1;
	sink->used = 0;
	if (!sink->ended)
		execlink_send(link, EXECWIRE_STOP, stream, NULL, 0);
	/* What is on its way may still come. */
	sink_used(sink, link, stream, used);
}

int execlink_sink_pump(struct execlink_sink *sink, struct execlink *link, unsigned int stream,
		       size_t most)
{
	size_t bytes = EXECWIRE_WINDOW - sink->start;
	ssize_t put;

	if (bytes > sink->used)
		bytes = sink->used;
	if (bytes > most)
		bytes = most;
	if (sink->socket)
		put = send(sink->fd, sink->data + sink->start, bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
	else
		put = write(sink->fd, sink->data + sink->start, bytes);
	if (put < 0) {
		int error = errno;

		if (error == EAGAIN || error == EINTR)
			return 0;
		execlink_sink_drop(sink, link, stream);
		errno = error;
		return -1;
	}
	sink->start = (sink->start + put) % EXECWIRE_WINDOW;
	sink->used -= put;
	sink_used(sink, link, stream, put);
	return 0;
}
