/* SPDX-License-Identifier: GPL-2.0-or-later */
/* caller.h - what a command takes along from here into a cell that has the same files */
#ifndef CMD_CALLER_H
#define CMD_CALLER_H

#include "agent.h"

/*
 * This program's environment without what belongs to the host's session: sockets, terminals and
 * service managers that the cell does not have. Appended to @variables.
 */
void caller_environment(struct comb_strings *variables);

/*
 * The whole of it: working directory, environment, umask, and real user and groups, unless the
 * options of the verb say something else (agent_order()).
 */
int caller_order(const struct cli *cli, struct agent_order *order, struct comb_error *err);

#endif
