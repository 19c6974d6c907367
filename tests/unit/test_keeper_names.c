// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../keeper/names.h"

#define BEGIN NAMES_BEGIN "\n"
#define END NAMES_END "\n"

static void expect(char *got, const char *want)
{
	assert_non_null(got);
	assert_string_equal(got, want);
	free(got);
}

static void test_add(void **state)
{
	(void)state;
	expect(names_add("", "10.0.0.2", "web"), "10.0.0.2 web\n");
	expect(names_add("10.0.0.1 host\n10.0.0.2 web\n", "10.0.0.2", "db"),
	       "10.0.0.1 host\n10.0.0.2 db\n");
	expect(names_add("10.0.0.1 host\n10.0.0.2 web\n", "10.0.0.3", "WEB"),
	       "10.0.0.1 host\n10.0.0.3 WEB\n");
	expect(names_add("10.0.0.1 box host\n10.0.0.20 we\n", "10.0.0.2", "web host"),
	       "10.0.0.20 we\n10.0.0.2 web host\n");
	/* An address is no name, a comment no line of anybody, and no newline is an end. */
	expect(names_add("# web\n\n10.0.0.9 x", "10.0.0.2", "web"),
	       "# web\n\n10.0.0.9 x\n10.0.0.2 web\n");
	expect(names_add("10.0.0.9 x # web\n", "10.0.0.2", "web"),
	       "10.0.0.9 x # web\n10.0.0.2 web\n");
}

static bool is_not(const char *name, void *context)
{
	return strcmp(name, context) != 0;
}

static void test_filter(void **state)
{
	(void)state;
	expect(names_filter("10.0.0.1 a b\n10.0.0.2 b\n10.0.0.3 c", is_not, "b"),
	       "10.0.0.1 a b\n10.0.0.3 c");
	expect(names_filter("10.0.0.2 b\n", is_not, "b"), "");
}

static void test_has(void **state)
{
	static const char text[] = "127.0.0.1\tlocalhost  Box.example\n#1.2.3.4 gone\n"
		"10.0.0.1 a#b";

	(void)state;
	assert_true(names_has(text, "localhost"));
	assert_true(names_has(text, "box.example"));
	assert_true(names_has(text, "a"));
	assert_false(names_has(text, "b"));
	assert_false(names_has(text, "gone"));
	assert_false(names_has(text, "127.0.0.1"));
	assert_false(names_has(text, "local"));
	assert_false(names_has("", "local"));
}

static void test_merge(void **state)
{
	(void)state;
	expect(names_merge("a\n", "x\n"), "a\n" BEGIN "x\n" END);
	expect(names_merge("a\n" BEGIN "x\n" END "b", "y\nz"), "a\n" BEGIN "y\nz\n" END "b");
	expect(names_merge("a\n" BEGIN "x\n" END "b", ""), "a\nb");
	expect(names_merge("a\n" BEGIN "x\n" NAMES_END, ""), "a\n");
	expect(names_merge("a", "x\n"), BEGIN "x\n" END "a");
	expect(names_merge("", "x\n"), BEGIN "x\n" END);
	expect(names_merge("a", ""), "a");
}

/* Whatever the file was, it is the same after the cells have come, changed and gone. */
static void test_round_trip(void **state)
{
	static const char * const files[] = {
		"", "\n", "a", "a\n", "a\n\n", "\n\na\r\n\tb # c", "# BEGIN comb\n# END combs\n",
		"127.0.0.1 localhost\n::1 localhost", " " NAMES_BEGIN "\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char *one = names_merge(files[i], "1 a\n"), *two, *three;

		assert_non_null(one);
		two = names_merge(one, "1 a\n2 b\n");
		assert_non_null(two);
		assert_true(names_has(two, "b"));
		three = names_merge(two, "");
		expect(three, files[i]);
		free(two);
		free(one);
	}
}

static void test_damaged(void **state)
{
	static const char * const files[] = {
		BEGIN, END, "a\n" BEGIN "x\n", END BEGIN, BEGIN BEGIN END, BEGIN END END,
		BEGIN "x\n" END BEGIN "y\n" END,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		errno = 0;
		assert_null(names_merge(files[i], "x\n"));
		assert_int_equal(errno, EINVAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_filter),
		cmocka_unit_test(test_has),
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
