/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vhost_user.h - the front end's side of the vhost-user protocol
 *
 * QEMU's interop/vhost-user document. Every call is one exchange over a Unix
 * stream socket that is bounded in time; a late, short, long or unexpected
 * answer is EPROTO or ETIMEDOUT, after which the connection is of no use.
 *
 * "User addresses" of the protocol are the cell's physical addresses, so what
 * a back end was told stays true when another keeper takes over.
 */
#ifndef KEEPER_VHOST_USER_H
#define KEEPER_VHOST_USER_H

#include <stdbool.h>
#include <stdint.h>

#include "device.h"
#include "memory.h"

#define VHOST_USER_F_PROTOCOL_FEATURES	30	/* a bit of the device features */

/* Bits of the protocol features */
#define VHOST_USER_PROTOCOL_MQ			(1ULL << 0)
#define VHOST_USER_PROTOCOL_REPLY_ACK		(1ULL << 3)
#define VHOST_USER_PROTOCOL_CONFIG		(1ULL << 9)
#define VHOST_USER_PROTOCOL_INFLIGHT_SHMFD	(1ULL << 12)
#define VHOST_USER_PROTOCOL_MEM_SLOTS		(1ULL << 15)

/**
 * struct vhost_user - one connection
 * @socket: connected stream socket; the caller's
 * @timeout_ms: for one exchange
 * @features: device features the back end offers, without the protocol's own bit
 * @protocol: protocol features in use
 */
struct vhost_user {
	int socket;
	int timeout_ms;
	uint64_t features;
	uint64_t protocol;
};

/*
 * All return 0, or -1 with errno: EPROTO the back end does not keep to the
 * protocol or refused, ETIMEDOUT, ECONNRESET it has gone.
 */

/*
 * Throw away answers to questions of an earlier keeper that was killed between
 * asking and reading.
 */
int vhost_user_resync(struct vhost_user *vu);

/*
 * Learn @features and choose @protocol out of what both sides know. @extra are
 * protocol features that the caller knows the back end to have although it
 * does not say so. Unless @resumed, the choice is sent, and SET_OWNER.
 */
int vhost_user_negotiate(struct vhost_user *vu, uint64_t extra, bool resumed);

/* @features: what the driver accepted. */
int vhost_user_set_features(struct vhost_user *vu, uint64_t features);

/* Give it every range of @memory. ENOSPC: it cannot take that many. Once per connection. */
int vhost_user_set_memory(struct vhost_user *vu, const struct memory *memory);

/* @bytes 1 to 256 from the start of the configuration space. */
int vhost_user_get_config(struct vhost_user *vu, void *config, uint32_t bytes);

/**
 * struct vhost_user_inflight - which requests a back end has taken and not
 *	finished, in memory that outlives it ("Inflight I/O tracking")
 * @fd: the file; -1: none
 * @bytes: how much of it
 * @offset: where
 * @queues: how many queues
 * @queue_size: descriptors of each
 */
struct vhost_user_inflight {
	int fd;
	uint64_t bytes;
	uint64_t offset;
	uint16_t queues;
	uint16_t queue_size;
};

/* Before the queues are started. */
int vhost_user_set_inflight(struct vhost_user *vu, const struct vhost_user_inflight *inflight);

/* Set queue @index up and start it at @base, the next index of the available ring. */
int vhost_user_start_queue(struct vhost_user *vu, unsigned int index,
			   const struct queue *queue, uint16_t base);
/* Stop it; @base: where it would go on. */
int vhost_user_stop_queue(struct vhost_user *vu, unsigned int index, uint16_t *base);

#endif
