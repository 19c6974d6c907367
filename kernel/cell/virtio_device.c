// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtio_device.c - what virtio drivers ask of a device, as messages
 */
#include <linux/device.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "agent.h"
#include "compat.h"
#include "transport.h"
#include "virtio_queue.h"

/* Of configuration space in one message. */
#define CONFIG_CHUNK	(COMB_PAYLOAD_MAX - sizeof(struct virtio_msg_config))

/* One chunk of the configuration space. */
static int device_get_chunk(struct comb_device *device, u32 offset, void *data, u32 size)
{
	struct virtio_msg_config_range ask = {
		.offset = cpu_to_le32(offset),
		.size = cpu_to_le32(size),
	};
	struct virtio_msg_config answer;
	struct comb_message message;
	int ret;

	memcpy(message.head.payload, &ask, sizeof(ask));
	ret = comb_request(device, VIRTIO_MSG_GET_CONFIG, &message, sizeof(ask),
			   sizeof(answer) + size);
	if (ret < 0)
		return ret;
	memcpy(&answer, message.head.payload, sizeof(answer));
	if (le32_to_cpu(answer.offset) != offset || le32_to_cpu(answer.size) != size)
		return -EPROTO;
	memcpy(data, message.head.payload + sizeof(answer), size);
	WRITE_ONCE(device->generation, le32_to_cpu(answer.generation));
	return 0;
}

static int device_set_chunk(struct comb_device *device, u32 offset, const void *data, u32 size)
{
	struct virtio_msg_config tell = {
		.generation = cpu_to_le32(READ_ONCE(device->generation)),
		.offset = cpu_to_le32(offset),
		.size = cpu_to_le32(size),
	};
	struct comb_message message;
	int ret;

	memcpy(message.head.payload, &tell, sizeof(tell));
	memcpy(message.head.payload + sizeof(tell), data, size);
	ret = comb_request(device, VIRTIO_MSG_SET_CONFIG, &message, sizeof(tell) + size,
			   sizeof(tell));
	return ret < 0 ? ret : 0;
}

static bool device_has_config(struct comb_device *device, u32 offset, u32 size)
{
	return offset <= device->config_size && size <= device->config_size - offset;
}

/* There is no way to say that it failed; zeroes are the least harmful values. */
static void device_get(struct virtio_device *virtio, unsigned int offset, void *data,
		       unsigned int size)
{
	struct comb_device *device = comb_device_of(virtio);
	unsigned int done, chunk;

	memset(data, 0, size);
	if (!device_has_config(device, offset, size))
		return;
	for (done = 0; done < size; done += chunk) {
		chunk = min_t(unsigned int, size - done, CONFIG_CHUNK);
		if (device_get_chunk(device, offset + done, data + done, chunk))
			break;
	}
}

static void device_set(struct virtio_device *virtio, unsigned int offset, const void *data,
		       unsigned int size)
{
	struct comb_device *device = comb_device_of(virtio);
	unsigned int done, chunk;

	if (!device_has_config(device, offset, size))
		return;
	for (done = 0; done < size; done += chunk) {
		chunk = min_t(unsigned int, size - done, CONFIG_CHUNK);
		if (device_set_chunk(device, offset + done, data + done, chunk))
			break;
	}
}

/*
 * Each response with a part of the space carries the generation, so the last
 * one is newer than all data read before. That is what callers compare.
 */
static u32 device_generation(struct virtio_device *virtio)
{
	return READ_ONCE(comb_device_of(virtio)->generation);
}

static u8 device_get_status(struct virtio_device *virtio)
{
	return READ_ONCE(comb_device_of(virtio)->status);
}

static void device_set_status(struct virtio_device *virtio, u8 status)
{
	struct comb_device *device = comb_device_of(virtio);
	struct virtio_msg_status data = { .status = cpu_to_le32(status) };
	struct comb_message message;

	memcpy(message.head.payload, &data, sizeof(data));
	if (comb_request(device, VIRTIO_MSG_SET_DEVICE_STATUS, &message, sizeof(data),
			 sizeof(data)) < 0)
		return;
	memcpy(&data, message.head.payload, sizeof(data));
	WRITE_ONCE(device->status, le32_to_cpu(data.status));
}

static void device_reset(struct virtio_device *virtio)
{
	struct comb_device *device = comb_device_of(virtio);
	int err = comb_request_reset(device);

	if (err && err != -ENODEV)
		dev_warn(&virtio->dev, "reset: error %d\n", err);
	WRITE_ONCE(device->status, 0);
}

static u64 device_get_features(struct virtio_device *virtio)
{
	struct virtio_msg_features ask = { .index = 0, .num = cpu_to_le32(2) };
	struct comb_device *device = comb_device_of(virtio);
	struct comb_message message;
	__le32 features[2];

	memcpy(message.head.payload, &ask, sizeof(ask));
	if (comb_request(device, VIRTIO_MSG_GET_DEV_FEATURES, &message, sizeof(ask),
			 sizeof(ask) + sizeof(features)) < 0)
		return 0;
	memcpy(features, message.head.payload + sizeof(ask), sizeof(features));
	return (u64)le32_to_cpu(features[1]) << 32 | le32_to_cpu(features[0]);
}

