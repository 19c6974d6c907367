/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vhost_user_message.h - messages of the vhost-user protocol on the wire
 */
#ifndef KEEPER_VHOST_USER_MESSAGE_H
#define KEEPER_VHOST_USER_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "vhost_user.h"

enum vhost_user_request {
	VHOST_USER_GET_FEATURES = 1,
	VHOST_USER_SET_FEATURES = 2,
	VHOST_USER_SET_OWNER = 3,
	VHOST_USER_SET_MEM_TABLE = 5,
	VHOST_USER_SET_VRING_NUM = 8,
	VHOST_USER_SET_VRING_ADDR = 9,
	VHOST_USER_SET_VRING_BASE = 10,
	VHOST_USER_GET_VRING_BASE = 11,
	VHOST_USER_SET_VRING_KICK = 12,
	VHOST_USER_SET_VRING_CALL = 13,
	VHOST_USER_GET_PROTOCOL_FEATURES = 15,
	VHOST_USER_SET_PROTOCOL_FEATURES = 16,
	VHOST_USER_SET_VRING_ENABLE = 18,
	VHOST_USER_GET_CONFIG = 24,
	VHOST_USER_SET_INFLIGHT_FD = 32,
	VHOST_USER_GET_MAX_MEM_SLOTS = 36,
	VHOST_USER_ADD_MEM_REG = 37,
};

#define VHOST_USER_VERSION	0x1u	/* low two bits of the flags */
#define VHOST_USER_VERSION_MASK	0x3u
#define VHOST_USER_REPLY	0x4u
#define VHOST_USER_NEED_REPLY	0x8u
#define VHOST_USER_HEADER	12u	/* bytes before the payload */
#define VHOST_USER_REGIONS	8u	/* in one memory table */

struct vhost_user_region {
	uint64_t physical;
	uint64_t bytes;
	uint64_t user;
	uint64_t offset;
};

struct vhost_user_message {
	uint32_t request;
	uint32_t flags;
	uint32_t size;
	union {
		uint64_t u64;
		struct {
			uint32_t index;
			uint32_t num;
		} state;
		struct {
			uint32_t index;
			uint32_t flags;
			uint64_t descriptors;
			uint64_t used;
			uint64_t available;
			uint64_t log;
		} address;
		struct {
			uint32_t nr;
			uint32_t padding;
			struct vhost_user_region regions[VHOST_USER_REGIONS];
		} memory;
		struct {
			uint64_t padding;
			struct vhost_user_region region;
		} region;
		struct {
			uint32_t offset;
			uint32_t size;
			uint32_t flags;
			uint8_t bytes[256];
		} __attribute__((packed)) config;
		/* Every implementation sends the padding with it. */
		struct {
			uint64_t bytes;
			uint64_t offset;
			uint16_t queues;
			uint16_t queue_size;
			uint32_t padding;
		} inflight;
	};
} __attribute__((packed));

/* request, size and payload are set; flags are added to. @fds go with it. */
int vhost_user_message_send(struct vhost_user *vu, struct vhost_user_message *message,
			    const int *fds, unsigned int nr_fds);
/* The next answer, which must be to @request (0: to any). */
int vhost_user_message_receive(struct vhost_user *vu, struct vhost_user_message *message,
			       uint32_t request);
/* A question without arguments that is answered with one number. */
int vhost_user_ask_u64(struct vhost_user *vu, uint32_t request, uint64_t *value);

#endif
