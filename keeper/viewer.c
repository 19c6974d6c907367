// SPDX-License-Identifier: GPL-2.0-or-later
#include "viewer.h"

#include <consolewire.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "device.h"
#include "outbox.h"

/* One busy viewer must not keep everything else waiting. */
#define FRAMES_AT_ONCE	16

/**
 * struct viewer - one connection
 * @viewers: of which it is
 * @next: in their list
 * @watch: its socket
 * @out: what it has not read yet
 * @lost: bytes it missed since it was last told
 * @held: a frame of input is waiting for room in the cell
 * @ended: it will send no more
 * @parked: it hung up while @held, and is out of the loop until there is room
 * @frame: header of the frame being received
 * @got: how many bytes of header and payload there are
 * @typed: how many bytes of the payload the cell took
 * @payload: behind the header
 */
struct viewer {
	struct viewers *viewers;
	struct viewer *next;
	struct loop_watch watch;
	struct outbox out;
	uint64_t lost;
	bool held;
	bool ended;
	bool parked;
	struct console_frame frame;
	size_t got;
	size_t typed;
	uint8_t payload[CONSOLE_FRAME_MAX];
};

struct viewers {
	struct loop *loop;
	const struct replay *replay;
	const struct viewers_ops *ops;
	void *data;
	struct loop_watch watch;
	struct sockaddr_un address;
	struct viewer *list;
	unsigned int count;
};

static void viewer_free(struct viewer *viewer)
{
	struct viewer **at = &viewer->viewers->list;

	while (*at != viewer)
		at = &(*at)->next;
	*at = viewer->next;
	viewer->viewers->count--;
	loop_remove(viewer->viewers->loop, &viewer->watch);
	close(viewer->watch.fd);
	outbox_free(&viewer->out);
	free(viewer);
}

/* ---- output ---- */

static void viewer_listen(struct viewer *viewer)
{
	uint32_t events = viewer->held || viewer->ended ? 0 : EPOLLIN;

	if (viewer->parked)
		return;
	if (outbox_size(&viewer->out))
		events |= EPOLLOUT;
	loop_change(viewer->viewers->loop, &viewer->watch, events);
}

/* 0, or -1 without memory. */
static int frame_add(struct viewer *viewer, uint32_t type, const void *data, size_t size)
{
	struct console_frame frame = { .type = type, .length = (uint32_t)size };
	uint8_t *at = outbox_room(&viewer->out, sizeof(frame) + size);

	if (!at)
		return -1;
	memcpy(at, &frame, sizeof(frame));
	if (size)
		memcpy(at + sizeof(frame), data, size);
	outbox_added(&viewer->out, sizeof(frame) + size);
	return 0;
}

static int bytes_add(struct viewer *viewer, uint32_t type, const uint8_t *data, size_t size)
{
	while (size) {
		size_t part = size < CONSOLE_FRAME_MAX ? size : CONSOLE_FRAME_MAX;

		if (frame_add(viewer, type, data, part))
			return -1;
		data += part;
		size -= part;
	}
	return 0;
}

static int hello_add(struct viewer *viewer)
{
	const struct replay *replay = viewer->viewers->replay;
	struct console_hello hello = {
		.version = CONSOLE_VERSION, .replay = (uint32_t)replay_size(replay),
		.written = replay_written(replay),
	};
	size_t part;

	if (frame_add(viewer, CONSOLE_HELLO, &hello, sizeof(hello)))
		return -1;
	for (size_t done = 0; done < hello.replay; done += part) {
		const uint8_t *from = replay_read(replay, done, &part);

		if (bytes_add(viewer, CONSOLE_REPLAY, from, part))
			return -1;
	}
	return frame_add(viewer, CONSOLE_LIVE, NULL, 0);
}

/* One that lost something gets no more before it has read half of what is kept for it. */
static bool is_lagging(const struct viewer *viewer, size_t size)
{
	size_t limit = viewer->lost ? VIEWER_BACKLOG / 2 : VIEWER_BACKLOG;

	return outbox_size(&viewer->out) + size > limit;
}

