// SPDX-License-Identifier: GPL-2.0-or-later
/* definition_watch.c - the keys of [Watch] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "definition_value.h"

#define DAY_MS		86400000u
#define STEPS_MAX	1000

static const struct {
	const char *name;
	enum comb_watch_action action;
} actions[] = {
	{ "notify", COMB_WATCH_NOTIFY }, { "dump", COMB_WATCH_DUMP },
	{ "restart", COMB_WATCH_RESTART }, { "stop", COMB_WATCH_STOP },
};

#define NR_ACTIONS	(sizeof(actions) / sizeof(actions[0]))

static enum comb_watch_case case_of(enum comb_key_id id)
{
	return id == COMB_KEY_ON_PANIC ? COMB_WATCH_PANIC :
	       id == COMB_KEY_ON_HANG ? COMB_WATCH_HANG : COMB_WATCH_REBOOT;
}

void comb_watch_reset(struct comb_watch *watch, enum comb_key_id id)
{
	switch (id) {
	case COMB_KEY_HUNG:
		watch->hung_ms = COMB_HUNG_MS;
		break;
	case COMB_KEY_ON_PANIC:
	case COMB_KEY_ON_HANG:
		watch->actions[case_of(id)] = COMB_WATCH_NOTIFY;
		break;
	case COMB_KEY_ON_REBOOT:
		watch->actions[COMB_WATCH_REBOOT] = 0;
		break;
	case COMB_KEY_DUMP_DIR:
		free(watch->dump_dir);
		watch->dump_dir = NULL;
		break;
	case COMB_KEY_RESTART_SEC:
		watch->restart_ms = COMB_RESTART_MS;
		break;
	case COMB_KEY_RESTART_STEPS:
		watch->restart_steps = 0;
		break;
	case COMB_KEY_RESTART_MAX:
		watch->restart_max_ms = 0;
		break;
	case COMB_KEY_LIMIT_BURST:
		watch->limit_burst = COMB_LIMIT_BURST;
		break;
	case COMB_KEY_LIMIT_INTERVAL:
		watch->limit_interval_ms = COMB_LIMIT_INTERVAL_MS;
		break;
	default:
		break;
	}
}

static int action_find(const char *word, unsigned int *taken, struct comb_error *err)
{
	for (size_t i = 0; i < NR_ACTIONS; i++) {
		if (strcmp(word, actions[i].name))
			continue;
		*taken |= actions[i].action;
		return 0;
	}
	comb_fail(err, COMB_USAGE, "\"%.40s\" is nothing that can be done about a cell", word);
	return comb_hint(err, "any of notify, dump, restart, stop; or none");
}

static int actions_set(unsigned int *value, const char *text, struct comb_error *err)
{
	char *words = strdup(text), *rest = words, *word;
	int status = words ? 0 : comb_out_of_memory(err);
	unsigned int taken = 0;

	if (words && !strcmp(words, "none"))
		rest = NULL;
	while (!status && (word = strsep(&rest, " \t,")))
		if (*word)
			status = action_find(word, &taken, err);
	free(words);
	if (status)
		return -1;
	if ((taken & COMB_WATCH_RESTART) && (taken & COMB_WATCH_STOP)) {
		comb_fail(err, COMB_USAGE, "restart and stop exclude each other");
		return comb_hint(err, "one of the two");
	}
	*value = taken;
	return 0;
}

static int dump_dir_set(struct comb_watch *watch, const char *value, unsigned int line,
			struct comb_error *err)
{
	char *path = comb_value_text(value, err) ? NULL : comb_value_path(value, line, err);

	if (!path)
		return -1;
	free(watch->dump_dir);
	watch->dump_dir = path;
	return 0;
}

int comb_watch_set(struct comb_watch *watch, enum comb_key_id id, const char *value,
		   unsigned int line, struct comb_error *err)
{
	switch (id) {
	case COMB_KEY_HUNG:
		return comb_value_time(&watch->hung_ms, value, 20, COMB_HUNG_MAX_MS,
				       "a heartbeat missed for", "20ms to 10min", err);
	case COMB_KEY_ON_PANIC:
	case COMB_KEY_ON_HANG:
	case COMB_KEY_ON_REBOOT:
		return actions_set(&watch->actions[case_of(id)], value, err);
	case COMB_KEY_DUMP_DIR:
		return dump_dir_set(watch, value, line, err);
	case COMB_KEY_RESTART_SEC:
		return comb_value_time(&watch->restart_ms, value, 0, DAY_MS, "a restart after",
				       "0 to 24h", err);
	case COMB_KEY_RESTART_STEPS:
		return comb_value_number(&watch->restart_steps, value, 0, STEPS_MAX,
					 "number of steps", err);
	case COMB_KEY_RESTART_MAX:
		if (!strcmp(value, "infinity")) {
			watch->restart_max_ms = 0;
			return 0;
		}
		return comb_value_time(&watch->restart_max_ms, value, 1, DAY_MS,
				       "a restart after", "1ms to 24h", err);
	case COMB_KEY_LIMIT_BURST:
		return comb_value_number(&watch->limit_burst, value, 0, COMB_RESTARTS_MAX,
					 "number of restarts", err);
	case COMB_KEY_LIMIT_INTERVAL:
		return comb_value_time(&watch->limit_interval_ms, value, 0, DAY_MS,
				       "an interval of", "0 to 24h", err);
	default:
		return comb_fail(err, COMB_FAILED, "unknown key number %d", id);
	}
}

static char *actions_text(unsigned int value)
{
	char text[64] = "";

	for (size_t i = 0; i < NR_ACTIONS; i++)
		if (value & actions[i].action)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s",
				 *text ? " " : "", actions[i].name);
	return strdup(*text ? text : "none");
}

char *comb_watch_get(const struct comb_watch *watch, enum comb_key_id id)
{
	switch (id) {
	case COMB_KEY_HUNG:
		return comb_value_time_text(watch->hung_ms);
	case COMB_KEY_ON_PANIC:
	case COMB_KEY_ON_HANG:
	case COMB_KEY_ON_REBOOT:
		return actions_text(watch->actions[case_of(id)]);
	case COMB_KEY_DUMP_DIR:
		return strdup(watch->dump_dir ?: COMB_DUMP_DIR);
	case COMB_KEY_RESTART_SEC:
		return comb_value_time_text(watch->restart_ms);
	case COMB_KEY_RESTART_STEPS:
		return comb_value_number_text(watch->restart_steps, "");
	case COMB_KEY_RESTART_MAX:
		return watch->restart_max_ms ? comb_value_time_text(watch->restart_max_ms) :
					       strdup("infinity");
	case COMB_KEY_LIMIT_BURST:
		return comb_value_number_text(watch->limit_burst, "");
	case COMB_KEY_LIMIT_INTERVAL:
		return comb_value_time_text(watch->limit_interval_ms);
	default:
		return NULL;
	}
}
