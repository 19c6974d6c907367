// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * net_control.c - the control queue (virtio 1.3, 5.1.6.5)
 *
 * A command is two bytes, its class and what to do, and data; the answer is one
 * byte. Filters for what is received are taken note of only: they are best
 * effort by definition, and a bridge sends a cell what is for it.
 */
#include <endian.h>
#include <errno.h>
#include <linux/virtio_config.h>
#include <linux/virtio_net.h>
#include <string.h>
#include <sys/epoll.h>

#include "event.h"
#include "net.h"

/* Class, command and the longest data that is looked at. */
#define COMMAND_BYTES	(2 + sizeof(uint64_t))
/* Commands taken in a row; other devices wait meanwhile. */
#define BATCH		16

static bool accepted(const struct net *net, unsigned int bit)
{
	return net->device.accepted >> bit & 1;
}

static int serve_mac(struct net *net, uint8_t command, const uint8_t *data, size_t size)
{
	if (command == VIRTIO_NET_CTRL_MAC_TABLE_SET)
		return accepted(net, VIRTIO_NET_F_CTRL_RX) ? 0 : -1;
	if (command != VIRTIO_NET_CTRL_MAC_ADDR_SET || size < 6 ||
	    !accepted(net, VIRTIO_NET_F_CTRL_MAC_ADDR))
		return -1;
	/* The interface on the host's side has an address of its own; this is for the driver. */
	memcpy(net->device.config, data, 6);
	return 0;
}

static int serve_pairs(struct net *net, uint8_t command, const uint8_t *data, size_t size)
{
	uint16_t pairs;

	if (command != VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET || size < sizeof(pairs))
		return -1;
	memcpy(&pairs, data, sizeof(pairs));
	pairs = le16toh(pairs);
	if (!pairs || pairs > net_usable_pairs(net))
		return -1;
	return net_set_pairs(net, pairs);
}

static int serve_offloads(struct net *net, uint8_t command, const uint8_t *data, size_t size)
{
	uint64_t offloads;

	if (command != VIRTIO_NET_CTRL_GUEST_OFFLOADS_SET || size < sizeof(offloads) ||
	    !accepted(net, VIRTIO_NET_F_CTRL_GUEST_OFFLOADS))
		return -1;
	memcpy(&offloads, data, sizeof(offloads));
	offloads = le64toh(offloads);
	if (offloads & ~net->device.accepted)
		return -1;
	return net_set_offloads(net, offloads);
}

static int serve(struct net *net, const uint8_t *command, size_t size)
{
	const uint8_t *data = command + 2;

	if (size < 2)
		return -1;
	size -= 2;
	switch (command[0]) {
	case VIRTIO_NET_CTRL_RX:
		return accepted(net, VIRTIO_NET_F_CTRL_RX) && size &&
		       command[1] <= VIRTIO_NET_CTRL_RX_ALLMULTI ? 0 : -1;
	case VIRTIO_NET_CTRL_MAC:
		return serve_mac(net, command[1], data, size);
	case VIRTIO_NET_CTRL_MQ:
		return serve_pairs(net, command[1], data, size);
	case VIRTIO_NET_CTRL_GUEST_OFFLOADS:
		return serve_offloads(net, command[1], data, size);
	default:
		return -1;
	}
}

static void serve_chain(struct net *net, const struct vring_chain *chain)
{
	uint8_t command[COMMAND_BYTES];
	size_t size = 0;

	if (!chain->nr_out || !chain->out[0].iov_len) {
		vring_put(&net->control, chain, 0);
		return;
	}
	for (unsigned int i = 0; i < chain->nr_in && size < sizeof(command); i++) {
		size_t part = chain->in[i].iov_len;

		if (part > sizeof(command) - size)
			part = sizeof(command) - size;
		memcpy(command + size, chain->in[i].iov_base, part);
		size += part;
	}
	*(uint8_t *)chain->out[0].iov_base = serve(net, command, size) ? VIRTIO_NET_ERR :
					     VIRTIO_NET_OK;
	vring_put(&net->control, chain, 1);
}

static void control_kicked(struct loop_watch *watch, uint32_t events)
{
	struct net *net = watch->data;
	struct vring_chain chain;
	int status = 0;

	(void)events;
	event_take(watch->fd);
	for (int i = 0; i < BATCH; i++) {
		status = vring_take(&net->control, &chain);
		if (status <= 0)
			break;
		serve_chain(net, &chain);
	}
	if (status > 0)
		event_signal(watch->fd);
	else if (status < 0)
		net_control_end(net);
}

int net_control_begin(struct net *net)
{
	/* Right behind the pairs that were agreed on (virtio 1.3, 5.1.2). */
	unsigned int index = accepted(net, VIRTIO_NET_F_MQ) ? 2 * net->pairs : 2;

	if (!accepted(net, VIRTIO_NET_F_CTRL_VQ) || !net->device.queues[index].size)
		return 0;
	vring_begin(&net->control, &net->device, index);
	net->control_kick = (struct loop_watch){
		.fd = net->device.queues[index].kick, .ready = control_kicked, .data = net,
	};
	if (loop_add(net->device.loop, &net->control_kick, EPOLLIN))
		return -1;
	/* A command from before is waiting, perhaps. */
	event_signal(net->control_kick.fd);
	return 0;
}

void net_control_end(struct net *net)
{
	loop_remove(net->device.loop, &net->control_kick);
}
