/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hostile.h - a cell that sets out to harm its host by way of its devices
 *
 * Everything it writes is its own: its mailbox, its RAM. It does nothing that
 * needs no device, such as interrupting foreign CPUs, because nothing contains
 * that. It spares its own kernel as long as it can, so that it can go on.
 */
#ifndef HOSTILE_H
#define HOSTILE_H

#include <linux/types.h>

#include <mailbox.h>
#include <virtio_msg.h>

/* What the queues and their buffers are in: one piece, aligned to its size. */
#define ARENA_ORDER	9
#define ARENA_BYTES	((u64)PAGE_SIZE << ARENA_ORDER)

union message {
	struct virtio_msg head;
	u8 bytes[COMB_MESSAGE_SIZE];
	u32 words[COMB_MESSAGE_SIZE / 4];
};

/**
 * struct target - a device, as it says it is
 * @type: virtio device ID
 * @nr_queues: how many it has
 */
struct target {
	u32 type;
	u32 nr_queues;
};

/**
 * struct hostile - all there is
 * @base: the mailbox
 * @mailbox: its physical address
 * @bell: the host's doorbell as it was at first
 * @dice: state of the main thread's random numbers
 * @produced: messages sent
 * @token: of the last request
 * @arena: memory for queues
 * @arena_phys: its physical address
 * @targets: devices by number; those without a type are not there
 * @until: jiffies when the part that runs ends
 * @count: what the part that runs has done
 * @broken: how often a device said that it needs a reset
 * @victims: physical addresses of others
 * @nr_victims: how many
 */
struct hostile {
	void *base;
	u64 mailbox;
	struct comb_doorbell bell;
	u64 dice;
	u32 produced;
	u16 token;
	void *arena;
	u64 arena_phys;
	struct target targets[COMB_DEVICES_MAX];
	unsigned long until;
	unsigned long count;
	unsigned long broken;
	const unsigned long *victims;
	unsigned int nr_victims;
};

/* xorshift64*: the same numbers from the same seed, and no lock. */
static inline u64 dice(u64 *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dULL;
}

static inline u64 roll(struct hostile *hostile, u64 below)
{
	return (dice(&hostile->dice) >> 16) % below;
}

/* main.c */
bool part_goes_on(struct hostile *hostile);
void bits_set(u64 *word, u64 bits);
void host_ring(const struct hostile *hostile);
void bytes_fill(struct hostile *hostile, void *to, size_t size);

/* messages.c */
int targets_find(struct hostile *hostile);
int message_ask(struct hostile *hostile, const union message *request, union message *answer);
int message_exchange(struct hostile *hostile, u8 id, u16 device, const void *payload, size_t size,
		     union message *answer);
void messages_drain(struct hostile *hostile);
void messages_garbage(struct hostile *hostile);
void indices_garbage(struct hostile *hostile);

/* headers.c */
int headers_begin(struct hostile *hostile);
void headers_end(void);
void states_garbage(struct hostile *hostile);
void vectors_garbage(struct hostile *hostile);

/* queues.c */
u64 address_foreign(struct hostile *hostile);
void queues_garbage(struct hostile *hostile);
void mailbox_garbage(struct hostile *hostile);

/* requests.c */
size_t request_make(struct hostile *hostile, u32 type, unsigned int queue, unsigned int nr_queues,
		    void *to);

#endif
