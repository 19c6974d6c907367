/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nat.h - the way from the private network to the outside
 *
 * Needs nft and a default route. Callers hold the network's lock. What goes
 * wrong is logged: without NAT cells reach the host and each other.
 */
#ifndef KEEPER_NAT_H
#define KEEPER_NAT_H

#include <netaddr.h>

/*
 * Masquerade what comes from @net and leaves by another interface than the
 * bridge. Forwarding is switched on for the bridge and the interface of the
 * default route only, and nobody else may use that. May be repeated.
 */
void nat_begin(const struct comb_net *net);

/* Take the rules away, and forwarding where it was switched on. */
void nat_end(void);

#endif
