// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * net.c - a network card: virtio-net (virtio 1.3, 5.1) on vhost-net and a TAP
 * interface, with a queue pair for each CPU of the cell
 *
 * Frames go between the cell's RAM and the TAP interface in the host's kernel.
 * Both sides offload: checksums and segmentation are left to the last one.
 */
#include <endian.h>
#include <errno.h>
#include <linux/if_tun.h>
#include <linux/vhost.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <netconf.h>

#include "kinds.h"
#include "link.h"
#include "mapfile.h"
#include "net.h"

#define VHOST_NET_PATH	"/dev/vhost-net"
#define QUEUE_SIZE	512
#define CONTROL_SIZE	64
/* About what it takes to sleep and be woken; measured in docs/performance.md. */
#define POLL_US		50

#define BIT(n)		(1ULL << (n))
/* Of these the kernel's word is needed. */
#define OFFERED_KERNEL	(BIT(VIRTIO_RING_F_INDIRECT_DESC) | BIT(VIRTIO_RING_F_EVENT_IDX) | \
			 BIT(VIRTIO_NET_F_MRG_RXBUF))
#define GUEST_OFFLOADS	(BIT(VIRTIO_NET_F_GUEST_CSUM) | BIT(VIRTIO_NET_F_GUEST_TSO4) | \
			 BIT(VIRTIO_NET_F_GUEST_TSO6) | BIT(VIRTIO_NET_F_GUEST_ECN))
/* These the TAP interface and this file can always do. */
#define OFFERED_ALWAYS	(GUEST_OFFLOADS | BIT(VIRTIO_NET_F_CSUM) | BIT(VIRTIO_NET_F_HOST_TSO4) | \
			 BIT(VIRTIO_NET_F_HOST_TSO6) | BIT(VIRTIO_NET_F_HOST_ECN) | \
			 BIT(VIRTIO_NET_F_MAC) | BIT(VIRTIO_NET_F_STATUS) | \
			 BIT(VIRTIO_NET_F_CTRL_VQ) | BIT(VIRTIO_NET_F_CTRL_RX) | \
			 BIT(VIRTIO_NET_F_CTRL_MAC_ADDR) | BIT(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS))

unsigned int net_usable_pairs(const struct net *net)
{
	return net->device.accepted & BIT(VIRTIO_NET_F_MQ) ? net->pairs : 1;
}

int net_set_offloads(struct net *net, uint64_t offloads)
{
	unsigned int flags = 0;

	if (offloads & BIT(VIRTIO_NET_F_GUEST_CSUM)) {
		flags |= TUN_F_CSUM;
		if (offloads & BIT(VIRTIO_NET_F_GUEST_TSO4))
			flags |= TUN_F_TSO4;
		if (offloads & BIT(VIRTIO_NET_F_GUEST_TSO6))
			flags |= TUN_F_TSO6;
		if (flags != TUN_F_CSUM && offloads & BIT(VIRTIO_NET_F_GUEST_ECN))
			flags |= TUN_F_TSO_ECN;
	}
	if (tap_offload(&net->tap, flags))
		return -1;
	net->saved->offloads = offloads;
	return 0;
}

static int pair_set_backend(const struct net *net, unsigned int pair, int fd)
{
	for (unsigned int i = 0; i < 2; i++) {
		struct vhost_vring_file backend = { .index = i, .fd = fd };

		if (ioctl(net->vhosts[pair].fd, VHOST_NET_SET_BACKEND, &backend))
			return -1;
	}
	return 0;
}

static bool pair_is_set_up(const struct net *net, unsigned int pair)
{
	return net->device.queues[2 * pair].size && net->device.queues[2 * pair + 1].size;
}

int net_set_pairs(struct net *net, unsigned int pairs)
{
	/* The kernel knows only those that net_begin() has set up. */
	for (unsigned int i = pairs; i < net->pairs; i++)
		if ((i < net_usable_pairs(net) && pair_set_backend(net, i, -1)) ||
		    tap_attach(&net->tap, i, false))
			return -1;
	for (unsigned int i = 0; i < pairs; i++) {
		if (!pair_is_set_up(net, i)) {
			errno = EINVAL;
			return -1;
		}
		if (tap_attach(&net->tap, i, true) || pair_set_backend(net, i, net->tap.fds[i]))
			return -1;
		vhost_kick(&net->vhosts[i]);
	}
	net->saved->pairs = pairs;
	return 0;
}

static void net_stop(struct device *device)
{
	struct net *net = (struct net *)device;

	net_control_end(net);
	for (unsigned int i = 0; i < net->pairs; i++)
		pair_set_backend(net, i, -1);
}

static int net_begin(struct net *net)
{
	struct device *device = &net->device;
	unsigned int usable = net_usable_pairs(net), pairs = 1;
	uint64_t offloads = device->accepted & GUEST_OFFLOADS;

	if (device->resumed) {
		offloads &= net->saved->offloads;
		if (net->saved->pairs && net->saved->pairs <= usable)
			pairs = net->saved->pairs;
	}
	if (!device->resumed)
		tap_drain(&net->tap);
	if (net_set_offloads(net, offloads))
		return -1;
	for (unsigned int i = 0; i < usable; i++)
		if (vhost_setup(&net->vhosts[i], device->accepted & net->known))
			return -1;
	if (net_set_pairs(net, pairs))
		return -1;
	return net_control_begin(net);
}

static int net_start(struct device *device)
{
	int error;

	if (!net_begin((struct net *)device))
		return 0;
	error = errno;
	net_stop(device);
	errno = error;
	return -1;
}

static void net_free(struct device *device)
{
	struct net *net = (struct net *)device;

	for (unsigned int i = 0; i < net->pairs; i++)
		vhost_close(&net->vhosts[i]);
	tap_close(&net->tap);
	private_leave(&net->network);
	if (net->saved)
		munmap(net->saved, sizeof(*net->saved));
	free(net);
}

