// SPDX-License-Identifier: GPL-2.0-or-later
/* Decisions of [Watch], the history of restarts, and the log of events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "eventlog.h"
#include "restarts.h"
#include "watch.h"

#define S	1000000000ULL

static char dir[32];

static int set_up(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/comb-watch-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

/* ---- decisions ---- */

static void hung_after_two_periods_at_least(void **state)
{
	(void)state;
	assert_int_equal(comb_hung_ms(0, 250), 1000);
	assert_int_equal(comb_hung_ms(1000, 250), 1000);
	assert_int_equal(comb_hung_ms(300, 250), 500);
	assert_int_equal(comb_hung_ms(0, 60000), 120000);
}

static void delay_grows(void **state)
{
	struct comb_watch watch = {
		.restart_ms = 1000, .restart_steps = 3, .restart_max_ms = 8000,
	};
	struct comb_restarts restarts = { 0 };
	static const unsigned int want[] = { 1000, 2000, 4000, 8000, 8000 };

	(void)state;
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		struct comb_restart decided = comb_restart_decide(&watch, &restarts, 100 * S);

		assert_false(decided.refused);
		/* Of a power a millisecond may be missing. */
		assert_in_range(decided.delay_ms, want[i] - 1, want[i]);
		comb_restart_add(&restarts, 100 * S);
	}
	watch.restart_max_ms = 0;
	assert_int_equal(comb_restart_decide(&watch, &restarts, 100 * S).delay_ms, 1000);
	watch.restart_max_ms = 500;
	assert_int_equal(comb_restart_decide(&watch, &restarts, 100 * S).delay_ms, 1000);
}

static void limit_counts_the_interval(void **state)
{
	struct comb_watch watch = { .limit_burst = 2, .limit_interval_ms = 10000 };
	struct comb_restarts restarts = { 0 };

	(void)state;
	assert_false(comb_restart_decide(&watch, &restarts, 100 * S).refused);
	comb_restart_add(&restarts, 100 * S);
	assert_false(comb_restart_decide(&watch, &restarts, 101 * S).refused);
	comb_restart_add(&restarts, 101 * S);
	assert_true(comb_restart_decide(&watch, &restarts, 109 * S).refused);
	assert_int_equal(comb_restart_decide(&watch, &restarts, 109 * S).recent, 2);
	assert_false(comb_restart_decide(&watch, &restarts, 110 * S).refused);
	watch.limit_burst = 0;
	assert_false(comb_restart_decide(&watch, &restarts, 102 * S).refused);
	watch.limit_burst = 2;
	watch.limit_interval_ms = 0;
	assert_false(comb_restart_decide(&watch, &restarts, 102 * S).refused);
}

static void history_is_bounded(void **state)
{
	struct comb_restarts restarts = { 0 };

	(void)state;
	for (unsigned int i = 0; i < 1000; i++)
		comb_restart_add(&restarts, i);
	assert_int_equal(restarts.count, 1000);
	assert_int_equal(restarts.nr_at, COMB_RESTARTS_MAX);
	assert_int_equal(restarts.at_ns[0], 1000 - COMB_RESTARTS_MAX);
	assert_int_equal(restarts.at_ns[COMB_RESTARTS_MAX - 1], 999);
}

static void history_outlives_announced_starts_only(void **state)
{
	struct comb_restarts restarts = { 0 }, again;
	struct comb_error err = { 0 };

	(void)state;
	assert_false(comb_restarts_load(dir, "web", &again));
	assert_int_equal(again.count, 0);
	comb_restart_add(&restarts, 5 * S);
	comb_restart_add(&restarts, 7 * S);
	assert_int_equal(comb_restarts_announce(dir, "web", &restarts, &err), 0);
	comb_restarts_begin(dir, "web");
	assert_true(comb_restarts_load(dir, "web", &again));
	assert_int_equal(again.count, 2);
	assert_int_equal(again.nr_at, 2);
	assert_true(again.at_ns[1] == 7 * S);
	/* This one nobody has announced: it is the user's. */
	comb_restarts_begin(dir, "web");
	assert_false(comb_restarts_load(dir, "web", &again));
	assert_int_equal(again.count, 0);
	/* An announced start has failed before it came that far. */
	assert_int_equal(comb_restarts_announce(dir, "web", &restarts, &err), 0);
	assert_int_equal(comb_restarts_keep(dir, "web", &restarts, &err), 0);
	assert_true(comb_restarts_load(dir, "web", &again));
	assert_int_equal(again.count, 2);
	comb_restarts_begin(dir, "web");
	assert_false(comb_restarts_load(dir, "web", &again));
}

static void histories_are_forgotten(void **state)
{
	struct comb_restarts restarts = { .count = 3 };
	struct comb_error err = { 0 };
	char path[64];

	(void)state;
	assert_int_equal(comb_restarts_keep(dir, "web", &restarts, &err), 0);
	assert_int_equal(comb_restarts_keep(dir, "db", &restarts, &err), 0);
	comb_restarts_forget(dir, "web");
	assert_false(comb_restarts_load(dir, "web", &restarts));
	assert_true(comb_restarts_load(dir, "db", &restarts));
	assert_int_equal(restarts.count, 3);
	snprintf(path, sizeof(path), "%s/.db.action", dir);
	fclose(fopen(path, "w"));
	comb_restarts_forget(dir, "db");
	assert_int_equal(access(path, F_OK), 0);
	comb_restarts_purge(dir, "db");
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(comb_restarts_keep(dir, "db", &restarts, &err), 0);
	comb_restarts_forget_all(dir);
	assert_false(comb_restarts_load(dir, "db", &restarts));
	comb_restarts_forget_all("/nowhere");
}

