/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmcore.h - a kernel's RAM as an ELF core file, as /proc/vmcore of a crash kernel is one
 *
 * What crash, makedumpfile and gdb expect (kernel/kexec_core.c and fs/proc/vmcore.c show
 * what they get): one PT_NOTE with NT_PRSTATUS for each CPU, in the order of their numbers,
 * and VMCOREINFO; a PT_LOAD for the kernel image, one for each range of RAM, at their
 * virtual addresses in the direct mapping. The file is headers, then the cell file as it is;
 * the image's PT_LOAD shares the bytes of the range it is in.
 */
#ifndef COMB_VMCORE_H
#define COMB_VMCORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "kmsg.h"
#include "mailbox.h"

/**
 * struct comb_vmcore - a core file that is about to be written
 * @ram: what it holds; the mapping must live as long
 * @header: everything before the RAM (allocated)
 * @header_bytes: its length, a multiple of 4 KiB
 * @bytes: length of the file
 * @nr_ranges: PT_LOADs of RAM
 * @nr_cpus: NT_PRSTATUS notes
 * @nr_registers: how many of them are not just zeros
 * @vmcoreinfo: there is such a note
 * @addresses: the virtual addresses are known; otherwise they are 0 and the image has no
 *	PT_LOAD
 */
struct comb_vmcore {
	struct comb_ram ram;
	uint8_t *header;
	uint64_t header_bytes;
	uint64_t bytes;
	unsigned int nr_ranges;
	unsigned int nr_cpus;
	unsigned int nr_registers;
	bool vmcoreinfo;
	bool addresses;
};

/*
 * Lay out the file: @nr_cpus elements of @cpus, whatever @kmsg (may be NULL) knows of the
 * kernel in @ram, which is the same RAM. COMB_FAILED if the ranges cannot be true (they overlap
 * in the cell file, or a sum overflows) or memory is short. Free with comb_vmcore_free().
 */
int comb_vmcore_plan(struct comb_vmcore *core, const struct comb_ram *ram,
		     const struct comb_kmsg *kmsg, const struct comb_registers *cpus,
		     unsigned int nr_cpus, struct comb_error *err);
void comb_vmcore_free(struct comb_vmcore *core);

/*
 * Takes the next @bytes of the file: @data, or zeros if that is NULL (whole pages of them).
 * Non-zero ends the writing.
 */
typedef int (*comb_vmcore_fn)(const void *data, uint64_t bytes, void *arg);

/*
 * Hand the file to @fn from its beginning to its end, in pieces of at most 1 MiB of data. Each
 * page is copied once, then looked at. Returns what @fn did, or -1 with @err unset if memory
 * is short.
 */
int comb_vmcore_write(const struct comb_vmcore *core, comb_vmcore_fn fn, void *arg);

#endif