static void viewer_write(struct viewer *viewer, const void *data, size_t size)
{
	struct console_gap gap = { .lost = viewer->lost };

	if (is_lagging(viewer, size) ||
	    (gap.lost && frame_add(viewer, CONSOLE_GAP, &gap, sizeof(gap)))) {
		viewer->lost += size;
		return;
	}
	viewer->lost = 0;
	if (bytes_add(viewer, CONSOLE_DATA, data, size))
		viewer->lost = size;
	if (outbox_send(&viewer->out, viewer->watch.fd))
		outbox_free(&viewer->out);	/* its hanging up will be seen in the loop */
	viewer_listen(viewer);
}

void viewers_write(struct viewers *viewers, const void *data, size_t size)
{
	for (struct viewer *viewer = viewers->list; viewer; viewer = viewer->next)
		viewer_write(viewer, data, size);
}

/* ---- input ---- */

/* A whole frame is there. -1: the peer breaks the rules. */
static int frame_handle(struct viewer *viewer)
{
	const struct viewers *viewers = viewer->viewers;
	struct console_size size;

	switch (viewer->frame.type) {
	case CONSOLE_DATA:
		viewer->typed += viewers->ops->type(viewers->data, viewer->payload + viewer->typed,
						    viewer->frame.length - viewer->typed);
		viewer->held = viewer->typed < viewer->frame.length;
		break;
	case CONSOLE_SIZE:
		if (viewer->frame.length != sizeof(size))
			return -1;
		memcpy(&size, viewer->payload, sizeof(size));
		viewers->ops->resize(viewers->data, size.columns, size.rows);
		break;
	default:
		return -1;
	}
	if (!viewer->held)
		viewer->got = viewer->typed = 0;
	return 0;
}

/* 1: a frame is complete; 0: not yet, or no more; -1: to be disconnected. */
static int frame_receive(struct viewer *viewer)
{
	const size_t header = sizeof(viewer->frame);

	for (;;) {
		bool in_header = viewer->got < header;
		uint8_t *to = in_header ? (uint8_t *)&viewer->frame + viewer->got :
					  viewer->payload + viewer->got - header;
		size_t want = in_header ? header - viewer->got :
					  viewer->frame.length + header - viewer->got;
		ssize_t got = want ? recv(viewer->watch.fd, to, want, MSG_DONTWAIT) : 0;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
		if (!got && want) {
			viewer->ended = true;
			return 0;
		}
		viewer->got += (size_t)got;
		if (viewer->got < header)
			continue;
		if (viewer->frame.length > CONSOLE_FRAME_MAX)
			return -1;
		if (viewer->got == header + viewer->frame.length)
			return 1;
	}
}

static int viewer_read(struct viewer *viewer)
{
	for (unsigned int i = 0; i < FRAMES_AT_ONCE && !viewer->held; i++) {
		int complete = frame_receive(viewer);

		if (complete <= 0)
			return complete;
		if (frame_handle(viewer))
			return -1;
	}
	return 0;
}

static void viewer_ready(struct loop_watch *watch, uint32_t events)
{
	struct viewer *viewer = watch->data;

	if (events & EPOLLOUT && outbox_send(&viewer->out, watch->fd))
		outbox_free(&viewer->out);
	if (events & EPOLLIN) {
		if (viewer_read(viewer))
			goto out;
	} else if (events & (EPOLLHUP | EPOLLERR)) {
		if (!viewer->held)
			goto out;
		/* What it has sent before is still to be typed. */
		viewer->parked = true;
		loop_remove(viewer->viewers->loop, watch);
	}
	viewer_listen(viewer);
	return;

out:
	viewer_free(viewer);
}

