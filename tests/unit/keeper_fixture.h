/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keeper_fixture.h - a cell's RAM and a driver for the keeper's devices
 *
 * The RAM is a memfd with two ranges that are far apart, as a cell's may be. The
 * test's own ioctl() takes the place of comb.ko.
 */
#ifndef KEEPER_FIXTURE_H
#define KEEPER_FIXTURE_H

#include <errno.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <comb.h>

#include "../../keeper/bus.h"
#include "../../keeper/vring.h"

#define RANGE_BYTES	COMB_MEMORY_UNIT
#define RANGE_0		0x10000000ULL
#define RANGE_1		0x100000000ULL
#define RING_SIZE	8u
#define BUFFERS		(RANGE_1 + 0x10000)	/* 4 KiB for each descriptor */
#define BUFFER_BYTES	4096u

static struct {
	unsigned int rung;
	unsigned int tied;
	int fail;		/* errno of the next COMB_CELL_SET_EVENT */
} module;

int ioctl(int fd, unsigned long request, ...)
{
	(void)fd;
	if (request == COMB_CELL_RING)
		module.rung++;
	if (request == COMB_CELL_SET_EVENT) {
		struct comb_cell_event *event;
		va_list args;

		va_start(args, request);
		event = va_arg(args, void *);
		va_end(args);
		if (module.fail) {
			errno = module.fail;
			module.fail = 0;
			return -1;
		}
		module.tied += event->fd >= 0 ? 1u : -1u;
	}
	return 0;
}

static struct memory ram;

static inline void ram_make(void)
{
	ram = (struct memory){
		.fd = memfd_create("ram", MFD_CLOEXEC),
		.ranges = {
			{ .start = RANGE_0, .bytes = RANGE_BYTES, .offset = 0 },
			{ .start = RANGE_1, .bytes = RANGE_BYTES, .offset = RANGE_BYTES },
		},
		.nr_ranges = 2,
	};
	if (ram.fd < 0 || ftruncate(ram.fd, 2 * RANGE_BYTES) || memory_map(&ram))
		abort();
}

static inline void ram_free(void)
{
	memory_unmap(&ram);
	close(ram.fd);
}

/* ---- a driver's queue ---- */

/**
 * struct driver - the other end of a queue
 * @queue: its addresses
 * @desc: descriptor table
 * @avail: available ring
 * @used: used ring
 * @seen: used elements taken
 */
struct driver {
	struct queue *queue;
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	uint16_t seen;
};

static inline struct state_queue driver_addresses(unsigned int index)
{
	uint64_t base = RANGE_0 + 0x1000 + index * 0x3000ULL;

	return (struct state_queue){
		.size = RING_SIZE, .desc = base, .driver = base + 0x1000, .device = base + 0x2000,
	};
}

static inline void driver_begin(struct driver *driver, struct queue *queue, unsigned int index)
{
	struct state_queue at = driver_addresses(index);

	*driver = (struct driver){
		.queue = queue,
		.desc = memory_at(&ram, at.desc, 1),
		.avail = memory_at(&ram, at.driver, 1),
		.used = memory_at(&ram, at.device, 1),
	};
	memset(driver->desc, 0, 0x3000);
}

static inline void driver_desc(struct driver *driver, unsigned int index, uint64_t address,
			       uint32_t length, uint16_t flags, uint16_t next)
{
	driver->desc[index] = (struct vring_desc){
		.addr = address, .len = length, .flags = flags, .next = next,
	};
}

static inline void driver_offer(struct driver *driver, uint16_t head)
{
	driver->avail->ring[driver->avail->idx % RING_SIZE] = head;
	__atomic_store_n(&driver->avail->idx, (uint16_t)(driver->avail->idx + 1),
			 __ATOMIC_RELEASE);
}

static inline uint8_t *buffer(unsigned int index)
{
	return memory_at(&ram, BUFFERS + index * BUFFER_BYTES, BUFFER_BYTES);
}

/* ---- a device that does nothing ---- */

struct dummy {
	struct device device;
	unsigned int starts, stops, abandons, frees, writes;
	int fail;	/* errno of start() */
	bool busy;	/* after stop() */
};

static inline int dummy_start(struct device *device)
{
	struct dummy *dummy = (void *)device;

	dummy->starts++;
	errno = dummy->fail;
	return dummy->fail ? -1 : 0;
}

static inline void dummy_stop(struct device *device)
{
	((struct dummy *)device)->stops++;
}

static inline bool dummy_is_idle(const struct device *device)
{
	return !((const struct dummy *)device)->busy;
}

static inline void dummy_abandon(struct device *device)
{
	((struct dummy *)device)->abandons++;
}

static inline void dummy_write(struct device *device, uint32_t offset, const void *data,
			       uint32_t size)
{
	((struct dummy *)device)->writes++;
	memcpy(device->config + offset, data, size);
}

static inline void dummy_free(struct device *device)
{
	((struct dummy *)device)->frees++;
}

static const struct device_ops dummy_ops = {
	.name = "dummy", .start = dummy_start, .stop = dummy_stop,
	.is_idle = dummy_is_idle, .abandon = dummy_abandon, .config_write = dummy_write, .free = dummy_free,
};

static inline void dummy_make(struct dummy *dummy)
{
	*dummy = (struct dummy){ .device = {
		.ops = &dummy_ops, .type = 42, .offered = 1ULL << 5 | 1ULL << 33,
		.config_bytes = 100, .nr_queues = 2,
		.queues = { { .max = RING_SIZE }, { .max = RING_SIZE } },
		.memory = &ram,
	} };
	for (unsigned int i = 0; i < 100; i++)
		dummy->device.config[i] = (uint8_t)i;
}

/* ---- a bus ---- */

static struct state saved_state;

static inline void bus_make(struct bus *bus)
{
	*bus = (struct bus){ .memory = &ram, .cell = -1, .state = &saved_state };
	bus->messages = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (bus->messages < 0)
		abort();
}

static inline bool is_signalled(int fd)
{
	uint64_t count;

	return read(fd, &count, sizeof(count)) == sizeof(count);
}

#endif
