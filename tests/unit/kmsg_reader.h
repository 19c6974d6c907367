/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kmsg_reader.h - a synthetic kernel for each test, and what was read from its log
 *
 * For one test program each; include after cmocka.h.
 */
#ifndef KMSG_READER_H
#define KMSG_READER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kmsg.h"
#include "synthetic_kernel.h"

#define SEEN_MAX	256u

/* What a read delivered. */
struct seen {
	unsigned int nr;
	struct comb_kmsg_record records[SEEN_MAX];
	char text[SEEN_MAX][256];
	int stop;		/* what to return for record @stop_at */
	unsigned int stop_at;
};

static struct synthetic sk;
static struct seen seen;

static int record_note(const struct comb_kmsg_record *record, void *arg)
{
	struct seen *to = arg;

	assert_true(to->nr < SEEN_MAX);
	assert_true(record->length <= COMB_KMSG_TEXT_MAX);
	to->records[to->nr] = *record;
	snprintf(to->text[to->nr], sizeof(to->text[0]), "%.*s", (int)record->length, record->text);
	return to->nr++ == to->stop_at ? to->stop : 0;
}

static inline uint64_t read_all(const struct comb_kmsg *kmsg, uint64_t from)
{
	memset(&seen, 0, sizeof(seen));
	return comb_kmsg_read(kmsg, from, record_note, &seen);
}

static int boot(void **state)
{
	uint8_t *data = aligned_alloc(SK_PAGE, SK_SIZE);

	(void)state;
	assert_non_null(data);
	memset(data, 0, SK_SIZE);
	sk_boot(&sk, data, 4);
	return 0;
}

static int halt(void **state)
{
	(void)state;
	free(sk.data);
	return 0;
}

static struct comb_kmsg *find(enum comb_kmsg_source source)
{
	struct comb_error err = { 0 };
	struct comb_kmsg *kmsg = comb_kmsg_find(&sk.ram, &err);

	assert_non_null(kmsg);
	assert_int_equal(comb_kmsg_source(kmsg), source);
	return kmsg;
}

#define KERNEL_TEST(test) cmocka_unit_test_setup_teardown(test, boot, halt)

#endif
