// SPDX-License-Identifier: GPL-2.0-or-later
/* What a watcher leaves to the next one, and that each action is done once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <eventlog.h>

#include "../../keeper/action.h"
#include "../../keeper/service.h"
#include "../../keeper/told.h"

static char top[32];

static void in_top(char path[128], const char *name)
{
	snprintf(path, 128, "%s/%s", top, name);
}

static void write_text(const char *name, const char *text, mode_t mode)
{
	char path[128];
	FILE *out;

	in_top(path, name);
	out = fopen(path, "w");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
	assert_int_equal(chmod(path, mode), 0);
}

static int set_up(void **state)
{
	char path[128];

	(void)state;
	strcpy(top, "/tmp/comb-keeper-XXXXXX");
	if (!mkdtemp(top) || setenv("COMB_RUN_DIR", top, 1) || setenv("COMB_CONFIG_DIR", top, 1))
		return -1;
	in_top(path, "a");
	return mkdir(path, 0700);
}

static int tear_down(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", top);
	return system(command);
}

/* The file is of one start of one cell. */
static void told_is_kept_for_its_cell(void **state)
{
	struct rundir rundir = { .lock = -1 };
	struct told *told;

	(void)state;
	snprintf(rundir.path, sizeof(rundir.path), "%s/a", top);
	told = told_open(&rundir, 3, 0);
	assert_non_null(told);
	assert_int_equal(told->state, COMB_STATE_LOADING);
	told->started_ns = 100;
	told->state = COMB_STATE_PANIC;
	told->action_ns = 5;
	munmap(told, sizeof(*told));
	/* The lock went with an earlier process; here it is this one's. */
	closefrom(3);
	told = told_open(&rundir, 3, 100);
	assert_int_equal(told->state, COMB_STATE_PANIC);
	assert_int_equal(told->action_ns, 5);
	munmap(told, sizeof(*told));
	closefrom(3);
	told = told_open(&rundir, 3, 200);
	assert_int_equal(told->state, COMB_STATE_LOADING);
	assert_int_equal(told->action_ns, 0);
	munmap(told, sizeof(*told));
	closefrom(3);
}

/* How many events of that kind there are; *@last: the newest one's line */
static unsigned int count_events(const char *event, char last[COMB_EVENTLOG_LINE_MAX])
{
	struct comb_eventlog log;
	unsigned int count = 0;
	const char *line;
	char text[40];

	snprintf(text, sizeof(text), "\"event\":\"%s\"", event);
	comb_eventlog_open(&log, top);
	while (comb_eventlog_next(&log, &line, NULL) > 0) {
		if (!strstr(line, text))
			continue;
		count++;
		snprintf(last, COMB_EVENTLOG_LINE_MAX, "%s", line);
	}
	comb_eventlog_close(&log);
	return count;
}

static void assert_hooks(const char *want)
{
	char path[128], text[1000] = "";
	FILE *in;

	in_top(path, "hooks");
	in = fopen(path, "r");
	assert_non_null(in);
	text[fread(text, 1, sizeof(text) - 1, in)] = '\0';
	fclose(in);
	assert_string_equal(text, want);
}

static void make_hooks(void)
{
	char path[128], script[300];

	in_top(path, "notify.d");
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(script, sizeof(script),
		 "#!/bin/sh\necho \"$COMB_CELL $COMB_EVENT $COMB_REASON\" >>%s/hooks\n", top);
	write_text("notify.d/10-write", script, 0700);
	write_text("notify.d/20-fails", "#!/bin/sh\necho it is broken\nexit 3\n", 0700);
	write_text("notify.d/30-not-executable", script, 0600);
	write_text("notify.d/40-old.bak", script, 0700);
}

/* Told twice to act upon one event, as by a watcher that was killed meanwhile. */
static void each_action_is_done_once(void **state)
{
	char last[COMB_EVENTLOG_LINE_MAX];

	(void)state;
	make_hooks();
	write_text("a/a.cell", "[Watch]\nOnPanic=notify dump\n", 0600);
	setenv("COMB_REASON", "out of coffee", 1);
	assert_int_equal(action_run("a", "panic:1000:77"), 0);
	setenv("COMB_REASON", "out of coffee", 1);
	assert_int_equal(action_run("a", "panic:1000:77"), 0);
	assert_hooks("a panic out of coffee\n");
	assert_int_equal(count_events("notify", last), 1);
	assert_non_null(strstr(last, "\"error\":\"it is broken\""));
	assert_non_null(strstr(last, "after panic: 2 programs"));
	/* There is no comb beside this test: that is said, and the next step done. */
	assert_int_equal(count_events("dump", last), 1);
	assert_null(strstr(last, "\"error\":null"));
	setenv("COMB_REASON", "again", 1);
	assert_int_equal(action_run("a", "panic:2000:77"), 0);
	assert_hooks("a panic out of coffee\na panic again\n");
	/* What is not asked for is not done. */
	write_text("a/a.cell", "[Watch]\nOnPanic=none\n", 0600);
	assert_int_equal(action_run("a", "panic:3000:77"), 0);
	assert_int_equal(count_events("notify", last), 2);
}

