// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * console.c - virtio-console (virtio 1.3, 5.3) with one port: hvc0 in the cell
 *
 * What the cell writes goes to the replay file and to all viewers; what viewers
 * type goes to the cell.
 */
#include <errno.h>
#include <linux/virtio_console.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_ring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "event.h"
#include "kinds.h"
#include "viewer.h"
#include "vring.h"

#define QUEUE_SIZE	256u
#define BUFFERS_AT_ONCE	64
/* Linux sends at most 32 KiB in one buffer. */
#define BUFFER_MAX	(1u << 20)

enum { RECEIVE, TRANSMIT, QUEUES };	/* as the cell sees it (virtio 1.3, 5.3.2) */

struct console {
	struct device device;
	struct ring receive;
	struct ring transmit;
	struct loop_watch receive_kick;
	struct loop_watch transmit_kick;
	struct replay *replay;
	struct viewers *viewers;
};

/* ---- the cell writes ---- */

static int buffer_out(struct console *console, const struct vring_chain *chain)
{
	uint64_t size = 0;

	for (unsigned int i = 0; i < chain->nr_in; i++)
		size += chain->in[i].iov_len;
	if (size > BUFFER_MAX) {
		device_break(&console->device, "a buffer of %llu bytes",
			     (unsigned long long)size);
		return -1;
	}
	for (unsigned int i = 0; i < chain->nr_in; i++) {
		replay_write(console->replay, chain->in[i].iov_base, chain->in[i].iov_len);
		viewers_write(console->viewers, chain->in[i].iov_base, chain->in[i].iov_len);
	}
	return 0;
}

/* True if there may be more. */
static bool transmit_run(struct console *console)
{
	struct vring_chain chain;

	for (unsigned int i = 0; i < BUFFERS_AT_ONCE; i++) {
		if (vring_take(&console->transmit, &chain) <= 0 || buffer_out(console, &chain))
			return false;
		vring_put(&console->transmit, &chain, 0);
	}
	return true;
}

static void transmit_ready(struct loop_watch *watch, uint32_t events)
{
	struct console *console = watch->data;

	(void)events;
	event_take(watch->fd);
	if (transmit_run(console))
		event_signal(watch->fd);
}

/* ---- viewers type ---- */

static uint32_t buffer_fill(const struct vring_chain *chain, const uint8_t *data, size_t size)
{
	size_t done = 0;

	for (unsigned int i = 0; i < chain->nr_out && done < size; i++) {
		size_t part = chain->out[i].iov_len;

		if (part > size - done)
			part = size - done;
		memcpy(chain->out[i].iov_base, data + done, part);
		done += part;
	}
	return (uint32_t)done;
}

static size_t console_type(void *data, const void *bytes, size_t size)
{
	struct console *console = data;
	struct vring_chain chain;
	size_t done = 0;

	if (!console->receive_kick.added)
		return 0;
	while (done < size && vring_take(&console->receive, &chain) > 0) {
		uint32_t part = buffer_fill(&chain, (const uint8_t *)bytes + done, size - done);

		vring_put(&console->receive, &chain, part);
		if (!part) {
			device_break(&console->device, "a buffer for input without room");
			break;
		}
		done += part;
	}
	return done;
}

static void receive_ready(struct loop_watch *watch, uint32_t events)
{
	struct console *console = watch->data;

	(void)events;
	event_take(watch->fd);
	viewers_resume(console->viewers);
}

static void console_resize(void *data, uint16_t columns, uint16_t rows)
{
	struct console *console = data;
	struct virtio_console_config *config = (void *)console->device.config;

	if (config->cols == columns && config->rows == rows)
		return;
	config->cols = columns;
	config->rows = rows;
	device_config_changed(&console->device);
}

/* ---- life ---- */

static int console_start(struct device *device)
{
	struct console *console = (void *)device;

	if (!device->queues[RECEIVE].size || !device->queues[TRANSMIT].size) {
		errno = EINVAL;
		return -1;
	}
	vring_begin(&console->receive, device, RECEIVE);
	vring_begin(&console->transmit, device, TRANSMIT);
	console->receive_kick.fd = device->queues[RECEIVE].kick;
	console->transmit_kick.fd = device->queues[TRANSMIT].kick;
	if (loop_add(device->loop, &console->receive_kick, EPOLLIN))
		return -1;
	if (!loop_add(device->loop, &console->transmit_kick, EPOLLIN))
		return 0;
	loop_remove(device->loop, &console->receive_kick);
	return -1;
}

static void console_stop(struct device *device)
{
	struct console *console = (void *)device;

	loop_remove(device->loop, &console->receive_kick);
	loop_remove(device->loop, &console->transmit_kick);
	/* The last words of a cell that has stopped may not have been taken yet. */
	transmit_run(console);
}

static void console_free(struct device *device)
{
	struct console *console = (void *)device;

	viewers_free(console->viewers);
	replay_close(console->replay);
	free(console);
}

static const struct device_ops console_ops = {
	.name = "console",
	.start = console_start,
	.stop = console_stop,
	.free = console_free,
};

static const struct viewers_ops console_viewers = {
	.type = console_type,
	.resize = console_resize,
};

static int console_open(struct console *console, const struct cell_id *cell)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/console.log", cell->directory);
	console->replay = replay_open(path);
	if (!console->replay)
		return -1;
	snprintf(path, sizeof(path), "%s/console", cell->directory);
	console->viewers = viewers_new(console->device.loop, path, console->replay,
				       &console_viewers, console);
	return console->viewers ? 0 : -1;
}

struct device *console_new(struct loop *loop, const struct memory *memory,
			   const struct cell_id *cell)
{
	struct console *console = calloc(1, sizeof(*console));
	int error;

	if (!console)
		return NULL;
	console->device = (struct device){
		.ops = &console_ops,
		.type = VIRTIO_ID_CONSOLE,
		.offered = 1ULL << VIRTIO_CONSOLE_F_SIZE | 1ULL << VIRTIO_RING_F_EVENT_IDX |
			   1ULL << VIRTIO_RING_F_INDIRECT_DESC,
		.config_bytes = sizeof(struct virtio_console_config),
		.nr_queues = QUEUES,
		.queues = { { .max = QUEUE_SIZE }, { .max = QUEUE_SIZE } },
		.loop = loop,
		.memory = memory,
	};
	console->receive_kick = (struct loop_watch){ .ready = receive_ready, .data = console };
	console->transmit_kick = (struct loop_watch){ .ready = transmit_ready, .data = console };
	if (!console_open(console, cell))
		return &console->device;
	error = errno;
	keeper_log(&console->device, "%s: %s", cell->directory, strerror(error));
	console_free(&console->device);
	errno = error;
	return NULL;
}
