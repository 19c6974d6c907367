/* SPDX-License-Identifier: GPL-2.0-or-later */
/* status.h - one look at the host and at all cells, for ls, show and topo */
#ifndef CMD_STATUS_H
#define CMD_STATUS_H

#include "cells.h"

/**
 * struct status - one kernel
 * @name: "host" or the cell's
 * @defined: it has a definition
 * @held: it holds @cpus and @memory; a cell without is stopped
 * @closed: seen without root: kernel, health and agent are not known
 * @seen: what it does
 * @cpus: what it holds now
 * @memory: in bytes
 */
struct status {
	char name[COMB_NAME_SIZE];
	bool defined;
	bool held;
	bool closed;
	struct comb_observation seen;
	struct comb_cpuset cpus;
	uint64_t memory;
};

struct status_list {
	struct status *list;
	size_t count;
};

void status_host(struct status *status);
/*
 * COMB_NO_CELL if it is neither defined nor there. Without root, what status_from_sysfs()
 * can tell.
 */
int status_cell(struct cli *cli, const char *name, struct status *status, struct comb_error *err);

/*
 * What comb.ko shows to everyone: state, CPUs, RAM, uptime. The cell's RAM is not read, so
 * kernel and health stay unknown, nobody notices that it hangs, and a cell without
 * comb_cell.ko is booting for ever. @status has the name; not held if there is no such cell.
 */
void status_from_sysfs(struct status *status);

/*
 * The host and all cells, or those named, in that order. A name that fails is
 * reported and left out.
 */
int status_all(struct cli *cli, struct status_list *all, struct comb_error *err);
void status_free(struct status_list *all);

struct json_object *status_json(const struct status *status, struct json_object *array);

/* "12s", "3m20s", "2h05m", "3d04h"; "" for 0 */
const char *status_uptime(uint64_t ns, char *buffer, size_t size);

#endif
