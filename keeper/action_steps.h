/* SPDX-License-Identifier: GPL-2.0-or-later */
/* action_steps.h - the single steps of an action, each of which tells its own event */
#ifndef KEEPER_ACTION_STEPS_H
#define KEEPER_ACTION_STEPS_H

#include <stdbool.h>
#include <stdint.h>

#include <definition.h>

/**
 * struct action - what has happened, and to whom
 * @name: the cell
 * @what: the case
 * @what_name: "panic", "hung" or "reboot"
 * @reason: the event's
 * @time_ns: the event's
 * @started_ns: when that cell was started; another one of its name is no concern
 * @def: its definition
 */
struct action {
	const char *name;
	enum comb_watch_case what;
	const char *what_name;
	char reason[256];
	uint64_t time_ns;
	uint64_t started_ns;
	struct comb_definition def;
};

/* Append an event; @reason NULL: "after CASE". */
void action_tell(const struct action *action, const char *event, const char *reason,
		 const char *error);

/* Run what is in /etc/comb/notify.d. */
void action_notify(struct action *action);
/* comb dump, into DumpDir=. */
void action_dump(struct action *action);
/* action_restart.c: within the limits, kill the cell and start it again. */
void action_restart(struct action *action);
/* Kill the cell. */
void action_stop(struct action *action);

/*
 * Is the case no more, so that nothing needs to be restarted or stopped? That is told as @event: a
 * hang that is over, or has become a panic, which is a case of its own.
 */
bool action_is_over(const struct action *action, const char *event);

/*
 * comb kill, if the cell is still the one that was started at @started_ns. 1: it is not; -1: @err
 * says why it failed.
 */
int action_kill(const char *name, uint64_t started_ns, struct comb_error *err);

#endif
