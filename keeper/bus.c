// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus.h"

#include <string.h>

#include <virtio_msg.h>

#include "event.h"

/* "COMB": who made these devices; there is no register of these numbers. */
#define VENDOR_ID	0x424d4f43u
#define FEATURE_BLOCKS	2u
/* The most that fits behind a header and the fixed part of a payload. */
#define BLOCKS_MAX	((COMB_MESSAGE_SIZE - sizeof(struct virtio_msg) - \
			  sizeof(struct virtio_msg_features)) / sizeof(uint32_t))
#define CONFIG_MAX	(COMB_MESSAGE_SIZE - sizeof(struct virtio_msg) - \
			 sizeof(struct virtio_msg_config))
#define NUMBERS_MAX	((COMB_MESSAGE_SIZE - sizeof(struct virtio_msg) - \
			  sizeof(struct virtio_msg_bus_devices)) * 8)

/* What a request is answered with: its size, or NO_ANSWER if it makes no sense. */
#define NO_ANSWER	SIZE_MAX
/* It will be sent again. */
#define NOT_YET		(SIZE_MAX - 1)

/**
 * struct request - one message being answered
 * @bus: where
 * @device: whose; NULL for bus messages
 * @payload: behind the header
 * @size: of it
 * @answer: where the response's payload goes; zeroed
 */
struct request {
	struct bus *bus;
	struct device *device;
	const void *payload;
	size_t size;
	void *answer;
};

/* ---- transport messages ---- */

static size_t device_info(const struct request *request)
{
	struct virtio_msg_device_info *info = request->answer;
	const struct device *device = request->device;

	info->device_id = device->type;
	info->vendor_id = VENDOR_ID;
	info->num_feature_bits = FEATURE_BLOCKS * 32;
	info->config_size = device->config_bytes;
	info->max_vq_count = device->nr_queues;
	return sizeof(*info);
}

static size_t get_features(const struct request *request)
{
	const struct virtio_msg_features *asked = request->payload;
	struct virtio_msg_features *features = request->answer;
	uint64_t offered = device_offered(request->device);

	if (request->size < sizeof(*asked) || asked->num > BLOCKS_MAX)
		return NO_ANSWER;
	features->index = asked->index;
	features->num = asked->num;
	for (uint32_t i = 0; i < asked->num; i++)
		if (asked->index < FEATURE_BLOCKS && asked->index + i < FEATURE_BLOCKS)
			features->features[i] = (uint32_t)(offered >> (asked->index + i) * 32);
	return sizeof(*features) + asked->num * sizeof(uint32_t);
}

static size_t set_features(const struct request *request)
{
	const struct virtio_msg_features *taken = request->payload;

	if (request->size < sizeof(*taken) || taken->num > BLOCKS_MAX ||
	    request->size < sizeof(*taken) + taken->num * sizeof(uint32_t))
		return NO_ANSWER;
	for (uint32_t i = 0; i < taken->num; i++) {
		if (taken->index < FEATURE_BLOCKS && taken->index + i < FEATURE_BLOCKS)
			device_set_features(request->device, taken->index + i, taken->features[i]);
		else if (taken->features[i])
			return NO_ANSWER;
	}
	return 0;
}

static bool config_has(const struct device *device, uint32_t offset, uint32_t size)
{
	return size <= CONFIG_MAX && size <= device->config_bytes &&
	       offset <= device->config_bytes - size;
}

/* A range that is not there, or does not fit a message, is answered with no bytes. */
static size_t config_answer(const struct request *request, uint32_t offset, uint32_t size)
{
	struct virtio_msg_config *config = request->answer;
	const struct device *device = request->device;

	config->generation = device_core(device)->saved->generation;
	config->offset = offset;
	if (!config_has(device, offset, size))
		return sizeof(*config);
	config->size = size;
	memcpy(config->config, device->config + offset, size);
	return sizeof(*config) + size;
}

static size_t get_config(const struct request *request)
{
	const struct virtio_msg_config_range *range = request->payload;

	if (request->size < sizeof(*range))
		return NO_ANSWER;
	return config_answer(request, range->offset, range->size);
}

static size_t set_config(const struct request *request)
{
	const struct virtio_msg_config *config = request->payload;
	struct device *device = request->device;

	if (request->size < sizeof(*config) || config->size > CONFIG_MAX ||
	    request->size < sizeof(*config) + config->size)
		return NO_ANSWER;
	/* A write that was thought of before the last change is refused. */
	if (config->generation != device_core(device)->saved->generation)
		return config_answer(request, config->offset, UINT32_MAX);
	if (config->size && config_has(device, config->offset, config->size) &&
	    device->ops->config_write)
		device->ops->config_write(device, config->offset, config->config, config->size);
	return config_answer(request, config->offset, config->size);
}

