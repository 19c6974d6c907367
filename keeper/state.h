/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state.h - what was agreed with the cell's driver, in a file
 *
 * The file is mapped and written in place, so that it is as it was at the very
 * moment a keeper was killed. Its reader trusts nothing in it.
 */
#ifndef KEEPER_STATE_H
#define KEEPER_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include <mailbox.h>

#define STATE_MAGIC	0x54415453424d4f43ULL	/* "COMBSTAT" */
#define STATE_VERSION	1

/* As in struct queue; size 0: not set up */
struct state_queue {
	uint32_t size;
	uint32_t reserved;
	uint64_t desc;
	uint64_t driver;
	uint64_t device;
};

/**
 * struct state_device - one device
 * @type: virtio device ID, 0: none was there
 * @nr_queues: how many it had
 * @status: device status (virtio 1.3, 2.1)
 * @generation: of the configuration space
 * @accepted: features the driver took
 * @request: the last request that changed something, zero: none
 * @response: what was answered to it
 * @queues: the queues
 */
struct state_device {
	uint32_t type;
	uint32_t nr_queues;
	uint32_t status;
	uint32_t generation;
	uint64_t accepted;
	uint8_t request[COMB_MESSAGE_SIZE];
	uint8_t response[COMB_MESSAGE_SIZE];
	struct state_queue queues[COMB_QUEUES_MAX];
};

/**
 * struct state - the file
 * @magic: STATE_MAGIC
 * @version: STATE_VERSION
 * @size: of this structure
 * @cell_id: whose
 * @reserved: zero
 * @started_ns: COMB_CELL_GET's; 0 until the cell has started
 * @devices: by number
 */
struct state {
	uint64_t magic;
	uint32_t version;
	uint32_t size;
	uint32_t cell_id;
	uint32_t reserved;
	uint64_t started_ns;
	struct state_device devices[COMB_DEVICES_MAX];
};

/*
 * Map the file at @path; made if it is missing. *@resumed: it is of this very
 * start of this cell. If it is not, it begins empty. NULL: errno.
 */
struct state *state_open(const char *path, uint32_t cell_id, uint64_t started_ns, bool *resumed);
void state_close(struct state *state);

#endif
