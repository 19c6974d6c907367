/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * abi_machine.h - a cell that runs abi_payload.S
 */
#ifndef COMB_TEST_ABI_MACHINE_H
#define COMB_TEST_ABI_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include <comb.h>
#include <mailbox.h>

#include "abi_payload.h"

/* Where the mailbox is in the cell's RAM. */
#define MAILBOX		0x10000
/* Vectors the payload counts in args.rung and args.second. */
#define VECTOR		0x40
#define SECOND_VECTOR	0xd1

struct machine {
	int fd;
	char *ram;
	struct comb_range range;
	volatile struct payload_args *args;
	struct comb_mailbox_host *host;
	struct comb_mailbox_cell *cell;
};

/* A cell with these CPUs, 32 MiB and the payload, not started. */
bool machine_make(struct machine *m, const char *name, const uint32_t *cpus, int nr);
int machine_start(struct machine *m);
/* Publish the cell's doorbell number @which, the last of them. */
void machine_doorbell(struct machine *m, unsigned int which, uint32_t vector);
/* Destroy it, and forget the mapping and the file. */
bool machine_end(struct machine *m);
bool beats(struct machine *m);
bool rung_within(struct machine *m, uint64_t count);

#endif
