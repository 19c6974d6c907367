/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * link.h - the host's network interfaces, by name (netdevice(7))
 *
 * All return 0, or -1 with errno.
 */
#ifndef KEEPER_LINK_H
#define KEEPER_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include <netaddr.h>

bool link_exists(const char *name);
bool link_is_bridge(const char *name);
bool link_is_up(const char *name);

int link_set_up(const char *name, bool up);
int link_get_mtu(const char *name, unsigned int *mtu);
int link_set_mtu(const char *name, unsigned int mtu);
int link_set_mac(const char *name, const uint8_t mac[6]);
int link_set_address(const char *name, const struct comb_net *net);

int link_add_bridge(const char *name);
/* It must be down. Its ports become free. */
int link_remove_bridge(const char *name);
int link_join_bridge(const char *bridge, const char *port);

#endif
