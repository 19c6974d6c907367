// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vhost_user.c - requests of the vhost-user protocol, front end
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "vhost_user.h"
#include "vhost_user_message.h"

/* Without REPLY_ACK only a question that is answered in order tells that all before is done. */
static int request_send(struct vhost_user *vu, struct vhost_user_message *message,
			const int *fds, unsigned int nr_fds)
{
	bool acknowledged = vu->protocol & VHOST_USER_PROTOCOL_REPLY_ACK;
	uint32_t request = message->request;
	uint64_t ignored;

	if (acknowledged)
		message->flags |= VHOST_USER_NEED_REPLY;
	if (vhost_user_message_send(vu, message, fds, nr_fds))
		return -1;
	if (!acknowledged)
		return vhost_user_ask_u64(vu, VHOST_USER_GET_FEATURES, &ignored);
	if (vhost_user_message_receive(vu, message, request))
		return -1;
	if (message->size != sizeof(message->u64) || message->u64) {
		errno = EPROTO;
		return -1;
	}
	return 0;
}

static int request_u64(struct vhost_user *vu, uint32_t request, uint64_t value)
{
	struct vhost_user_message message = {
		.request = request,
		.size = sizeof(message.u64),
		.u64 = value,
	};

	return request_send(vu, &message, NULL, 0);
}

static int request_state(struct vhost_user *vu, uint32_t request, uint32_t index, uint32_t num)
{
	struct vhost_user_message message = {
		.request = request,
		.size = sizeof(message.state),
		.state = { .index = index, .num = num },
	};

	return request_send(vu, &message, NULL, 0);
}

/*
 * At most one answer can be left over. It may be of either kind that is asked
 * for here, but only the true pair comes in this order without a break.
 */
int vhost_user_resync(struct vhost_user *vu)
{
	struct vhost_user_message message;
	uint32_t last = 0;

	for (unsigned int i = 0; i < 2; i++) {
		message = (struct vhost_user_message) {
			.request = i ? VHOST_USER_GET_FEATURES : VHOST_USER_GET_PROTOCOL_FEATURES,
		};
		if (vhost_user_message_send(vu, &message, NULL, 0))
			return -1;
	}
	for (unsigned int i = 0; i < 3; i++) {
		if (vhost_user_message_receive(vu, &message, 0))
			return -1;
		if (last == VHOST_USER_GET_PROTOCOL_FEATURES &&
		    message.request == VHOST_USER_GET_FEATURES)
			return 0;
		last = message.request;
	}
	errno = EPROTO;
	return -1;
}

int vhost_user_negotiate(struct vhost_user *vu, uint64_t extra, bool resumed)
{
	const uint64_t known = VHOST_USER_PROTOCOL_MQ | VHOST_USER_PROTOCOL_REPLY_ACK |
		VHOST_USER_PROTOCOL_CONFIG | VHOST_USER_PROTOCOL_MEM_SLOTS;
	const uint64_t own = 1ULL << VHOST_USER_F_PROTOCOL_FEATURES;
	uint64_t protocol;

	vu->protocol = 0;
	if (vhost_user_ask_u64(vu, VHOST_USER_GET_FEATURES, &vu->features))
		return -1;
	if (!(vu->features & own)) {
		errno = EPROTO;		/* rings could not be enabled one by one */
		return -1;
	}
	vu->features &= ~own;
	if (vhost_user_ask_u64(vu, VHOST_USER_GET_PROTOCOL_FEATURES, &protocol))
		return -1;
	protocol = (protocol & known) | extra;
	if (!resumed && (request_u64(vu, VHOST_USER_SET_PROTOCOL_FEATURES, protocol) ||
			 request_u64(vu, VHOST_USER_SET_OWNER, 0)))
		return -1;
	vu->protocol = protocol;
	return 0;
}

int vhost_user_set_features(struct vhost_user *vu, uint64_t features)
{
	return request_u64(vu, VHOST_USER_SET_FEATURES,
			   features | 1ULL << VHOST_USER_F_PROTOCOL_FEATURES);
}

static struct vhost_user_region region_of(const struct comb_range *range)
{
	return (struct vhost_user_region) {
		.physical = range->start,
		.bytes = range->bytes,
		.user = range->start,
		.offset = range->offset,
	};
}

