/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vhost.h - queues whose data path is in the host's kernel (vhost-net, vhost-vsock)
 *
 * The kernel reads and writes the cell's RAM through the keeper's mapping and
 * waits for the queues' eventfds itself, so the keeper only sets things up.
 */
#ifndef KEEPER_VHOST_H
#define KEEPER_VHOST_H

#include "device.h"

/**
 * struct vhost - one open /dev/vhost-*
 * @device: whose queues it serves
 * @fd: the open file, -1: closed
 * @first: the device's queue that is vhost's queue 0
 * @nr_queues: how many from there on
 * @poll_us: so long the kernel looks for more before it sleeps, if its CPU has nothing
 *	else to do. 0: not at all; vhost-net only
 * @errors: eventfd the kernel signals when a ring makes no sense
 */
struct vhost {
	struct device *device;
	int fd;
	unsigned int first;
	unsigned int nr_queues;
	unsigned int poll_us;
	struct loop_watch errors;
};

/* Before anything else, and before vhost_close() of one that was never open. */
void vhost_init(struct vhost *vhost, struct device *device, unsigned int first,
		unsigned int nr_queues);

/*
 * Open @path, which kernel module @module makes, and become its owner. What is wrong
 * with the rings later breaks the device. 0, or -1 with errno and a line in the log.
 */
int vhost_open(struct vhost *vhost, const char *path, const char *module);

/* Ends all it does before it returns. Nothing happens if it is not open. */
void vhost_close(struct vhost *vhost);

/* What the kernel can do, as feature bits of virtio. 0, or -1 with errno. */
int vhost_features(const struct vhost *vhost, uint64_t *features);

/*
 * Tell the kernel features, memory and rings. @features: what the driver took,
 * bits that the kernel does not know left out. No back end may be set. The rings
 * go on at the used index if device->resumed, at 0 otherwise. 0, or -1 with errno.
 */
int vhost_setup(const struct vhost *vhost, uint64_t features);

/* Have all queues looked at: kicks before the back end was there are not seen. */
void vhost_kick(const struct vhost *vhost);

#endif
