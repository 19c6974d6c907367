/* SPDX-License-Identifier: GPL-2.0-or-later */
/* net.h - the cell's address on the host's private network */
#ifndef COMB_INIT_NET_H
#define COMB_INIT_NET_H

/*
 * If the kernel command line @cmdline has an address for this cell (lib/netaddr.h), give it to
 * the interface meant for it, waiting for a moment until that is there. Failures are logged.
 */
void net_setup(const char *cmdline);

#endif
