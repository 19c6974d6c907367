// SPDX-License-Identifier: GPL-2.0-or-later
#include "service.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bounded.h"

#define SYSTEMCTL	"/usr/bin/systemctl"
#define SYSTEMCTL_S	60
/* The unit's own limit is as long. */
#define RESTART_S	330

/* One of the directories on the way. */
static bool leads_through(const char *path, const char *unit)
{
	size_t length = strlen(unit);

	for (const char *at = strstr(path, unit); at; at = strstr(at + 1, unit))
		if (at > path && at[-1] == '/' && strchr("/\n", at[length]))
			return true;
	return false;
}

bool service_is_ours(const char *cgroups, const char *name, char unit[SERVICE_UNIT_MAX])
{
	FILE *in = fopen(cgroups, "re");
	char line[PATH_MAX];
	bool found = false;

	snprintf(unit, SERVICE_UNIT_MAX, "comb@%s.service", name);
	while (in && !found && fgets(line, sizeof(line), in))
		found = leads_through(line, unit);
	if (in)
		fclose(in);
	return found;
}

/*
 * A unit that was started often is refused by systemd's own limit: here the cell's holds. A
 * start could be lost on a unit that has not noticed yet that its keeper has ended, and one
 * that waits for RestartSec= would start by itself: a restart is what ends both.
 */
int service_restart(const char *unit, struct comb_error *err)
{
	char *reset[] = { SYSTEMCTL, "reset-failed", (char *)unit, NULL };
	char *restart[] = { SYSTEMCTL, "restart", (char *)unit, NULL };
	char *stop[] = { SYSTEMCTL, "stop", (char *)unit, NULL };
	struct comb_error ignored = { 0 };

	bounded_run(reset, environ, SYSTEMCTL_S, &ignored);
	if (!bounded_run(restart, environ, RESTART_S, err))
		return 0;
	/* Or Restart= would try it again, beside the cell's own policy. */
	bounded_run(stop, environ, SYSTEMCTL_S, &ignored);
	return -1;
}
