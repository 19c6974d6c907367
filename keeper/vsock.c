// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vsock.c - AF_VSOCK between host and cell: virtio-vsock (virtio 1.3, 5.10) on vhost-vsock
 *
 * The kernel serves the receive and transmit queues. The event queue has one
 * use: after a restart of the keeper the host's ends of all connections are
 * gone, and the cell's sockets must learn it.
 */
#include <endian.h>
#include <errno.h>
#include <linux/vhost.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_ring.h>
#include <linux/virtio_vsock.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include <vsock.h>

#include "kinds.h"
#include "vhost.h"
#include "vring.h"

#define VHOST_VSOCK_PATH	"/dev/vhost-vsock"
#define QUEUE_EVENT		2
#define OFFERED	(1ULL << VIRTIO_RING_F_INDIRECT_DESC | 1ULL << VIRTIO_RING_F_EVENT_IDX | \
		 1ULL << VIRTIO_VSOCK_F_SEQPACKET)

struct vsock {
	struct device device;
	struct vhost vhost;
	uint64_t cid;
	uint64_t known;		/* features of the kernel */
};

/* The keeper before may not have left yet: its number is free a moment later. */
static int vsock_take_cid(const struct vsock *vsock)
{
	static const struct timespec moment = { .tv_nsec = 20000000 };

	for (int tries = 0; tries < 50; tries++) {
		if (!ioctl(vsock->vhost.fd, VHOST_VSOCK_SET_GUEST_CID, &vsock->cid))
			return 0;
		if (errno != EADDRINUSE)
			return -1;
		nanosleep(&moment, NULL);
	}
	return -1;
}

static int vsock_open(struct vsock *vsock)
{
	int error;

	if (vhost_open(&vsock->vhost, VHOST_VSOCK_PATH, "vhost_vsock"))
		return -1;
	if (!vhost_features(&vsock->vhost, &vsock->known) && !vsock_take_cid(vsock))
		return 0;
	error = errno;
	keeper_log(&vsock->device, "cannot have context ID %#llx: %s",
		   (unsigned long long)vsock->cid, strerror(error));
	vhost_close(&vsock->vhost);
	errno = error;
	return -1;
}

/* virtio 1.3, 5.10.6.7: the cell must drop all connections and read its CID again. */
static void vsock_tell_reset(struct vsock *vsock)
{
	const struct virtio_vsock_event event = {
		.id = htole32(VIRTIO_VSOCK_EVENT_TRANSPORT_RESET),
	};
	struct vring_chain chain;
	struct ring ring;

	if (!vsock->device.queues[QUEUE_EVENT].size)
		return;
	vring_begin(&ring, &vsock->device, QUEUE_EVENT);
	switch (vring_take(&ring, &chain)) {
	case 1:
		if (chain.nr_out && chain.out[0].iov_len >= sizeof(event)) {
			memcpy(chain.out[0].iov_base, &event, sizeof(event));
			vring_put(&ring, &chain, sizeof(event));
		} else {
			device_break(&vsock->device, "a buffer for events is too small");
		}
		break;
	case 0:
		keeper_log(&vsock->device, "the cell has no buffer for events; its old "
			   "connections end only when it uses them");
		break;
	}
}

static int vsock_start(struct device *device)
{
	struct vsock *vsock = (struct vsock *)device;
	int on = 1;

	if (vsock->vhost.fd < 0 && vsock_open(vsock))
		return -1;
	if (device->accepted & OFFERED & ~vsock->known) {
		errno = ENOTSUP;
		return -1;
	}
	if (vhost_setup(&vsock->vhost, device->accepted & vsock->known))
		return -1;
	if (device->resumed)
		vsock_tell_reset(vsock);
	if (ioctl(vsock->vhost.fd, VHOST_VSOCK_SET_RUNNING, &on))
		return -1;
	vhost_kick(&vsock->vhost);
	return 0;
}

static void vsock_stop(struct device *device)
{
	struct vsock *vsock = (struct vsock *)device;

	/*
	 * Closing, and not only stopping, ends the host's connections to what
	 * ran in the cell so far.
	 */
	vhost_close(&vsock->vhost);
}

static void vsock_free(struct device *device)
{
	struct vsock *vsock = (struct vsock *)device;

	vhost_close(&vsock->vhost);
	free(vsock);
}

static const struct device_ops vsock_ops = {
	.name = "vsock",
	.start = vsock_start,
	.stop = vsock_stop,
	.free = vsock_free,
};

struct device *vsock_new(struct loop *loop, const struct memory *memory,
			 const struct cell_id *cell, bool had)
{
	struct vsock *vsock = calloc(1, sizeof(*vsock));
	struct virtio_vsock_config config;

	if (!vsock) {
		keeper_log(NULL, "vsock: out of memory");
		return NULL;
	}
	vsock->device = (struct device){
		.ops = &vsock_ops,
		.type = VIRTIO_ID_VSOCK,
		.config_bytes = sizeof(config),
		.nr_queues = 3,
		.queues = { { .max = 256 }, { .max = 256 }, { .max = 16 } },
		.loop = loop,
		.memory = memory,
	};
	vsock->cid = COMB_VSOCK_CID(cell->id);
	config.guest_cid = htole64(vsock->cid);
	memcpy(vsock->device.config, &config, sizeof(config));
	vhost_init(&vsock->vhost, &vsock->device, 0, 2);
	vsock->known = OFFERED;
	if (vsock_open(vsock) && !had) {
		int error = errno;

		free(vsock);
		errno = error;
		return NULL;
	}
	vsock->device.offered = vsock->known & OFFERED;
	return &vsock->device;
}
