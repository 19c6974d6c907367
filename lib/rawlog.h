/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rawlog.h - the log of a kernel that has not written its VMCOREINFO yet
 *
 * Until the log wraps, its text is a gapless row of data blocks: an ID, which
 * counts up, then the text, padded to 8 bytes. The first text of every kernel
 * starts with "Linux version ", and the first ID is minus the number of
 * descriptors, a power of two (kernel/printk/printk_ringbuffer.h, "Initiating
 * Logical Value Overflows"). That is enough to find and walk the row, also beyond a part of
 * it that something has overwritten.
 */
#ifndef COMB_RAWLOG_H
#define COMB_RAWLOG_H

#include <stdbool.h>
#include <stdint.h>

#include "kmsg.h"

/**
 * struct rawlog - where the first block is
 * @data: the block; aligned to 8 bytes in physical memory
 * @bytes: readable bytes from there
 */
struct rawlog {
	const uint8_t *data;
	uint64_t bytes;
};

/*
 * Search all of @ram (this reads every word of it). Of several logs, say the static
 * buffer and the larger one that replaced it, takes the one with most records.
 */
bool rawlog_find(const struct comb_ram *ram, struct rawlog *log);

/* See comb_kmsg_read(); neither times nor levels are known. */
uint64_t rawlog_read(const struct rawlog *log, uint64_t from, comb_kmsg_fn fn, void *arg);

#endif
