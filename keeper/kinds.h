/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kinds.h - every kind of device: how it is made
 *
 * All return the device, or NULL with errno and a line in the log. Strings are
 * copied. @loop and @memory live longer than the device. Number, core data and
 * the queues' eventfds are set by device_add() afterwards.
 */
#ifndef KEEPER_KINDS_H
#define KEEPER_KINDS_H

#include <stdbool.h>

#include "device.h"

/**
 * struct cell_id - what kinds of devices may want to know of the cell
 * @name: the cell's
 * @id: 1 to COMB_CELLS_MAX
 * @cpus: how many it has
 * @directory: /run/comb/NAME, for sockets and files
 */
struct cell_id {
	char name[COMB_NAME_SIZE];
	unsigned int id;
	unsigned int cpus;
	char directory[128];
};

struct device *console_new(struct loop *loop, const struct memory *memory,
			   const struct cell_id *cell);
struct device *rng_new(struct loop *loop, const struct memory *memory,
		       const struct cell_id *cell);
/*
 * @had: the cell has the device already. Then it is made even if it cannot work now: its
 * driver must be told, and answered, and each start tries again
 */
struct device *vsock_new(struct loop *loop, const struct memory *memory,
			 const struct cell_id *cell, bool had);
/* @what: "private", "bridge:NAME" or "tap:NAME" */
struct device *net_new(struct loop *loop, const struct memory *memory,
		       const struct cell_id *cell, const char *what);
/* virtiofs: @tag at most 36 bytes. @coherent: other cells have it, too, and see its changes at once */
struct device *fs_new(struct loop *loop, const struct memory *memory,
		      const struct cell_id *cell, const char *tag, const char *path,
		      bool read_only, bool coherent);
/* @format: "raw" or "qcow2" */
struct device *disk_new(struct loop *loop, const struct memory *memory,
			const struct cell_id *cell, const char *path, const char *format,
			bool read_only);

#endif
