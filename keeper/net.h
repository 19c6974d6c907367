/* SPDX-License-Identifier: GPL-2.0-or-later */
/* net.h - the parts of a network device: net.c its life, net_control.c its control queue */
#ifndef KEEPER_NET_H
#define KEEPER_NET_H

#include "device.h"
#include "private.h"
#include "tap.h"
#include "vhost.h"
#include "vring.h"

/**
 * struct net_saved - what the driver has asked for by its control queue, in a
 * file that outlives the keeper
 * @pairs: queue pairs in use
 * @reserved: zero
 * @offloads: feature bits VIRTIO_NET_F_GUEST_*
 */
struct net_saved {
	uint32_t pairs;
	uint32_t reserved;
	uint64_t offloads;
};

/**
 * struct net - a network device
 * @device: queues 2n and 2n + 1 are receive and transmit queue of pair n
 * @pairs: how many there are
 * @tap: a queue for each pair
 * @vhosts: one for each pair
 * @known: features of vhost-net
 * @saved: mapped file
 * @network: the private network, if it is on it
 * @control: the control queue, while it is watched
 * @control_kick: its eventfd
 */
struct net {
	struct device device;
	unsigned int pairs;
	struct tap tap;
	struct vhost vhosts[TAP_QUEUES_MAX];
	uint64_t known;
	struct net_saved *saved;
	struct private_network network;
	struct ring control;
	struct loop_watch control_kick;
};

/* Pairs the driver can use: all with VIRTIO_NET_F_MQ, otherwise the first. */
unsigned int net_usable_pairs(const struct net *net);

/* Let the first @pairs carry frames and the others rest. 0, or -1 with errno. */
int net_set_pairs(struct net *net, unsigned int pairs);

/* Frames to the cell may need what these VIRTIO_NET_F_GUEST_* bits say. 0, or -1 with errno. */
int net_set_offloads(struct net *net, uint64_t offloads);

/* Begin to serve the control queue, if the driver has set it up. 0, or -1 with errno. */
int net_control_begin(struct net *net);
void net_control_end(struct net *net);

#endif
