/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bus.h - the keeper's core: the devices of a cell and what it says about them
 *
 * bus.c speaks virtio-msg (virtio_msg.h), device.c is what a device does when it
 * is spoken to.
 */
#ifndef KEEPER_BUS_H
#define KEEPER_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "channel.h"
#include "device.h"
#include "loop.h"
#include "memory.h"
#include "state.h"

struct bus;

/**
 * struct device_core - the core's data of one device
 * @bus: where it is
 * @saved: what was agreed; in the state file
 * @config_due: the driver must be told of a change
 * @ready_due: the cell must be told that the device is there
 */
struct device_core {
	struct bus *bus;
	struct state_device *saved;
	bool config_due;
	bool ready_due;
};

/**
 * struct bus - all devices of a cell
 * @loop: for the devices
 * @memory: the cell's RAM
 * @cell: cell file, which eventfds are tied to
 * @messages: eventfd; signalled when bus_serve() has something to do
 * @state: the state file
 * @resumed: it is of this cell, of another keeper
 * @ended: the cell does not run any more; nothing is started
 * @channel: NULL until the cell has started
 * @devices: by number, or NULL
 * @cores: by number
 * @malformed: how many messages made no sense
 */
struct bus {
	struct loop *loop;
	const struct memory *memory;
	int cell;
	int messages;
	struct state *state;
	bool resumed;
	bool ended;
	struct channel *channel;
	struct device *devices[COMB_DEVICES_MAX];
	struct device_core cores[COMB_DEVICES_MAX];
	unsigned long malformed;
};

/*
 * The cell has started: with messages through @channel. Says which devices are
 * ready, or, if resumed, lets those go on that were running.
 */
void bus_start(struct bus *bus, struct channel *channel);

/*
 * Answer what has arrived. True if it must be called again soon: there is more
 * to do, or to say, than the rings have room for.
 */
bool bus_serve(struct bus *bus);

/*
 * One message, of COMB_MESSAGE_SIZE bytes. The size of the response, or 0 if there
 * is none.
 */
size_t bus_handle(struct bus *bus, const uint8_t *message, uint8_t *response);

/* The cell's CPUs have stopped: all devices stop. Their state stays. */
void bus_stop(struct bus *bus);
/* Stop and free all devices. */
void bus_free(struct bus *bus);

/*
 * Give the device a number, and its queues eventfds that the cell reaches. 0,
 * or -1 with errno; then the caller still owns it.
 */
int device_add(struct bus *bus, struct device *device, unsigned int number);
/* The bus owns it no more; frees it. */
void device_remove(struct bus *bus, struct device *device);

/* From the driver; device.c. */
void device_set_features(struct device *device, unsigned int block, uint32_t bits);
uint64_t device_offered(const struct device *device);
void device_set_status(struct device *device, uint32_t status);
/* After a reset: nothing touches the queues any more. */
bool device_is_idle(const struct device *device);
void device_set_queue(struct device *device, unsigned int index, const struct state_queue *queue);
void device_reset_queue(struct device *device, unsigned int index);
/* Check what was agreed with another keeper, and go on. */
void device_resume(struct device *device);
void device_stop(struct device *device);

static inline struct device_core *device_core(const struct device *device)
{
	return device->core;
}

#endif
