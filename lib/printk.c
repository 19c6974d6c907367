// SPDX-License-Identifier: GPL-2.0-or-later
#include "printk.h"

#include <string.h>
#include <time.h>

/* Both rings are powers of two: 2^31 bytes is the most log_buf_len= takes. */
#define DATA_BITS_MIN	10u
#define DATA_BITS_MAX	31u
#define DESC_BITS_MIN	3u
#define DESC_BITS_MAX	27u

#define ID_MASK		(~0ULL >> 2)
#define STATE(word)	((enum desc_state)((word) >> 62))
#define EMPTY_LPOS	3u	/* both bounds of a record without text */

/* A record that is just being written: how often to look again before going on without it. */
#define RETRIES		10u
#define RETRY_NS	1000000L

enum desc_state {
	DESC_RESERVED,		/* being written */
	DESC_COMMITTED,		/* whole, but more may be appended */
	DESC_FINALIZED,
	DESC_REUSABLE,		/* text is gone */
};

enum outcome { RECORD_OK, RECORD_BUSY, RECORD_GONE };

/* One record, copied out of the cell's RAM. */
struct copy {
	struct comb_kmsg_record record;
	char text[COMB_KMSG_TEXT_MAX];
};

static uint32_t get32(const uint8_t *from)
{
	uint32_t value;

	memcpy(&value, from, sizeof(value));
	return value;
}

static uint64_t get64(const uint8_t *from)
{
	uint64_t value;

	memcpy(&value, from, sizeof(value));
	return value;
}

bool printk_open(struct printk_ring *ring, const struct vmcoreinfo *info,
		 const struct ram_space *space)
{
	const struct vmcoreinfo_layout *l = &info->layout;
	uint8_t raw[1024];
	const uint8_t *descs = raw + l->ring_descs, *text = raw + l->ring_text;
	uint64_t address, tail, state;

	ring->space = *space;
	ring->layout = *l;
	if (l->ring_size > sizeof(raw) || !space_load(space, info->prb, &address) ||
	    !space_read(space, address, raw, l->ring_size))
		return false;
	ring->descs = address + l->ring_descs;
	ring->desc = get64(descs + l->descs_descs);
	ring->info = get64(descs + l->descs_infos);
	ring->data = get64(text + l->data_data);
	ring->desc_bits = get32(descs + l->descs_bits);
	ring->data_bits = get32(text + l->data_bits);
	if (ring->desc_bits < DESC_BITS_MIN || ring->desc_bits > DESC_BITS_MAX ||
	    ring->data_bits < DATA_BITS_MIN || ring->data_bits > DATA_BITS_MAX ||
	    ring->data_bits < ring->desc_bits || ring->desc % 8 || ring->data % 8)
		return false;
	/* The tail's slot holds the tail's ID, unless it is recycled right now. */
	tail = get64(descs + l->descs_tail);
	return space_load(space, ring->desc + (tail & ((1ULL << ring->desc_bits) - 1)) *
			  l->desc_size + l->desc_state, &state) &&
	       ((tail ^ state) & ((1ULL << ring->desc_bits) - 1)) == 0;
}

static uint64_t desc_address(const struct printk_ring *ring, uint64_t id)
{
	uint64_t slot = id & ((1ULL << ring->desc_bits) - 1);

	return ring->desc + slot * ring->layout.desc_size;
}

/*
 * Where the text of a block [begin, next) is, in bytes from the start of the
 * data ring, and how long. A block that would cross the end of the ring is
 * stored at its start instead; one that just reaches the end is not moved by
 * newer kernels and does not occur in older ones.
 */
static bool block_locate(const struct printk_ring *ring, uint64_t begin, uint64_t next,
			 uint64_t *at, uint64_t *length)
{
	uint64_t size = 1ULL << ring->data_bits, mask = size - 1;
	unsigned int bits = ring->data_bits;

	if (begin % 8 || next % 8)
		return false;
	if (begin >> bits == (next - 1) >> bits && begin < next) {
		*at = begin & mask;
		*length = next - begin;
	} else if (begin >> bits == (next - 1) >> bits && next == 0) {
		/* Positions count up to the end of their type and on from 0. */
		*at = begin & mask;
		*length = size - *at;
	} else if ((begin + size) >> bits == next >> bits) {
		*at = 0;
		*length = next & mask;
	} else {
		return false;
	}
	return *length >= sizeof(uint64_t);
}

static bool text_copy(const struct printk_ring *ring, uint64_t id, uint64_t begin, uint64_t next,
		      uint64_t text_length, struct copy *copy)
{
	uint64_t at, length, block_id;

	copy->record.length = 0;
	if (begin & 1 && next & 1)
		return begin == EMPTY_LPOS && next == EMPTY_LPOS;
	if (!block_locate(ring, begin, next, &at, &length))
		return false;
	if (!space_load(&ring->space, ring->data + at, &block_id) || block_id != id)
		return false;
	length -= sizeof(block_id);
	if (text_length < length)
		length = text_length;
	if (length > sizeof(copy->text))
		length = sizeof(copy->text);
	if (!space_read(&ring->space, ring->data + at + sizeof(block_id), copy->text, length))
		return false;
	copy->record.length = length;
	return true;
}

