// SPDX-License-Identifier: GPL-2.0-or-later
/* test_patience.c - when a cell is not waited for any more; cells and clock are this test's */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../cmd/agent.h"
#include "../../cmd/patience.h"

#define SECOND	1000000000ULL

static enum comb_state cell_state;
static uint64_t now_ns;

uint64_t cli_now_ns(void)
{
	return now_ns;
}

int cells_observe(struct comb_cell *cell, struct comb_observation *seen, struct comb_error *err)
{
	(void)cell;
	(void)err;
	seen->state = cell_state;
	return 0;
}

bool cells_is_down(enum comb_state state)
{
	return state == COMB_STATE_PANIC;
}

int agent_refuse_down(const struct comb_cell *cell, const struct comb_observation *seen,
		      struct comb_error *err)
{
	(void)cell;
	(void)seen;
	return comb_fail(err, COMB_NO_CELL, "down");
}

int agent_refuse_hung(const char *name, struct comb_error *err)
{
	(void)name;
	return comb_fail(err, COMB_FAILED, "hangs");
}

/* Has it ended in @state, at @second? Then @why says why. */
static bool ends(struct patience *patience, enum comb_state state, unsigned int second,
		 const char *why)
{
	struct comb_error err = { 0 };
	bool ended;

	cell_state = state;
	now_ns = (second + 1) * SECOND;
	ended = patience_ends(patience, &err);
	assert_string_equal(err.what, why);
	return ended;
}

static void test_down(void **state)
{
	struct comb_cell cell;
	struct patience patience = { .cell = &cell };

	(void)state;
	assert_false(ends(&patience, COMB_STATE_RUNNING, 0, ""));
	assert_true(ends(&patience, COMB_STATE_PANIC, 0, "down"));
	patience.endless = true;
	assert_true(ends(&patience, COMB_STATE_PANIC, 0, "down"));
}

/* A heartbeat that is late now and then is no hang. */
static void test_hung(void **state)
{
	struct comb_cell cell;
	struct patience patience = { .cell = &cell };

	(void)state;
	assert_false(ends(&patience, COMB_STATE_HUNG, 0, ""));
	assert_false(ends(&patience, COMB_STATE_HUNG, PATIENCE_HUNG_S - 1, ""));
	assert_false(ends(&patience, COMB_STATE_RUNNING, PATIENCE_HUNG_S, ""));
	assert_false(ends(&patience, COMB_STATE_HUNG, PATIENCE_HUNG_S + 1, ""));
	assert_false(ends(&patience, COMB_STATE_HUNG, 2 * PATIENCE_HUNG_S, ""));
	assert_true(ends(&patience, COMB_STATE_HUNG, 2 * PATIENCE_HUNG_S + 1, "hangs"));
}

static void test_endless(void **state)
{
	struct comb_cell cell;
	struct patience patience = { .cell = &cell, .endless = true };

	(void)state;
	assert_false(ends(&patience, COMB_STATE_HUNG, 0, ""));
	assert_false(ends(&patience, COMB_STATE_HUNG, 100 * PATIENCE_HUNG_S, ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_down),
		cmocka_unit_test(test_hung),
		cmocka_unit_test(test_endless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
