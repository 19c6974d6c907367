/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hosts.h - the list of all machines, and its copy in the host's /etc/hosts
 *
 * Callers hold the network's lock. What goes wrong is logged and no error: a
 * network without names still works.
 */
#ifndef KEEPER_HOSTS_H
#define KEEPER_HOSTS_H

#include <stdint.h>

/* Files of the private network; no cell can have this name. */
#define NETWORK_DIR	"/run/comb/.network"
#define HOSTS_LIST	NETWORK_DIR "/hosts"

/* Machine @names (blank-separated) has @address; cells that are gone are left out. */
void hosts_add(uint32_t address, const char *names);
void hosts_remove(const char *name);
/* All of it, and the list. */
void hosts_clear(void);

#endif
