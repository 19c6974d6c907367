// SPDX-License-Identifier: GPL-2.0-or-later
/* choose.c - which CPUs the cells of one start get, and taking them */
#include "boot.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cells.h"
#include "lock.h"

static void add_all(struct comb_cpuset *to, const struct comb_cpuset *from)
{
	for (int c = comb_cpuset_next(from, 0); c >= 0; c = comb_cpuset_next(from, c + 1))
		comb_cpuset_add(to, c);
}

static int refuse_shared(struct work *work, const struct comb_cpuset *reserved)
{
	const struct comb_cpuset *want = &work->def.cpus;

	for (int c = comb_cpuset_next(want, 0); c >= 0; c = comb_cpuset_next(want, c + 1)) {
		if (!comb_cpuset_has(reserved, c))
			continue;
		work->failed = true;
		comb_fail(&work->err, COMB_TAKEN, "CPU %d goes to another cell of this start", c);
		return comb_hint(&work->err, "comb edit %s", work->name);
	}
	return 0;
}

/* Cells that name their CPUs get them; the others share what is left. */
static void choose(struct work *list, size_t count, const struct comb_topology *topology)
{
	struct comb_cpuset reserved = { 0 };

	for (size_t i = 0; i < count; i++) {
		struct work *work = &list[i];

		if (work->failed || !comb_cpuset_count(&work->def.cpus) ||
		    refuse_shared(work, &reserved))
			continue;
		work->cpus = work->def.cpus;
		add_all(&reserved, &work->cpus);
	}
	for (size_t i = 0; i < count; i++) {
		struct work *work = &list[i];

		if (work->failed || comb_cpuset_count(&work->def.cpus))
			continue;
		memset(&work->cpus, 0, sizeof(work->cpus));
		if (comb_topology_choose(topology, work->def.ncpus, work->def.node, &reserved,
					 &work->cpus, &work->err))
			work->failed = true;
		else
			add_all(&reserved, &work->cpus);
	}
}

int boot_choose(struct work *list, size_t count, struct comb_error *err)
{
	struct comb_topology topology;

	if (cells_topology(list->cli, &topology, err))
		return -1;
	choose(list, count, &topology);
	comb_topology_free(&topology);
	return 0;
}

static int take(struct work *work)
{
	uint32_t flags = comb_image_shares_low(&work->boot->kernel) ? 0 : COMB_CPUS_OWN_LOW;
	uint64_t since = cli_now_ns();
	int device = work->cli->device;

	if (comb_cell_create(device, work->name, &work->cell, &work->err)) {
		work->cell.fd = -1;
		return -1;
	}
	if (comb_cell_add_cpus(&work->cell, &work->cpus, flags, &work->err))
		return -1;
	work_phase(work, "cpus", since);
	return 0;
}

int boot_take_cpus(struct work *list, size_t count, struct comb_error *err)
{
	int lock = lock_choice(err), result;

	if (lock < 0)
		return -1;
	result = boot_choose(list, count, err);
	if (!result)
		work_each(list, count, take);
	close(lock);
	return result;
}