static void viewer_resume(struct viewer *viewer)
{
	/* A frame of data cannot break the rules. */
	frame_handle(viewer);
	if (viewer->held)
		return;
	if (viewer->parked) {
		viewer->parked = false;
		if (loop_add(viewer->viewers->loop, &viewer->watch, 0)) {
			viewer_free(viewer);
			return;
		}
	}
	viewer_listen(viewer);
}

void viewers_resume(struct viewers *viewers)
{
	struct viewer *next;

	for (struct viewer *viewer = viewers->list; viewer; viewer = next) {
		next = viewer->next;
		if (viewer->held)
			viewer_resume(viewer);
	}
}

/* ---- connections ---- */

/* Those that have hung up give way, although the cell has not taken all they typed. */
static void viewers_make_room(struct viewers *viewers)
{
	for (struct viewer *viewer = viewers->list; viewer; viewer = viewer->next) {
		if (viewer->parked) {
			viewer_free(viewer);
			return;
		}
	}
}

static struct viewer *viewer_new(struct viewers *viewers, int fd)
{
	struct viewer *viewer = calloc(1, sizeof(*viewer));

	if (!viewer)
		return NULL;
	viewer->viewers = viewers;
	viewer->watch = (struct loop_watch){ .fd = fd, .ready = viewer_ready, .data = viewer };
	if (hello_add(viewer) || loop_add(viewers->loop, &viewer->watch, EPOLLIN | EPOLLOUT)) {
		outbox_free(&viewer->out);
		free(viewer);
		return NULL;
	}
	viewer->next = viewers->list;
	viewers->list = viewer;
	viewers->count++;
	return viewer;
}

static void viewers_accept(struct loop_watch *watch, uint32_t events)
{
	struct viewers *viewers = watch->data;
	int fd = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd < 0)
		return;
	if (viewers->count == VIEWERS_MAX)
		viewers_make_room(viewers);
	if (viewers->count == VIEWERS_MAX) {
		keeper_log(NULL, "console: %u viewers, no more are let in", VIEWERS_MAX);
		close(fd);
	} else if (!viewer_new(viewers, fd)) {
		keeper_log(NULL, "console: no memory for a viewer");
		close(fd);
	}
}

static int viewers_listen(struct viewers *viewers, const char *path)
{
	struct sockaddr_un *address = &viewers->address;
	int fd, error;

	address->sun_family = AF_UNIX;
	if ((size_t)snprintf(address->sun_path, sizeof(address->sun_path), "%s", path) >=
	    sizeof(address->sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	/* Left by a keeper that was killed; this one holds the cell's lock. */
	unlink(path);
	/* The socket file gets the mode of the socket, so nobody else can be faster. */
	if (!fchmod(fd, 0600) && !bind(fd, (void *)address, sizeof(*address)) &&
	    !chmod(path, 0600) && !listen(fd, VIEWERS_MAX))
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

struct viewers *viewers_new(struct loop *loop, const char *path, const struct replay *replay,
			    const struct viewers_ops *ops, void *data)
{
	struct viewers *viewers = calloc(1, sizeof(*viewers));

	if (!viewers)
		return NULL;
	viewers->loop = loop;
	viewers->replay = replay;
	viewers->ops = ops;
	viewers->data = data;
	viewers->watch = (struct loop_watch){ .ready = viewers_accept, .data = viewers };
	viewers->watch.fd = viewers_listen(viewers, path);
	if (viewers->watch.fd < 0)
		goto err_viewers;
	if (loop_add(loop, &viewers->watch, EPOLLIN))
		goto err_socket;
	return viewers;

err_socket:
	close(viewers->watch.fd);
	unlink(path);
err_viewers:
	free(viewers);
	return NULL;
}

void viewers_free(struct viewers *viewers)
{
	if (!viewers)
		return;
	while (viewers->list)
		viewer_free(viewers->list);
	loop_remove(viewers->loop, &viewers->watch);
	close(viewers->watch.fd);
	unlink(viewers->address.sun_path);
	free(viewers);
}