static int memory_table(struct vhost_user *vu, const struct memory *memory)
{
	struct vhost_user_message message = {
		.request = VHOST_USER_SET_MEM_TABLE,
		.memory.nr = memory->nr_ranges,
	};
	int fds[VHOST_USER_REGIONS];

	for (unsigned int i = 0; i < memory->nr_ranges; i++) {
		message.memory.regions[i] = region_of(&memory->ranges[i]);
		fds[i] = memory->fd;
	}
	message.size = offsetof(struct vhost_user_message, memory.regions[memory->nr_ranges]) -
		VHOST_USER_HEADER;
	return request_send(vu, &message, fds, memory->nr_ranges);
}

int vhost_user_set_memory(struct vhost_user *vu, const struct memory *memory)
{
	uint64_t slots;

	if (memory->nr_ranges <= VHOST_USER_REGIONS)
		return memory_table(vu, memory);
	slots = 0;
	if ((vu->protocol & VHOST_USER_PROTOCOL_MEM_SLOTS) &&
	    vhost_user_ask_u64(vu, VHOST_USER_GET_MAX_MEM_SLOTS, &slots))
		return -1;
	if (slots < memory->nr_ranges) {
		errno = ENOSPC;
		return -1;
	}
	for (unsigned int i = 0; i < memory->nr_ranges; i++) {
		struct vhost_user_message message = {
			.request = VHOST_USER_ADD_MEM_REG,
			.size = sizeof(message.region),
			.region.region = region_of(&memory->ranges[i]),
		};

		if (request_send(vu, &message, &memory->fd, 1))
			return -1;
	}
	return 0;
}

int vhost_user_get_config(struct vhost_user *vu, void *config, uint32_t bytes)
{
	struct vhost_user_message message = {
		.request = VHOST_USER_GET_CONFIG,
		.size = offsetof(struct vhost_user_message, config.bytes[bytes]) -
			VHOST_USER_HEADER,
		.config.size = bytes,
	};
	uint32_t size = message.size;

	if (!bytes || bytes > sizeof(message.config.bytes)) {
		errno = EINVAL;
		return -1;
	}
	if (vhost_user_message_send(vu, &message, NULL, 0) ||
	    vhost_user_message_receive(vu, &message, VHOST_USER_GET_CONFIG))
		return -1;
	/* An answer without a payload is a refusal. */
	if (message.size != size || message.config.size != bytes || message.config.offset) {
		errno = EPROTO;
		return -1;
	}
	memcpy(config, message.config.bytes, bytes);
	return 0;
}

int vhost_user_set_inflight(struct vhost_user *vu, const struct vhost_user_inflight *inflight)
{
	struct vhost_user_message message = {
		.request = VHOST_USER_SET_INFLIGHT_FD,
		.size = sizeof(message.inflight),
		.inflight = {
			.bytes = inflight->bytes,
			.offset = inflight->offset,
			.queues = inflight->queues,
			.queue_size = inflight->queue_size,
		},
	};

	return request_send(vu, &message, &inflight->fd, 1);
}

static int queue_file(struct vhost_user *vu, uint32_t request, unsigned int index, int fd)
{
	struct vhost_user_message message = {
		.request = request,
		.size = sizeof(message.u64),
		.u64 = index,
	};

	return request_send(vu, &message, &fd, 1);
}

int vhost_user_start_queue(struct vhost_user *vu, unsigned int index,
			   const struct queue *queue, uint16_t base)
{
	struct vhost_user_message address = {
		.request = VHOST_USER_SET_VRING_ADDR,
		.size = sizeof(address.address),
		.address = {
			.index = index,
			.descriptors = queue->desc,
			.used = queue->device,
			.available = queue->driver,
		},
	};

	if (request_state(vu, VHOST_USER_SET_VRING_NUM, index, queue->size) ||
	    request_state(vu, VHOST_USER_SET_VRING_BASE, index, base) ||
	    request_send(vu, &address, NULL, 0) ||
	    queue_file(vu, VHOST_USER_SET_VRING_CALL, index, queue->call) ||
	    queue_file(vu, VHOST_USER_SET_VRING_KICK, index, queue->kick))
		return -1;
	return request_state(vu, VHOST_USER_SET_VRING_ENABLE, index, 1);
}

int vhost_user_stop_queue(struct vhost_user *vu, unsigned int index, uint16_t *base)
{
	struct vhost_user_message message = {
		.request = VHOST_USER_GET_VRING_BASE,
		.size = sizeof(message.state),
		.state.index = index,
	};

	if (vhost_user_message_send(vu, &message, NULL, 0) ||
	    vhost_user_message_receive(vu, &message, VHOST_USER_GET_VRING_BASE))
		return -1;
	if (message.size != sizeof(message.state) || message.state.index != index) {
		errno = EPROTO;
		return -1;
	}
	*base = message.state.num;
	return 0;
}
