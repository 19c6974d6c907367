// SPDX-License-Identifier: GPL-2.0-or-later
/* test_user.c - whose a command in a cell is: USER[:GROUP] as this machine knows them */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include "../../cmd/user.h"

static struct execwire_user user;
static struct comb_strings variables;
static struct comb_error err;

static int find(const char *text)
{
	memset(&err, 0, sizeof(err));
	return user_find(text, &user, &variables, &err);
}

static int forget(void **state)
{
	(void)state;
	free(user.groups);
	memset(&user, 0, sizeof(user));
	comb_strings_free(&variables);
	return 0;
}

static void assert_groups_contain(uint32_t gid)
{
	for (uint32_t i = 0; i < user.nr_groups; i++)
		if (user.groups[i] == gid)
			return;
	fail_msg("group %u is missing", gid);
}

static void test_by_name_and_number(void **state)
{
	const struct passwd *account = getpwnam("nobody");
	struct passwd nobody;
	char number[16];

	(void)state;
	assert_non_null(account);
	/* The next look-up overwrites it. */
	nobody = *account;
	assert_int_equal(find("nobody"), 0);
	assert_true(user.given);
	assert_int_equal(user.uid, nobody.pw_uid);
	assert_int_equal(user.gid, nobody.pw_gid);
	assert_groups_contain(nobody.pw_gid);
	assert_int_equal(variables.count, 4);
	assert_string_equal(variables.list[2], "USER=nobody");
	forget(NULL);
	snprintf(number, sizeof(number), "%u", nobody.pw_uid);
	assert_int_equal(find(number), 0);
	assert_int_equal(user.gid, nobody.pw_gid);
	assert_string_equal(variables.list[3], "LOGNAME=nobody");
}

static void test_group(void **state)
{
	const struct group *daemon = getgrnam("daemon");
	gid_t gid;

	(void)state;
	assert_non_null(daemon);
	gid = daemon->gr_gid;
	assert_int_equal(find("nobody:daemon"), 0);
	assert_int_equal(user.gid, gid);
	assert_groups_contain(gid);
	forget(NULL);
	/* Nobody has this number: no account, no groups but the one. */
	assert_int_equal(find("54321:54322"), 0);
	assert_int_equal(user.uid, 54321);
	assert_int_equal(user.gid, 54322);
	assert_int_equal(user.nr_groups, 0);
	assert_int_equal(variables.count, 0);
}

static void test_refused(void **state)
{
	static const char *const bad[] = {
		"", ":", "no-such-user", "54321", "nobody:", "nobody:no-such-group", "-1:0",
		"4294967295:0", "0:4294967295", "99999999999999999999:0", "1x:0", ":0",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(find(bad[i]), -1);
		assert_int_equal(err.status, COMB_USAGE);
		assert_true(err.what[0] && err.hint[0]);
		forget(NULL);
	}
}

static void test_caller(void **state)
{
	int count = getgroups(0, NULL);

	(void)state;
	assert_int_equal(user_of_caller(&user, &err), 0);
	assert_true(user.given);
	assert_int_equal(user.uid, getuid());
	assert_int_equal(user.gid, getgid());
	assert_int_equal(user.nr_groups, count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_by_name_and_number, forget),
		cmocka_unit_test_teardown(test_group, forget),
		cmocka_unit_test_teardown(test_refused, forget),
		cmocka_unit_test_teardown(test_caller, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
