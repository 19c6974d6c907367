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
 * @seen: what it does
 * @cpus: what it holds now
 * @memory: in bytes
 */
struct status {
	char name[COMB_NAME_SIZE];
	bool defined;
	bool held;
	struct comb_observation seen;
	struct comb_cpuset cpus;
	uint64_t memory;
};

struct status_list {
	struct status *list;
	size_t count;
};

void status_host(struct status *status);
/* COMB_NO_CELL if it is neither defined nor there. */
int status_cell(struct cli *cli, const char *name, struct status *status, struct comb_error *err);

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
