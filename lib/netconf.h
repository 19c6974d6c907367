/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netconf.h - /etc/comb/comb.conf [Network], and which network the cells have
 */
#ifndef COMB_NETCONF_H
#define COMB_NETCONF_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "netaddr.h"

#define COMB_NETCONF_MTU	1500u
/* Largest MTU of a tap (65535 less an Ethernet header), rounded to what IPoIB made common. */
#define COMB_NETCONF_MTU_MAX	65520u

/**
 * struct comb_netconf - [Network]
 * @net: Address=; default 10.86.0.1/24
 * @chosen: the user gave Address=, so it is taken whatever else is routed
 * @mtu: Mtu=, 576 to 65520; default 1500
 * @nat: Nat=yes|no; default yes
 */
struct comb_netconf {
	struct comb_net net;
	bool chosen;
	unsigned int mtu;
	bool nat;
};

void comb_netconf_init(struct comb_netconf *conf);

/* Read a file's text into an initialised @conf; @file names it in errors (COMB_USAGE). */
int comb_netconf_parse(struct comb_netconf *conf, const char *text, const char *file,
		       struct comb_error *err);

/* Initialise @conf and read @path, if there is such a file. */
int comb_netconf_load(struct comb_netconf *conf, const char *path, struct comb_error *err);

/*
 * Does a table in the form of /proc/net/route lead any address of @net to another
 * interface than @except? Default routes do not count.
 */
bool comb_net_routed(const char *routes, const struct comb_net *net, const char *except);

/*
 * The configured network; if it is routed elsewhere and not @conf->chosen, the
 * next free 10.86.N.1/24. 0, or -1 with errno EADDRNOTAVAIL.
 */
int comb_net_choose(struct comb_net *net, const struct comb_netconf *conf, const char *routes);

/*
 * The network cells are on now: the bridge's address if there is a bridge with
 * one, otherwise the one it will get. comb.conf is read in either case.
 */
int comb_net_current(struct comb_net *net, struct comb_error *err);

#endif
