/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * told.h - what the watcher has told of a cell, in a file
 *
 * Mapped and changed in place, so that after SIGKILL at any moment the next watcher knows
 * what is told already, what was being told, and what is still to be done about it.
 */
#ifndef KEEPER_TOLD_H
#define KEEPER_TOLD_H

#include <stdint.h>

#include <watch.h>

#include "rundir.h"

#define TOLD_MAGIC	0x444c4f54424d4f43ULL	/* "COMBTOLD" */
#define TOLD_VERSION	2

/**
 * struct told - the file
 * @magic: TOLD_MAGIC
 * @version: TOLD_VERSION
 * @cell_id: whose
 * @started_ns: COMB_CELL_GET's; 0 until the cell has started
 * @state: enum comb_state that was told last
 * @case_plus_1: of @action_ns
 * @pending_state: what is being told at @pending_ns
 * @pending_case_plus_1: and what it is a case of; 0: nothing is to be done
 * @pending_ns: time of the event that is being written; 0: none is
 * @detected_ns: of that event
 * @reason: of the last event
 * @action_ns: time of the event that is being acted upon; 0: none is
 * @acted_ns: CLOCK_BOOTTIME when the last action was begun, by case
 * @due_ns: time of the event that is to be acted upon next; 0: there is none
 * @due_case_plus_1: of @due_ns
 */
struct told {
	uint64_t magic;
	uint32_t version;
	uint32_t cell_id;
	uint64_t started_ns;
	uint32_t state;
	uint32_t case_plus_1;
	uint32_t pending_state;
	uint32_t pending_case_plus_1;
	uint64_t pending_ns;
	uint64_t detected_ns;
	char reason[256];
	uint64_t action_ns;
	uint64_t acted_ns[COMB_WATCH_CASES];
	uint64_t due_ns;
	uint32_t due_case_plus_1;
};

/*
 * Map it, made if it is missing, and begin anew if it is of another cell. Waits until an
 * earlier watcher has ended: the lock goes with the process. NULL: errno.
 */
struct told *told_open(const struct rundir *rundir, uint32_t cell_id, uint64_t started_ns);

#endif
