/* SPDX-License-Identifier: GPL-2.0-or-later */
/* device.h - /dev/comb from C: one function a request, errors in words */
#ifndef COMB_DEVICE_H
#define COMB_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "comb.h"
#include "cpuset.h"
#include "error.h"
#include "mailbox.h"

struct comb_kmsg;

/**
 * struct comb_cell - an open cell
 * @fd: the cell file
 * @get: scalar facts, as of the last comb_cell_refresh()
 * @cpus: its CPUs (allocated, get.nr_cpus)
 * @ranges: its RAM (allocated, get.nr_ranges)
 * @bridges: its bridges (get.nr_bridges)
 * @memory: mapping of the whole cell file, NULL until comb_cell_map()
 * @log: where comb_cell_observe() found the cell's log, or NULL; it saves a search of the RAM
 * @log_after_ns: CLOCK_BOOTTIME before which it does not search again
 */
struct comb_cell {
	int fd;
	struct comb_cell_get get;
	struct comb_cpu *cpus;
	struct comb_range *ranges;
	struct comb_bridge bridges[COMB_CELL_BRIDGES_MAX];
	uint8_t *memory;
	struct comb_kmsg *log;
	uint64_t log_after_ns;
};

/*
 * Open /dev/comb; loads the module with modprobe if the device is missing and @load.
 * COMB_UNSUITABLE: not root, module missing or refused (hint: the command that helps).
 */
int comb_device_open(bool load, struct comb_error *err);
int comb_device_info(int device, struct comb_info *info, struct comb_error *err);

/* *@cell is initialised in every case; close it with comb_cell_close(). */
int comb_cell_create(int device, const char *name, struct comb_cell *cell, struct comb_error *err);
int comb_cell_open(int device, const char *name, struct comb_cell *cell, struct comb_error *err);
void comb_cell_close(struct comb_cell *cell);

/*
 * Errors of the functions below say what is wrong without the cell's own name, so that
 * the caller can put it in front. COMB_TAKEN: a CPU or the RAM is another's.
 */
/* @flags: COMB_CPUS_* */
int comb_cell_add_cpus(struct comb_cell *cell, const struct comb_cpuset *cpus, uint32_t flags,
		       struct comb_error *err);
int comb_cell_add_memory(struct comb_cell *cell, uint64_t bytes, int node, struct comb_error *err);
/* Read facts, CPUs and ranges again. */
int comb_cell_refresh(struct comb_cell *cell, struct comb_error *err);
/*
 * Does nothing if it is mapped already, so the first call decides about writing. Once the
 * cell is destroyed, by whomever, an access raises SIGBUS.
 */
int comb_cell_map(struct comb_cell *cell, bool writable, struct comb_error *err);
int comb_cell_start(struct comb_cell *cell, const struct comb_cell_start *start,
		    struct comb_error *err);
int comb_cell_stop(struct comb_cell *cell, struct comb_error *err);
int comb_cell_destroy(struct comb_cell *cell, struct comb_error *err);

/*
 * Post a request in the mailbox and ring; does not wait until it is done, but for up to
 * half a second until the cell has taken the one before. One at a time per cell: the
 * caller holds the cell's lock. COMB_NO_CELL if the cell has no doorbell (no comb_cell.ko).
 */
int comb_cell_request(struct comb_cell *cell, enum comb_request request, uint32_t argument,
		      struct comb_error *err);

#endif
