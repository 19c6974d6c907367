// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../init/lines.c"

/* What was emitted, each line in brackets. */
struct seen {
	size_t lines, length, longest;
	char text[8192];
};

static void note(void *context, const char *text, size_t length)
{
	struct seen *seen = context;

	assert_true(length <= LINE_MAX_BYTES);
	assert_null(memchr(text, '\n', length));
	assert_null(memchr(text, '\0', length));
	assert_true(seen->length + length + 3 <= sizeof(seen->text));
	seen->text[seen->length++] = '[';
	memcpy(seen->text + seen->length, text, length);
	seen->length += length;
	seen->text[seen->length++] = ']';
	seen->text[seen->length] = '\0';
	seen->lines++;
	if (length > seen->longest)
		seen->longest = length;
}

static void feed(struct lines *lines, struct seen *seen, const char *text)
{
	lines_feed(lines, text, strlen(text), note, seen);
}

static void test_whole_lines(void **state)
{
	struct lines lines = {0};
	struct seen seen = {0};

	(void)state;
	feed(&lines, &seen, "one\ntwo\r\n\nth");
	assert_string_equal(seen.text, "[one][two][]");
	feed(&lines, &seen, "ree\n");
	assert_string_equal(seen.text, "[one][two][][three]");
	lines_flush(&lines, note, &seen);
	assert_int_equal(seen.lines, 4);
}

static void test_last_line_without_end(void **state)
{
	struct lines lines = {0};
	struct seen seen = {0};

	(void)state;
	feed(&lines, &seen, "prompt> ");
	assert_int_equal(seen.lines, 0);
	lines_flush(&lines, note, &seen);
	lines_flush(&lines, note, &seen);
	assert_string_equal(seen.text, "[prompt> ]");
	feed(&lines, &seen, "\n");
	assert_string_equal(seen.text, "[prompt> ][]");
}

static void test_nul_is_visible(void **state)
{
	struct lines lines = {0};
	struct seen seen = {0};

	(void)state;
	lines_feed(&lines, "a\0b\n", 4, note, &seen);
	assert_string_equal(seen.text, "[a?b]");
}

static void test_long_lines_come_in_pieces(void **state)
{
	char text[2 * LINE_MAX_BYTES + 11];
	struct lines lines = {0};
	struct seen seen = {0};

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\n';
	lines_feed(&lines, text, sizeof(text), note, &seen);
	assert_int_equal(seen.lines, 3);
	assert_int_equal(seen.longest, LINE_MAX_BYTES);
	assert_int_equal(seen.length, sizeof(text) - 1 + 2 * 3);
}

static void test_a_full_line_is_one_line(void **state)
{
	char text[LINE_MAX_BYTES + 1];
	struct lines lines = {0};
	struct seen seen = {0};

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\n';
	lines_feed(&lines, text, sizeof(text), note, &seen);
	assert_int_equal(seen.lines, 1);
	/* The piece before this end of line was the whole line. */
	lines_feed(&lines, text, LINE_MAX_BYTES, note, &seen);
	lines_feed(&lines, "\r\n\n", 3, note, &seen);
	assert_int_equal(seen.lines, 3);
}

/* Every position of a character of two to four bytes against the end of the buffer. */
static void test_characters_stay_whole(void **state)
{
	static const char *const characters[] = {
		"\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x90\x9d",
	};
	size_t c, before;

	(void)state;
	for (c = 0; c < sizeof(characters) / sizeof(characters[0]); c++) {
		size_t size = strlen(characters[c]);

		for (before = LINE_MAX_BYTES - size; before <= LINE_MAX_BYTES; before++) {
			char want[LINE_MAX_BYTES + 16], text[LINE_MAX_BYTES + 16];
			size_t first = before + size <= LINE_MAX_BYTES ? before + size : before;
			struct lines lines = {0};
			struct seen seen = {0};

			memset(text, 'x', before);
			memcpy(text + before, characters[c], size);
			strcpy(text + before + size, "yyyyy\n");
			feed(&lines, &seen, text);
			text[before + size + 5] = '\0';
			snprintf(want, sizeof(want), "[%.*s][%s]", (int)first, text, text + first);
			assert_string_equal(seen.text, want);
		}
	}
}

static void test_bytes_that_are_no_characters(void **state)
{
	char text[4 * LINE_MAX_BYTES];
	struct lines lines = {0};
	struct seen seen = {0};

	(void)state;
	memset(text, '\x80', sizeof(text));
	lines_feed(&lines, text, sizeof(text), note, &seen);
	lines_flush(&lines, note, &seen);
	assert_int_equal(seen.length - 2 * seen.lines, sizeof(text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_lines),
		cmocka_unit_test(test_last_line_without_end),
		cmocka_unit_test(test_nul_is_visible),
		cmocka_unit_test(test_long_lines_come_in_pieces),
		cmocka_unit_test(test_a_full_line_is_one_line),
		cmocka_unit_test(test_characters_stay_whole),
		cmocka_unit_test(test_bytes_that_are_no_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
