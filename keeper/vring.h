/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vring.h - the device's side of a split virtqueue, for devices the keeper
 * serves itself (console, rng, control queue of net)
 *
 * virtio 1.3, 2.7. Everything in the rings comes from the cell and may be
 * garbage, also between two looks: what is used is copied first, checked, and
 * walks are bounded by the queue's size.
 */
#ifndef KEEPER_VRING_H
#define KEEPER_VRING_H

#include <stdint.h>
#include <sys/uio.h>

#include "device.h"

#define VRING_SEGMENTS	64

/**
 * struct ring - one queue in use (struct vring is <linux/virtio_ring.h>'s)
 * @device: whose
 * @index: which
 * @taken: next index of the available ring
 */
struct ring {
	struct device *device;
	unsigned int index;
	uint16_t taken;
};

/**
 * struct vring_chain - one buffer: first what the device reads, then what it writes
 * @head: for vring_put()
 * @in: readable segments; @nr_in of them
 * @out: writable segments; @nr_out of them
 */
struct vring_chain {
	uint16_t head;
	unsigned int nr_in, nr_out;
	struct iovec in[VRING_SEGMENTS];
	struct iovec out[VRING_SEGMENTS];
};

/* Begin at the used index (so that it also resumes). The queue must be set up. */
void vring_begin(struct ring *vring, struct device *device, unsigned int index);

/*
 * Take the next buffer. 1: taken; 0: there is none, and the driver will kick
 * for the next; -1: the ring is broken and device_break() has been called.
 */
int vring_take(struct ring *vring, struct vring_chain *chain);

/* The buffer just taken cannot be served now: take it again later. */
void vring_return(struct ring *vring);

/* Done with it; @bytes were written to @out. Calls the driver if it wants that. */
void vring_put(struct ring *vring, const struct vring_chain *chain, uint32_t bytes);

#endif