static const struct device_ops net_ops = {
	.name = "net",
	.start = net_start,
	.stop = net_stop,
	.free = net_free,
};

/* A TAP interface as a port of @bridge, with @mtu, or the bridge's if that is 0. */
static int net_open_port(struct net *net, const struct cell_id *cell, const char *bridge,
			 unsigned int mtu)
{
	char name[IFNAMSIZ];

	if (!link_is_bridge(bridge)) {
		keeper_log(&net->device, "this machine has no bridge %s", bridge);
		errno = ENODEV;
		return -1;
	}
	snprintf(name, sizeof(name), "comb-%u", cell->id);
	if (tap_open(&net->tap, name, net->pairs, true))
		return -1;
	if ((!mtu && link_get_mtu(bridge, &mtu)) || link_set_mtu(name, mtu) ||
	    link_join_bridge(bridge, name))
		return -1;
	return link_set_up(name, true);
}

static int net_open_tap(struct net *net, const char *name)
{
	if (tap_open(&net->tap, name, net->pairs, false))
		return -1;
	return link_set_up(name, true);
}

static int net_open(struct net *net, const struct cell_id *cell, const char *what)
{
	if (!strncmp(what, "bridge:", 7))
		return net_open_port(net, cell, what + 7, 0);
	if (!strncmp(what, "tap:", 4))
		return net_open_tap(net, what + 4);
	if (strcmp(what, "private")) {
		errno = EINVAL;
		return -1;
	}
	if (private_join(&net->network, net->device.loop, cell))
		return -1;
	/*
	 * The port takes the largest frames, so that host and cells may raise
	 * their MTU as they like; a bridge asks its ports for theirs only.
	 */
	return net_open_port(net, cell, COMB_NET_BRIDGE, COMB_NETCONF_MTU_MAX);
}

/* As many pairs as the interface has got queues. */
static int net_open_vhosts(struct net *net)
{
	net->pairs = net->tap.nr_fds;
	for (unsigned int i = 0; i < net->pairs; i++) {
		vhost_init(&net->vhosts[i], &net->device, 2 * i, 2);
		net->vhosts[i].poll_us = POLL_US;
	}
	for (unsigned int i = 0; i < net->pairs; i++)
		if (vhost_open(&net->vhosts[i], VHOST_NET_PATH, "vhost_net"))
			return -1;
	return vhost_features(&net->vhosts[0], &net->known);
}

/* A machine without an id is told from others by nothing: its user has one network only. */
static void choose_mac(const struct cell_id *cell, const char *what, uint8_t mac[6])
{
	FILE *f = strcmp(what, "private") ? fopen("/etc/machine-id", "re") : NULL;
	char machine[64];

	if (f && fgets(machine, sizeof(machine), f) && machine[0] != '\n')
		comb_net_mac_abroad(machine, cell->id, mac);
	else
		comb_net_mac(cell->id, mac);
	if (f)
		fclose(f);
}

static void net_describe(struct net *net, const struct cell_id *cell, const char *what)
{
	struct device *device = &net->device;
	struct virtio_net_config config = {
		.status = htole16(VIRTIO_NET_S_LINK_UP),
		.max_virtqueue_pairs = htole16((uint16_t)net->pairs),
		.mtu = htole16((uint16_t)net->network.mtu),
	};

	device->offered = OFFERED_ALWAYS | (net->known & OFFERED_KERNEL);
	if (net->pairs > 1)
		device->offered |= BIT(VIRTIO_NET_F_MQ);
	/*
	 * To a driver this is the default and the maximum in one. The usual 1500
	 * goes without saying, and then a cell can have more if it wants to.
	 */
	if (net->network.mtu && net->network.mtu != COMB_NETCONF_MTU)
		device->offered |= BIT(VIRTIO_NET_F_MTU);
	choose_mac(cell, what, config.mac);
	device->config_bytes = offsetof(struct virtio_net_config, speed);
	memcpy(device->config, &config, device->config_bytes);
	device->nr_queues = 2 * net->pairs + 1;
	for (unsigned int i = 0; i < 2 * net->pairs; i++)
		device->queues[i].max = QUEUE_SIZE;
	device->queues[2 * net->pairs].max = CONTROL_SIZE;
}

static struct net_saved *net_map_saved(const struct cell_id *cell)
{
	char path[sizeof(cell->directory) + 16];

	snprintf(path, sizeof(path), "%s/net", cell->directory);
	return mapfile_open(path, sizeof(struct net_saved));
}

struct device *net_new(struct loop *loop, const struct memory *memory,
		       const struct cell_id *cell, const char *what)
{
	struct net *net = calloc(1, sizeof(*net));
	int error;

	if (!net) {
		keeper_log(NULL, "net: out of memory");
		return NULL;
	}
	net->device = (struct device){
		.ops = &net_ops, .type = VIRTIO_ID_NET, .loop = loop, .memory = memory,
	};
	net->network.members = -1;
	net->pairs = cell->cpus < TAP_QUEUES_MAX ? cell->cpus : TAP_QUEUES_MAX;
	if (!net->pairs)
		net->pairs = 1;
	for (unsigned int i = 0; i < net->pairs; i++)
		vhost_init(&net->vhosts[i], &net->device, 2 * i, 2);
	net->saved = net_map_saved(cell);
	if (net->saved && !net_open(net, cell, what) && !net_open_vhosts(net)) {
		net_describe(net, cell, what);
		return &net->device;
	}
	error = errno;
	keeper_log(&net->device, "no network (%s): %s", what, strerror(error));
	net_free(&net->device);
	errno = error;
	return NULL;
}
