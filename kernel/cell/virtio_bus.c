// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtio_bus.c - devices come and go as the host says
 *
 * Nothing here waits for a host that has no devices to offer: the question for
 * them lies in the ring until somebody reads it, and who starts to serve
 * devices later announces them.
 */
#include <linux/bits.h>
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/jiffies.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "agent.h"
#include "transport.h"

static struct comb_device *bus_device(struct comb_transport *transport, unsigned int number)
{
	/* Only the bus work changes it, and who calls this is that work or has stopped it. */
	return rcu_dereference_protected(transport->devices[number], 1);
}

static void bus_set_device(struct comb_transport *transport, unsigned int number,
			   struct comb_device *device)
{
	unsigned long flags;

	spin_lock_irqsave(&transport->lock, flags);
	rcu_assign_pointer(transport->devices[number], device);
	if (device && transport->gone & BIT(number))
		device->gone = true;
	spin_unlock_irqrestore(&transport->lock, flags);
}

/* Events may be handed to the device from now on; one came before. */
static void bus_registered(struct comb_transport *transport, struct comb_device *device)
{
	unsigned long flags;
	bool changed;

	spin_lock_irqsave(&transport->lock, flags);
	device->registered = true;
	changed = device->changed;
	spin_unlock_irqrestore(&transport->lock, flags);
	if (changed)
		virtio_config_changed(&device->virtio);
}

static void bus_add(struct comb_transport *transport, unsigned int number)
{
	struct comb_device *device = comb_device_new(transport, number);
	int err;

	if (!device)
		return;
	err = comb_device_identify(device);
	if (err) {
		dev_warn(transport->agent->dev, "device %u: error %d\n", number, err);
		kfree(device);
		atomic_dec(&transport->nr_devices);
		return;
	}
	bus_set_device(transport, number, device);
	err = register_virtio_device(&device->virtio);
	if (!err) {
		bus_registered(transport, device);
		return;
	}
	dev_warn(transport->agent->dev, "device %u cannot be registered: error %d\n", number, err);
	bus_set_device(transport, number, NULL);
	synchronize_rcu();
	put_device(&device->virtio.dev);
}

static void bus_remove(struct comb_transport *transport, unsigned int number)
{
	struct comb_device *device = bus_device(transport, number);

	if (!device)
		return;
	/* Its driver may wait for its queues until it is unbound. */
	get_device(&device->virtio.dev);
	unregister_virtio_device(&device->virtio);
	bus_set_device(transport, number, NULL);
	synchronize_rcu();
	put_device(&device->virtio.dev);
}

static void bus_update(struct comb_transport *transport, unsigned int number)
{
	struct comb_device *device = bus_device(transport, number);
	unsigned long flags;
	bool gone, ready;

	spin_lock_irqsave(&transport->lock, flags);
	gone = transport->gone & BIT(number);
	ready = transport->ready & BIT(number);
	transport->gone &= ~BIT(number);
	transport->ready &= ~BIT(number);
	spin_unlock_irqrestore(&transport->lock, flags);

	/* Announced again by a host that was started again: the device has not changed. */
	if (gone || (ready && device && READ_ONCE(device->broken)))
		bus_remove(transport, number);
	if (ready && !bus_device(transport, number))
		bus_add(transport, number);
}

static void bus_work(struct work_struct *work)
{
	struct comb_transport *transport = container_of(work, struct comb_transport, bus);
	unsigned int i;

	for (i = 1; i < COMB_DEVICES_MAX; i++)
		bus_update(transport, i);
}

/* Under the lock, so that bus_stop() has the last word. */
static void bus_wake(struct comb_transport *transport, struct work_struct *work)
{
	lockdep_assert_held(&transport->lock);
	if (transport->serving)
		queue_work(transport->bus_queue, work);
}

static void bus_ready(struct comb_transport *transport, u32 devices)
{
	unsigned long flags;

	spin_lock_irqsave(&transport->lock, flags);
	transport->ready |= devices & ~BIT(0);
	bus_wake(transport, &transport->bus);
	spin_unlock_irqrestore(&transport->lock, flags);
}

static void bus_gone(struct comb_transport *transport, unsigned int number)
{
	struct comb_device *device;
	unsigned long flags;

	spin_lock_irqsave(&transport->lock, flags);
	transport->ready &= ~BIT(number);
	transport->gone |= BIT(number);
	device = rcu_dereference_protected(transport->devices[number],
					   lockdep_is_held(&transport->lock));
	if (device)
		device->gone = true;
	bus_wake(transport, &transport->bus);
	spin_unlock_irqrestore(&transport->lock, flags);
	/* Who waits for its response waits in vain, and may be the bus work itself. */
	comb_request_abort(transport, number, -ENODEV);
}

/**
 * comb_bus_event - take a BUS_EVENT_DEVICE
 * @transport: the transport
 * @message: of checked size
 */
