// SPDX-License-Identifier: GPL-2.0-or-later
/* test_number.c - whole numbers as people write them */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "number.h"

static void numbers(void **state)
{
	(void)state;
	assert_int_equal(comb_number("0", 0, 0), 0);
	assert_int_equal(comb_number("007", 1, 7), 7);
	assert_int_equal(comb_number("4294967295", 0, UINT32_MAX), UINT32_MAX);
}

static void none(void **state)
{
	static const char *const texts[] = {
		"", "x", "-1", "+1", " 1", "1 ", "1x", "0x1", "1.0", "1", "8", "4294967298",
		"18446744073709551618", "99999999999999999999999999",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(comb_number(texts[i], 2, 7), -1);
	assert_int_equal(comb_number("4294967296", 0, UINT32_MAX), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
