// SPDX-License-Identifier: GPL-2.0-or-later
#include "device.h"

#include <errno.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>

#include "bus.h"
#include "cellevent.h"
#include "event.h"

#define DRIVER_STATUS	(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | \
			 VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_DRIVER_OK | \
			 VIRTIO_CONFIG_S_FAILED)

/* ---- queues' eventfds ---- */

static void queue_close(struct device *device, unsigned int index)
{
	struct queue *queue = &device->queues[index];
	int cell = device_core(device)->bus->cell;

	if (queue->kick >= 0) {
		cell_event_set(cell, COMB_EVENT_KICK, -1, device->number, index);
		close(queue->kick);
	}
	if (queue->call >= 0) {
		cell_event_set(cell, COMB_EVENT_CALL, -1, device->number, index);
		close(queue->call);
	}
	queue->kick = -1;
	queue->call = -1;
}

static int queue_open(struct device *device, unsigned int index)
{
	struct queue *queue = &device->queues[index];
	int cell = device_core(device)->bus->cell;

	queue->kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	queue->call = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (queue->kick < 0 || queue->call < 0 ||
	    cell_event_set(cell, COMB_EVENT_KICK, queue->kick, device->number, index) ||
	    cell_event_set(cell, COMB_EVENT_CALL, queue->call, device->number, index))
		return -1;
	return 0;
}

static void queues_close(struct device *device)
{
	for (unsigned int i = 0; i < device->nr_queues; i++)
		queue_close(device, i);
}

/* ---- life ---- */

int device_add(struct bus *bus, struct device *device, unsigned int number)
{
	struct device_core *core;
	struct state_device *saved;

	if (number >= COMB_DEVICES_MAX) {
		keeper_log(device, "a cell cannot have that many devices");
		errno = ENOSPC;
		return -1;
	}
	device->number = number;
	core = &bus->cores[number];
	saved = &bus->state->devices[number];
	device->core = core;
	*core = (struct device_core){ .bus = bus, .saved = saved };
	for (unsigned int i = 0; i < device->nr_queues; i++)
		device->queues[i].kick = device->queues[i].call = -1;
	for (unsigned int i = 0; i < device->nr_queues; i++) {
		if (queue_open(device, i)) {
			int error = errno;

			keeper_log(device, "its notifications cannot be had: %s", strerror(error));
			queues_close(device);
			errno = error;
			return -1;
		}
	}
	if (!bus->resumed) {
		saved->type = device->type;
		saved->nr_queues = device->nr_queues;
	}
	bus->devices[number] = device;
	return 0;
}

void device_remove(struct bus *bus, struct device *device)
{
	device_stop(device);
	queues_close(device);
	bus->devices[device->number] = NULL;
	device->ops->free(device);
}

/*
 * Not sent from here: the caller may be in the middle of an answer, and the
 * driver must not see the event first.
 */
static void config_tell(struct device_core *core)
{
	core->config_due = true;
	event_signal(core->bus->messages);
}

void device_config_changed(struct device *device)
{
	struct device_core *core = device->core;

	/* Not added yet, or nobody is listening. */
	if (!core || !core->saved->status)
		return;
	core->saved->generation++;
	config_tell(core);
}

void device_break(struct device *device, const char *format, ...)
{
	struct device_core *core = device->core;
	char text[256];
	va_list args;

	/* A driver that goes on all the same has been told, and so has the log. */
	if (core && core->saved->status & VIRTIO_CONFIG_S_NEEDS_RESET)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	keeper_log(device, "%s", text);
	if (!core || !core->saved->status)
		return;
	core->saved->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	config_tell(core);
}

static void device_start(struct device *device, bool resumed)
{
	struct device_core *core = device->core;

	device->accepted = core->saved->accepted;
	device->resumed = resumed;
	if (device->ops->start(device)) {
		device_break(device, "cannot start: %s", strerror(errno));
		return;
	}
	device->running = true;
}

void device_stop(struct device *device)
{
	if (!device->running)
		return;
	device->ops->stop(device);
	device->running = false;
}

/* ---- what the driver says ---- */

uint64_t device_offered(const struct device *device)
{
	return device->offered | 1ULL << VIRTIO_F_VERSION_1;
}

void device_set_features(struct device *device, unsigned int block, uint32_t bits)
{
	struct state_device *saved = device_core(device)->saved;
	unsigned int shift = block * 32;

	/* virtio 1.3, 3.1.1: afterwards they stay as they are. */
	if (saved->status & VIRTIO_CONFIG_S_FEATURES_OK)
		return;
	saved->accepted &= ~(0xffffffffULL << shift);
	saved->accepted |= (uint64_t)bits << shift;
}

static bool features_are_good(const struct device *device, uint64_t accepted)
{
	return !(accepted & ~device_offered(device)) && accepted >> VIRTIO_F_VERSION_1 & 1;
}

static void queue_clear(struct device *device, unsigned int index)
{
	struct queue *queue = &device->queues[index];

	queue->size = 0;
	queue->desc = queue->driver = queue->device = 0;
	memset(&device_core(device)->saved->queues[index], 0, sizeof(struct state_queue));
}

static void device_reset(struct device *device)
{
	struct device_core *core = device->core;

	device_stop(device);
	core->saved->status = 0;
	core->saved->accepted = 0;
	/* Who numbers its requests anew must not get an answer of its last life. */
	memset(core->saved->request, 0, sizeof(core->saved->request));
	core->config_due = false;
	device->accepted = 0;
	for (unsigned int i = 0; i < device->nr_queues; i++)
		queue_clear(device, i);
}

