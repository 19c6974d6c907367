// SPDX-License-Identifier: GPL-2.0-only
/*
 * channel.c - messages of cell and host, in rings
 *
 * A ring stays where it is while this module, or the process that answers on
 * the host, goes and comes back: counters run on, and a message that nobody has
 * taken is still there.
 */
#include <linux/device.h>
#include <linux/string.h>

#include <asm/barrier.h>

#include "agent.h"
#include "transport.h"

/* The other side's counters are impossible: no message of it can be trusted. */
static void channel_break(struct comb_transport *transport, const char *what, u32 difference)
{
	unsigned long flags;
	unsigned int i;
	bool first;

	spin_lock_irqsave(&transport->lock, flags);
	first = !transport->broken;
	transport->broken = true;
	spin_unlock_irqrestore(&transport->lock, flags);
	if (!first)
		return;
	dev_err(transport->agent->dev,
		"message rings are broken (%u messages %s), devices are not served any more\n",
		difference, what);
	for (i = 0; i < COMB_DEVICES_MAX; i++)
		comb_request_abort(transport, i, -EIO);
}

/**
 * comb_channel_send - put a message into the ring and ring the host
 * @transport: the transport
 * @message: its header says how long it is; that must have been checked
 * @number: out: for comb_channel_was_taken()
 *
 * Return: 0; -EAGAIN the ring is full; -EIO the rings are broken.
 */
int comb_channel_send(struct comb_transport *transport, const struct comb_message *message,
		      u32 *number)
{
	unsigned long flags;
	u32 flying;
	int err = 0;

	spin_lock_irqsave(&transport->lock, flags);
	flying = transport->produced - smp_load_acquire(&transport->theirs->consumed);
	if (transport->broken) {
		err = -EIO;
	} else if (flying >= COMB_RING_SLOTS) {
		err = -EAGAIN;
	} else {
		memcpy(transport->ours->slots[transport->produced % COMB_RING_SLOTS],
		       message->bytes, COMB_MESSAGE_SIZE);
		*number = transport->produced++;
		smp_store_release(&transport->ours->produced, transport->produced);
	}
	spin_unlock_irqrestore(&transport->lock, flags);

	if (err == -EAGAIN && flying > COMB_RING_SLOTS) {
		channel_break(transport, "sent", flying);
		err = -EIO;
	}
	if (!err)
		comb_mailbox_ring_host(transport->agent, COMB_PENDING_MESSAGES);
	return err;
}

/**
 * comb_channel_was_taken - has the host taken a message out of the ring
 * @transport: the transport
 * @number: from comb_channel_send()
 *
 * Return: true if it has; what it did with it is another question.
 */
bool comb_channel_was_taken(struct comb_transport *transport, u32 number)
{
	return (s32)(smp_load_acquire(&transport->theirs->consumed) - number) > 0;
}

/* Runs in one work only, so counter and slot need no lock. */
static bool channel_take(struct comb_transport *transport, struct comb_message *message)
{
	u32 waiting = smp_load_acquire(&transport->theirs->produced) - transport->consumed;

	if (!waiting || READ_ONCE(transport->broken))
		return false;
	if (waiting > COMB_RING_SLOTS) {
		channel_break(transport, "waiting", waiting);
		return false;
	}
	memcpy(message->bytes, transport->theirs->slots[transport->consumed % COMB_RING_SLOTS],
	       COMB_MESSAGE_SIZE);
	transport->consumed++;
	smp_store_release(&transport->ours->consumed, transport->consumed);
	return true;
}

static void channel_to_device(struct comb_transport *transport, const struct comb_message *message)
{
	unsigned int number = le16_to_cpu(message->head.dev_id);
	struct comb_device *device = NULL;
	unsigned long flags;

	if (number < COMB_DEVICES_MAX) {
		spin_lock_irqsave(&transport->lock, flags);
		device = rcu_dereference_protected(transport->devices[number],
						   lockdep_is_held(&transport->lock));
		if (device && device->registered) {
			get_device(&device->virtio.dev);
		} else if (device) {
			device->changed = true;
			device = NULL;
		}
		spin_unlock_irqrestore(&transport->lock, flags);
	}
	if (device) {
		comb_device_event(device, message);
		put_device(&device->virtio.dev);
	}
}

