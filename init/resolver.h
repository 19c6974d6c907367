/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resolver.h - how programs in the cell find other machines by name */
#ifndef COMB_INIT_RESOLVER_H
#define COMB_INIT_RESOLVER_H

/*
 * A resolv.conf(5) that asks @gateway first. @old is the one of the host, whose
 * servers come after it; those on the host's loopback cannot be reached from
 * here and are left out. For free(); NULL: out of memory.
 */
char *resolver_text(const char *gateway, const char *old);

/*
 * The same for this cell, from the root's own /etc/resolv.conf, for free(). NULL: it is not on
 * the private network (comb.net= in /proc/cmdline), or there is no memory.
 */
char *resolver_own(void);

/*
 * Write /etc/resolv.conf, and /etc/hosts if there is none, for a cell on the
 * private network (comb.net= in /proc/cmdline). Only for a root that is in RAM.
 * Failures are logged.
 */
void resolver_setup(void);

#endif