bool device_is_idle(const struct device *device)
{
	return !device->ops->is_idle || device->ops->is_idle(device);
}

void device_set_status(struct device *device, uint32_t status)
{
	struct device_core *core = device->core;
	struct state_device *saved = core->saved;
	uint32_t old = saved->status;

	if (!status) {
		device_reset(device);
		return;
	}
	/* The driver must not take anything back (virtio 1.3, 2.1.1). */
	status = old | (status & DRIVER_STATUS);
	if (status & VIRTIO_CONFIG_S_FEATURES_OK && !(old & VIRTIO_CONFIG_S_FEATURES_OK) &&
	    !features_are_good(device, saved->accepted))
		status &= ~(uint32_t)VIRTIO_CONFIG_S_FEATURES_OK;
	if (!(status & VIRTIO_CONFIG_S_FEATURES_OK))
		status &= ~(uint32_t)VIRTIO_CONFIG_S_DRIVER_OK;
	/*
	 * Before start(): a keeper that is killed in there has a successor that
	 * starts the device.
	 */
	saved->status = status;
	if (status & VIRTIO_CONFIG_S_DRIVER_OK && !(old & VIRTIO_CONFIG_S_DRIVER_OK) &&
	    !(status & VIRTIO_CONFIG_S_NEEDS_RESET) && !core->bus->ended)
		device_start(device, false);
}

/* NULL if @queue can be used, or what is wrong with it (virtio 1.3, 2.7). */
static const char *queue_check(const struct device *device, unsigned int index,
			       const struct state_queue *queue)
{
	const struct memory *memory = device->memory;
	uint64_t size = queue->size;

	if (!size || size > device->queues[index].max || size & (size - 1))
		return "a size that was not offered";
	if (queue->desc % 16 || queue->driver % 2 || queue->device % 4)
		return "an address is not aligned";
	if (!memory_at(memory, queue->desc, size * sizeof(struct vring_desc)) ||
	    !memory_at(memory, queue->driver, 6 + size * sizeof(uint16_t)) ||
	    !memory_at(memory, queue->device, 6 + size * sizeof(struct vring_used_elem)))
		return "an address is outside of the cell's memory";
	return NULL;
}

static void queue_use(struct device *device, unsigned int index, const struct state_queue *from)
{
	struct queue *queue = &device->queues[index];

	queue->size = from->size;
	queue->desc = from->desc;
	queue->driver = from->driver;
	queue->device = from->device;
}

void device_set_queue(struct device *device, unsigned int index, const struct state_queue *queue)
{
	const char *wrong = "set up while it is in use";

	if (!device->running)
		wrong = queue_check(device, index, queue);
	if (wrong) {
		device_break(device, "queue %u: %s", index, wrong);
		return;
	}
	queue_use(device, index, queue);
	device_core(device)->saved->queues[index] = *queue;
}

void device_reset_queue(struct device *device, unsigned int index)
{
	/* One queue of a running device: VIRTIO_F_RING_RESET, which is not offered. */
	if (device->running)
		device_break(device, "queue %u: reset while it is in use", index);
	else
		queue_clear(device, index);
}

/* NULL if another keeper's state fits this device. */
static const char *resume_check(const struct device *device)
{
	const struct state_device *saved = device_core(device)->saved;

	if (saved->type != device->type || saved->nr_queues != device->nr_queues)
		return "it was another device before the keeper was restarted";
	if (saved->status & VIRTIO_CONFIG_S_FEATURES_OK &&
	    !features_are_good(device, saved->accepted))
		return "it cannot do any more what it could before the keeper was restarted";
	for (unsigned int i = 0; i < device->nr_queues; i++)
		if (saved->queues[i].size && queue_check(device, i, &saved->queues[i]))
			return "a queue that was set up before the keeper was restarted is bad";
	return NULL;
}

/*
 * The driver's reset will be answered at once, because nothing runs here. So nothing
 * may run elsewhere.
 */
static void device_abandon(struct device *device)
{
	if (device->ops->abandon)
		device->ops->abandon(device);
}

void device_resume(struct device *device)
{
	struct device_core *core = device->core;
	struct state_device *saved = core->saved;
	const char *wrong = saved->status ? resume_check(device) : NULL;

	if (wrong || !saved->status) {
		device_abandon(device);
		/* What the driver believes cannot be kept up; it must begin again. */
		saved->type = device->type;
		saved->nr_queues = device->nr_queues;
		memset(saved->queues, 0, sizeof(saved->queues));
		if (wrong)
			device_break(device, "%s", wrong);
		return;
	}
	for (unsigned int i = 0; i < device->nr_queues; i++)
		queue_use(device, i, &saved->queues[i]);
	device->accepted = saved->accepted;
	if (saved->status & VIRTIO_CONFIG_S_NEEDS_RESET) {
		device_abandon(device);
		/* The keeper that found it broken may have died before it could say so. */
		config_tell(core);
		return;
	}
	if (!(saved->status & VIRTIO_CONFIG_S_DRIVER_OK))
		return;
	device_start(device, true);
	/* What was notified while nobody listened is lost: look, and let the driver look. */
	for (unsigned int i = 0; device->running && i < device->nr_queues; i++) {
		if (!device->queues[i].size)
			continue;
		event_signal(device->queues[i].kick);
		event_signal(device->queues[i].call);
	}
}
