// SPDX-License-Identifier: GPL-2.0-or-later
#include "record.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ESCAPE_SIZE	4	/* \xHH */

void record_free(struct record_list *records)
{
	for (size_t i = 0; i < records->count; i++)
		free(records->list[i].text);
	free(records->list);
	memset(records, 0, sizeof(*records));
}

void record_place_free(struct record_place *place)
{
	if (place->kmsg)
		comb_kmsg_free(place->kmsg);
	memset(place, 0, sizeof(*place));
}

char *record_escape(const char *text, size_t length)
{
	char *out = cli_calloc(length + 1, ESCAPE_SIZE), *p = out;

	for (size_t i = 0; i < length; i++) {
		unsigned char c = text[i];

		if ((c >= ' ' && c <= '~') || c == '\n' || c == '\t')
			*p++ = c;
		else
			p += sprintf(p, "\\x%02x", c);
	}
	return out;
}

struct record *record_add(struct record_list *records)
{
	if (records->count == records->room) {
		size_t room = records->room ? 2 * records->room : 512;
		struct record *list = cli_calloc(room, sizeof(*list));

		if (records->count)
			memcpy(list, records->list, records->count * sizeof(*list));
		free(records->list);
		records->list = list;
		records->room = room;
	}
	return &records->list[records->count++];
}

struct taker {
	struct record_list *records;
	bool whole;
};

static int take_record(const struct comb_kmsg_record *from, void *arg)
{
	const struct taker *taker = arg;
	struct record *record;

	if (from->partial && taker->whole)
		return -1;
	record = record_add(taker->records);
	record->sequence = from->sequence;
	record->time_ns = from->time_ns;
	record->timed = from->time_ns != UINT64_MAX;
	record->level = from->level;
	record->facility = from->facility;
	record->text = record_escape(from->text, from->length);
	return 0;
}

int record_read(struct comb_cell *cell, struct record_place *place, struct record_list *records,
		struct comb_error *err)
{
	struct taker taker = { records, place->whole };
	struct comb_ram ram;

	if (!cell->memory && comb_cell_map(cell, false, err))
		return -1;
	ram = (struct comb_ram){ cell->memory, cell->get.memory_bytes, cell->ranges,
				 cell->get.nr_ranges };
	if (place->kmsg && comb_kmsg_source(place->kmsg) != COMB_KMSG_RINGBUFFER) {
		comb_kmsg_free(place->kmsg);
		place->kmsg = NULL;
	}
	if (!place->kmsg)
		place->kmsg = comb_kmsg_find(&ram, err);
	if (!place->kmsg)
		return -1;
	place->next = comb_kmsg_read(place->kmsg, place->next, take_record, &taker);
	/* Destroyed while it was read: what was found is nothing. */
	return comb_cell_refresh(cell, err);
}

const char *record_prefix(const struct record *record, char *buffer, size_t size)
{
	buffer[0] = '\0';
	if (record->timed)
		snprintf(buffer, size, "[%5" PRIu64 ".%06" PRIu64 "] ",
			 record->time_ns / 1000000000, record->time_ns / 1000 % 1000000);
	return buffer;
}
