/* SPDX-License-Identifier: GPL-2.0-or-later */
/* service.h - a cell that systemd has started: comb@NAME.service */
#ifndef KEEPER_SERVICE_H
#define KEEPER_SERVICE_H

#include <stdbool.h>

#include <error.h>

#define SERVICE_UNIT_MAX	80
#define SERVICE_CGROUPS		"/proc/self/cgroup"

/*
 * Does this process belong to the cell's unit, as @cgroups (cgroups(7)) says? A keeper does, and
 * who acts for it, if systemd has started the cell, whatever the unit has come to since. *@unit:
 * its name.
 */
bool service_is_ours(const char *cgroups, const char *name, char unit[SERVICE_UNIT_MAX]);

/* Have systemd start it, which then owns it again. Returns when it runs, or has failed. */
int service_restart(const char *unit, struct comb_error *err);

#endif
