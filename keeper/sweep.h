/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sweep.h - in the place of a keeper that was killed and will have no successor */
#ifndef KEEPER_SWEEP_H
#define KEEPER_SWEEP_H

#include "rundir.h"

/*
 * End the back ends of a cell that is gone, leave the private network and remove
 * @rundir, which the caller has locked.
 */
void sweep(const struct rundir *rundir);

#endif
