// SPDX-License-Identifier: GPL-2.0-only
/*
 * queues.c - a driver for every device that sets it up and then breaks every rule
 *
 * Foreign addresses are never in this kernel's own RAM, buffers never longer than
 * the arena or than all of the cell: a host that keeps to the cell's memory can
 * only write where nothing is lost.
 */
#include <linux/delay.h>
#include <linux/ioport.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_ring.h>

#include "hostile.h"

/* Each queue has a slot in the arena: three rings, then buffers. */
#define SLOT_BYTES	0x10000u
#define SLOTS		((unsigned int)(ARENA_BYTES / SLOT_BYTES))
#define AVAIL_OFF	0x4000u
#define USED_OFF	0x5000u
#define BUFFERS_OFF	0x8000u
#define BUFFERS		8u
#define BUFFER_BYTES	4096u
#define QUEUE_MAX	1024u

struct hostile_queue {
	unsigned int size;
	u64 phys;
	struct vring_desc *desc;
	struct vring_avail *avail;
	void *buffers;
};

/**
 * address_foreign() - a physical address that is not this kernel's RAM
 * @hostile: who asks
 */
u64 address_foreign(struct hostile *hostile)
{
	u64 address;

	do {
		switch (roll(hostile, 6)) {
		case 0:
			address = dice(&hostile->dice);
			break;
		case 1:
			address = roll(hostile, 1 << 20);
			break;
		case 2:
			address = roll(hostile, 1ULL << 33);
			break;
		case 3:
			address = hostile->mailbox - 1 - roll(hostile, 256);
			break;
		case 4:
			address = -1ULL - roll(hostile, 64);
			break;
		default:
			address = hostile->nr_victims ?
				hostile->victims[roll(hostile, hostile->nr_victims)] +
				roll(hostile, 1 << 26) : 0;
		}
		if (roll(hostile, 4))
			address &= ~15ULL;
	} while (region_intersects(address, 1, IORESOURCE_SYSTEM_RAM, IORES_DESC_NONE) !=
		 REGION_DISJOINT || address - hostile->mailbox < COMB_MAILBOX_SIZE);
	return address;
}

static u64 address_own(struct hostile *hostile, const struct hostile_queue *queue)
{
	return queue->phys + BUFFERS_OFF + roll(hostile, BUFFERS * BUFFER_BYTES / 2);
}

static void desc_invent(struct hostile *hostile, const struct hostile_queue *queue,
			struct vring_desc *to)
{
	struct vring_desc desc = {
		.addr = address_own(hostile, queue),
		.len = roll(hostile, BUFFER_BYTES),
		.flags = roll(hostile, 4),
		.next = roll(hostile, queue->size),
	};

	switch (roll(hostile, 12)) {
	case 0:
		desc.next = dice(&hostile->dice);
		break;
	case 1:
		desc.flags = VRING_DESC_F_INDIRECT;
		desc.addr &= ~15ULL;
		desc.len &= ~15U;
		break;
	case 2:
		desc.flags = dice(&hostile->dice);
		break;
	case 3:
		desc.len = 0xffffffffU - roll(hostile, 1 << 30);
		break;
	case 4:
	case 5:
		desc.addr = address_foreign(hostile);
		break;
	case 6:
		desc.addr = address_foreign(hostile);
		desc.len = 0xffffffffU - roll(hostile, 1 << 30);
		break;
	}
	*to = desc;
}

/* A chain that can be followed: a request, and room for what comes back. */
static void chain_invent(struct hostile *hostile, const struct target *target, unsigned int index,
			 const struct hostile_queue *queue, unsigned int head)
{
	void *buffer = queue->buffers + BUFFER_BYTES * (head % 4);
	size_t bytes = request_make(hostile, target->type, index, target->nr_queues, buffer);
	u64 phys = queue->phys + BUFFERS_OFF + BUFFER_BYTES * (head % 4);
	struct vring_desc *desc = queue->desc;
	unsigned int next = (head + 1) % queue->size, last = (head + 2) % queue->size;

	desc[last] = (struct vring_desc){
		.addr = phys + 5 * BUFFER_BYTES - 16, .len = 1, .flags = VRING_DESC_F_WRITE,
	};
	desc[next] = (struct vring_desc){
		.addr = phys + 4 * BUFFER_BYTES, .len = 512 * (1 + roll(hostile, 7)), .next = last,
		.flags = VRING_DESC_F_NEXT | (roll(hostile, 4) ? VRING_DESC_F_WRITE : 0),
	};
	desc[head] = (struct vring_desc){
		.addr = phys, .len = bytes, .flags = VRING_DESC_F_NEXT, .next = next,
	};
	if (!bytes)
		desc[head] = desc[next];
	else if (target->type == VIRTIO_ID_NET && index + 1 < target->nr_queues)
		desc[head].flags = 0;
}

