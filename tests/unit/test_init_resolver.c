// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../init/files.c"
#include "../../init/resolver.c"

/* The kernel log is for cells. */
void log_say(const char *format, ...)
{
	(void)format;
}

static void test_text(void **state)
{
	static const struct {
		const char *old, *text;
	} table[] = {
		{ "", "nameserver 10.86.0.1\n" },
		{ "nameserver 9.9.9.9\n", "nameserver 10.86.0.1\nnameserver 9.9.9.9\n" },
		{ "nameserver 127.0.0.53\noptions edns0\nsearch example.org",
		  "nameserver 10.86.0.1\noptions edns0\nsearch example.org\n" },
		{ "nameserver\t ::1\n#nameserver 127.0.0.1\nnameservers 127.1\nnameserver\n",
		  "nameserver 10.86.0.1\n#nameserver 127.0.0.1\nnameservers 127.1\nnameserver\n" },
		{ "\n\nnameserver 127.0.0.1", "nameserver 10.86.0.1\n\n\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char *text = resolver_text("10.86.0.1", table[i].old);

		assert_non_null(text);
		assert_string_equal(text, table[i].text);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
