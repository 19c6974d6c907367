// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "size.h"

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} good[] = {
		{"1", 1}, {"1073741824", 1ULL << 30}, {"64K", 65536}, {"512M", 512ULL << 20},
		{"512MiB", 512ULL << 20}, {"512mb", 512ULL << 20}, {"1g", 1ULL << 30},
		{"1.5G", 3ULL << 29}, {"1.50000000000000000000000G", 3ULL << 29},
		{"0.5K", 512}, {"2T", 2ULL << 40}, {"1.0", 1},
		{"18446744073709551615", UINT64_MAX}, {"16777215T", 16777215ULL << 40},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct comb_error err = {0};
		uint64_t bytes = 0;

		assert_int_equal(comb_size_parse(&bytes, good[i].text, &err), 0);
		assert_true(bytes == good[i].bytes);
	}
}

static void test_refuses(void **state)
{
	static const struct {
		const char *text, *words;
	} bad[] = {
		{"", "no size"}, {"G", "no size"}, {"-1", "no size"}, {"+1", "no size"},
		{" 1", "no size"}, {"1 G", "no size"}, {"1.G", "no size"}, {"1..5G", "no size"},
		{"1X", "no size"}, {"1GG", "no size"}, {"1iB", "no size"}, {"1Gi", "no size"},
		{"0", "zero"}, {"0.0G", "zero"}, {"0x10", "no size"}, {"1e9", "no size"},
		{"0.3", "whole number"}, {"0.0001K", "whole number"},
		{"1.1234567890123456789T", "no size"},
		{"18446744073709551616", "too large"}, {"16777216T", "too large"},
		{"99999999999999999999999999", "too large"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct comb_error err = {0};
		uint64_t bytes = 77;

		assert_int_equal(comb_size_parse(&bytes, bad[i].text, &err), -1);
		assert_int_equal(err.status, COMB_USAGE);
		assert_non_null(strstr(err.what, bad[i].words));
		assert_true(err.hint[0]);
		assert_int_equal(bytes, 77);
	}
}

static void test_format(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {
		{0, "0"}, {1, "1"}, {1000, "1000"}, {1024, "1K"}, {512ULL << 20, "512M"},
		{192ULL << 20, "192M"}, {1ULL << 30, "1G"}, {3ULL << 29, "1.5G"},
		{5ULL << 28, "1.25G"}, {1026ULL << 20, "1026M"}, {1ULL << 40, "1T"},
		{25174820ULL << 10, "24.0G"}, {UINT64_MAX, "16777216.0T"},
		{(1ULL << 30) - 1, "1024.0M"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char buffer[32];

		assert_string_equal(comb_size_format(cases[i].bytes, buffer, sizeof(buffer)),
				    cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
