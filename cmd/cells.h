/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cells.h - the cells that exist, and what they hold */
#ifndef CMD_CELLS_H
#define CMD_CELLS_H

#include "cli.h"
#include "device.h"
#include "observe.h"
#include "owner.h"
#include "topology.h"

/* Is comb.ko loaded? Without it there is no cell, and that needs no root to tell. */
bool cells_module_loaded(void);

/* /dev/comb, opened once. Loads the module if @load. -1 on failure. */
int cells_device(struct cli *cli, bool load, struct comb_error *err);

/* Names of all "cells" or "bridges" the module has, sorted. None if it is not loaded. */
int cells_list(const char *what, struct comb_strings *names, struct comb_error *err);

/* Does a definition of that name exist? */
bool cells_defined(const char *name);

/*
 * Open a cell that exists. COMB_NO_CELL: not running (it is defined), or there is no
 * such cell, with the nearest name as the hint.
 */
int cells_open(struct cli *cli, const char *name, struct comb_cell *cell, struct comb_error *err);

/* With --started: COMB_NO_CELL unless the cell is the one that was started then. */
int cells_check_started(struct cli *cli, const struct comb_cell *cell, const char *name,
			struct comb_error *err);

/* What CPUs a cell holds. */
void cells_cpus(const struct comb_cell *cell, struct comb_cpuset *cpus);

/* The error for a name that is neither a cell nor a definition. */
int cells_unknown(const char *name, struct comb_error *err);

/* If one of the names that @list finds in the directory of definitions is near, it is the hint. */
void cells_hint_near(const char *name, int (*list)(const char *dir, struct comb_strings *names,
						   struct comb_error *err), struct comb_error *err);

/*
 * The machine with lent CPUs. Without root the lent CPUs' cores and nodes are not
 * known: each is a core of its own on node 0 then.
 */
int cells_topology(struct cli *cli, struct comb_topology *topology, struct comb_error *err);

/* One of comb.ko's numbers, "lent_memory" or "cells/NAME/memory"; 0 if it is not there. */
uint64_t cells_number(const char *attribute);

/* RAM of host and cells together, in bytes; and what is lent of it. */
uint64_t cells_memory_total(void);
uint64_t cells_memory_lent(void);

/*
 * comb_cell_observe(), but a cell that went away meanwhile is COMB_NO_CELL and not an
 * observation of nothing.
 */
int cells_observe(struct comb_cell *cell, struct comb_observation *seen, struct comb_error *err);

/* Holds its RAM and CPUs, but runs no kernel any more. */
bool cells_is_down(enum comb_state state);

/*
 * Look at the cell until @done says so. Returns 0 then, 1 if @timeout_ms (-1: never) ran
 * out, -1 on failure; @seen is the last look.
 */
int cells_wait(struct comb_cell *cell, int64_t timeout_ms,
	       bool (*done)(const struct comb_observation *seen, void *arg), void *arg,
	       struct comb_observation *seen, struct comb_error *err);

/* Sleep until the cell rings or @ms have passed. */
void cells_pause(const struct comb_cell *cell, int ms);

#endif
