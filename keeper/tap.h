/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tap.h - a TAP interface whose queues vhost-net serves
 *
 * Frames begin with struct virtio_net_hdr_mrg_rxbuf (12 bytes, virtio 1.3,
 * 5.1.6). An interface that tap_open() has made goes away with its last file,
 * also if the keeper is killed.
 */
#ifndef KEEPER_TAP_H
#define KEEPER_TAP_H

#include <net/if.h>
#include <stdbool.h>

#define TAP_QUEUES_MAX	8

/**
 * struct tap - an open TAP interface
 * @name: the interface's
 * @nr_fds: how many queues it has
 * @fds: one a queue; all are attached at first
 * @shared: it existed before
 */
struct tap {
	char name[IFNAMSIZ];
	unsigned int nr_fds;
	int fds[TAP_QUEUES_MAX];
	bool shared;
};

/*
 * Open the interface @name with up to @queues queues (1 to TAP_QUEUES_MAX). With
 * @exclusive it is made, and one of that name which is about to vanish waited
 * for; otherwise one that exists is taken as it is, perhaps with one queue only.
 * 0, or -1 with errno: EBUSY it is in use.
 */
int tap_open(struct tap *tap, const char *name, unsigned int queues, bool exclusive);
void tap_close(struct tap *tap);

/* Frames are spread over the attached queues only. 0, or -1 with errno. */
int tap_attach(const struct tap *tap, unsigned int queue, bool attach);

/* Forget what waits for a cell that was not there. */
void tap_drain(const struct tap *tap);

/* TUN_F_*: what may be sent to the cell unfinished. 0, or -1 with errno. */
int tap_offload(const struct tap *tap, unsigned int flags);

#endif