static size_t get_status(const struct request *request)
{
	struct virtio_msg_status *status = request->answer;

	status->status = device_core(request->device)->saved->status;
	return sizeof(*status);
}

static size_t set_status(const struct request *request)
{
	const struct virtio_msg_status *status = request->payload;

	if (request->size < sizeof(*status))
		return NO_ANSWER;
	device_set_status(request->device, status->status);
	/* With the answer to a reset the driver frees its buffers. */
	if (!status->status && !device_is_idle(request->device))
		return NOT_YET;
	return get_status(request);
}

static size_t get_vqueue(const struct request *request)
{
	const struct virtio_msg_vq_index *asked = request->payload;
	struct virtio_msg_vqueue *vqueue = request->answer;
	const struct queue *queue;

	if (request->size < sizeof(*asked))
		return NO_ANSWER;
	vqueue->index = asked->index;
	/* A queue that does not exist has no size. */
	if (asked->index >= request->device->nr_queues)
		return sizeof(*vqueue);
	queue = &request->device->queues[asked->index];
	vqueue->max_size = queue->max;
	vqueue->size = queue->size;
	vqueue->descriptor_addr = queue->desc;
	vqueue->driver_addr = queue->driver;
	vqueue->device_addr = queue->device;
	return sizeof(*vqueue);
}

static size_t set_vqueue(const struct request *request)
{
	const struct virtio_msg_vqueue *vqueue = request->payload;
	struct state_queue queue;

	if (request->size < sizeof(*vqueue) || vqueue->index >= request->device->nr_queues)
		return NO_ANSWER;
	queue = (struct state_queue){
		.size = vqueue->size,
		.desc = vqueue->descriptor_addr,
		.driver = vqueue->driver_addr,
		.device = vqueue->device_addr,
	};
	device_set_queue(request->device, vqueue->index, &queue);
	return 0;
}

static size_t reset_vqueue(const struct request *request)
{
	const struct virtio_msg_vq_index *asked = request->payload;

	if (request->size < sizeof(*asked) || asked->index >= request->device->nr_queues)
		return NO_ANSWER;
	device_reset_queue(request->device, asked->index);
	return 0;
}

/* ---- bus messages ---- */

static size_t bus_devices(const struct request *request)
{
	const struct virtio_msg_bus_range *asked = request->payload;
	struct virtio_msg_bus_devices *found = request->answer;
	unsigned int count, end;

	if (request->size < sizeof(*asked) || !asked->num || asked->num % 8)
		return NO_ANSWER;
	count = asked->num < NUMBERS_MAX ? asked->num : NUMBERS_MAX;
	end = asked->offset + count;
	found->offset = asked->offset;
	found->num = (uint16_t)count;
	for (unsigned int i = asked->offset; i < COMB_DEVICES_MAX; i++) {
		if (!request->bus->devices[i])
			continue;
		if (i >= end) {
			found->next_offset = (uint16_t)end;
			break;
		}
		found->devices[(i - asked->offset) / 8] |= (uint8_t)(1u << (i - asked->offset) % 8);
	}
	return sizeof(*found) + count / 8;
}

static size_t bus_ping(const struct request *request)
{
	if (request->size < sizeof(struct virtio_msg_bus_ping))
		return NO_ANSWER;
	memcpy(request->answer, request->payload, sizeof(struct virtio_msg_bus_ping));
	return sizeof(struct virtio_msg_bus_ping);
}

/* ---- all messages ---- */

/**
 * struct handler - a kind of request
 * @run: fills in the answer
 * @changes: it is done once, however often it is sent
 */
struct handler {
	size_t (*run)(const struct request *request);
	bool changes;
};

/* Not GET_SHM: no device has shared memory. */
static const struct handler transport[] = {
	[VIRTIO_MSG_DEVICE_INFO] = { device_info, false },
	[VIRTIO_MSG_GET_DEV_FEATURES] = { get_features, false },
	[VIRTIO_MSG_SET_DRV_FEATURES] = { set_features, true },
	[VIRTIO_MSG_GET_CONFIG] = { get_config, false },
	[VIRTIO_MSG_SET_CONFIG] = { set_config, true },
	[VIRTIO_MSG_GET_DEVICE_STATUS] = { get_status, false },
	[VIRTIO_MSG_SET_DEVICE_STATUS] = { set_status, true },
	[VIRTIO_MSG_GET_VQUEUE] = { get_vqueue, false },
	[VIRTIO_MSG_SET_VQUEUE] = { set_vqueue, true },
	[VIRTIO_MSG_RESET_VQUEUE] = { reset_vqueue, true },
};

static const struct handler bus_wide[] = {
	[VIRTIO_MSG_BUS_GET_DEVICES] = { bus_devices, false },
	[VIRTIO_MSG_BUS_PING] = { bus_ping, false },
};

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

