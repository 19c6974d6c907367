// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "keeper_fixture.h"

static int set_up(void **state)
{
	(void)state;
	ram_make();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	ram_free();
	return 0;
}

static void at_edges(void **state)
{
	(void)state;
	assert_ptr_equal(memory_at(&ram, RANGE_0, 1), ram.base);
	assert_ptr_equal(memory_at(&ram, RANGE_0, RANGE_BYTES), ram.base);
	assert_ptr_equal(memory_at(&ram, RANGE_1 + 5, 7), ram.base + RANGE_BYTES + 5);
	assert_ptr_equal(memory_at(&ram, RANGE_1 + RANGE_BYTES - 1, 1),
			 ram.base + 2 * RANGE_BYTES - 1);
}

static void outside(void **state)
{
	(void)state;
	assert_null(memory_at(&ram, RANGE_0, 0));
	assert_null(memory_at(&ram, RANGE_0 - 1, 1));
	assert_null(memory_at(&ram, RANGE_0 - 1, 2));
	assert_null(memory_at(&ram, RANGE_0, RANGE_BYTES + 1));
	assert_null(memory_at(&ram, RANGE_0 + RANGE_BYTES, 1));
	assert_null(memory_at(&ram, RANGE_1 + RANGE_BYTES - 1, 2));
	assert_null(memory_at(&ram, RANGE_1, UINT64_MAX));
	assert_null(memory_at(&ram, UINT64_MAX, 1));
	assert_null(memory_at(&ram, UINT64_MAX, UINT64_MAX));
	assert_null(memory_at(&ram, 0, 1));
}

static void map_refuses(struct memory bad)
{
	bad.base = NULL;
	errno = 0;
	assert_int_equal(memory_map(&bad), -1);
	assert_int_equal(errno, EINVAL);
}

static void bad_ranges(void **state)
{
	struct memory bad = ram;

	(void)state;
	bad.nr_ranges = 0;
	map_refuses(bad);
	bad.nr_ranges = COMB_CELL_RANGES_MAX + 1;
	map_refuses(bad);
	bad = ram;
	bad.ranges[1].offset++;
	map_refuses(bad);
	bad = ram;
	bad.ranges[1].bytes = 0;
	map_refuses(bad);
	bad = ram;
	bad.ranges[1].bytes = UINT64_MAX;
	map_refuses(bad);
	bad = ram;
	bad.ranges[1].start = UINT64_MAX - 10;
	map_refuses(bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(at_edges, set_up, tear_down),
		cmocka_unit_test_setup_teardown(outside, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bad_ranges, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("keeper_memory", tests, NULL, NULL);
}
