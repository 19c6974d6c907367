// SPDX-License-Identifier: GPL-2.0-or-later
#include "lastwords.h"

#include <stdio.h>
#include <string.h>

#include "kmsg.h"
#include "observe.h"

#define LINE_SIZE	200

/* The newest lines, as a ring; @count: all there were */
struct tail {
	char lines[COMB_LAST_LINES][LINE_SIZE];
	size_t count;
};

static void add_line(struct tail *tail, const struct comb_kmsg_record *record,
		     const char *text, size_t length)
{
	char *line = tail->lines[tail->count++ % COMB_LAST_LINES];
	size_t used = 0;

	if (record->time_ns != UINT64_MAX)
		used = (size_t)snprintf(line, LINE_SIZE, "[%5llu.%06llu] ",
					(unsigned long long)(record->time_ns / 1000000000),
					(unsigned long long)(record->time_ns / 1000 % 1000000));
	for (size_t i = 0; i < length && used < LINE_SIZE - 1; i++)
		line[used++] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	line[used] = '\0';
}

static int add_record(const struct comb_kmsg_record *record, void *arg)
{
	const char *at = record->text, *end = at + record->length;

	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));

		add_line(arg, record, at, (size_t)((stop ?: end) - at));
		at = stop ? stop + 1 : end;
	}
	return 0;
}

void comb_cell_last_words(struct comb_cell *cell, struct comb_strings *lines)
{
	const struct comb_kmsg *log = cell->memory ? comb_cell_log(cell) : NULL;
	struct tail tail = { .count = 0 };
	size_t at;

	if (!log)
		return;
	comb_kmsg_read(log, 0, add_record, &tail);
	at = tail.count > COMB_LAST_LINES ? tail.count - COMB_LAST_LINES : 0;
	for (; at < tail.count; at++)
		if (comb_strings_add(lines, tail.lines[at % COMB_LAST_LINES]))
			return;
}
