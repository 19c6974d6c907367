// SPDX-License-Identifier: GPL-2.0-or-later
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <device.h>	/* of the library: the cell file */
#include <observe.h>
#include <restarts.h>

#include "action_steps.h"
#include "bounded.h"
#include "rundir.h"
#include "service.h"

/* comb start gives up on a boot after a minute. */
#define START_S		300
#define TEXT_SIZE	200

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

enum condition {
	GONE,		/* somebody has given it back, or started it anew */
	DOWN,
	ALIVE,		/* it beats again */
	UNKNOWN,
};

static enum condition cell_condition(const struct action *action)
{
	struct comb_observation seen = { .state = COMB_STATE_LOST };
	struct comb_error err = { 0 };
	struct comb_cell cell;
	enum condition condition = UNKNOWN;
	int device = comb_device_open(false, &err);

	if (device < 0)
		return UNKNOWN;
	if (comb_cell_open(device, action->name, &cell, &err)) {
		condition = err.status == COMB_NO_CELL ? GONE : UNKNOWN;
	} else {
		if (cell.get.started_ns != action->started_ns)
			condition = GONE;
		else if (!comb_cell_observe(&cell, &seen, &err))
			condition = seen.state == COMB_STATE_RUNNING ? ALIVE : DOWN;
		comb_cell_close(&cell);
	}
	close(device);
	return condition;
}

/* Is there a cell of this name, whoever has started it? */
static bool cell_exists(const char *name)
{
	struct comb_error ignored = { 0 };
	int device = comb_device_open(false, &ignored);
	struct comb_cell cell;
	bool exists;

	if (device < 0)
		return false;
	exists = !comb_cell_open(device, name, &cell, &ignored);
	if (exists)
		comb_cell_close(&cell);
	close(device);
	return exists;
}

static void sleep_ms(uint64_t ms)
{
	uint64_t end = now_ns() / 1000000 + ms, now;

	while ((now = now_ns() / 1000000) < end)
		poll(NULL, 0, end - now > INT_MAX ? INT_MAX : (int)(end - now));
}

static int start_cell(const struct action *action, struct comb_error *err)
{
	char comb[PATH_MAX];
	char *argv[] = { comb, "-q", "start", (char *)action->name, NULL };

	if (!bounded_find_comb(comb, sizeof(comb)))
		return comb_fail(err, COMB_UNSUITABLE, "comb is missing");
	return bounded_run(argv, environ, START_S, err);
}

/* Announced first, or the start would count as the user's. */
static int start_again(const struct action *action, const char *unit, struct comb_restarts *restarts,
		       struct comb_error *err)
{
	comb_restart_add(restarts, now_ns());
	if (comb_restarts_announce(rundir_top(), action->name, restarts, err))
		return -1;
	return unit ? service_restart(unit, err) : start_cell(action, err);
}

/* Wait as the policy says. false: it forbids another restart. @text: what was decided */
static bool may_restart(const struct action *action, struct comb_restarts *restarts,
			char text[TEXT_SIZE])
{
	const struct comb_watch *watch = &action->def.watch;
	struct comb_restart decided;

	comb_restarts_load(rundir_top(), action->name, restarts);
	decided = comb_restart_decide(watch, restarts, now_ns());
	if (decided.refused) {
		snprintf(text, TEXT_SIZE, "after %s: %u restarts in %u s, it stays down",
			 action->what_name, decided.recent, watch->limit_interval_ms / 1000);
		action_tell(action, "limit", text, NULL);
		return false;
	}
	sleep_ms(decided.delay_ms);
	snprintf(text, TEXT_SIZE, "after %s: restart %u, waited %llu ms", action->what_name,
		 restarts->count + 1, (unsigned long long)decided.delay_ms);
	return true;
}

/* The cell is gone. As long as it cannot even be made it is tried again, within the limits. */
static void start_until(const struct action *action, const char *unit,
			struct comb_restarts *restarts)
{
	char text[TEXT_SIZE];

	for (;;) {
		struct comb_error err = { 0 };

		if (!start_again(action, unit, restarts, &err))
			return;
		action_tell(action, "restart", NULL, err.what);
		/* One that is there, up or down, has a watcher of its own. */
		if (cell_exists(action->name) || !may_restart(action, restarts, text))
			return;
	}
}

void action_restart(struct action *action)
{
	struct comb_restarts restarts;
	struct comb_error err = { 0 };
	enum condition condition;
	char unit[SERVICE_UNIT_MAX], text[TEXT_SIZE];
	bool service;

	if (!may_restart(action, &restarts, text))
		return;
	condition = cell_condition(action);
	if (condition == GONE)
		return;
	if (condition == ALIVE && action->what == COMB_WATCH_HANG) {
		action_tell(action, "restart", NULL, "not done: it has recovered");
		return;
	}
	/* Told before, as the end and the start of the cell are told, too. */
	action_tell(action, "restart", text, NULL);
	service = service_is_ours(SERVICE_CGROUPS, action->name, unit);
	switch (action_kill(action, &err)) {
	case 0:
		start_until(action, service ? unit : NULL, &restarts);
		break;
	case -1:
		action_tell(action, "restart", NULL, err.what);
		break;
	}
}
