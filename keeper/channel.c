// SPDX-License-Identifier: GPL-2.0-or-later
#include "channel.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include <comb.h>

#include "device.h"

int channel_open(struct channel *channel, void *mailbox, int cell)
{
	struct comb_mailbox_host *host = mailbox;
	uint8_t *at = mailbox;

	if (__atomic_load_n(&host->magic, __ATOMIC_ACQUIRE) != COMB_MAILBOX_MAGIC ||
	    host->version != COMB_MAILBOX_VERSION || host->size != COMB_MAILBOX_SIZE) {
		errno = EBADMSG;
		return -1;
	}
	*channel = (struct channel){
		.cell = cell,
		.mine = (void *)(at + COMB_MAILBOX_HOST_RING_OFF),
		.theirs = (void *)(at + COMB_MAILBOX_CELL_RING_OFF),
		.pending = &((struct comb_mailbox_cell *)(at + COMB_MAILBOX_CELL_OFF))->pending,
	};
	channel->produced = __atomic_load_n(&channel->mine->produced, __ATOMIC_RELAXED);
	channel->consumed = __atomic_load_n(&channel->mine->consumed, __ATOMIC_RELAXED);
	return 0;
}

static void channel_break(struct channel *channel, const char *what)
{
	keeper_log(NULL, "the cell's message ring is broken: %s", what);
	channel->broken = true;
}

int channel_peek(struct channel *channel, uint8_t message[COMB_MESSAGE_SIZE])
{
	uint32_t waiting;

	if (channel->broken)
		return -1;
	waiting = __atomic_load_n(&channel->theirs->produced, __ATOMIC_ACQUIRE) -
		  channel->consumed;
	if (waiting > COMB_RING_SLOTS) {
		channel_break(channel, "more messages than slots");
		return -1;
	}
	if (!waiting)
		return 0;
	/* A copy: the cell may go on writing. */
	memcpy(message, channel->theirs->slots[channel->consumed % COMB_RING_SLOTS],
	       COMB_MESSAGE_SIZE);
	return 1;
}

void channel_take(struct channel *channel)
{
	channel->consumed++;
	__atomic_store_n(&channel->mine->consumed, channel->consumed, __ATOMIC_RELEASE);
}

unsigned int channel_room(struct channel *channel)
{
	uint32_t waiting;

	if (channel->broken)
		return 0;
	waiting = channel->produced - __atomic_load_n(&channel->theirs->consumed, __ATOMIC_ACQUIRE);
	if (waiting <= COMB_RING_SLOTS)
		return COMB_RING_SLOTS - waiting;
	channel_break(channel, "more messages taken than sent");
	return 0;
}

/*
 * Always, not only if nothing was pending: an earlier ring may have failed, and
 * messages are rare. A cell that listens on no doorbell yet looks when it does.
 */
static void channel_ring(const struct channel *channel)
{
	struct comb_cell_command command = {
		.size = sizeof(command), .version = COMB_ABI_VERSION,
	};

	__atomic_fetch_or(channel->pending, COMB_PENDING_MESSAGES, __ATOMIC_SEQ_CST);
	while (ioctl(channel->cell, COMB_CELL_RING, &command) && errno == EINTR)
		;
}

void channel_send(struct channel *channel, const void *message, size_t size)
{
	uint8_t *slot = channel->mine->slots[channel->produced % COMB_RING_SLOTS];

	memcpy(slot, message, size);
	memset(slot + size, 0, COMB_MESSAGE_SIZE - size);
	channel->produced++;
	__atomic_store_n(&channel->mine->produced, channel->produced, __ATOMIC_RELEASE);
	channel_ring(channel);
}
