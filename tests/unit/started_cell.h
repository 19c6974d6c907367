/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * started_cell.h - a cell that was started 5 s ago, of fake_module.h: its kernel of
 * synthetic_kernel.h, and behind that its mailbox
 *
 * Included once by a test that has the C library's headers.
 */
#ifndef STARTED_CELL_H
#define STARTED_CELL_H

#include <time.h>

#include "device.h"
#include "fake_module.h"
#include "mailbox.h"
#include "synthetic_kernel.h"

#define BOX	SK_SIZE			/* the mailbox has a range of its own */
#define KHZ	2000000ULL

static struct comb_cell cell;
static struct comb_mailbox_host *host;
static struct comb_mailbox_cell *said;
static struct synthetic kernel;

/* In that state by the module, and by what it says itself. comb_cell_close() ends it. */
static int started_cell(const char *name, __u32 state)
{
	struct comb_error err = { 0 };
	struct timespec now;

	memset(&module, 0, sizeof(module));
	module.get.memory_bytes = SK_SIZE + COMB_MAILBOX_SIZE;
	module.get.mailbox_offset = BOX;
	module.get.state = state;
	module.get.flags = COMB_CELL_STARTED;
	module.get.nr_cpus = 2;
	module.get.nr_ranges = 4;
	clock_gettime(CLOCK_BOOTTIME, &now);
	module.get.started_ns = ((uint64_t)now.tv_sec - 5) * 1000000000 + (uint64_t)now.tv_nsec;
	if (comb_cell_open(99, name, &cell, &err) || comb_cell_map(&cell, true, &err))
		return -1;
	sk_boot(&kernel, cell.memory, 4);
	memcpy(module.ranges, kernel.ranges, sizeof(kernel.ranges));
	module.ranges[3] = (struct comb_range){
		.start = 0x200000000, .bytes = COMB_MAILBOX_SIZE, .offset = SK_SIZE,
	};
	host = (void *)(cell.memory + BOX + COMB_MAILBOX_HOST_OFF);
	said = (void *)(cell.memory + BOX + COMB_MAILBOX_CELL_OFF);
	host->magic = COMB_MAILBOX_MAGIC;
	host->heartbeat_ms = 250;
	host->tsc_khz = KHZ;
	said->state = state;
	return 0;
}

#endif
