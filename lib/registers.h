/* SPDX-License-Identifier: GPL-2.0-or-later */
/* registers.h - what a cell's panic has left of its CPUs' registers in the mailbox */
#ifndef COMB_REGISTERS_H
#define COMB_REGISTERS_H

#include "device.h"

/*
 * Copy one element for each CPU of @cell, which is mapped, into @cpus (get.nr_cpus elements).
 * Elements of CPUs nobody knows anything of are zero.
 */
void comb_cell_registers(const struct comb_cell *cell, struct comb_registers *cpus);

#endif