/* NULL, and what is wrong, if it cannot be answered. */
static const struct handler *handler_find(struct bus *bus, const struct virtio_msg *message,
					  struct request *request)
{
	const struct handler *table = transport;
	size_t count = COUNT(transport);

	if (message->type & VIRTIO_MSG_TYPE_BUS) {
		table = bus_wide;
		count = COUNT(bus_wide);
	} else {
		if (message->dev_id >= COMB_DEVICES_MAX || !bus->devices[message->dev_id])
			return NULL;
		request->device = bus->devices[message->dev_id];
	}
	if (message->msg_id >= count || !table[message->msg_id].run)
		return NULL;
	return &table[message->msg_id];
}

static size_t message_refuse(struct bus *bus, const struct virtio_msg *message)
{
	/* The first is news, the thousandth is not. */
	if (!(bus->malformed & (bus->malformed + 1)))
		keeper_log(NULL, "message %lu ignored: type 0x%x, id 0x%x, device %u, %u bytes",
			   bus->malformed + 1, message->type,
			   message->msg_id, message->dev_id, message->msg_size);
	bus->malformed++;
	return 0;
}

/* Of the events a cell may send only this one means anything to a device. */
static size_t event_avail(struct bus *bus, const struct virtio_msg *message)
{
	const struct virtio_msg_vq_index *which = (const void *)message->payload;
	const struct device *device = NULL;

	if (message->dev_id < COMB_DEVICES_MAX)
		device = bus->devices[message->dev_id];
	if (!device || message->msg_size < sizeof(*message) + sizeof(*which) ||
	    which->index >= device->nr_queues)
		return message_refuse(bus, message);
	event_signal(device->queues[which->index].kick);
	return 0;
}

/* Was this very request answered last? Then the answer is to be repeated. */
static size_t answer_repeat(const struct state_device *saved, const uint8_t *request,
			    uint8_t *response)
{
	const struct virtio_msg *answer = (const void *)saved->response;
	const struct virtio_msg *message = (const void *)request;

	/* The rest of a slot may hold anything. */
	if (memcmp(saved->request, request, message->msg_size) ||
	    answer->msg_size < sizeof(*answer) || answer->msg_size > COMB_MESSAGE_SIZE)
		return 0;
	memcpy(response, saved->response, COMB_MESSAGE_SIZE);
	return answer->msg_size;
}

static void answer_keep(struct state_device *saved, const uint8_t *request,
			const uint8_t *response)
{
	/* In this order: a keeper that is killed in between must not repeat a wrong answer. */
	memset(saved->request, 0, sizeof(saved->request));
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	memcpy(saved->response, response, sizeof(saved->response));
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	memcpy(saved->request, request, sizeof(saved->request));
}

/* Resetting twice does no harm; taking a new life's first message for the old one's would. */
static bool is_reset(const struct virtio_msg *message)
{
	const struct virtio_msg_status *status = (const void *)message->payload;

	return message->msg_id == VIRTIO_MSG_SET_DEVICE_STATUS && !status->status;
}

size_t bus_handle(struct bus *bus, const uint8_t *bytes, uint8_t *response)
{
	const struct virtio_msg *message = (const void *)bytes;
	struct virtio_msg *answer = (void *)response;
	struct request request = { .bus = bus };
	const struct handler *handler;
	struct state_device *saved;
	bool once;
	size_t size;

	if (message->msg_size < sizeof(*message) || message->msg_size > COMB_MESSAGE_SIZE ||
	    message->type & ~VIRTIO_MSG_TYPE_BUS)
		return message_refuse(bus, message);
	if (message->msg_id == VIRTIO_MSG_EVENT_AVAIL && !(message->type & VIRTIO_MSG_TYPE_BUS))
		return event_avail(bus, message);
	handler = handler_find(bus, message, &request);
	if (!handler)
		return message_refuse(bus, message);
	saved = request.device ? device_core(request.device)->saved : NULL;
	once = saved && handler->changes && !is_reset(message);
	size = once ? answer_repeat(saved, bytes, response) : 0;
	if (size)
		return size;

	memset(response, 0, COMB_MESSAGE_SIZE);
	request.payload = message->payload;
	request.size = message->msg_size - sizeof(*message);
	request.answer = answer->payload;
	size = handler->run(&request);
	if (size == NO_ANSWER)
		return message_refuse(bus, message);
	if (size == NOT_YET)
		return 0;
	answer->type = message->type | VIRTIO_MSG_TYPE_RESPONSE;
	answer->msg_id = message->msg_id;
	answer->dev_id = message->dev_id;
	answer->token = message->token;
	answer->msg_size = (uint16_t)(sizeof(*answer) + size);
	if (once)
		answer_keep(saved, bytes, response);
	return answer->msg_size;
}
