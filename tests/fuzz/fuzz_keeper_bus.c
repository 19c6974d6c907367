// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_keeper_bus.c - messages of a cell, then a keeper that goes on from what they left
 *
 * The input is messages of COMB_MESSAGE_SIZE bytes. A first byte below 128 in one has its
 * size corrected, so that most of them are looked at.
 */
#include <stdint.h>
#include <stdio.h>

#include <virtio_msg.h>

#include "../unit/keeper_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void keeper_make(struct bus *bus, struct dummy dummies[2], bool resumed)
{
	bus_make(bus);
	bus->resumed = resumed;
	for (unsigned int i = 0; i < 2; i++) {
		dummy_make(&dummies[i]);
		if (device_add(bus, &dummies[i].device, i + 1))
			abort();
	}
}

static void keeper_free(struct bus *bus, const struct dummy dummies[2])
{
	bus_free(bus);
	close(bus->messages);
	for (unsigned int i = 0; i < 2; i++)
		if (dummies[i].starts != dummies[i].stops)
			abort();
}

/* What a running device may rely on. */
static void check_queues(const struct device *device)
{
	for (unsigned int i = 0; device->running && i < device->nr_queues; i++) {
		const struct queue *queue = &device->queues[i];

		if (!queue->size)
			continue;
		if (queue->size > queue->max || queue->size & (queue->size - 1) ||
		    !memory_at(&ram, queue->desc, queue->size * 16ULL) ||
		    !memory_at(&ram, queue->driver, 6 + queue->size * 2ULL) ||
		    !memory_at(&ram, queue->device, 6 + queue->size * 8ULL))
			abort();
	}
	if (device->running && device->accepted & ~device_offered(device))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t message[COMB_MESSAGE_SIZE], response[COMB_MESSAGE_SIZE];
	struct channel channel = { .broken = true };
	struct dummy dummies[2];
	struct bus bus;

	if (!ram.base)
		ram_make();
	memset(&saved_state, 0, sizeof(saved_state));
	keeper_make(&bus, dummies, false);
	for (; size >= sizeof(message); data += sizeof(message), size -= sizeof(message)) {
		struct virtio_msg *head = (void *)message;

		memcpy(message, data, sizeof(message));
		if (head->type < 128) {
			head->type &= VIRTIO_MSG_TYPE_BUS;
			head->dev_id = head->dev_id % 4;
			head->msg_size = COMB_MESSAGE_SIZE - head->token % 16;
		}
		if (bus_handle(&bus, message, response) > sizeof(response))
			abort();
		check_queues(&dummies[0].device);
		check_queues(&dummies[1].device);
	}
	keeper_free(&bus, dummies);
	/* The rest of the input damages what the next keeper reads. */
	for (size_t i = 0; i + 3 <= size; i += 3)
		((uint8_t *)&saved_state)[(data[i] | data[i + 1] << 8) % sizeof(saved_state)] ^=
			data[i + 2];
	keeper_make(&bus, dummies, true);
	bus_start(&bus, &channel);
	check_queues(&dummies[0].device);
	check_queues(&dummies[1].device);
	keeper_free(&bus, dummies);
	return 0;
}
