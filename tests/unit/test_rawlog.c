// SPDX-License-Identifier: GPL-2.0-or-later
/* test_rawlog.c - the log of a kernel that has not described itself yet */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "kmsg.h"
#include "kmsg_reader.h"

/* @first: the first ID; @tail: what this kernel leaves behind a text. */
static void check_raw(uint64_t first, bool newline)
{
	uint8_t *log = sk_image(&sk, SK_STATIC_LOG * SK_PAGE + 24);
	const char *banner = newline ? "Linux version 6.99\n" : "Linux version 6.99";
	struct comb_kmsg *kmsg;
	uint64_t at = 0;

	memset(sk.data, 0, SK_SIZE);
	at += sk_print_raw(log + at, first, banner, strlen(banner));
	at += sk_print_raw(log + at, first + 1, newline ? "hellolo\n" : "hello", newline ? 8 : 5);
	at += sk_print_raw(log + at, first + 3, newline ? "[x]\001c\n" : "[x]", newline ? 6 : 3);
	at += sk_print_raw(log + at, first + 4, "a text of sixteen", 17);
	/* A copy of the banner somewhere else is no log. */
	memcpy(sk_image(&sk, 2 * SK_PAGE), banner, strlen(banner));
	kmsg = find(COMB_KMSG_RAW);
	assert_int_equal(read_all(kmsg, 0), 5);
	assert_int_equal(seen.nr, 4);
	assert_string_equal(seen.text[0], "Linux version 6.99");
	assert_string_equal(seen.text[1], "hello");
	assert_string_equal(seen.text[2], "[x]");
	assert_string_equal(seen.text[3], "a text of sixteen");
	assert_int_equal(seen.records[2].sequence, 3);
	assert_int_equal(seen.records[2].level, 255);
	assert_true(seen.records[2].time_ns == UINT64_MAX);
	assert_false(seen.records[2].partial);
	assert_true(seen.records[3].partial);
	read_all(kmsg, 2);
	assert_int_equal(seen.nr, 2);
	comb_kmsg_free(kmsg);
}

static void test_raw(void **state)
{
	(void)state;
	check_raw(-4096ULL & SK_IDS, true);
	check_raw(-4096ULL & SK_IDS, false);
	check_raw((uint32_t)-4096, false);
	check_raw((uint32_t)-8, false);
}

/* The larger buffer: what was moved there is clean, what came later is not. */
static void test_raw_moved(void **state)
{
	uint8_t *log = sk_image(&sk, SK_STATIC_LOG * SK_PAGE);
	uint64_t id = -4096ULL & SK_IDS, at = 0;
	struct comb_kmsg *kmsg;

	(void)state;
	memset(sk.data, 0, SK_SIZE);
	at += sk_print_raw(log + at, id, "Linux version 6.99", 18);
	at += sk_print_raw(log + at, id + 1, "0x4000", 6);
	at += sk_print_raw(log + at, id + 2, "bytes 0x400000\n", 15);
	at += sk_print_raw(log + at, id + 3, "rangeses", 8);
	/* The old buffer has less. */
	sk_print_raw(sk_text(&sk, 0), id, "Linux version 6.99\n", 19);
	kmsg = find(COMB_KMSG_RAW);
	assert_int_equal(read_all(kmsg, 0), 4);
	assert_string_equal(seen.text[0], "Linux version 6.99");
	assert_string_equal(seen.text[1], "0x4000");
	assert_string_equal(seen.text[2], "bytes 0x4000");
	assert_string_equal(seen.text[3], "ranges");
	comb_kmsg_free(kmsg);
}

/* A page in the middle was overwritten: what is behind it is found again. */
static void test_raw_overwritten(void **state)
{
	uint8_t *log = sk_image(&sk, SK_STATIC_LOG * SK_PAGE);
	uint64_t id = -4096ULL & SK_IDS, at = 0;
	struct comb_kmsg *kmsg;
	char text[32];

	(void)state;
	memset(sk.data, 0, SK_SIZE);
	at += sk_print_raw(log + at, id, "Linux version 6.99", 18);
	for (unsigned int i = 1; i < 600; i++)
		at += sk_print_raw(log + at, id + i, text,
				   (size_t)snprintf(text, sizeof(text), "line number %u", i));
	memset(log + SK_PAGE + 8, 'A', SK_PAGE + 100);
	kmsg = find(COMB_KMSG_RAW);
	assert_int_equal(read_all(kmsg, 550), 600);
	assert_int_equal(seen.nr, 50);
	assert_string_equal(seen.text[0], "line number 550");
	assert_string_equal(seen.text[49], "line number 599");
	read_all(kmsg, 400);
	assert_int_equal(seen.nr, 200);
	comb_kmsg_free(kmsg);
	/* One word that looks like an ID is no row. */
	memset(log + SK_PAGE + 8, 0, 8 * SK_PAGE);
	sk_put(log + 2 * SK_PAGE, id + 300);
	kmsg = find(COMB_KMSG_RAW);
	assert_true(read_all(kmsg, 120) < 300);
	comb_kmsg_free(kmsg);
}

static void test_raw_refused(void **state)
{
	uint8_t *log = sk_image(&sk, SK_STATIC_LOG * SK_PAGE);
	static const uint64_t bad[] = { 0, 1, 4096, -4095ULL & SK_IDS, -4096ULL, 3ULL << 62 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memset(sk.data, 0, SK_SIZE);
		sk_print_raw(log, bad[i], "Linux version 1", 15);
		comb_kmsg_free(find(COMB_KMSG_NONE));
	}
	/* At the very end of a range. */
	memset(sk.data, 0, SK_SIZE);
	sk_print_raw(sk_text(&sk, SK_TEXT_PAGES * SK_PAGE - 32), -4096ULL & SK_IDS,
		     "Linux version 123456789", 24);
	comb_kmsg_free(find(COMB_KMSG_RAW));
	memset(sk.data, 0, SK_SIZE);
	sk_print_raw(sk_text(&sk, SK_TEXT_PAGES * SK_PAGE - 16), -4096ULL & SK_IDS, "Linux ve", 8);
	comb_kmsg_free(find(COMB_KMSG_NONE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KERNEL_TEST(test_raw),
		KERNEL_TEST(test_raw_moved),
		KERNEL_TEST(test_raw_overwritten),
		KERNEL_TEST(test_raw_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
