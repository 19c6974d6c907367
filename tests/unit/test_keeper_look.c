// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_keeper_look.c - how often a watcher looks where
 *
 * Not in valgrind, which is too slow for heartbeats.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <x86intrin.h>

#include <eventlog.h>

#include "../../keeper/look.h"
#include "../../keeper/telling.h"
#include "started_cell.h"

#define PANIC	"Kernel panic - not syncing: out of coffee"

static char top[32];
static struct look look;
/* After how many more of COMB_CELL_GET the cell rings. */
static unsigned int rings_after;

/* A cell that beats. */
static int boot_cell(void **state)
{
	(void)state;
	strcpy(top, "/tmp/comb-look-XXXXXX");
	if (!mkdtemp(top) || started_cell("a", COMB_STATE_RUNNING))
		return -1;
	said->heartbeat = 1;
	said->heartbeat_tsc = __rdtsc();
	look = (struct look){ .cell = &cell, .heartbeat_ms = 250 };
	return 0;
}

static int close_cell(void **state)
{
	char command[64];

	(void)state;
	comb_cell_close(&cell);
	snprintf(command, sizeof(command), "rm -rf %s", top);
	return system(command);
}

static enum comb_state looks(enum comb_state told)
{
	struct comb_observation seen;
	struct comb_error err = { 0 };

	assert_int_equal(look_at(&look, told, &seen, &err), 0);
	return seen.state;
}

static void pauses(void **state)
{
	(void)state;
	assert_int_equal(looks(COMB_STATE_BOOTING), COMB_STATE_RUNNING);
	assert_int_equal(look_pause_ms(&look, COMB_STATE_RUNNING), 250);
	assert_int_equal(look_pause_ms(&look, COMB_STATE_PANIC), 10000);
	assert_in_range(look_rest_ms(&look), 0, 10);
	look.heartbeat_ms = 1;
	assert_int_equal(look_pause_ms(&look, COMB_STATE_RUNNING), 25);
	look.heartbeat_ms = 60000;
	assert_int_equal(look_pause_ms(&look, COMB_STATE_RUNNING), LOOK_PERIOD_MAX_MS);
}

static void cell_without_kernel(void **state)
{
	struct comb_observation seen;
	struct comb_error err = { 0 };

	(void)state;
	module.get.flags = 0;
	assert_int_equal(look_at(&look, COMB_STATE_LOADING, &seen, &err), 1);
	fake_fails(COMB_CELL_GET, ENODEV, 1);
	assert_int_equal(look_at(&look, COMB_STATE_LOADING, &seen, &err), -1);
	assert_int_equal(err.status, COMB_NO_CELL);
}

/* However it rings, and whatever it writes: a cell that has ended is not searched again. */
static void end_is_searched_once(void **state)
{
	uint64_t after;

	(void)state;
	memset(cell.memory, 0, SK_SIZE);	/* no VMCOREINFO */
	said->state = COMB_STATE_PANIC;
	assert_int_equal(looks(COMB_STATE_RUNNING), COMB_STATE_PANIC);
	after = cell.log_after_ns;
	assert_true(after != 0);
	for (int i = 0; i < 20; i++)
		assert_int_equal(looks(COMB_STATE_PANIC), COMB_STATE_PANIC);
	said->state = COMB_STATE_RUNNING;
	said->exit = COMB_EXIT_EMERGENCY;
	assert_int_equal(looks(COMB_STATE_PANIC), COMB_STATE_PANIC);
	assert_int_equal(looks(COMB_STATE_STOPPED), COMB_STATE_STOPPED);
	assert_true(cell.log_after_ns == after);
	/* This is what may come of it still. */
	module.get.state = COMB_STATE_LOST;
	assert_int_equal(looks(COMB_STATE_PANIC), COMB_STATE_LOST);
}

static void ring(void)
{
	if (rings_after && !--rings_after)
		module.get.events++;
}

/* It panics right after its mailbox was read, and before the last question to the module. */
static void late_ring_is_not_lost(void **state)
{
	(void)state;
	module.on_get = ring;
	assert_int_equal(looks(COMB_STATE_RUNNING), COMB_STATE_RUNNING);
	assert_false(look.again);
	/* Each look asks twice. */
	rings_after = 2;
	looks(COMB_STATE_RUNNING);
	assert_true(look.again);
	assert_int_equal(look_pause_ms(&look, COMB_STATE_RUNNING), 0);
	looks(COMB_STATE_RUNNING);
	assert_false(look.again);
	/* This one the look has seen. */
	rings_after = 1;
	looks(COMB_STATE_RUNNING);
	assert_false(look.again);
}

/* A watcher was killed before it had told the panic. */
static void last_words_are_told_by_the_next(void **state)
{
	struct told told = {
		.state = COMB_STATE_RUNNING, .pending_state = COMB_STATE_PANIC, .pending_ns = 5,
	};
	struct telling telling = {
		.name = "a", .directory = top, .cell = &cell, .told = &told,
		.acting = { .name = "a", .told = &told, .fd = -1 },
	};
	struct comb_eventlog log;
	const char *line;

	(void)state;
	sk_print(&kernel, 0, 0, 2, PANIC);
	said->state = COMB_STATE_PANIC;
	/* It has not looked at the cell yet. */
	munmap(cell.memory, module.get.memory_bytes);
	cell.memory = NULL;
	telling_resume(&telling);
	comb_eventlog_open(&log, top);
	assert_int_equal(comb_eventlog_next(&log, &line, NULL), 1);
	assert_non_null(strstr(line, "\"event\":\"panic\""));
	assert_non_null(strstr(line, PANIC));
	comb_eventlog_close(&log);
}

int main(void)
{
#define cell_test(test) cmocka_unit_test_setup_teardown(test, boot_cell, close_cell)
	const struct CMUnitTest tests[] = {
		cell_test(pauses),
		cell_test(cell_without_kernel),
		cell_test(end_is_searched_once),
		cell_test(late_ring_is_not_lost),
		cell_test(last_words_are_told_by_the_next),
	};

	return cmocka_run_group_tests_name("keeper_look", tests, NULL, NULL);
}
