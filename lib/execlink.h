/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * execlink.h - one end of a connection that speaks execwire.h, and its streams
 *
 * For event loops: nothing here blocks. The socket is made non-blocking.
 */
#ifndef COMB_EXECLINK_H
#define COMB_EXECLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "execwire.h"

/* Add no DATA while more than this waits to be sent. */
#define EXECLINK_ENOUGH	(128u << 10)

/**
 * struct execlink_buffer - bytes from @start to @end of @data
 */
struct execlink_buffer {
	uint8_t *data;
	size_t start, end, room;
};

/**
 * struct execlink - a connection
 * @fd: the caller's, closed by nobody here
 * @broken: errno of a failure, 0 if there was none; sending does nothing then
 * @held: there is no connection for the time: what is sent waits
 */
struct execlink {
	int fd;
	int broken;
	bool held;
	struct execlink_buffer in, out;
};

void execlink_init(struct execlink *link, int fd);
void execlink_free(struct execlink *link);

/* The connection is over, with nothing pending; what is said from now on waits for the next. */
void execlink_hold(struct execlink *link);
/* Go on over @fd, which has said HELLO. */
void execlink_resume(struct execlink *link, int fd);

/* Read what is there. 1: something or nothing came; 0: the peer has closed; -1: broken. */
int execlink_fill(struct execlink *link);

/* The next frame; valid until the next call of execlink_fill(). 1, 0: none; -1: broken. */
int execlink_next(struct execlink *link, struct execwire_frame *frame);

/* Queue a frame and send what the socket takes. Failures are found in @broken. */
void execlink_send(struct execlink *link, enum execwire_type type, unsigned int stream,
		   const void *payload, size_t length);
void execlink_send_numbers(struct execlink *link, enum execwire_type type, unsigned int stream,
			   uint32_t first, const uint32_t *second);
void execlink_flush(struct execlink *link);

/* Bytes that wait to be sent. */
size_t execlink_pending(const struct execlink *link);

/**
 * struct execlink_source - a local file whose bytes go to the peer
 * @fd: -1: none any more
 * @credit: bytes the peer has room for
 * @ended: EOF has been sent
 */
struct execlink_source {
	int fd;
	uint32_t credit;
	bool ended;
};

/**
 * struct execlink_sink - a local file that gets bytes of the peer
 * @fd: -1: nobody wants them, they are dropped
 * @data: ring of EXECWIRE_WINDOW bytes
 * @start: oldest byte
 * @used: bytes in the ring
 * @unsaid: bytes used up and not yet said to be
 * @ended: the peer has sent EOF
 * @socket: @fd is a socket, which may block without being asked not to
 */
struct execlink_sink {
	int fd;
	bool socket;
	uint8_t *data;
	size_t start, used, unsaid;
	bool ended;
};

void execlink_source_init(struct execlink_source *source, int fd);
/* May the file be read now? */
bool execlink_source_wants(const struct execlink_source *source, const struct execlink *link);
/*
 * Read once and send. 1: something was sent; 0: it is empty now (EAGAIN); -1: end of file
 * or a failure (a terminal's EIO is an end); the caller then ends it.
 */
int execlink_source_pump(struct execlink_source *source, struct execlink *link,
			 unsigned int stream);
/* Send EOF, once. */
void execlink_source_end(struct execlink_source *source, struct execlink *link,
			 unsigned int stream);
/* CREDIT has come. -1: more than may be. */
int execlink_source_credit(struct execlink_source *source, const struct execwire_frame *frame);

/* 0, or -1 with errno. */
int execlink_sink_init(struct execlink_sink *sink, int fd);
void execlink_sink_free(struct execlink_sink *sink);
/* DATA has come. -1: more than may be, or after the end. */
int execlink_sink_take(struct execlink_sink *sink, const struct execwire_frame *frame,
		       struct execlink *link, unsigned int stream);
/*
 * Write once, at most @most bytes. 0; -1 with errno if nobody will ever read: the sink has
 * then no file any more (it is not closed), and the peer has been told to stop.
 */
int execlink_sink_pump(struct execlink_sink *sink, struct execlink *link, unsigned int stream,
		       size_t most);
/* Nobody wants these bytes any more. */
void execlink_sink_drop(struct execlink_sink *sink, struct execlink *link, unsigned int stream);

#endif
