/* SPDX-License-Identifier: GPL-2.0-or-later */
/* owner.h - which cell has a CPU, and which CPUs there are, as sysfs tells */
#ifndef COMB_OWNER_H
#define COMB_OWNER_H

#include <stdbool.h>

#include "comb.h"
#include "cpuset.h"

/* The module's directory below /sys; one directory a cell in cells/. */
#define COMB_SYSFS	"/sys/devices/virtual/misc/comb"

/* Find the cell that has @cpu; false if none has, or there is no module. */
bool comb_owner_find(const char *sysfs, unsigned int cpu, char name[COMB_NAME_SIZE]);

/* Read a CPU list from a file; an empty set and false if it cannot be had. */
bool comb_owner_read_cpus(const char *path, struct comb_cpuset *cpus);

#endif
