// SPDX-License-Identifier: GPL-2.0-or-later
#include "look.h"

#include <poll.h>
#include <string.h>
#include <time.h>

#define NS_PER_MS	1000000ULL
/* However often the cell rings, it is not looked at more often than this. */
#define LOOK_MIN_MS	10
#define PERIOD_MIN_MS	25
/* A cell that is down does not change, unless somebody gives it back: that wakes us. */
#define DOWN_MS		10000
/* Of a cell without agent, RAM is searched at most so often and for so small a part of the time. */
#define SEARCH_MIN_MS	1000
#define SEARCH_SHARE	20
#define SEARCH_LOOK_MS	5

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / NS_PER_MS;
}

bool look_is_final(enum comb_state state)
{
	return state == COMB_STATE_STOPPED || state == COMB_STATE_PANIC ||
	       state == COMB_STATE_LOST;
}

/* Searching the RAM for a log that is not there must not eat a CPU. */
static int observe(struct look *look, struct comb_observation *seen, struct comb_error *err)
{
	uint64_t before = now_ms(), took, rest;

	if (comb_cell_observe(look->cell, seen, err))
		return -1;
	took = now_ms() - before;
	if (took >= SEARCH_LOOK_MS) {
		rest = took * SEARCH_SHARE > SEARCH_MIN_MS ? took * SEARCH_SHARE : SEARCH_MIN_MS;
		look->cell->log_after_ns = (before + took + rest) * NS_PER_MS;
	}
	look->looked_ms = before + took;
	return 0;
}

/* Until it is gone only the module knows more: whatever the cell's RAM says, it has ended. */
static int look_at_ended(struct look *look, enum comb_state told, struct comb_observation *seen,
			 struct comb_error *err)
{
	if (comb_cell_refresh(look->cell, err))
		return -1;
	look->looked_ms = now_ms();
	if (look->cell->get.state == COMB_STATE_LOST)
		return comb_cell_observe(look->cell, seen, err);
	memset(seen, 0, sizeof(*seen));
	seen->state = told;
	return 0;
}

static int period_ms(const struct look *look)
{
	int period = (int)look->heartbeat_ms;

	return period < PERIOD_MIN_MS ? PERIOD_MIN_MS :
	       period > LOOK_PERIOD_MAX_MS ? LOOK_PERIOD_MAX_MS : period;
}

int look_at(struct look *look, enum comb_state told, struct comb_observation *seen,
	    struct comb_error *err)
{
	struct comb_cell *cell = look->cell;
	uint64_t events;

	look->again = false;
	if (look_is_final(told))
		return look_at_ended(look, told, seen, err);
	if (observe(look, seen, err))
		return -1;
	/* If the machine stood still, the cell did, too: let it beat before it is judged. */
	if (seen->state == COMB_STATE_HUNG && told != COMB_STATE_HUNG) {
		poll(NULL, 0, period_ms(look) / 2);
		if (observe(look, seen, err))
			return -1;
	}
	events = cell->get.events;
	/* The cell that is looked at may be gone by now, and its RAM read as zeros. */
	if (comb_cell_refresh(cell, err))
		return -1;
	/* This has taken note of a ring which that look may have come before. */
	look->again = cell->get.events != events;
	return !(cell->get.flags & COMB_CELL_STARTED);
}

int look_pause_ms(const struct look *look, enum comb_state seen)
{
	if (look->again)
		return 0;
	return look_is_final(seen) ? DOWN_MS : period_ms(look);
}

int look_rest_ms(const struct look *look)
{
	uint64_t since = now_ms() - look->looked_ms;

	return since < LOOK_MIN_MS ? (int)(LOOK_MIN_MS - since) : 0;
}
