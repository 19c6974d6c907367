// SPDX-License-Identifier: GPL-2.0-or-later
#include "sweep.h"

#include <string.h>

#include "backend.h"
#include "private.h"

void sweep(const struct rundir *rundir)
{
	backend_end_all(rundir->path);
	private_sweep(strrchr(rundir->path, '/') + 1);
	rundir_remove(rundir);
}
