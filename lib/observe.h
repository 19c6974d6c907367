/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * observe.h - what a cell is doing, judged from outside
 *
 * The module knows started/stopped, the mailbox knows what the cell said, and
 * the log in RAM knows the rest: a cell without comb_cell.ko reports running by
 * comb-init's ready line and panic by its panic line.
 */
#ifndef COMB_OBSERVE_H
#define COMB_OBSERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "device.h"
#include "error.h"

/* comb-init writes this line to the kernel log when it is up. */
#define COMB_READY_LINE		"comb-init: ready"
/* What follows says why the cell has not got what it should have; it goes on without. */
#define COMB_TROUBLE_LINE	"comb-init: trouble: "

/**
 * struct comb_observation - one look at a cell
 * @state: enum comb_state
 * @health: "ok", "late" (one heartbeat missed), "no agent" (no comb_cell.ko), "loading", "booting",
 *	"hung", or why it is down: "power off", "reboot", "halt", "panic", "stopped", "lost"
 * @reason: last words (panic line, "power off", "reboot"), "" if none
 * @kernel: its release, "" if unknown
 * @uptime_ns: since its start, 0 if it is not up
 * @cpus_online: as the cell says, 0 if unknown
 * @agent: comb_cell.ko has reported
 * @silent_ns: how long ago it gave its last sign of life: its last words, or for a hung cell
 *	the last heartbeat; UINT64_MAX: unknown
 */
struct comb_observation {
	enum comb_state state;
	char health[32];
	char reason[256];
	char kernel[65];
	uint64_t uptime_ns;
	unsigned int cpus_online;
	bool agent;
	uint64_t silent_ns;
};

/* "stopped", "loading", ... */
const char *comb_state_name(enum comb_state state);

/*
 * Refreshes @cell and maps it for reading if need be. Cheap as long as the cell's agent
 * reports; otherwise its RAM may be searched for its log.
 */
int comb_cell_observe(struct comb_cell *cell, struct comb_observation *seen,
		      struct comb_error *err);

/*
 * Where the cell's log is, as comb_cell_observe() found it, or searched for now; valid until
 * the next look. NULL: there is none, or it was searched for a moment ago. The cell is mapped.
 */
const struct comb_kmsg *comb_cell_log(struct comb_cell *cell);

#endif
