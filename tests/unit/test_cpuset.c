// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cpuset.h"

static void assert_format(const char *text, const char *expected)
{
	struct comb_error err = {0};
	struct comb_cpuset set;
	char buffer[128];

	assert_int_equal(comb_cpuset_parse(&set, text, &err), 0);
	assert_int_equal(comb_cpuset_format(&set, buffer, sizeof(buffer)), strlen(expected));
	assert_string_equal(buffer, expected);
}

static void test_parse_and_format(void **state)
{
	(void)state;
	assert_format("0", "0");
	assert_format("0-3,8,10-11\n", "0-3,8,10-11");
	assert_format(" 3,2 ", "2-3");
	assert_format("1-2,2-5", "1-5");
	assert_format("63,64,127-128", "63-64,127-128");
	assert_format("8191", "8191");
	assert_format("0-8191", "0-8191");
}

static void assert_refused(const char *text, const char *words)
{
	struct comb_error err = {0};
	struct comb_cpuset set;

	assert_int_equal(comb_cpuset_parse(&set, text, &err), -1);
	assert_int_equal(err.status, COMB_USAGE);
	assert_non_null(strstr(err.what, words));
	assert_true(err.hint[0]);
}

static void test_refuses(void **state)
{
	char *big = malloc(1001);

	(void)state;
	assert_refused("", "empty");
	assert_refused(" \n", "empty");
	assert_refused("1,x,2", "\"x\"");
	assert_refused("1,,2", "\"\"");
	assert_refused("1,", "\"\"");
	assert_refused("3-2", "\"3-2\"");
	assert_refused("1-", "\"1-\"");
	assert_refused("-1", "\"-1\"");
	assert_refused("1 2", "\"1 2\"");
	assert_refused("0x1", "\"0x1\"");
	assert_refused("8192", "\"8192\"");
	assert_refused("4294967296", "\"4294967296\"");
	memset(big, '9', 1000);
	big[1000] = '\0';
	assert_refused(big, "9999\"");
	free(big);
}

static void test_format_is_cut_like_snprintf(void **state)
{
	struct comb_cpuset set = {0};
	char buffer[6];

	(void)state;
	comb_cpuset_add(&set, 1);
	comb_cpuset_add(&set, 100);
	comb_cpuset_add(&set, 200);
	assert_int_equal(comb_cpuset_format(&set, buffer, sizeof(buffer)), 9);
	assert_string_equal(buffer, "1,100");
	assert_int_equal(comb_cpuset_format(&set, NULL, 0), 9);
	memset(&set, 0, sizeof(set));
	assert_int_equal(comb_cpuset_format(&set, buffer, sizeof(buffer)), 0);
	assert_string_equal(buffer, "");
}

static void test_members(void **state)
{
	struct comb_cpuset set = {0};

	(void)state;
	comb_cpuset_add(&set, 5);
	comb_cpuset_add(&set, 64);
	comb_cpuset_add(&set, 8191);
	comb_cpuset_add(&set, 8192);		/* beyond: ignored */
	assert_int_equal(comb_cpuset_count(&set), 3);
	assert_true(comb_cpuset_has(&set, 64));
	assert_false(comb_cpuset_has(&set, 63));
	assert_false(comb_cpuset_has(&set, 8192));
	assert_int_equal(comb_cpuset_next(&set, 0), 5);
	assert_int_equal(comb_cpuset_next(&set, 6), 64);
	assert_int_equal(comb_cpuset_next(&set, 65), 8191);
	assert_int_equal(comb_cpuset_next(&set, 8192), -1);
	comb_cpuset_remove(&set, 8191);
	comb_cpuset_remove(&set, 9999);
	assert_int_equal(comb_cpuset_next(&set, 65), -1);
	assert_int_equal(comb_cpuset_count(&set), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_and_format),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_format_is_cut_like_snprintf),
		cmocka_unit_test(test_members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
