// SPDX-License-Identifier: GPL-2.0-or-later
/* test_private.c - what each cell of a cluster has of its own, and its machine-id */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "definition_assert.h"
#include "private.h"

#define HOST_ID	"0123456789abcdef0123456789abcdef"

static struct comb_error err;

static char *text_of(const char *root, const char *net, const char *own, bool lasts)
{
	struct comb_definition def;
	struct comb_privates parts;
	char *text;

	comb_definition_init(&def, "web-1");
	assert_int_equal(comb_definition_set(&def, COMB_KEY_CLUSTER, "web", "test", 1, &err), 0);
	assert_int_equal(comb_definition_set(&def, COMB_KEY_ROOT, root, "test", 2, &err), 0);
	assert_int_equal(comb_definition_set(&def, COMB_KEY_NET, net, "test", 3, &err), 0);
	assert_int_equal(comb_definition_set(&def, COMB_KEY_PRIVATE, own, "test", 4, &err), 0);
	assert_int_equal(comb_privates_list(&def, HOST_ID "\n", lasts, &parts, &err), 0);
	text = comb_privates_text(&parts);
	assert_non_null(text);
	comb_privates_free(&parts);
	comb_definition_free(&def);
	return text;
}

/* /var/lib/comb is the last: what is kept lies below the root's. */
static void parts_of_a_directory(void **state)
{
	char *text = text_of("/", "private", "/var/spool/job", true);

	(void)state;
	assert_string_equal(text,
		"file /etc/machine-id 65de6010aaa95bc6bd46a6c8d169fc82\n"
		"file /etc/hostname web-1\n"
		"resolver /etc/resolv.conf\n"
		"ram /tmp\n"
		"kept /var/spool/job /var/lib/comb/private/web-1/var/spool/job\n"
		"kept /var/tmp /var/lib/comb/private/web-1/var/tmp\n"
		"kept /var/lib/comb /var/lib/comb/private/web-1/var/lib/comb\n");
	free(text);
	text = text_of("/", "none", "", true);
	assert_null(strstr(text, "resolver"));
	free(text);
}

/* What is started once leaves nothing in the root. */
static void parts_of_one_run(void **state)
{
	char *text = text_of("/", "none", "/var/spool/job", false);

	(void)state;
	assert_non_null(strstr(text, "ram /tmp\nram /var/spool/job\nram /var/tmp\nram /var/lib/comb\n"));
	assert_null(strstr(text, "kept"));
	free(text);
}

/* Nothing lasts there, /run and /tmp are the cell's in any case. */
static void parts_over_the_host(void **state)
{
	char *text = text_of("host", "private", "/var/spool/job", true);

	(void)state;
	assert_string_equal(text,
		"file /etc/machine-id 65de6010aaa95bc6bd46a6c8d169fc82\n"
		"file /etc/hostname web-1\n"
		"ram /var/spool/job\n"
		"ram /var/tmp\n"
		"ram /var/lib/comb\n");
	free(text);
}

/* UUID version 5, as any other program computes it. */
static void machine_ids(void **state)
{
	char one[COMB_MACHINE_ID_SIZE], two[COMB_MACHINE_ID_SIZE];

	(void)state;
	assert_int_equal(comb_machine_id(one, HOST_ID, "web", "web-1", &err), 0);
	assert_string_equal(one, "65de6010aaa95bc6bd46a6c8d169fc82");
	assert_int_equal(comb_machine_id(two, HOST_ID "\n", "web", "web-2", &err), 0);
	assert_string_equal(two, "2ee9e5c210ad58d1b9cbf2e3aa6b2f80");
	assert_int_equal(comb_machine_id(two, "1123456789abcdef0123456789abcdef", "web", "web-1",
					 &err), 0);
	assert_string_not_equal(one, two);
	/* The same cell of another cluster is another machine. */
	assert_int_equal(comb_machine_id(two, HOST_ID, "db", "web-1", &err), 0);
	assert_string_not_equal(one, two);
}

static void no_machine_id(void **state)
{
	static const char *const bad[] = {
		"", "\n", "uninitialized\n", "0123456789abcdef0123456789abcde", HOST_ID "0",
		"0123456789ABCDEF0123456789abcdef", "00000000000000000000000000000000",
	};
	char id[COMB_MACHINE_ID_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(comb_machine_id(id, bad[i], "web", "web-1", &err), -1);
		assert_int_equal(err.status, COMB_UNSUITABLE);
		assert_string_equal(err.hint, "systemd-machine-id-setup");
	}
}

static void bad_directories(void **state)
{
	static const char *const bad[] = {
		"/", "/etc", "/tmp", "/run", "/var/lib/comb", "/var", "var/spool", "/a/", "//a", "/a//b",
		"/a/./b", "/a/../b", "/..", "/.", "/a/..", "/a/.", "/a b", "/a\tb",
	};
	static const char *const good[] = { "/a", "/.a", "/a..b/c", "/var/lib/comb2" };
	struct comb_definition def;

	(void)state;
	comb_definition_init(&def, "web-1");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(comb_definition_set(&def, COMB_KEY_PRIVATE, bad[i], "test", 1, &err),
				 -1);
		assert_int_equal(err.status, COMB_USAGE);
		assert_value(&def, COMB_KEY_PRIVATE, NULL);
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(comb_definition_set(&def, COMB_KEY_PRIVATE, good[i], "test", 1,
						     &err), 0);
	assert_int_equal(def.privates.count, sizeof(good) / sizeof(good[0]));
	comb_definition_free(&def);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_of_a_directory),
		cmocka_unit_test(parts_of_one_run),
		cmocka_unit_test(parts_over_the_host),
		cmocka_unit_test(machine_ids),
		cmocka_unit_test(no_machine_id),
		cmocka_unit_test(bad_directories),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
