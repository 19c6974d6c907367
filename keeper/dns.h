/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dns.h - dnsmasq on the private bridge: names for cells, addresses for those
 * that ask by DHCP (full systems)
 *
 * One for all cells, without a parent. Every keeper of the network watches it,
 * and one of them starts it again should it end. Callers hold the network's
 * lock. Without dnsmasq cells have addresses but no name service.
 */
#ifndef KEEPER_DNS_H
#define KEEPER_DNS_H

#include <netaddr.h>

/* Start dnsmasq for @net with @mtu for DHCP, unless it runs. */
void dns_begin(const struct comb_net *net, unsigned int mtu);

/*
 * A new pidfd of the dnsmasq that runs, readable when it ends; -1: none runs.
 * Needs no lock.
 */
int dns_pidfd(void);

/* The list of names has changed. */
void dns_reload(void);

/* End dnsmasq and remove its files. */
void dns_end(void);

#endif
