// SPDX-License-Identifier: GPL-2.0-or-later
/* rng.c - virtio-rng (virtio 1.3, 5.4): random bytes of the host */
#include <errno.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_ring.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/random.h>

#include "event.h"
#include "kinds.h"
#include "vring.h"

#define QUEUE_SIZE	8u
/* A buffer may stay partly empty; nobody needs more at once. */
#define SEGMENT_BYTES	4096u
#define BUFFERS_AT_ONCE	8

struct rng {
	struct device device;
	struct ring vring;
	struct loop_watch kick;
};

static uint32_t segment_fill(const struct iovec *segment)
{
	size_t size = segment->iov_len < SEGMENT_BYTES ? segment->iov_len : SEGMENT_BYTES;
	ssize_t got;

	do
		got = getrandom(segment->iov_base, size, 0);
	while (got < 0 && errno == EINTR);
	/* EFAULT: the cell has been given back. */
	return got > 0 ? (uint32_t)got : 0;
}

static void kick_ready(struct loop_watch *watch, uint32_t events)
{
	struct rng *rng = watch->data;
	struct vring_chain chain;

	(void)events;
	event_take(watch->fd);
	for (unsigned int i = 0; i < BUFFERS_AT_ONCE; i++) {
		if (vring_take(&rng->vring, &chain) <= 0)
			return;
		/* The first segment is enough: what was written must have no holes. */
		vring_put(&rng->vring, &chain, chain.nr_out ? segment_fill(&chain.out[0]) : 0);
	}
	event_signal(watch->fd);
}

static int rng_start(struct device *device)
{
	struct rng *rng = (void *)device;

	if (!device->queues[0].size) {
		errno = EINVAL;
		return -1;
	}
	vring_begin(&rng->vring, device, 0);
	rng->kick.fd = device->queues[0].kick;
	return loop_add(device->loop, &rng->kick, EPOLLIN);
}

static void rng_stop(struct device *device)
{
	struct rng *rng = (void *)device;

	loop_remove(device->loop, &rng->kick);
}

static void rng_free(struct device *device)
{
	free(device);
}

static const struct device_ops rng_ops = {
	.name = "rng",
	.start = rng_start,
	.stop = rng_stop,
	.free = rng_free,
};

struct device *rng_new(struct loop *loop, const struct memory *memory, const struct cell_id *cell)
{
	struct rng *rng = calloc(1, sizeof(*rng));

	(void)cell;
	if (!rng) {
		keeper_log(NULL, "no memory for the random number generator");
		return NULL;
	}
	rng->device = (struct device){
		.ops = &rng_ops,
		.type = VIRTIO_ID_RNG,
		.offered = 1ULL << VIRTIO_RING_F_EVENT_IDX | 1ULL << VIRTIO_RING_F_INDIRECT_DESC,
		.nr_queues = 1,
		.queues = { { .max = QUEUE_SIZE } },
		.loop = loop,
		.memory = memory,
	};
	rng->kick = (struct loop_watch){ .ready = kick_ready, .data = rng };
	return &rng->device;
}
