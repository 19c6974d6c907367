// SPDX-License-Identifier: GPL-2.0-or-later
/* status_sysfs.c - a cell as comb.ko shows it to everyone (docs/sysfs.md) */
#include "status.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static FILE *open_attribute(const char *name, const char *attribute)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), COMB_SYSFS "/cells/%s/%s", name, attribute);
	return fopen(path, "re");
}

/* A state that this program does not know is as good as none. */
static bool read_state(const char *name, enum comb_state *state)
{
	FILE *f = open_attribute(name, "state");
	char word[32] = "";
	bool found = false;

	if (!f)
		return false;
	if (fscanf(f, "%31s", word) != 1)
		word[0] = '\0';
	fclose(f);
	for (int s = COMB_STATE_STOPPED; s <= COMB_STATE_LOST && !found; s++) {
		found = !strcmp(word, comb_state_name(s));
		if (found)
			*state = s;
	}
	return found;
}

static uint64_t read_number(const char *name, const char *attribute)
{
	char path[COMB_NAME_SIZE + 64];

	snprintf(path, sizeof(path), "cells/%s/%s", name, attribute);
	return cells_number(path);
}

void status_from_sysfs(struct status *status)
{
	uint64_t started_ns = read_number(status->name, "started_ns"), now_ns;
	struct timespec now = { 0 };
	char path[PATH_MAX];

	status->held = read_state(status->name, &status->seen.state);
	if (!status->held)
		return;
	status->closed = true;
	status->memory = read_number(status->name, "memory");
	snprintf(path, sizeof(path), COMB_SYSFS "/cells/%s/cpus", status->name);
	comb_owner_read_cpus(path, &status->cpus);
	clock_gettime(CLOCK_BOOTTIME, &now);
	now_ns = now.tv_sec * 1000000000ULL + now.tv_nsec;
	if (started_ns && now_ns > started_ns && !cells_is_down(status->seen.state))
		status->seen.uptime_ns = now_ns - started_ns;
}
