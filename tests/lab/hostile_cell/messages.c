// SPDX-License-Identifier: GPL-2.0-only
/* messages.c - the message rings: honest requests, garbage, impossible counters */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include <asm/barrier.h>

#include "hostile.h"

/* The host may have to start a process first, on a slow machine. */
#define ANSWER_MS	20000

static struct comb_ring *ours(struct hostile *hostile)
{
	return hostile->base + COMB_MAILBOX_CELL_RING_OFF;
}

static struct comb_ring *theirs(struct hostile *hostile)
{
	return hostile->base + COMB_MAILBOX_HOST_RING_OFF;
}

static bool ring_is_full(struct hostile *hostile)
{
	return hostile->produced - smp_load_acquire(&theirs(hostile)->consumed) >= COMB_RING_SLOTS;
}

static void host_call(struct hostile *hostile)
{
	bits_set(&((struct comb_mailbox_host *)hostile->base)->pending, COMB_PENDING_MESSAGES);
	host_ring(hostile);
}

static void message_put(struct hostile *hostile, const union message *message)
{
	memcpy(ours(hostile)->slots[hostile->produced % COMB_RING_SLOTS], message,
	       sizeof(*message));
	hostile->produced++;
	smp_store_release(&ours(hostile)->produced, hostile->produced);
}

/* Take what the host has sent. True if the answer to the last request was in it. */
static bool messages_take(struct hostile *hostile, union message *answer)
{
	u32 end = smp_load_acquire(&theirs(hostile)->produced);
	u32 at = READ_ONCE(ours(hostile)->consumed);
	union message message;
	bool found = false;

	if (end - at > COMB_RING_SLOTS)
		at = end - COMB_RING_SLOTS;
	for (; at != end; at++) {
		memcpy(&message, theirs(hostile)->slots[at % COMB_RING_SLOTS], sizeof(message));
		if (message.head.type & VIRTIO_MSG_TYPE_RESPONSE &&
		    message.head.token == hostile->token && answer) {
			*answer = message;
			found = true;
		}
	}
	smp_store_release(&ours(hostile)->consumed, end);
	return found;
}

/* messages_drain() - forget what the host has sent */
void messages_drain(struct hostile *hostile)
{
	messages_take(hostile, NULL);
}

/* message_ask() - send a request, wait for its answer; 0 or -ETIMEDOUT */
int message_ask(struct hostile *hostile, const union message *request, union message *answer)
{
	unsigned long end = jiffies + msecs_to_jiffies(ANSWER_MS);
	union message message = *request;
	bool sent = false;

	message.head.token = ++hostile->token;
	while (time_before(jiffies, end)) {
		if (!sent && !ring_is_full(hostile)) {
			message_put(hostile, &message);
			sent = true;
		}
		host_call(hostile);
		usleep_range(200, 400);
		if (messages_take(hostile, answer))
			return 0;
	}
	return -ETIMEDOUT;
}

/* message_exchange() - the same, to a device, with a payload of up to 56 bytes */
int message_exchange(struct hostile *hostile, u8 id, u16 device, const void *payload, size_t size,
		     union message *answer)
{
	union message request = { .head = {
		.msg_id = id, .dev_id = device, .msg_size = sizeof(request.head) + size,
	} };

	memcpy(request.head.payload, payload, size);
	return message_ask(hostile, &request, answer);
}

/* targets_find() - which devices there are; 0, or -ENODEV for none */
int targets_find(struct hostile *hostile)
{
	union message answer, request = { .head = {
		.type = VIRTIO_MSG_TYPE_BUS, .msg_id = VIRTIO_MSG_BUS_GET_DEVICES,
		.msg_size = sizeof(request.head) + sizeof(struct virtio_msg_bus_range),
	} };
	struct virtio_msg_bus_range *range = (void *)request.head.payload;
	const struct virtio_msg_bus_devices *found = (void *)answer.head.payload;
	const struct virtio_msg_device_info *info = (void *)answer.head.payload;
	unsigned int i, count = 0;
	u32 bitmap;

	hostile->produced = READ_ONCE(ours(hostile)->produced);
	hostile->token = hostile->produced;
	range->num = COMB_DEVICES_MAX;
	if (message_ask(hostile, &request, &answer))
		return -ENODEV;
	memcpy(&bitmap, found->devices, sizeof(bitmap));
	for (i = 0; i < COMB_DEVICES_MAX; i++) {
		if (!(bitmap & BIT(i)) ||
		    message_exchange(hostile, VIRTIO_MSG_DEVICE_INFO, i, "", 0, &answer))
			continue;
		hostile->targets[i].type = info->device_id;
		hostile->targets[i].nr_queues = info->max_vq_count;
		pr_info("hostile: device %u: type %u, %u queues\n", i, info->device_id,
			info->max_vq_count);
		count++;
	}
	return count ? 0 : -ENODEV;
}

