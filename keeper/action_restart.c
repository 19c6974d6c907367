// SPDX-License-Identifier: GPL-2.0-or-later
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <restarts.h>

#include "action_steps.h"
#include "bounded.h"
#include "condition.h"
#include "rundir.h"
#include "service.h"

/* comb start gives up on a boot after a minute. */
#define START_S		300
#define BOOT_NS		(60 * 1000000000ULL)
/* Between two starts that fail, whatever RestartSec= is. */
#define RETRY_MIN_MS	1000
#define TEXT_SIZE	200

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
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

/* Wait as the policy says. false: it forbids another restart. @text: what was decided */
static bool may_restart(const struct action *action, const struct comb_restarts *restarts,
			uint64_t least_ms, char text[TEXT_SIZE])
{
	const struct comb_watch *watch = &action->def.watch;
	struct comb_restart decided = comb_restart_decide(watch, restarts, now_ns());

	if (decided.refused) {
		snprintf(text, TEXT_SIZE, "after %s: %u restarts in %u s, it stays down",
			 action->what_name, decided.recent, watch->limit_interval_ms / 1000);
		action_tell(action, "limit", text, NULL);
		return false;
	}
	sleep_ms(decided.delay_ms > least_ms ? decided.delay_ms : least_ms);
	snprintf(text, TEXT_SIZE, "after %s: restart %u, waited %llu ms", action->what_name,
		 restarts->count + 1, (unsigned long long)decided.delay_ms);
	return true;
}

/* Whoever has started or stopped the cell meanwhile has removed the history, or begun another. */
static bool is_cancelled(const struct action *action, const struct comb_restarts *restarts)
{
	struct comb_restarts now;

	if (comb_restarts_load(rundir_top(), action->name, &now) && now.count == restarts->count)
		return false;
	action_tell(action, "restart", NULL, "given up: somebody has started or stopped it");
	return true;
}

/*
 * The start has failed; is there nothing of it that somebody else takes care of? A cell that
 * is up or down has a watcher of its own. One that hangs while it boots is no case of its.
 */
static bool clear_away(const struct action *action)
{
	struct comb_error err = { 0 };
	uint64_t started_ns = 0;
	enum condition condition = condition_of(action->name, &started_ns);

	if (condition == CONDITION_GONE)
		return true;
	if (condition != CONDITION_BOOTING || now_ns() < started_ns + BOOT_NS)
		return false;
	if (action_kill(action->name, started_ns, &err) >= 0)
		return true;
	action_tell(action, "restart", NULL, err.what);
	return false;
}

static int start_once(const struct action *action, const char *unit, struct comb_error *err)
{
	return unit ? service_restart(unit, err) : start_cell(action, err);
}

/* The cell is gone. Until there is one again it is tried, within the limits. */
static void start_until(const struct action *action, const char *unit,
			struct comb_restarts *restarts)
{
	char text[TEXT_SIZE];

	for (;;) {
		struct comb_error err = { 0 };
		bool announced;

		comb_restart_add(restarts, now_ns());
		announced = !comb_restarts_announce(rundir_top(), action->name, restarts, &err);
		if (announced && !start_once(action, unit, &err))
			return;
		action_tell(action, "restart", NULL, err.what);
		/* What was announced must not make the user's start one of these. */
		if (!announced || is_cancelled(action, restarts) ||
		    comb_restarts_keep(rundir_top(), action->name, restarts, &err))
			return;
		if (!clear_away(action) || !may_restart(action, restarts, RETRY_MIN_MS, text) ||
		    is_cancelled(action, restarts))
			return;
	}
}

void action_restart(struct action *action)
{
	char unit[SERVICE_UNIT_MAX], text[TEXT_SIZE];
	struct comb_restarts restarts;
	struct comb_error err = { 0 };
	bool service;

	comb_restarts_load(rundir_top(), action->name, &restarts);
	if (!may_restart(action, &restarts, 0, text))
		return;
	if (condition_of(action->name, &action->started_ns) == CONDITION_GONE ||
	    action_is_over(action, "restart"))
		return;
	/* A disk that is full must be found while the cell is still there to look at. */
	if (comb_restarts_keep(rundir_top(), action->name, &restarts, &err)) {
		action_tell(action, "restart", NULL, err.what);
		return;
	}
	/* Told before, as the end and the start of the cell are told, too. */
	action_tell(action, "restart", text, NULL);
	service = service_is_ours(SERVICE_CGROUPS, action->name, unit);
	switch (action_kill(action->name, action->started_ns, &err)) {
	case 0:
		start_until(action, service ? unit : NULL, &restarts);
		break;
	case -1:
		action_tell(action, "restart", NULL, err.what);
		break;
	}
}