/* @message is a copy: what is checked here stays as it is. Strange ones are dropped. */
static void channel_dispatch(struct comb_transport *transport, const struct comb_message *message)
{
	u8 type = message->head.type, id = message->head.msg_id;
	u16 size = le16_to_cpu(message->head.msg_size);

	if (size < sizeof(message->head) || size > COMB_MESSAGE_SIZE)
		return;
	switch (type) {
	case VIRTIO_MSG_TYPE_RESPONSE:
		comb_request_answered(transport, message);
		break;
	case VIRTIO_MSG_TYPE_RESPONSE | VIRTIO_MSG_TYPE_BUS:
		if (id == VIRTIO_MSG_BUS_GET_DEVICES)
			comb_bus_devices(transport, message);
		break;
	case VIRTIO_MSG_TYPE_REQUEST | VIRTIO_MSG_TYPE_BUS:
		if (id == VIRTIO_MSG_BUS_EVENT_DEVICE)
			comb_bus_event(transport, message);
		break;
	case VIRTIO_MSG_TYPE_REQUEST:
		if (id == VIRTIO_MSG_EVENT_CONFIG)
			channel_to_device(transport, message);
		break;
	}
}

static void channel_receive(struct work_struct *work)
{
	struct comb_transport *transport = container_of(work, struct comb_transport, receive);
	struct comb_message message;
	unsigned int i;

	for (i = 0; i < COMB_RING_SLOTS; i++) {
		if (!channel_take(transport, &message))
			return;
		channel_dispatch(transport, &message);
	}
	/* A host that never stops sending must not keep this CPU to itself. */
	queue_work(transport->receive_queue, work);
}

/**
 * comb_channel_poll - have the host's messages taken, if there are any
 * @agent: the agent
 *
 * For any context but NMI.
 */
void comb_channel_poll(struct comb_agent *agent)
{
	struct comb_transport *transport = agent->transport;

	if (READ_ONCE(transport->theirs->produced) != READ_ONCE(transport->consumed) &&
	    !READ_ONCE(transport->broken))
		queue_work(transport->receive_queue, &transport->receive);
}

static void channel_stop(void *data)
{
	struct comb_transport *transport = data;

	cancel_work_sync(&transport->receive);
	destroy_workqueue(transport->receive_queue);
}

/* Where the mailbox keeps what, checked once when this is compiled. */
static void channel_find(struct comb_transport *transport)
{
	void *base = transport->agent->host;

	BUILD_BUG_ON(sizeof(struct comb_ring) != 0x1000);
	BUILD_BUG_ON(sizeof(struct comb_routes) !=
		     COMB_MAILBOX_HOST_PENDING_OFF - COMB_MAILBOX_ROUTES_OFF);
	BUILD_BUG_ON(COMB_MAILBOX_CELL_PENDING_OFF +
		     sizeof(struct comb_pending) * COMB_DOORBELLS_MAX > COMB_MAILBOX_SIZE);

	transport->ours = base + COMB_MAILBOX_CELL_RING_OFF;
	transport->theirs = base + COMB_MAILBOX_HOST_RING_OFF;
	transport->routes = base + COMB_MAILBOX_ROUTES_OFF;
	transport->host_pending = base + COMB_MAILBOX_HOST_PENDING_OFF;
	transport->cell_pending = base + COMB_MAILBOX_CELL_PENDING_OFF;
	transport->produced = READ_ONCE(transport->ours->produced);
	transport->consumed = READ_ONCE(transport->ours->consumed);
	/* No token is older than its message, so none of an earlier life comes again soon. */
	transport->token = transport->produced;
}

/**
 * comb_channel_start - be ready to send and receive messages
 * @agent: an agent with a mailbox; its @transport will be set
 *
 * Return: 0 or -ENOMEM.
 */
int comb_channel_start(struct comb_agent *agent)
{
	struct comb_transport *transport = devm_kzalloc(agent->dev, sizeof(*transport),
							GFP_KERNEL);

	if (!transport)
		return -ENOMEM;
	transport->agent = agent;
	spin_lock_init(&transport->lock);
	init_waitqueue_head(&transport->all_freed);
	INIT_WORK(&transport->receive, channel_receive);
	transport->receive_queue = alloc_workqueue("comb-receive", WQ_MEM_RECLAIM | WQ_HIGHPRI |
						   WQ_UNBOUND, 1);
	if (!transport->receive_queue)
		return -ENOMEM;
	channel_find(transport);
	agent->transport = transport;
	return devm_add_action_or_reset(agent->dev, channel_stop, transport);
}