static bool info_copy(const struct printk_ring *ring, uint64_t id, struct comb_kmsg_record *record,
		      uint64_t *text_length)
{
	const struct vmcoreinfo_layout *l = &ring->layout;
	uint64_t slot = id & ((1ULL << ring->desc_bits) - 1);
	uint8_t raw[1024];
	uint32_t word;

	if (l->info_size > sizeof(raw) ||
	    !space_read(&ring->space, ring->info + slot * l->info_size, raw, l->info_size))
		return false;
	record->sequence = get64(raw + l->info_seq);
	record->time_ns = get64(raw + l->info_time);
	word = get32(raw + l->info_length);
	*text_length = word & 0xffff;
	/*
	 * The note does not say where facility and level are. They fill the gap
	 * between text_len and caller_id; if there is no such gap, they moved.
	 */
	if (l->info_caller == l->info_length + sizeof(word)) {
		record->facility = (uint8_t)(word >> 16);
		record->level = (uint8_t)(word >> 29);
	} else {
		record->facility = 0;
		record->level = 255;
	}
	return true;
}

/*
 * The n-th record has the n-th ID, from minus the number of descriptors on (desc_reserve(), and
 * the initial values in printk_ringbuffer.h); older kernels begin with that number in 32 bits.
 * A sequence that was overwritten must not hide what follows.
 */
static bool sequence_fits(const struct printk_ring *ring, uint64_t id, uint64_t sequence)
{
	uint64_t nth = (id + (1ULL << ring->desc_bits)) & ID_MASK;

	return sequence == nth || sequence == (uint32_t)nth;
}

static enum outcome record_copy(const struct printk_ring *ring, uint64_t id, struct copy *copy)
{
	const struct vmcoreinfo_layout *l = &ring->layout;
	uint64_t address = desc_address(ring, id), before, after, text_length;
	uint8_t raw[1024];
	const uint8_t *lpos = raw + l->desc_lpos;

	if (l->desc_size > sizeof(raw) ||
	    !space_load(&ring->space, address + l->desc_state, &before))
		return RECORD_GONE;
	if ((before & ID_MASK) != id || STATE(before) == DESC_REUSABLE)
		return RECORD_GONE;
	if (STATE(before) == DESC_RESERVED)
		return RECORD_BUSY;
	if (!space_read(&ring->space, address, raw, l->desc_size) ||
	    !info_copy(ring, id, &copy->record, &text_length) ||
	    !sequence_fits(ring, id, copy->record.sequence) ||
	    !text_copy(ring, id, get64(lpos + l->lpos_begin), get64(lpos + l->lpos_next),
		       text_length, copy))
		return RECORD_GONE;
	/* What was copied is one record only if the slot has not changed meanwhile. */
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (!space_load(&ring->space, address + l->desc_state, &after))
		return RECORD_GONE;
	copy->record.partial = STATE(before) == DESC_COMMITTED;
	copy->record.text = copy->text;
	return after == before ? RECORD_OK : RECORD_BUSY;
}

/* Wait for a record that is being written, but not for ever: its writer may be dead. */
static enum outcome record_await(const struct printk_ring *ring, uint64_t id, struct copy *copy,
				 unsigned int *retries)
{
	const struct timespec pause = { .tv_nsec = RETRY_NS };
	enum outcome outcome;

	while ((outcome = record_copy(ring, id, copy)) == RECORD_BUSY && *retries > 0) {
		(*retries)--;
		nanosleep(&pause, NULL);
	}
	return outcome;
}

uint64_t printk_read(const struct printk_ring *ring, uint64_t from, comb_kmsg_fn fn, void *arg)
{
	const struct vmcoreinfo_layout *l = &ring->layout;
	uint64_t head, id, last, next = from;
	unsigned int retries = RETRIES;
	struct copy copy;
	int stop;

	if (!space_load(&ring->space, ring->descs + l->descs_tail, &id) ||
	    !space_load(&ring->space, ring->descs + l->descs_head, &head))
		return from;
	id &= ID_MASK;
	last = (head - id) & ID_MASK;
	if (last >= 1ULL << ring->desc_bits)
		last = (1ULL << ring->desc_bits) - 1;
	if (last >= COMB_KMSG_RECORDS_MAX)
		last = COMB_KMSG_RECORDS_MAX - 1;
	id = (head - last) & ID_MASK;
	for (uint64_t i = 0; i <= last; i++, id = (id + 1) & ID_MASK) {
		enum outcome outcome = record_copy(ring, id, &copy);

		/* Nothing follows the newest record: leave it for the next call. */
		if (outcome == RECORD_BUSY && i < last)
			outcome = record_await(ring, id, &copy, &retries);
		if (outcome != RECORD_OK || copy.record.sequence < next ||
		    copy.record.sequence == UINT64_MAX)
			continue;
		stop = fn(&copy.record, arg);
		if (stop < 0)
			return copy.record.sequence;
		next = copy.record.sequence + 1;
		if (stop > 0)
			break;
	}
	return next;
}
