/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * channel.h - the host's end of the message rings in a mailbox (mailbox.h)
 *
 * What this side owns is kept in here and only written to the mailbox. The
 * cell's words are checked each time; if they cannot be, the channel is broken
 * for good, which concerns nobody but the cell.
 */
#ifndef KEEPER_CHANNEL_H
#define KEEPER_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mailbox.h>

/**
 * struct channel - both rings
 * @cell: cell file, to ring on
 * @mine: the host's ring
 * @theirs: the cell's
 * @pending: the cell's pending word
 * @produced: what is in @mine
 * @consumed: what is in @mine
 * @broken: nothing is sent or received any more
 */
struct channel {
	int cell;
	struct comb_ring *mine;
	const struct comb_ring *theirs;
	__u64 *pending;
	uint32_t produced;
	uint32_t consumed;
	bool broken;
};

/*
 * Take over @mailbox (COMB_MAILBOX_SIZE bytes) where the keeper before left it.
 * 0; -1 with EBADMSG: this is no mailbox of a version that is understood.
 */
int channel_open(struct channel *channel, void *mailbox, int cell);

/*
 * Copy the next message without taking it. 1: there is one; 0: there is none;
 * -1: the channel is broken.
 */
int channel_peek(struct channel *channel, uint8_t message[COMB_MESSAGE_SIZE]);
/* Take the message that channel_peek() has shown. */
void channel_take(struct channel *channel);

/* How many messages can be sent now. */
unsigned int channel_room(struct channel *channel);
/* There must be room. @size at most COMB_MESSAGE_SIZE; the rest of the slot becomes zero. */
void channel_send(struct channel *channel, const void *message, size_t size);

#endif
