/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * private.h - the private network: bridge, names, DNS, NAT
 *
 * The first keeper that joins makes it, the last that leaves removes what Comb
 * has made. A keeper is a member as long as it has a file locked, so one that
 * was killed is none any more. All changes happen under another lock.
 */
#ifndef KEEPER_PRIVATE_H
#define KEEPER_PRIVATE_H

#include <sys/types.h>

#include <netaddr.h>

#include "kinds.h"
#include "loop.h"

/**
 * struct private_network - one keeper's membership
 * @loop: where dnsmasq is watched
 * @cell: name of the cell
 * @members: file with a shared lock, -1: not joined
 * @net: addresses
 * @mtu: of the bridge
 * @restarts: how often dnsmasq may still be started again
 * @helper: process that starts NAT and DNS, 0: it is done
 * @watch: pidfd of @helper, then of dnsmasq
 */
struct private_network {
	struct loop *loop;
	char cell[COMB_NAME_SIZE];
	int members;
	struct comb_net net;
	unsigned int mtu;
	unsigned int restarts;
	pid_t helper;
	struct loop_watch watch;
};

/*
 * Join with cell @cell. NAT and DNS follow a moment later, while the cell boots.
 * 0, or -1 with errno and a line in the log.
 */
int private_join(struct private_network *network, struct loop *loop,
		 const struct cell_id *cell);
/* Does nothing if private_join() has failed or was never called on a zeroed structure. */
void private_leave(struct private_network *network);
/* Leave in the place of the keeper of @cell, which was killed. */
void private_sweep(const char *cell);

#endif
