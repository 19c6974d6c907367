// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_observe.c - what a cell may write into its mailbox, and the state it is judged to be in
 *
 * The input: how the host sees the cell (1 byte), then edits of 6 bytes: where in the
 * mailbox (2), a value (4). They are undone afterwards.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <x86intrin.h>

#include "../unit/fake_module.h"
#include "../unit/synthetic_kernel.h"
#include "observe.h"

#define BOX	SK_SIZE

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct comb_cell cell;
static struct synthetic kernel;

static void cell_make(void)
{
	struct comb_error err = { 0 };

	module.get.memory_bytes = SK_SIZE + COMB_MAILBOX_SIZE;
	module.get.mailbox_offset = BOX;
	module.get.flags = COMB_CELL_STARTED;
	module.get.nr_cpus = 2;
	module.get.nr_ranges = 4;
	module.get.started_ns = 1;
	if (comb_cell_open(99, "web", &cell, &err) || comb_cell_map(&cell, true, &err))
		abort();
	sk_boot(&kernel, cell.memory, 4);
	memcpy(module.ranges, kernel.ranges, sizeof(kernel.ranges));
	module.ranges[3] = (struct comb_range){
		.start = 0x200000000, .bytes = COMB_MAILBOX_SIZE, .offset = SK_SIZE,
	};
	sk_print(&kernel, 6, 0, 2, "Linux version 6.99.0-synthetic");
}

static void mailbox_make(uint8_t how)
{
	struct comb_mailbox_host *host = (void *)(cell.memory + BOX + COMB_MAILBOX_HOST_OFF);
	struct comb_mailbox_cell *said = (void *)(cell.memory + BOX + COMB_MAILBOX_CELL_OFF);

	memset(cell.memory + BOX, 0, COMB_MAILBOX_SIZE);
	*host = (struct comb_mailbox_host){
		.magic = COMB_MAILBOX_MAGIC, .heartbeat_ms = 250, .tsc_khz = 2000000,
	};
	said->state = COMB_STATE_RUNNING;
	if (how & 8) {
		said->heartbeat = 1;
		said->heartbeat_tsc = __rdtsc();
	}
	module.get.state = how % 8;
}

/* Odd: in what the cell is to write; even: anywhere. */
static size_t place_of(unsigned int where)
{
	if (where & 1)
		return COMB_MAILBOX_CELL_OFF + where / 2 % (sizeof(struct comb_mailbox_cell) - 3);
	return where % (COMB_MAILBOX_SIZE - 3);
}

/* Of what a cell wrote nothing but printable text may come out, and it ends. */
static void text_check(const char *text, size_t size)
{
	if (!memchr(text, '\0', size))
		abort();
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct comb_observation seen;
	struct comb_error err = { 0 };

	if (!size)
		return 0;
	if (!cell.memory)
		cell_make();
	mailbox_make(data[0]);
	for (size_t at = 1; at + 6 <= size; at += 6)
		memcpy(cell.memory + BOX + place_of(data[at] | data[at + 1] << 8), data + at + 2, 4);
	if (comb_cell_observe(&cell, &seen, &err))
		abort();
	text_check(seen.kernel, sizeof(seen.kernel));
	text_check(seen.health, sizeof(seen.health));
	text_check(seen.reason, sizeof(seen.reason));
	if (!strcmp(comb_state_name(seen.state), "unknown") || seen.cpus_online > 2)
		abort();
	return 0;
}
