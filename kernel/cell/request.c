// SPDX-License-Identifier: GPL-2.0-only
/*
 * request.c - a request and its response
 *
 * The process that answers on the host may die at any moment and is started
 * again. A request it had not taken is still in the ring then; one it had taken
 * is lost, so it is sent again, with the same token, as long as there is no
 * response. Only what was taken is sent again: nobody's absence fills the ring.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "agent.h"
#include "transport.h"

#define REQUEST_AGAIN		HZ
#define REQUEST_PATIENCE	(30 * HZ)
/* A machine that goes down must not wait for each of its devices. */
#define REQUEST_LAST_PATIENCE	(2 * HZ)

/**
 * struct comb_exchange - a request on its way to its response
 * @message: what is sent, then the response
 * @done: the response is there, or @err is set
 * @err: why there will be none
 */
struct comb_exchange {
	struct comb_message *message;
	struct completion done;
	int err;
};

/**
 * comb_request_answered - a response arrived
 * @transport: the transport
 * @message: of checked size
 */
void comb_request_answered(struct comb_transport *transport, const struct comb_message *message)
{
	unsigned int number = le16_to_cpu(message->head.dev_id);
	struct comb_exchange *request;
	unsigned long flags;

	if (number >= COMB_DEVICES_MAX)
		return;
	spin_lock_irqsave(&transport->lock, flags);
	request = transport->waiting[number];
	if (request && request->message->head.msg_id == message->head.msg_id &&
	    request->message->head.token == message->head.token) {
		*request->message = *message;
		transport->waiting[number] = NULL;
		complete(&request->done);
	}
	spin_unlock_irqrestore(&transport->lock, flags);
}

/**
 * comb_request_abort - end a device's request without a response
 * @transport: the transport
 * @device: its number
 * @err: what the one who waits is told
 */
void comb_request_abort(struct comb_transport *transport, unsigned int device, int err)
{
	struct comb_exchange *request;
	unsigned long flags;

	spin_lock_irqsave(&transport->lock, flags);
	request = transport->waiting[device];
	if (request) {
		request->err = err;
		transport->waiting[device] = NULL;
		complete(&request->done);
	}
	spin_unlock_irqrestore(&transport->lock, flags);
}

static int request_begin(struct comb_device *device, struct comb_exchange *request, u8 id,
			 size_t size)
{
	struct comb_transport *transport = device->transport;
	struct virtio_msg *head = &request->message->head;
	unsigned long flags;
	int err = 0;

	if (WARN_ON_ONCE(size > COMB_PAYLOAD_MAX))
		return -EINVAL;
	init_completion(&request->done);
	memset(request->message->bytes + sizeof(*head) + size, 0, COMB_PAYLOAD_MAX - size);
	head->type = VIRTIO_MSG_TYPE_REQUEST;
	head->msg_id = id;
	head->dev_id = cpu_to_le16(device->number);
	head->msg_size = cpu_to_le16(sizeof(*head) + size);

	spin_lock_irqsave(&transport->lock, flags);
	head->token = cpu_to_le16(++transport->token);
	if (transport->broken)
		err = -EIO;
	else if (device->gone)
		err = -ENODEV;
	else
		transport->waiting[device->number] = request;
	spin_unlock_irqrestore(&transport->lock, flags);
	return err;
}

/* After it nobody else knows of @request. True if it has been answered or aborted. */
static bool request_end(struct comb_device *device, struct comb_exchange *request)
{
	struct comb_transport *transport = device->transport;
	unsigned long flags;
	bool done;

	spin_lock_irqsave(&transport->lock, flags);
	done = transport->waiting[device->number] != request;
	if (!done)
		transport->waiting[device->number] = NULL;
	spin_unlock_irqrestore(&transport->lock, flags);
	return done;
}

/* One round: send if that is needed, then wait. -EAGAIN: no response yet. */
static int request_try(struct comb_device *device, struct comb_exchange *request,
		       const struct comb_message *message, bool *sent, u32 *number)
{
	struct comb_transport *transport = device->transport;
	int err;

	if (!*sent || comb_channel_was_taken(transport, *number)) {
		err = comb_channel_send(transport, message, number);
		if (err == -EAGAIN)
			msleep(20);
		if (err)
			return err;
		*sent = true;
	}
	return wait_for_completion_timeout(&request->done, REQUEST_AGAIN) ? 0 : -EAGAIN;
}

static int request_run(struct comb_device *device, u8 id, struct comb_message *message,
		       size_t size, bool forever)
{
	struct comb_exchange request = { .message = message };
	unsigned long start = jiffies;
	struct comb_message copy;
	bool sent = false, told = false;
	u32 number = 0;
	int err;

	err = request_begin(device, &request, id, size);
	if (err)
		return err;
	copy = *message;
	while ((err = request_try(device, &request, &copy, &sent, &number)) == -EAGAIN) {
		if (system_state > SYSTEM_RUNNING &&
		    time_after(jiffies, start + REQUEST_LAST_PATIENCE))
			break;
		if (time_before(jiffies, start + REQUEST_PATIENCE))
			continue;
		if (!forever)
			break;
		if (!told)
			dev_warn(device->transport->agent->dev,
				 "waiting for the host to stop device %u\n", device->number);
		told = true;
	}
	if (request_end(device, &request))
		return request.err;
	return err == -EAGAIN ? -ETIMEDOUT : err;
}

/**
 * comb_request - ask a device and wait for its response
 * @device: whom
 * @id: VIRTIO_MSG_*
 * @message: its payload is sent; the response is left here
 * @size: of the payload, in bytes
 * @least: how long the response's payload must be at least
 *
 * May sleep, for half a minute at worst; a device that did not answer until
 * then is broken.
 *
 * Return: length of the response's payload; -EIO the device or the transport is
 * broken; -ENODEV the host took it away; -ETIMEDOUT; -EPROTO.
 */
int comb_request(struct comb_device *device, u8 id, struct comb_message *message, size_t size,
		 size_t least)
{
	int ret = -EIO;

	mutex_lock(&device->request);
	if (!device->broken)
		ret = request_run(device, id, message, size, false);
	mutex_unlock(&device->request);

	if (!ret) {
		ret = le16_to_cpu(message->head.msg_size) - sizeof(message->head);
		if (ret < (int)least)
			ret = -EPROTO;
	}
	if (ret == -ETIMEDOUT || ret == -EPROTO) {
		dev_err(device->transport->agent->dev, "device %u, request 0x%02x: %s\n",
			device->number, id, ret == -EPROTO ? "short response" : "no response");
		comb_device_break(device);
	}
	return ret;
}

/**
 * comb_request_reset - stop a device
 * @device: which; it may be broken and is whole again afterwards
 *
 * Who calls this frees the memory of the device's queues next. A device that
 * may know their addresses is therefore waited for without end.
 *
 * Return: 0, or a negative errno: the device has not answered.
 */
int comb_request_reset(struct comb_device *device)
{
	struct virtio_msg_status status = { };
	struct comb_message message;
	int err;

	mutex_lock(&device->request);
	memcpy(message.head.payload, &status, sizeof(status));
	err = request_run(device, VIRTIO_MSG_SET_DEVICE_STATUS, &message, sizeof(status),
			  device->live);
	if (!err) {
		device->broken = false;
		device->live = false;
	}
	mutex_unlock(&device->request);
	return err;
}
