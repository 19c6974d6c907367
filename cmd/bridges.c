// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bridges.c - the bridges of the cells that start
 *
 * All are opened before any cell is made: then no cell is half up when one is
 * refused, and a cell may name a bridge whose size only another cell says.
 */
#include "boot.h"

#include <unistd.h>

#include "bridge.h"

static int open_some(struct work *work, bool with_size)
{
	const struct comb_strings *texts = &work->def.bridges;
	struct boot *boot = work->boot;
	struct comb_bridge bridge;

	for (size_t i = 0; i < texts->count; i++) {
		int fd;

		if (comb_bridge_parse(&bridge, texts->list[i], &work->err))
			return -1;
		if (!bridge.bytes == with_size)
			continue;
		fd = comb_bridge_open(work->cli->device, &bridge, work->def.node, &work->err);
		if (fd < 0)
			return -1;
		boot->bridges[boot->nr_bridges++] = fd;
	}
	return 0;
}

static int open_sized(struct work *work)
{
	return open_some(work, true);
}

static int open_named(struct work *work)
{
	return open_some(work, false);
}

void boot_open_bridges(struct work *list, size_t count)
{
	work_each(list, count, open_sized);
	work_each(list, count, open_named);
}

int boot_add_bridges(struct work *work)
{
	struct boot *boot = work->boot;

	for (unsigned int i = 0; i < boot->nr_bridges; i++)
		if (comb_cell_add_bridge(&work->cell, boot->bridges[i], &work->err))
			return -1;
	/* The cell keeps them from here on. */
	boot_close_bridges(boot);
	return 0;
}

void boot_close_bridges(struct boot *boot)
{
	while (boot->nr_bridges)
		close(boot->bridges[--boot->nr_bridges]);
}
