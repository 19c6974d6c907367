// SPDX-License-Identifier: GPL-2.0-or-later
/* serve.c - messages in and out, as far as the rings have room */
#include <string.h>

#include <virtio_msg.h>

#include "bus.h"

/* One call must not keep other devices waiting for ever. */
#define BATCH	COMB_RING_SLOTS

union event {
	struct virtio_msg header;
	uint8_t bytes[COMB_MESSAGE_SIZE];
};

static void send_ready(struct channel *channel, const struct device *device)
{
	union event event = { .header = {
		.type = VIRTIO_MSG_TYPE_BUS, .msg_id = VIRTIO_MSG_BUS_EVENT_DEVICE,
	} };
	struct virtio_msg_bus_event *ready = (void *)event.header.payload;

	event.header.msg_size = sizeof(event.header) + sizeof(*ready);
	ready->dev_num = (uint16_t)device->number;
	ready->dev_state = VIRTIO_MSG_BUS_DEVICE_READY;
	channel_send(channel, &event, event.header.msg_size);
}

static void send_config(struct channel *channel, const struct device *device)
{
	const struct state_device *saved = device_core(device)->saved;
	union event event = { .header = {
		.msg_id = VIRTIO_MSG_EVENT_CONFIG, .dev_id = (uint16_t)device->number,
	} };
	struct virtio_msg_event_config *changed = (void *)event.header.payload;

	event.header.msg_size = sizeof(event.header) + sizeof(*changed);
	changed->status = saved->status;
	changed->generation = saved->generation;
	channel_send(channel, &event, event.header.msg_size);
}

/* True if there was no room for all. */
static bool send_events(struct bus *bus)
{
	for (unsigned int i = 0; i < COMB_DEVICES_MAX; i++) {
		const struct device *device = bus->devices[i];
		struct device_core *core = &bus->cores[i];

		if (!device || !(core->ready_due || core->config_due))
			continue;
		/* One slot stays free, so that requests can be answered. */
		if (core->ready_due && channel_room(bus->channel) > 1) {
			core->ready_due = false;
			send_ready(bus->channel, device);
		}
		if (core->config_due && channel_room(bus->channel) > 1) {
			core->config_due = false;
			send_config(bus->channel, device);
		}
		if (core->ready_due || core->config_due)
			return true;
	}
	return false;
}

bool bus_serve(struct bus *bus)
{
	uint8_t message[COMB_MESSAGE_SIZE], response[COMB_MESSAGE_SIZE];
	struct channel *channel = bus->channel;
	bool more = true;
	size_t size;

	if (!channel || bus->ended)
		return false;
	for (unsigned int i = 0; i < BATCH; i++) {
		more = channel_peek(channel, message) > 0;
		/* A request is taken when it can be answered. */
		if (!more || !channel_room(channel))
			break;
		size = bus_handle(bus, message, response);
		if (size)
			channel_send(channel, response, size);
		channel_take(channel);
	}
	if (send_events(bus))
		more = true;
	return more && !channel->broken;
}

void bus_start(struct bus *bus, struct channel *channel)
{
	bus->channel = channel;
	if (bus->ended)
		return;
	for (unsigned int i = 0; i < COMB_DEVICES_MAX; i++) {
		if (!bus->devices[i])
			continue;
		if (bus->resumed)
			device_resume(bus->devices[i]);
		else
			bus->cores[i].ready_due = true;
	}
}

void bus_stop(struct bus *bus)
{
	bus->ended = true;
	for (unsigned int i = 0; i < COMB_DEVICES_MAX; i++)
		if (bus->devices[i])
			device_stop(bus->devices[i]);
}

void bus_free(struct bus *bus)
{
	for (unsigned int i = 0; i < COMB_DEVICES_MAX; i++)
		if (bus->devices[i])
			device_remove(bus, bus->devices[i]);
}
