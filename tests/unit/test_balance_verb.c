// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_balance_verb.c - comb balance where there is no cell: configuration, lock, its end
 *
 * Slow in valgrind.
 */
#include <json-c/json.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run_comb.h"

#define QUICK	"[Balance]\nIntervalSec=100ms\nLooks=2\n"

static int needs_root(void)
{
	if (geteuid())
		return -1;
	write_text("comb.conf", QUICK);
	return 0;
}

static void test_once(void **state)
{
	struct json_object *object, *member;

	(void)state;
	if (needs_root())
		skip();
	assert_int_equal(COMB("balance", "--once"), 0);
	assert_string_equal(said_out, "");
	assert_string_equal(said_err, "");
	assert_int_equal(COMB("balance", "--once", "--dry-run"), 0);
	assert_string_equal(said_out, "");
	/* Told once, not with each look. */
	assert_string_equal(said_err, "nothing moves: no cell is overloaded\n");
	assert_int_equal(COMB("--json", "balance", "--once"), 0);
	object = json_tokener_parse(said_out);
	assert_true(json_object_object_get_ex(object, "moves", &member));
	assert_int_equal(json_object_array_length(member), 0);
	assert_true(json_object_object_get_ex(object, "reason", &member));
	assert_string_equal(json_object_get_string(member), "no cell is overloaded");
	json_object_put(object);
}

static void test_refused(void **state)
{
	(void)state;
	if (needs_root())
		skip();
	write_text("comb.conf", "[Balance]\n\nRestSecs=5\n");
	assert_int_equal(COMB("balance", "--once"), 2);
	assert_non_null(strstr(said_err, "/comb.conf:3: \"RestSecs\" is no key of [Balance]\n"
			       "try: IntervalSec="));
	write_text("comb.conf", "[Balance]\nPressure=10\n");
	assert_int_equal(COMB("balance", "--once"), 2);
	assert_non_null(strstr(said_err, "IdlePressure=10% is not below Pressure=10%\ntry: "));
	assert_int_equal(COMB("balance", "web"), 2);
	assert_int_equal(COMB("balance", "--twice"), 2);
}

/* Whose PID is in the lock file. */
static pid_t lock_owner(void)
{
	static char text[SAID_MAX];

	read_back("._balance.lock", text);
	return atoi(text);
}

/* It goes on until a signal comes; meanwhile no other one may move jobs. */
static void test_service(void **state)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP };
	char path[PATH_MAX];

	(void)state;
	if (needs_root())
		skip();
	comb_path(path, sizeof(path));
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		pid_t pid = fork();
		int status = 0;

		if (pid == 0) {
			execl(path, "comb", "balance", NULL);
			_exit(98);
		}
		while (lock_owner() != pid)
			usleep(10000);
		assert_int_equal(COMB("balance", "--once"), 4);
		assert_non_null(strstr(said_err, "comb: another comb is balancing (PID "));
		/* Who only looks is in nobody's way. */
		assert_int_equal(COMB("balance", "--once", "--dry-run"), 0);
		kill(pid, signals[i]);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
		assert_int_equal(COMB("balance", "--once"), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_service),
	};

	return cmocka_run_group_tests(tests, make_comb_scratch, remove_scratch);
}
