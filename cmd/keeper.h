/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keeper.h - comb-keeper, the process on the host that serves a cell's virtual devices */
#ifndef CMD_KEEPER_H
#define CMD_KEEPER_H

#include "work.h"

/* Does this cell have one? Not if its definition or its kernel has no devices. */
bool keeper_wanted(const struct work *work);

/* Does it have one all the same, because [Watch] asks for something to be done? */
bool keeper_watches(const struct work *work);

/*
 * Start it for a cell that is loading and has its RAM, and wait until its
 * devices and back ends stand. The definition in force goes to its directory,
 * where it finds it again after a restart. It ends by itself with the cell.
 */
int keeper_start(struct work *work);

/*
 * Start the keeper of a running cell again if it was killed: a cell cannot
 * shut down in good order without its file systems.
 */
void keeper_revive(const char *name);

/*
 * Wait until the keeper of a cell that was destroyed has given everything back.
 * What one that was killed has left, back ends among it, is given back here. One
 * that was stopped by a signal is made to go on; one that has not ended after 5 s is killed.
 */
void keeper_wait(const struct cli *cli, const char *name);

/* Send @signal to the processes that hold the lock of the keeper in @directory, as root. */
void keeper_signal(const char *directory, int signal);

/*
 * Words of the kernel command line that tell comb-init about the devices;
 * allocated, "" if there are none. The address is that of the bridge, so the keeper
 * comes first.
 */
char *keeper_words(const struct work *work);

#endif
