// SPDX-License-Identifier: GPL-2.0-or-later
#include "rawlog.h"

#include <string.h>

#include "ram.h"

#define WORD		sizeof(uint64_t)
#define ID_MASK		(~0ULL >> 2)
#define DESC_BITS_MIN	3u
#define DESC_BITS_MAX	27u
#define CANDIDATES_MAX	64u
/* Records without text, or lost ones, take an ID and no block. */
#define ID_GAP_MAX	64u
/* What a stray write may have taken out of the row: bytes, and IDs; how often that is looked for. */
#define RESUME_BYTES	32768u
#define RESUME_IDS	8192u
#define RESUMES_MAX	16u

static const char banner[] = "Linux version ";

static uint64_t word_at(const uint8_t *from)
{
	uint64_t value;

	memcpy(&value, from, sizeof(value));
	return value;
}

/* Minus a power of two, in 62 bits or (older kernels, where the count is an int) in 32. */
static bool id_is_first(uint64_t id)
{
	uint64_t count = -id & (id <= UINT32_MAX ? UINT32_MAX : ID_MASK);

	return id <= ID_MASK && count >= 1u << DESC_BITS_MIN && count <= 1u << DESC_BITS_MAX &&
	       (count & (count - 1)) == 0;
}

/*
 * Cut off what lies behind the counted text. Later kernels format a message with its
 * two-character level prefix (SOH, digit) into the block, then move the text over the
 * prefix, so that the last two characters stay behind twice, and the newline, if any,
 * behind them; of an empty continuation the prefix itself stays.
 *
 * Older kernels do not, and neither do later ones with what they move to a larger
 * buffer; there @leftovers stays false, as no text has a newline.
 */
static size_t text_trim(const uint8_t *text, size_t length, bool *leftovers)
{
	const uint8_t *prefix;

	length = strnlen((const char *)text, length);
	if (length > 0 && text[length - 1] == '\n')
		*leftovers = true;
	if (!*leftovers)
		return length;
	prefix = memchr(text, '\001', length);
	if (prefix)
		length = (size_t)(prefix - text);
	if (length > 0 && text[length - 1] == '\n')
		length--;
	if (length >= 4 && memcmp(text + length - 2, text + length - 4, 2) == 0)
		length -= 2;
	return length;
}

/*
 * Length of the text of the block at @at, which ends at a NUL or where a plausible
 * next ID begins. @next: the next block, 0 if none.
 */
static size_t block_measure(const struct rawlog *log, uint64_t at, uint64_t *next,
			    bool *leftovers)
{
	uint64_t id = word_at(log->data + at), limit = log->bytes - at;
	const uint8_t *text = log->data + at + WORD;

	if (limit > WORD + COMB_KMSG_TEXT_MAX)
		limit = WORD + COMB_KMSG_TEXT_MAX;
	*next = 0;
	for (uint64_t end = 2 * WORD; end + WORD <= limit; end += WORD) {
		uint64_t step = (word_at(log->data + at + end) - id) & ID_MASK;

		if (word_at(log->data + at + end) > ID_MASK || step == 0 || step > ID_GAP_MAX)
			continue;
		*next = at + end;
		return text_trim(text, end - WORD, leftovers);
	}
	return text_trim(text, limit - WORD, leftovers);
}

/*
 * Where the row goes on behind a block whose successor was overwritten; 0 if it does not. Two
 * blocks that follow each other are asked for, as one word is soon found by chance.
 */
static uint64_t row_resume(const struct rawlog *log, uint64_t at, bool leftovers)
{
	uint64_t id = word_at(log->data + at), limit = log->bytes - at, next;

	if (limit > RESUME_BYTES)
		limit = RESUME_BYTES;
	for (uint64_t end = 2 * WORD; end + 2 * WORD <= limit; end += WORD) {
		uint64_t step = (word_at(log->data + at + end) - id) & ID_MASK;

		if (word_at(log->data + at + end) > ID_MASK || step == 0 || step > RESUME_IDS)
			continue;
		block_measure(log, at + end, &next, &leftovers);
		if (next)
			return at + end;
	}
	return 0;
}

/* State of a walk along the row; zero in the beginning. */
struct row_walk {
	bool leftovers;
	unsigned int resumed;
};

/* Length of the text of the block at @at; @next: the next one that is left, 0 if none. */
static size_t row_measure(const struct rawlog *log, uint64_t at, uint64_t *next,
			  struct row_walk *walk)
{
	size_t length = block_measure(log, at, next, &walk->leftovers);

	if (*next == 0 && walk->resumed++ < RESUMES_MAX)
		*next = row_resume(log, at, walk->leftovers);
	return length;
}

static unsigned int records_count(const struct rawlog *log)
{
	struct row_walk walk = { 0 };
	unsigned int count = 0;
	uint64_t at = 0, next;

	do {
		row_measure(log, at, &next, &walk);
		at = next;
	} while (++count < COMB_KMSG_RECORDS_MAX && at);
	return count;
}

/* Look for the banner behind a first ID; returns how many candidates were seen. */
static unsigned int range_search(const uint8_t *data, uint64_t bytes, unsigned int budget,
				 struct rawlog *best, unsigned int *best_count)
{
	const uint64_t first = word_at((const uint8_t *)banner);
	unsigned int seen = 0;

	for (uint64_t at = WORD; bytes - at >= 2 * WORD && seen < budget; at += WORD) {
		struct rawlog log = { data + at - WORD, bytes - at + WORD };
		unsigned int count;

		if (word_at(data + at) != first)
			continue;
		if (memcmp(data + at, banner, sizeof(banner) - 1) != 0 ||
		    !id_is_first(word_at(log.data)))
			continue;
		seen++;
		count = records_count(&log);
		if (count > *best_count) {
			*best_count = count;
			*best = log;
		}
	}
	return seen;
}

bool rawlog_find(const struct comb_ram *ram, struct rawlog *log)
{
	unsigned int budget = CANDIDATES_MAX, best = 0;

	for (unsigned int i = 0; i < ram->nr_ranges; i++) {
		uint64_t bytes = 0;
		const uint8_t *data = ram_range(ram, i, &bytes);

		if (data && bytes >= 4 * WORD)
			budget -= range_search(data, bytes, budget, log, &best);
	}
	return best > 0;
}

uint64_t rawlog_read(const struct rawlog *log, uint64_t from, comb_kmsg_fn fn, void *arg)
{
	struct comb_kmsg_record record = { .time_ns = UINT64_MAX, .level = 255 };
	uint64_t first = word_at(log->data), at = 0, next;
	char text[COMB_KMSG_TEXT_MAX];
	struct row_walk walk = { 0 };
	int stop;

	if (!id_is_first(first))
		return from;
	for (unsigned int i = 0; i < COMB_KMSG_RECORDS_MAX; i++, at = next) {
		record.length = row_measure(log, at, &next, &walk);
		record.sequence = (word_at(log->data + at) - first) & ID_MASK;
		record.partial = next == 0;
		record.text = text;
		memcpy(text, log->data + at + WORD, record.length);
		if (record.sequence >= from) {
			stop = fn(&record, arg);
			if (stop < 0)
				return record.sequence;
			from = record.sequence + 1;
			if (stop > 0)
				return from;
		}
		if (!next)
			break;
	}
	return from;
}
