/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * device.h - a virtio device as the keeper sees it
 *
 * The core (bus.c) speaks virtio-msg with the cell, keeps what was agreed in a
 * file that outlives the keeper, and owns the eventfds of the queues. A kind of
 * device (net.c, fs.c, ...) supplies struct device_ops and the configuration
 * space. It never sees a message.
 *
 * Life: KIND_new() makes the device and its back end (before the cell starts),
 * start() when the driver has set DRIVER_OK, stop() when it resets the device
 * or the keeper ends, free(). start() and stop() alternate. After a restart of
 * the keeper start() is called for each device that was running, with
 * @resumed set: queues go on where they were.
 */
#ifndef KEEPER_DEVICE_H
#define KEEPER_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mailbox.h>

#include "loop.h"
#include "memory.h"

struct device;

/**
 * struct queue - one virtqueue (split ring)
 * @max: largest size offered, a power of two; set by the kind of device
 * @size: chosen by the driver, 0: not set up
 * @desc: physical address of the descriptor table (virtio 1.3, 2.7.5)
 * @driver: of the available ring
 * @device: of the used ring
 * @kick: eventfd, readable when the driver has notified the queue
 * @call: eventfd; writing to it notifies the driver
 *
 * The core has checked that all three areas are inside the cell's RAM.
 */
struct queue {
	uint32_t max;
	uint32_t size;
	uint64_t desc;
	uint64_t driver;
	uint64_t device;
	int kick;
	int call;
};

/**
 * struct device_ops - a kind of device
 * @name: for messages and files, such as "net"
 * @start: queues and features are agreed. 0, or -1 with errno: the device is
 *	broken. Queues with size 0 are not used by the driver
 * @stop: after it nothing may touch the queues; see @is_idle
 * @is_idle: optional; after stop(), false as long as something of the device may
 *	still touch the queues all the same: its driver's reset is not answered
 * @abandon: optional; the keeper before had started the device, this one will not
 *	before a reset: end what still serves the queues
 * @config_write: optional; the driver has written @size bytes at @offset of
 *	the configuration space (checked to be inside; @config is not changed by
 *	the core)
 * @free: give back everything
 */
struct device_ops {
	const char *name;
	int (*start)(struct device *device);
	void (*stop)(struct device *device);
	bool (*is_idle)(const struct device *device);
	void (*abandon)(struct device *device);
	void (*config_write)(struct device *device, uint32_t offset, const void *data,
			     uint32_t size);
	void (*free)(struct device *device);
};

/**
 * struct device - one device; kinds embed it as their first member
 * @ops: the kind
 * @number: 1 to COMB_DEVICES_MAX - 1, given by device_add()
 * @type: virtio device ID (virtio 1.3, 5)
 * @offered: feature bits; the core adds VIRTIO_F_VERSION_1
 * @accepted: feature bits the driver took; valid in start()
 * @config: configuration space, little-endian, maintained by the kind
 * @config_bytes: its size, 0 to 256
 * @nr_queues: 1 to COMB_QUEUES_MAX
 * @queues: array of @nr_queues
 * @resumed: this start() continues what another keeper began
 * @running: between start() and stop()
 * @loop: to watch files in
 * @memory: the cell's RAM
 * @core: the core's own data of this device
 */
struct device {
	const struct device_ops *ops;
	unsigned int number;
	uint32_t type;
	uint64_t offered;
	uint64_t accepted;
	uint8_t config[256];
	uint32_t config_bytes;
	unsigned int nr_queues;
	struct queue queues[COMB_QUEUES_MAX];
	bool resumed;
	bool running;
	struct loop *loop;
	const struct memory *memory;
	void *core;
};

/* @config has changed: tell the driver. Any time. */
void device_config_changed(struct device *device);

/*
 * The driver's queues are broken, or the back end is: set DEVICE_NEEDS_RESET
 * (virtio 1.3, 2.1.1) and tell the driver and the log why. The device is not
 * stopped; its kind should leave the queues alone until stop().
 */
void device_break(struct device *device, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Messages of the keeper; with the device's name in front, if there is one. */
void keeper_log(const struct device *device, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Where a queue stands for a back end that works in order, or has finished all
 * it took: the driver-visible used index (virtio 1.3, 2.7.8). 0 for a queue
 * that is not set up.
 */
uint16_t queue_used_index(const struct device *device, unsigned int queue);

#endif