static void queue_garbage(struct hostile *hostile, const struct target *target, unsigned int index,
			  const struct hostile_queue *queue)
{
	unsigned int i, chains = roll(hostile, 3) ? 1 + roll(hostile, 8) : 0;
	u16 at = READ_ONCE(queue->avail->idx);

	if (!chains) {
		for (i = 0; i < queue->size; i++)
			desc_invent(hostile, queue, &queue->desc[i]);
		for (i = 0; i < BUFFERS_OFF / sizeof(struct vring_desc) / 8; i++)
			desc_invent(hostile, queue, queue->buffers + 16 * i);
		for (i = 0; i < queue->size; i++)
			queue->avail->ring[i] = roll(hostile, 64) ? roll(hostile, queue->size) :
							dice(&hostile->dice);
		at += roll(hostile, 16) ? roll(hostile, queue->size) : dice(&hostile->dice);
	}
	for (i = 0; i < chains; i++) {
		unsigned int head = roll(hostile, queue->size);

		chain_invent(hostile, target, index, queue, head);
		queue->avail->ring[at++ % queue->size] = head;
	}
	queue->avail->flags = roll(hostile, 8) ? 0 : dice(&hostile->dice);
	queue->avail->ring[queue->size] = dice(&hostile->dice);
	smp_store_release(&queue->avail->idx, at);
}

static u32 status_set(struct hostile *hostile, unsigned int number, u32 value)
{
	struct virtio_msg_status status = { .status = value };
	union message answer;

	if (message_exchange(hostile, VIRTIO_MSG_SET_DEVICE_STATUS, number, &status,
			     sizeof(status), &answer))
		return 0;
	return ((struct virtio_msg_status *)answer.head.payload)->status;
}

static u32 status_get(struct hostile *hostile, unsigned int number)
{
	union message answer;

	if (message_exchange(hostile, VIRTIO_MSG_GET_DEVICE_STATUS, number, "", 0, &answer))
		return 0;
	return ((struct virtio_msg_status *)answer.head.payload)->status;
}

static void features_take(struct hostile *hostile, unsigned int number)
{
	u32 payload[4] = { 0, 2 };
	const u32 *offered;
	union message answer;

	if (message_exchange(hostile, VIRTIO_MSG_GET_DEV_FEATURES, number, payload, 8, &answer))
		return;
	offered = (void *)answer.head.payload;
	payload[2] = offered[2] & (roll(hostile, 2) ? (u32)dice(&hostile->dice) : ~0U);
	payload[3] = offered[3] & (roll(hostile, 2) ? (u32)dice(&hostile->dice) | 1 : ~0U);
	if (!roll(hostile, 16))
		bytes_fill(hostile, &payload[2], 8);
	message_exchange(hostile, VIRTIO_MSG_SET_DRV_FEATURES, number, payload, sizeof(payload),
			 &answer);
}

/* Most queues are good, or there would be nothing to put garbage into. */
static void queue_set_up(struct hostile *hostile, unsigned int number, unsigned int index,
			 struct hostile_queue *queue)
{
	struct virtio_msg_vqueue ask = { .index = index };
	struct virtio_msg_vqueue *has;
	union message answer;
	u32 max;

	if (message_exchange(hostile, VIRTIO_MSG_GET_VQUEUE, number, &ask.index, 4, &answer))
		return;
	has = (void *)answer.head.payload;
	max = min(has->max_size, QUEUE_MAX);
	queue->size = roll(hostile, 2) ? max : 1U << roll(hostile, ilog2(max | 1) + 1);
	queue->phys = hostile->arena_phys + SLOT_BYTES * (index % SLOTS);
	queue->desc = hostile->arena + SLOT_BYTES * (index % SLOTS);
	queue->avail = (void *)queue->desc + AVAIL_OFF;
	queue->buffers = (void *)queue->desc + BUFFERS_OFF;
	memset(queue->desc, 0, BUFFERS_OFF);
	ask.size = queue->size;
	ask.descriptor_addr = queue->phys;
	ask.driver_addr = queue->phys + AVAIL_OFF;
	ask.device_addr = queue->phys + USED_OFF;
	switch (roll(hostile, 24)) {
	case 0:
		ask.descriptor_addr = address_foreign(hostile);
		break;
	case 1:
		ask.driver_addr = address_foreign(hostile);
		break;
	case 2:
		ask.device_addr = address_foreign(hostile);
		break;
	case 3:
		ask.size = dice(&hostile->dice);
		break;
	}
	message_exchange(hostile, VIRTIO_MSG_SET_VQUEUE, number, &ask, sizeof(ask), &answer);
}

