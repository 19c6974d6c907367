// SPDX-License-Identifier: GPL-2.0-or-later
/* test_record.c - what comb logs takes of a log that is being written */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../cmd/record.h"
#include "fake_module.h"
#include "synthetic_kernel.h"

static struct synthetic sk;
static struct comb_cell cell;
static struct record_place place;

/* record.o's only other need of comb(1). */
void *cli_calloc(size_t count, size_t size)
{
	void *memory = calloc(count, size);

	assert_non_null(memory);
	return memory;
}

/* A cell whose RAM has a synthetic kernel in it. */
static int start_cell(void **state)
{
	struct comb_error err = { 0 };

	(void)state;
	module.get.memory_bytes = SK_SIZE;
	module.get.nr_ranges = 3;
	assert_int_equal(comb_cell_open(0, "web", &cell, &err), 0);
	assert_int_equal(comb_cell_map(&cell, true, &err), 0);
	sk_boot(&sk, cell.memory, 4);
	memcpy(module.ranges, sk.ranges, sizeof(sk.ranges));
	assert_int_equal(comb_cell_refresh(&cell, &err), 0);
	memset(&place, 0, sizeof(place));
	return 0;
}

static int end_cell(void **state)
{
	(void)state;
	record_place_free(&place);
	comb_cell_close(&cell);
	return 0;
}

/* The next read must bring this line, NULL: none. */
static void assert_next(const char *text)
{
	struct record_list records = { 0 };
	struct comb_error err = { 0 };

	assert_int_equal(record_read(&cell, &place, &records, &err), 0);
	assert_int_equal(records.count, text ? 1 : 0);
	if (text)
		assert_string_equal(records.list[0].text, text);
	record_free(&records);
}

/* Print the first @length bytes of @text and leave the line open. */
static uint64_t begin_line(const char *text, uint32_t length)
{
	uint64_t id = sk_print(&sk, 6, 0, 1, text);

	sk_put32(sk_info(&sk, id) + SK_INFO_LENGTH, length | 6u << 29);
	return id;
}

static void end_line(uint64_t id, const char *text)
{
	sk_put32(sk_info(&sk, id) + SK_INFO_LENGTH, (uint32_t)strlen(text) | 6u << 29);
	sk_set_state(&sk, id, 2);
}

static void follower_waits_for_the_end_of_a_line(void **state)
{
	static const char text[] = "probing the bus ... done";
	uint64_t id;

	(void)state;
	place.whole = true;
	sk_print(&sk, 6, 0, 2, "one");
	id = begin_line(text, 19);
	assert_next("one");
	assert_next(NULL);
	end_line(id, text);
	assert_next(text);
	assert_next(NULL);
}

static void dead_cell_shows_its_last_line(void **state)
{
	(void)state;
	place.whole = true;
	begin_line("probing the bus ... done", 19);
	assert_next(NULL);
	place.whole = false;
	assert_next("probing the bus ...");
	assert_next(NULL);
}

static void what_was_read_of_a_destroyed_cell_is_nothing(void **state)
{
	struct record_list records = { 0 };
	struct comb_error err = { 0 };

	(void)state;
	sk_print(&sk, 6, 0, 2, "one");
	fake_fails(COMB_CELL_GET, ENODEV, 1);
	assert_int_equal(record_read(&cell, &place, &records, &err), -1);
	assert_int_equal(err.status, COMB_NO_CELL);
	record_free(&records);
}

#define RECORD_TEST(test) cmocka_unit_test_setup_teardown(test, start_cell, end_cell)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RECORD_TEST(follower_waits_for_the_end_of_a_line),
		RECORD_TEST(dead_cell_shows_its_last_line),
		RECORD_TEST(what_was_read_of_a_destroyed_cell_is_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