void comb_bus_event(struct comb_transport *transport, const struct comb_message *message)
{
	struct virtio_msg_bus_event event;
	unsigned int number;

	if (le16_to_cpu(message->head.msg_size) < sizeof(message->head) + sizeof(event))
		return;
	memcpy(&event, message->head.payload, sizeof(event));
	number = le16_to_cpu(event.dev_num);
	if (!number || number >= COMB_DEVICES_MAX)
		return;
	if (event.dev_state == cpu_to_le16(VIRTIO_MSG_BUS_DEVICE_READY))
		bus_ready(transport, BIT(number));
	else if (event.dev_state == cpu_to_le16(VIRTIO_MSG_BUS_DEVICE_REMOVED))
		bus_gone(transport, number);
}

/**
 * comb_bus_devices - take the response to GET_DEVICES
 * @transport: the transport
 * @message: of checked size
 *
 * One message holds them all, as there are but COMB_DEVICES_MAX.
 */
void comb_bus_devices(struct comb_transport *transport, const struct comb_message *message)
{
	struct virtio_msg_bus_devices answer;
	unsigned int size, bytes;
	__le32 devices = 0;

	size = le16_to_cpu(message->head.msg_size) - sizeof(message->head);
	if (size < sizeof(answer))
		return;
	memcpy(&answer, message->head.payload, sizeof(answer));
	bytes = min_t(unsigned int, le16_to_cpu(answer.num) / 8, sizeof(devices));
	if (answer.offset || bytes > size - sizeof(answer))
		return;
	memcpy(&devices, message->head.payload + sizeof(answer), bytes);
	WRITE_ONCE(transport->scanned, true);
	if (devices)
		bus_ready(transport, le32_to_cpu(devices));
}

static void bus_scan(struct work_struct *work)
{
	struct comb_transport *transport = container_of(work, struct comb_transport, scan);
	struct virtio_msg_bus_range range = { .num = cpu_to_le16(COMB_DEVICES_MAX) };
	struct comb_message message = { };

	message.head.type = VIRTIO_MSG_TYPE_REQUEST | VIRTIO_MSG_TYPE_BUS;
	message.head.msg_id = VIRTIO_MSG_BUS_GET_DEVICES;
	message.head.msg_size = cpu_to_le16(sizeof(message.head) + sizeof(range));
	memcpy(message.head.payload, &range, sizeof(range));
	WRITE_ONCE(transport->scan_time, jiffies);
	/* If there is no room, nobody reads; the next poll tries again. */
	comb_channel_send(transport, &message, &transport->scan_number);
}

/**
 * comb_bus_poll - ask for devices again if the host has lost the question
 * @agent: the agent
 */
void comb_bus_poll(struct comb_agent *agent)
{
	struct comb_transport *transport = agent->transport;
	unsigned long flags;

	if (READ_ONCE(transport->scanned) ||
	    time_before(jiffies, READ_ONCE(transport->scan_time) + HZ) ||
	    !comb_channel_was_taken(transport, READ_ONCE(transport->scan_number)))
		return;
	spin_lock_irqsave(&transport->lock, flags);
	bus_wake(transport, &transport->scan);
	spin_unlock_irqrestore(&transport->lock, flags);
}

static void bus_stop(void *data)
{
	struct comb_transport *transport = data;
	unsigned long flags;
	unsigned int i;

	spin_lock_irqsave(&transport->lock, flags);
	transport->serving = false;
	spin_unlock_irqrestore(&transport->lock, flags);
	cancel_work_sync(&transport->scan);
	cancel_work_sync(&transport->bus);
	for (i = 1; i < COMB_DEVICES_MAX; i++)
		bus_remove(transport, i);
	wait_event(transport->all_freed, !atomic_read(&transport->nr_devices));
	destroy_workqueue(transport->bus_queue);
}

/**
 * comb_bus_start - ask the host for devices
 * @agent: an agent whose doorbells and heartbeat have started
 *
 * Return: 0 or a negative errno.
 */
int comb_bus_start(struct comb_agent *agent)
{
	struct comb_transport *transport = agent->transport;
	unsigned long flags;
	int err;

	/* Virtio addresses are physical ones, all of RAM may be used. */
	err = dma_coerce_mask_and_coherent(agent->dev, DMA_BIT_MASK(64));
	if (err)
		return err;
	INIT_WORK(&transport->bus, bus_work);
	INIT_WORK(&transport->scan, bus_scan);
	transport->bus_queue = alloc_ordered_workqueue("comb-bus", 0);
	if (!transport->bus_queue)
		return -ENOMEM;

	spin_lock_irqsave(&transport->lock, flags);
	transport->serving = true;
	bus_wake(transport, &transport->scan);
	bus_wake(transport, &transport->bus);
	spin_unlock_irqrestore(&transport->lock, flags);
	return devm_add_action_or_reset(agent->dev, bus_stop, transport);
}