/* The journal of one who was killed while its hooks ran. */
static void interrupted_action_is_told(void **state)
{
	struct {
		uint64_t magic, started_ns, time_ns;
		uint32_t begun, done;
	} journal;
	char path[128], last[COMB_EVENTLOG_LINE_MAX];
	int fd;

	(void)state;
	make_hooks();
	write_text("a/a.cell", "[Watch]\nOnHang=notify\n", 0600);
	assert_int_equal(action_run("a", "hung:1000:77"), 0);
	in_top(path, ".a.action");
	fd = open(path, O_RDWR);
	assert_int_equal(pread(fd, &journal, sizeof(journal), 0), sizeof(journal));
	assert_int_equal(journal.done, COMB_WATCH_NOTIFY);
	journal.done = 0;
	assert_int_equal(pwrite(fd, &journal, sizeof(journal), 0), sizeof(journal));
	close(fd);
	assert_int_equal(action_run("a", "hung:1000:77"), 0);
	assert_hooks("a hung \n");
	assert_int_equal(count_events("notify", last), 2);
	assert_non_null(strstr(last, "interrupted"));
}

static void journal_is_there_before(void **state)
{
	struct stat stat_;
	char path[128];

	(void)state;
	action_prepare("a");
	in_top(path, ".a.action");
	assert_int_equal(stat(path, &stat_), 0);
	assert_true(stat_.st_size > 0 && stat_.st_blocks > 0);
}

static void action_needs_no_journal(void **state)
{
	char path[128];

	(void)state;
	make_hooks();
	write_text("a/a.cell", "[Watch]\nOnHang=notify\n", 0600);
	in_top(path, ".a.action");
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(action_run("a", "hung:1000:77"), 0);
	assert_hooks("a hung \n");
}

/* Whose definition is gone with the cell, and another one's in its place. */
static void late_action_does_nothing(void **state)
{
	struct stat stat_;
	char path[128];

	(void)state;
	make_hooks();
	write_text("a.cell", "[Watch]\nOnHang=notify\n", 0600);
	in_top(path, "a");
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(action_run("a", "hung:1000:77"), COMB_NO_CELL);
	assert_int_equal(stat(path, &stat_), -1);
	in_top(path, "hooks");
	assert_int_equal(stat(path, &stat_), -1);
}

static void bad_tasks_are_refused(void **state)
{
	(void)state;
	assert_int_equal(action_run("a", ""), COMB_USAGE);
	assert_int_equal(action_run("a", "panic"), COMB_USAGE);
	assert_int_equal(action_run("a", "flood:1:2"), COMB_USAGE);
}

static void service_is_known_by_its_control_group(void **state)
{
	char path[128], unit[SERVICE_UNIT_MAX];

	(void)state;
	in_top(path, "cgroup");
	assert_false(service_is_ours(path, "a", unit));
	write_text("cgroup", "0::/system.slice/system-comb.slice/comb@a.service\n", 0600);
	assert_true(service_is_ours(path, "a", unit));
	assert_string_equal(unit, "comb@a.service");
	assert_false(service_is_ours(path, "b", unit));
	/* Another cell's name may end alike. */
	write_text("cgroup", "0::/system.slice/xcomb@a.service\n", 0600);
	assert_false(service_is_ours(path, "a", unit));
	write_text("cgroup", "4:memory:/user.slice\n1:name=systemd:/comb@a.service/part\n", 0600);
	assert_true(service_is_ours(path, "a", unit));
	write_text("cgroup", "0::/user.slice/comb@a.serviceable\n", 0600);
	assert_false(service_is_ours(path, "a", unit));
}

int main(void)
{
#define top_test(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		top_test(told_is_kept_for_its_cell),
		top_test(each_action_is_done_once),
		top_test(interrupted_action_is_told),
		top_test(service_is_known_by_its_control_group),
		top_test(journal_is_there_before),
		top_test(action_needs_no_journal),
		top_test(late_action_does_nothing),
		top_test(bad_tasks_are_refused),
	};

	return cmocka_run_group_tests_name("keeper_watcher", tests, NULL, NULL);
}
