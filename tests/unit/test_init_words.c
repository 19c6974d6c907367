// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../init/words.c"

static struct words words;
static char text[1024];

static void parse(const char *cmdline)
{
	assert_true(strlen(cmdline) < sizeof(text));
	strcpy(text, cmdline);
	words_parse(&words, text);
}

static void test_nothing(void **state)
{
	(void)state;
	parse("BOOT_IMAGE=x quiet root=/dev/sda comb.other=1 xcomb.root=disk:/dev/vda\n");
	assert_int_equal(words.root, WORDS_ROOT_NONE);
	assert_null(words.init);
	assert_null(words.bad);
	assert_int_equal(words.nr_shares, 0);
	parse("");
	assert_null(words.bad);
}

static void test_roots(void **state)
{
	(void)state;
	parse("quiet comb.root=virtiofs:root:host noapic\n");
	assert_int_equal(words.root, WORDS_ROOT_VIRTIOFS);
	assert_string_equal(words.source, "root");
	assert_true(words.overlay && words.host);
	parse("comb.root=virtiofs:root:rw comb.init=/sbin/init");
	assert_false(words.overlay || words.host);
	assert_string_equal(words.init, "/sbin/init");
	parse("comb.root=disk:/dev/vda:ro");
	assert_int_equal(words.root, WORDS_ROOT_DISK);
	assert_string_equal(words.source, "/dev/vda");
	assert_true(words.overlay);
	assert_false(words.host);
	parse("comb.root=disk:/dev/vda");
	assert_false(words.overlay);
	assert_null(words.bad);
}

static void test_shares(void **state)
{
	(void)state;
	parse("comb.share=share0:/srv/data comb.share=share1:/opt:ro -- comb.share=x:/y");
	assert_int_equal(words.nr_shares, 2);
	assert_string_equal(words.shares[0].tag, "share0");
	assert_string_equal(words.shares[0].mount, "/srv/data");
	assert_false(words.shares[0].read_only);
	assert_string_equal(words.shares[1].mount, "/opt");
	assert_true(words.shares[1].read_only);
}

static void test_bad_words(void **state)
{
	static const char *const bad[] = {
		"comb.root=", "comb.root=virtiofs", "comb.root=virtiofs:", "comb.root=nfs:x",
		"comb.root=disk:vda", "comb.root=disk:/dev/vda:maybe", "comb.init=",
		"comb.init=sbin/init", "comb.share=", "comb.share=a", "comb.share=:/x",
		"comb.share=a:x", "comb.share=a:/x:rw", "comb.share=a:/x:ro:ro", "comb.root=virtiofs:a:ro:rw",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		parse(bad[i]);
		assert_non_null(words.bad);
		/* Rather nothing than something else. */
		assert_int_equal(words.root, WORDS_ROOT_NONE);
		assert_null(words.init);
		assert_int_equal(words.nr_shares, 0);
	}
}

static void test_too_many_shares(void **state)
{
	(void)state;
	text[0] = '\0';
	for (int i = 0; i < WORDS_SHARES_MAX + 1; i++)
		strcat(text, "comb.share=a:/b ");
	words_parse(&words, text);
	assert_int_equal(words.nr_shares, WORDS_SHARES_MAX);
	assert_non_null(words.bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_roots),
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_bad_words),
		cmocka_unit_test(test_too_many_shares),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
