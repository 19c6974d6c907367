// SPDX-License-Identifier: GPL-2.0-or-later
#include "registers.h"

#include <string.h>

void comb_cell_registers(const struct comb_cell *cell, struct comb_registers *cpus)
{
	uint64_t offset = cell->get.mailbox_offset;
	unsigned int count = cell->get.nr_cpus;
	const struct comb_registers *said;

	memset(cpus, 0, count * sizeof(*cpus));
	if (!(cell->get.flags & COMB_CELL_STARTED) || offset % 8 ||
	    offset > cell->get.memory_bytes ||
	    cell->get.memory_bytes - offset < COMB_MAILBOX_SIZE)
		return;
	said = (const void *)(cell->memory + offset + COMB_MAILBOX_REGISTERS_OFF);
	if (count > COMB_REGISTERS_MAX)
		count = COMB_REGISTERS_MAX;
	for (unsigned int i = 0; i < count; i++) {
		/* The copy is what is judged: a CPU that is not stopped may still write. */
		if (__atomic_load_n(&said[i].known, __ATOMIC_ACQUIRE) == COMB_REGISTERS_KNOWN)
			memcpy(&cpus[i], &said[i], sizeof(cpus[i]));
		if (cpus[i].known != COMB_REGISTERS_KNOWN)
			memset(&cpus[i], 0, sizeof(cpus[i]));
	}
}
