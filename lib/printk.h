/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * printk.h - decode a printk ring buffer (5.10 and later) from outside
 *
 * Rules: kernel/printk/printk_ringbuffer.c. A descriptor's ID selects its slot;
 * its state_var holds ID and state; the text is a data block that starts with
 * the same ID. Readers copy, then look at the state again.
 */
#ifndef COMB_PRINTK_H
#define COMB_PRINTK_H

#include <stdbool.h>
#include <stdint.h>

#include "kmsg.h"
#include "ram.h"
#include "vmcoreinfo.h"

/**
 * struct printk_ring - where the parts of one ring buffer are
 * @space: address space to read through
 * @layout: from the note
 * @descs: virtual address of the descriptor ring structure
 * @desc: virtual address of the descriptor array
 * @info: virtual address of the printk_info array
 * @data: virtual address of the text
 * @desc_bits: log2 of the number of descriptors
 * @data_bits: log2 of the bytes of text
 */
struct printk_ring {
	struct ram_space space;
	struct vmcoreinfo_layout layout;
	uint64_t descs, desc, info, data;
	unsigned int desc_bits, data_bits;
};

/* Follow the pointer "prb"; false if what is there cannot be a ring buffer. */
bool printk_open(struct printk_ring *ring, const struct vmcoreinfo *info,
		 const struct ram_space *space);

/* See comb_kmsg_read(). */
uint64_t printk_read(const struct printk_ring *ring, uint64_t from, comb_kmsg_fn fn, void *arg);

#endif