/* Mostly such that it gets past the first checks. */
static void message_invent(struct hostile *hostile, union message *message)
{
	static const u32 numbers[] = { 0, 1, 2, 3, 4, 7, 8, 15, 31, 32, 63, 64, 0x7fffffff,
				       0x80000000, 0xffffffc0, 0xffffffff };
	unsigned int i;

	bytes_fill(hostile, message, sizeof(*message));
	if (!roll(hostile, 8))
		return;
	message->head.type = roll(hostile, 8) ? 0 : roll(hostile, 8);
	message->head.msg_id = roll(hostile, 8) ? 2 + roll(hostile, 11) : 0x40 + roll(hostile, 4);
	message->head.dev_id = roll(hostile, 8) ? roll(hostile, 8) : roll(hostile, 40);
	message->head.msg_size = roll(hostile, 4) ? 64 : roll(hostile, 80);
	for (i = 2; i < ARRAY_SIZE(message->words); i++)
		if (roll(hostile, 4))
			message->words[i] = numbers[roll(hostile, ARRAY_SIZE(numbers))];
	if (message->head.msg_id != VIRTIO_MSG_SET_VQUEUE)
		return;
	message->words[2] = roll(hostile, 6);
	message->words[4] = 1U << roll(hostile, 11);
	for (i = 6; i < 12; i += 2) {
		u64 address = roll(hostile, 2) ? address_foreign(hostile) :
			hostile->arena_phys + (roll(hostile, ARENA_BYTES - 0x10000) & ~15ULL);

		memcpy(&message->words[i], &address, sizeof(address));
	}
}

/* messages_garbage() - messages of all kinds, in ones and in floods */
void messages_garbage(struct hostile *hostile)
{
	union message message;
	unsigned int burst;

	while (part_goes_on(hostile)) {
		burst = roll(hostile, 4) ? 1 + roll(hostile, 4) : 4 * COMB_RING_SLOTS;
		while (burst-- && !ring_is_full(hostile)) {
			message_invent(hostile, &message);
			message_put(hostile, &message);
			hostile->count++;
		}
		host_call(hostile);
		/* Sometimes the host has no room for its answers. */
		if (roll(hostile, 8))
			messages_drain(hostile);
		if (!roll(hostile, 4))
			usleep_range(100, 2000);
	}
	messages_drain(hostile);
}

/* Counters as if nothing were under way, whatever the host made of the last ones. */
static void indices_mend(struct hostile *hostile)
{
	hostile->produced = READ_ONCE(theirs(hostile)->consumed);
	WRITE_ONCE(ours(hostile)->produced, hostile->produced);
	WRITE_ONCE(ours(hostile)->consumed, READ_ONCE(theirs(hostile)->produced));
}

/*
 * indices_garbage() - counters that cannot be, in both directions
 *
 * Whoever serves the rings next finds them in order, for the parts that follow.
 */
void indices_garbage(struct hostile *hostile)
{
	while (part_goes_on(hostile)) {
		u32 value = roll(hostile, 2) ? (u32)dice(&hostile->dice) :
			hostile->produced + (u32)roll(hostile, 80) - 40;

		if (roll(hostile, 2))
			WRITE_ONCE(ours(hostile)->produced, value);
		else
			WRITE_ONCE(ours(hostile)->consumed, value);
		host_call(hostile);
		hostile->count++;
		usleep_range(500, 1500);
	}
	indices_mend(hostile);
}