static void queue_kick(struct hostile *hostile, unsigned int number, unsigned int index)
{
	struct comb_pending *pending = hostile->base + COMB_MAILBOX_HOST_PENDING_OFF;

	bits_set(&pending->queues[number], BIT_ULL(index));
	bits_set(&pending->devices, BIT_ULL(number));
	host_ring(hostile);
}

static void device_garbage(struct hostile *hostile, unsigned int number)
{
	const struct target *target = &hostile->targets[number];
	unsigned int i, rounds, nr_queues = min(target->nr_queues, SLOTS);
	static struct hostile_queue queues[SLOTS];
	u32 status;

	memset(queues, 0, sizeof(queues));
	status_set(hostile, number, 0);
	status_set(hostile, number, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
	features_take(hostile, number);
	status = status_set(hostile, number, VIRTIO_CONFIG_S_FEATURES_OK);
	for (i = 0; i < nr_queues; i++)
		if (roll(hostile, 16))
			queue_set_up(hostile, number, i, &queues[i]);
	status_set(hostile, number, VIRTIO_CONFIG_S_DRIVER_OK);
	for (rounds = 4 + roll(hostile, 30); rounds && part_goes_on(hostile); rounds--) {
		for (i = 0; i < nr_queues; i++) {
			if (!queues[i].size)
				continue;
			queue_garbage(hostile, target, i, &queues[i]);
			queue_kick(hostile, number, i);
		}
		hostile->count++;
		usleep_range(200, 3000);
	}
	status = status_get(hostile, number);
	if (status & VIRTIO_CONFIG_S_NEEDS_RESET)
		hostile->broken++;
	/* One that stays as it is goes on in the next garbage. */
	if (roll(hostile, 2))
		status_set(hostile, number, 0);
}

/* queues_garbage() - every device in turn */
void queues_garbage(struct hostile *hostile)
{
	unsigned int number = 0;

	while (part_goes_on(hostile)) {
		number = (number + 1) % COMB_DEVICES_MAX;
		if (hostile->targets[number].type)
			device_garbage(hostile, number);
	}
}

/*
 * mailbox_garbage() - have random numbers written over the mailbox by the host itself
 *
 * A cell may do that, too, but here the host's own pages change under the host.
 * At the end the header is what it was, for the parts that follow.
 */
void mailbox_garbage(struct hostile *hostile)
{
	struct comb_mailbox_host *host = hostile->base, saved = *host;
	struct hostile_queue queue = { 0 };
	unsigned int number, i;

	for (number = 1; number < COMB_DEVICES_MAX; number++)
		if (hostile->targets[number].type == VIRTIO_ID_RNG)
			break;
	if (number == COMB_DEVICES_MAX)
		return;
	status_set(hostile, number, 0);
	status_set(hostile, number, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
	features_take(hostile, number);
	status_set(hostile, number, VIRTIO_CONFIG_S_FEATURES_OK);
	queue_set_up(hostile, number, 0, &queue);
	status_set(hostile, number, VIRTIO_CONFIG_S_DRIVER_OK);
	if (!queue.size)
		return;
	while (part_goes_on(hostile)) {
		/* The header page; then queues over rings, routes and pending words. */
		for (i = 0; i < queue.size; i++)
			queue.desc[i] = (struct vring_desc){
				.addr = hostile->mailbox + (roll(hostile, 2) ? 0 :
					COMB_MAILBOX_ROUTES_OFF + roll(hostile, 0x8000)),
				.len = 1 + roll(hostile, BUFFER_BYTES / 2),
				.flags = VRING_DESC_F_WRITE,
			};
		queue.avail->ring[queue.avail->idx % queue.size] = roll(hostile, queue.size);
		smp_store_release(&queue.avail->idx, queue.avail->idx + 1);
		queue_kick(hostile, number, 0);
		hostile->count++;
		usleep_range(500, 2000);
	}
	status_set(hostile, number, 0);
	*host = saved;
}
