// SPDX-License-Identifier: GPL-2.0-or-later
/* test_e820.c - the list of memory regions, against a model of one byte a page */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "e820.h"

#define PAGES	400u

static void assert_entry(const struct comb_e820_entry *e, uint64_t start, uint64_t bytes,
			 uint32_t type)
{
	assert_int_equal(e->start, start);
	assert_int_equal(e->bytes, bytes);
	assert_int_equal(e->type, type);
}

static void cuts_a_region_out(void **state)
{
	struct comb_e820_entry map[COMB_E820_MAX];
	unsigned int nr = 0;

	(void)state;
	assert_int_equal(comb_e820_set(map, &nr, 0x1000, 0x9000, 1), 0);
	assert_int_equal(comb_e820_set(map, &nr, 0x3000, 0x1000, 2), 0);
	assert_int_equal(nr, 3);
	assert_entry(&map[0], 0x1000, 0x2000, 1);
	assert_entry(&map[1], 0x3000, 0x1000, 2);
	assert_entry(&map[2], 0x4000, 0x6000, 1);
	assert_int_equal(comb_e820_set(map, &nr, 0x3000, 0x1000, 1), 0);
	assert_int_equal(nr, 1);
	assert_entry(&map[0], 0x1000, 0x9000, 1);
}

static void ignores_nothing_and_refuses_wrapping(void **state)
{
	struct comb_e820_entry map[COMB_E820_MAX];
	unsigned int nr = 0;

	(void)state;
	assert_int_equal(comb_e820_set(map, &nr, 0x1000, 0, 1), 0);
	assert_int_equal(nr, 0);
	assert_int_equal(comb_e820_set(map, &nr, ~0ull - 10, 100, 1), -1);
	assert_int_equal(nr, 0);
}

static void refuses_one_too_many(void **state)
{
	struct comb_e820_entry map[COMB_E820_MAX], before[COMB_E820_MAX];
	unsigned int nr = 0;

	(void)state;
	for (uint64_t i = 0; i < COMB_E820_MAX; i++)
		assert_int_equal(comb_e820_set(map, &nr, (COMB_E820_MAX - i) * 0x2000, 0x1000, 1), 0);
	assert_int_equal(nr, COMB_E820_MAX);
	memcpy(before, map, sizeof(map));
	assert_int_equal(comb_e820_set(map, &nr, 0x1000000, 0x1000, 1), -1);
	assert_int_equal(nr, COMB_E820_MAX);
	for (unsigned int i = 0; i < nr; i++)
		assert_entry(&map[i], before[i].start, before[i].bytes, before[i].type);
	/* One that closes a gap needs no room. */
	assert_int_equal(comb_e820_set(map, &nr, 0x3000, 0x1000, 1), 0);
	assert_int_equal(nr, COMB_E820_MAX - 1);
}

static void check_against_model(const struct comb_e820_entry *map, unsigned int nr,
				const uint8_t *model)
{
	uint8_t seen[PAGES] = { 0 };

	for (unsigned int i = 0; i < nr; i++) {
		assert_true(map[i].bytes > 0);
		if (i) {
			uint64_t end = map[i - 1].start + map[i - 1].bytes;

			assert_true(end <= map[i].start);
			/* Neighbours of one type are one entry. */
			assert_true(end < map[i].start || map[i - 1].type != map[i].type);
		}
		for (uint64_t p = 0; p < map[i].bytes; p++)
			seen[map[i].start + p] = (uint8_t)map[i].type;
	}
	assert_memory_equal(seen, model, PAGES);
}

static void agrees_with_a_model(void **state)
{
	(void)state;
	srandom(20);
	for (unsigned int round = 0; round < 2000; round++) {
		struct comb_e820_entry map[COMB_E820_MAX];
		uint8_t model[PAGES] = { 0 };
		unsigned int nr = 0;

		for (unsigned int i = 0; i < 40; i++) {
			uint64_t start = (uint64_t)random() % PAGES;
			uint64_t len = (uint64_t)random() % (1 + (i % 3 ? 12 : PAGES - start));
			uint32_t type = 1 + (uint32_t)random() % 3;

			if (len > PAGES - start)
				len = PAGES - start;
			assert_int_equal(comb_e820_set(map, &nr, start, len, type), 0);
			memset(model + start, (int)type, len);
			check_against_model(map, nr, model);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cuts_a_region_out),
		cmocka_unit_test(ignores_nothing_and_refuses_wrapping),
		cmocka_unit_test(refuses_one_too_many),
		cmocka_unit_test(agrees_with_a_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