static int device_finalize_features(struct virtio_device *virtio)
{
	struct virtio_msg_features tell = { .index = 0, .num = cpu_to_le32(2) };
	struct comb_device *device = comb_device_of(virtio);
	struct comb_message message;
	__le32 features[2];
	int ret;

	vring_transport_features(virtio);
	/* A notification is one bit here, there is no room for data in it. */
	virtio->features &= ~BIT_ULL(COMB_VIRTIO_F_NOTIFICATION_DATA);
	if (!__virtio_test_bit(virtio, VIRTIO_F_VERSION_1)) {
		dev_err(&virtio->dev, "device without VIRTIO_F_VERSION_1\n");
		return -EINVAL;
	}
	features[0] = cpu_to_le32(lower_32_bits(virtio->features));
	features[1] = cpu_to_le32(upper_32_bits(virtio->features));
	memcpy(message.head.payload, &tell, sizeof(tell));
	memcpy(message.head.payload + sizeof(tell), features, sizeof(features));
	ret = comb_request(device, VIRTIO_MSG_SET_DRV_FEATURES, &message,
			   sizeof(tell) + sizeof(features), 0);
	return ret < 0 ? ret : 0;
}

static const char *device_bus_name(struct virtio_device *virtio)
{
	return comb_device_of(virtio)->name;
}

static const struct virtio_config_ops device_ops = {
	.get = device_get,
	.set = device_set,
	.generation = device_generation,
	.get_status = device_get_status,
	.set_status = device_set_status,
	.reset = device_reset,
	.find_vqs = comb_queues_find,
	.del_vqs = comb_queues_delete,
	COMB_SYNCHRONIZE_CBS(comb_queues_synchronize)
	.get_features = device_get_features,
	.finalize_features = device_finalize_features,
	.bus_name = device_bus_name,
	.set_vq_affinity = comb_queue_set_affinity,
	.get_vq_affinity = comb_queue_get_affinity,
};

static void device_release(struct device *dev)
{
	struct comb_device *device = comb_device_of(dev_to_virtio(dev));
	struct comb_transport *transport = device->transport;

	kfree(device);
	if (atomic_dec_and_test(&transport->nr_devices))
		wake_up(&transport->all_freed);
}

/**
 * comb_device_new - a device the host has announced
 * @transport: where
 * @number: its number
 *
 * Until it is registered, nobody but the caller knows it; kfree() and a lower
 * @nr_devices undo this.
 *
 * Return: the device, or NULL.
 */
struct comb_device *comb_device_new(struct comb_transport *transport, unsigned int number)
{
	struct comb_device *device = kzalloc(sizeof(*device), GFP_KERNEL);
	unsigned int i;

	if (!device)
		return NULL;
	device->virtio.dev.parent = transport->agent->dev;
	device->virtio.dev.release = device_release;
	device->virtio.config = &device_ops;
	device->transport = transport;
	device->number = number;
	snprintf(device->name, sizeof(device->name), "comb.%u", number);
	mutex_init(&device->request);
	for (i = 0; i < COMB_QUEUES_MAX; i++) {
		spin_lock_init(&device->queues[i].lock);
		device->queues[i].cpu = -1;
	}
	atomic_inc(&transport->nr_devices);
	return device;
}

/**
 * comb_device_identify - ask the device what it is
 * @device: one that is not registered yet
 *
 * Return: 0 or a negative errno.
 */
int comb_device_identify(struct comb_device *device)
{
	struct virtio_msg_device_info info;
	struct comb_message message;
	int ret;

	ret = comb_request(device, VIRTIO_MSG_DEVICE_INFO, &message, 0, sizeof(info));
	if (ret < 0)
		return ret;
	memcpy(&info, message.head.payload, sizeof(info));
	device->virtio.id.device = le32_to_cpu(info.device_id);
	device->virtio.id.vendor = le32_to_cpu(info.vendor_id);
	device->config_size = le32_to_cpu(info.config_size);
	device->nr_queues = min_t(u32, le32_to_cpu(info.max_vq_count), COMB_QUEUES_MAX);
	return device->virtio.id.device ? 0 : -ENODEV;
}

/**
 * comb_device_break - give a device up
 * @device: one that does not answer
 *
 * Its driver's requests fail from now on, until it is reset.
 */
void comb_device_break(struct comb_device *device)
{
	WRITE_ONCE(device->broken, true);
	/* Without a driver it has no queues, maybe not even their list. */
	if (device->virtio.dev.driver)
		virtio_break_device(&device->virtio);
}

/**
 * comb_device_event - take an EVENT_CONFIG
 * @device: whom it is about
 * @message: of checked size
 */
void comb_device_event(struct comb_device *device, const struct comb_message *message)
{
	struct virtio_msg_event_config event;

	if (le16_to_cpu(message->head.msg_size) < sizeof(message->head) + sizeof(event))
		return;
	memcpy(&event, message->head.payload, sizeof(event));
	WRITE_ONCE(device->generation, le32_to_cpu(event.generation));
	/* The rest of the status may be older than what has been set since. */
	if (le32_to_cpu(event.status) & VIRTIO_CONFIG_S_NEEDS_RESET)
		WRITE_ONCE(device->status, device->status | VIRTIO_CONFIG_S_NEEDS_RESET);
	virtio_config_changed(&device->virtio);
}
