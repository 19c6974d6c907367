// SPDX-License-Identifier: GPL-2.0-or-later
#include "telling.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <eventlog.h>
#include <lastwords.h>

#include "device.h"
#include "look.h"

/* No honest cell has more to tell in a minute. */
#define FLOOD_MS	60000
#define FLOOD_EVENTS	30

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

const char *telling_event(enum comb_state told, enum comb_state seen)
{
	if (told == seen)
		return NULL;
	switch (seen) {
	case COMB_STATE_LOADING:
	case COMB_STATE_BOOTING:
		return NULL;
	case COMB_STATE_RUNNING:
		return told == COMB_STATE_HUNG ? "recovered" : "running";
	default:
		return comb_state_name(seen);
	}
}

enum comb_watch_case telling_case(enum comb_state state, const char *health)
{
	if (state == COMB_STATE_PANIC)
		return COMB_WATCH_PANIC;
	if (state == COMB_STATE_HUNG)
		return COMB_WATCH_HANG;
	if (state == COMB_STATE_STOPPED && !strcmp(health, "reboot"))
		return COMB_WATCH_REBOOT;
	return COMB_WATCH_CASES;
}

static void append(struct telling *telling, const struct comb_event *event)
{
	struct comb_error err = { 0 };

	if (comb_eventlog_append(telling->directory, event, &err))
		keeper_log(NULL, "%s", err.what);
}

/* A cell may change as fast as it likes; what is told of it is bounded. It ends only once. */
static bool flood_admits(struct telling *telling)
{
	struct comb_event event = {
		.cell = telling->name, .event = "keeper", .detected_ns = UINT64_MAX,
		.reason = "its state changes too often: events are left out for a minute",
	};
	uint64_t now = now_ms();

	if (now - telling->flood_ms >= FLOOD_MS) {
		telling->flood_ms = now;
		telling->flood = 0;
	}
	if (telling->flood < FLOOD_EVENTS) {
		telling->flood++;
		return true;
	}
	if (telling->flood == FLOOD_EVENTS) {
		telling->flood++;
		keeper_log(NULL, "%s", event.reason);
		append(telling, &event);
	}
	return false;
}

/*
 * The event has been appended. What it asks for is due, now or for the next watcher; what
 * was due before it is out of date.
 */
static void tell_end(struct telling *telling)
{
	struct told *told = telling->told;

	told->state = told->pending_state;
	told->due_case_plus_1 = told->pending_case_plus_1;
	told->due_ns = told->pending_case_plus_1 ? told->pending_ns : 0;
	__atomic_store_n(&told->pending_ns, 0, __ATOMIC_RELEASE);
}

static void tell_pending(struct telling *telling)
{
	const struct told *told = telling->told;
	struct comb_strings lines = { 0 };
	struct comb_event event = {
		.time_ns = told->pending_ns,
		.cell = telling->name,
		.event = telling_event(told->state, told->pending_state),
		.reason = told->reason[0] ? told->reason : NULL,
		.detected_ns = told->detected_ns,
		.log = &lines,
	};

	if (told->pending_state == COMB_STATE_PANIC || told->pending_state == COMB_STATE_HUNG ||
	    told->pending_state == COMB_STATE_LOST)
		comb_cell_last_words(telling->cell, &lines);
	if (event.event)
		append(telling, &event);
	comb_strings_free(&lines);
	tell_end(telling);
}

static void tell_change(struct telling *telling, const struct comb_observation *seen)
{
	enum comb_watch_case what = telling_case(seen->state, seen->health);
	struct told *told = telling->told;
	bool wanted = what < COMB_WATCH_CASES && telling->watch->actions[what];

	snprintf(told->reason, sizeof(told->reason), "%s", seen->reason);
	told->detected_ns = seen->silent_ns;
	told->pending_state = seen->state;
	told->pending_case_plus_1 = wanted ? what + 1 : 0;
	/* From here on the next watcher would finish it. */
	__atomic_store_n(&told->pending_ns, comb_eventlog_now(), __ATOMIC_RELEASE);
	tell_pending(telling);
}

void telling_take(struct telling *telling, const struct comb_observation *seen)
{
	struct told *told = telling->told;

	if (!telling_event(told->state, seen->state))
		told->state = seen->state;
	else if (look_is_final(seen->state) || flood_admits(telling))
		tell_change(telling, seen);
	acting_go_on(&telling->acting);
}

void telling_resume(struct telling *telling)
{
	struct told *told = telling->told;
	struct comb_observation ignored;
	struct comb_error err = { 0 };

	told->reason[sizeof(told->reason) - 1] = '\0';
	if (told->pending_ns &&
	    comb_eventlog_has(telling->directory, telling->name, told->pending_ns)) {
		tell_end(telling);
	} else if (told->pending_ns) {
		/* For its last words. A cell that has none is told all the same. */
		comb_cell_observe(telling->cell, &ignored, &err);
		tell_pending(telling);
	}
	acting_go_on(&telling->acting);
}