/* ---- events ---- */

/* What makes lines long enough to fill files with. */
static char filler[380];

static void append(const char *cell, const char *event, uint64_t time_ns)
{
	struct comb_event told = {
		.cell = cell, .event = event, .time_ns = time_ns, .detected_ns = UINT64_MAX,
		.reason = "because of \"this\"\033[31m", .error = filler,
	};
	struct comb_error err = { 0 };

	if (comb_eventlog_append(dir, &told, &err))
		fail_msg("%s", err.what);
}

static void text_is_printable_json(void **state)
{
	struct comb_strings lines = { 0 };
	struct comb_event told = {
		.cell = "web", .event = "panic", .reason = NULL, .detected_ns = 1234,
		.log = &lines,
	};
	struct json_object *event, *member;
	struct comb_eventlog log;
	struct comb_error err = { 0 };
	const char *line;

	(void)state;
	for (int i = 0; i < 30; i++)
		assert_int_equal(comb_strings_add(&lines, i == 29 ? "\"\n\377" : "\\\\\\"), 0);
	assert_int_equal(comb_eventlog_append(dir, &told, &err), 0);
	append("web", "stopped", 77);
	comb_eventlog_open(&log, dir);
	assert_int_equal(comb_eventlog_next(&log, &line, &err), 1);
	event = json_tokener_parse(line);
	assert_non_null(event);
	assert_true(json_object_object_get_ex(event, "version", &member));
	assert_int_equal(json_object_get_int(member), 1);
	assert_true(json_object_object_get_ex(event, "reason", &member));
	assert_null(member);
	assert_true(json_object_object_get_ex(event, "detected_ns", &member));
	assert_int_equal(json_object_get_int(member), 1234);
	assert_true(json_object_object_get_ex(event, "log", &member));
	assert_int_equal(json_object_array_length(member), 12);
	assert_string_equal(json_object_get_string(json_object_array_get_idx(member, 11)), "\"??");
	json_object_put(event);
	assert_int_equal(comb_eventlog_next(&log, &line, &err), 1);
	assert_null(strchr(line, '\033'));
	assert_non_null(strstr(line, "because of \\\"this\\\"?[31m"));
	assert_int_equal(comb_eventlog_next(&log, &line, &err), 0);
	comb_eventlog_close(&log);
	comb_strings_free(&lines);
	assert_true(comb_eventlog_has(dir, "web", 77));
	assert_false(comb_eventlog_has(dir, "web", 78));
	assert_false(comb_eventlog_has(dir, "we", 77));
}

#define WRITERS	4
#define EACH	1000	/* together they fill one file and most of a second */

static void write_many(int writer)
{
	char cell[16];

	snprintf(cell, sizeof(cell), "w%d", writer);
	for (unsigned int i = 1; i <= EACH; i++)
		append(cell, "running", i);
	_exit(0);
}

/* Which writer's line it is, checked to be its next one. */
static void take_in_order(const char *line, unsigned int *seen)
{
	unsigned int writer, number;

	if (sscanf(line, "{\"version\":1,\"time_ns\":%u,\"cell\":\"w%u\"", &number, &writer) != 2)
		fail_msg("torn: %s", line);
	assert_in_range(writer, 0, WRITERS - 1);
	assert_int_equal(number, seen[writer] + 1);
	seen[writer] = number;
}

static void followers_survive_rotation(void **state)
{
	unsigned int seen[WRITERS] = { 0 }, all = 0;
	struct comb_error err = { 0 };
	struct comb_eventlog log;
	const char *line;
	char path[64];
	struct stat stat_;
	int more, status;

	(void)state;
	memset(filler, 'x', sizeof(filler) - 1);
	comb_eventlog_open(&log, dir);
	for (int i = 0; i < WRITERS; i++)
		if (!fork())
			write_many(i);
	while (all < WRITERS * EACH) {
		more = comb_eventlog_next(&log, &line, &err);
		assert_true(more >= 0);
		if (!more) {
			usleep(1000);
			continue;
		}
		take_in_order(line, seen);
		all++;
	}
	for (int i = 0; i < WRITERS; i++) {
		wait(&status);
		assert_int_equal(status, 0);
	}
	assert_int_equal(comb_eventlog_next(&log, &line, &err), 0);
	comb_eventlog_close(&log);
	/* Two files at most, and neither beyond its size. */
	snprintf(path, sizeof(path), "%s/events.1", dir);
	assert_int_equal(stat(path, &stat_), 0);
	assert_in_range(stat_.st_size, COMB_EVENTLOG_MAX - 1000, COMB_EVENTLOG_MAX);
	snprintf(path, sizeof(path), "%s/events", dir);
	assert_int_equal(stat(path, &stat_), 0);
	assert_true(stat_.st_size <= COMB_EVENTLOG_MAX);
}

int main(void)
{
#define dir_test(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hung_after_two_periods_at_least),
		cmocka_unit_test(delay_grows),
		cmocka_unit_test(limit_counts_the_interval),
		cmocka_unit_test(history_is_bounded),
		dir_test(history_outlives_announced_starts_only),
		dir_test(histories_are_forgotten),
		dir_test(text_is_printable_json),
		dir_test(followers_survive_rotation),
	};

	return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
