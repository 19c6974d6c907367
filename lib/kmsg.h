/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kmsg.h - read another kernel's printk ring buffer out of its RAM
 *
 * The RAM belongs to a kernel that may be running, dead, or have overwritten
 * itself: nothing in it is trusted, every address and length is checked, and
 * every loop is bounded.
 */
#ifndef COMB_KMSG_H
#define COMB_KMSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "comb.h"
#include "error.h"

/* A cell's RAM as the reader sees it: the cell file's mapping and its ranges. */
struct comb_ram {
	const uint8_t *data;
	uint64_t size;
	const struct comb_range *ranges;
	unsigned int nr_ranges;
};

/* The most a caller gets, whatever the cell says. */
#define COMB_KMSG_TEXT_MAX	4096u		/* one record's text */
#define COMB_KMSG_RECORDS_MAX	(1u << 20)

/**
 * struct comb_kmsg_record - one log record
 * @sequence: counts up from 0 at boot, the same whether read from the ring buffer or as raw
 *	text; gaps are records that were lost or overwritten
 * @time_ns: the cell's local_clock(); UINT64_MAX in raw text, which has no times
 * @level: 0 (emergency) to 7 (debug); 255 unknown
 * @facility: 0 for the kernel
 * @partial: the newest record, and the cell may still append to it
 * @text: not NUL-terminated; bytes as the cell wrote them, which may hold newlines and
 *	terminal escapes. Valid until the callback returns
 * @length: bytes of @text
 */
struct comb_kmsg_record {
	uint64_t sequence;
	uint64_t time_ns;
	uint8_t level;
	uint16_t facility;
	bool partial;
	const char *text;
	size_t length;
};

enum comb_kmsg_source {
	COMB_KMSG_NONE,		/* no log found (yet) */
	COMB_KMSG_RINGBUFFER,	/* 5.10 and later: prb_desc_ring */
	COMB_KMSG_RAW,		/* text found without the symbols (early boot) */
};

/*
 * Receives one record. 0: go on; positive: stop after this record; negative: stop
 * before it, so that the next read gets it again (a follower does this with a
 * partial record).
 */
typedef int (*comb_kmsg_fn)(const struct comb_kmsg_record *record, void *arg);

/**
 * struct comb_kmsg - what is known about where a kernel keeps its log
 *
 * Find once with comb_kmsg_find(), then read as often as wanted.
 */
struct comb_kmsg;
struct ram_space;

/*
 * Search the RAM for the VMCOREINFO data (symbols, sizes, offsets, where the image is),
 * and where there is none yet for the raw text of an early log. Allocates; free with
 * comb_kmsg_free(). Returns NULL with COMB_FAILED only when out of memory: a RAM
 * without a log gives an object whose source is COMB_KMSG_NONE.
 *
 * The mapping behind @ram must live as long as the object; struct comb_ram and its
 * ranges are copied. A kernel writes the data some way into its boot: as long as the
 * source is not COMB_KMSG_RINGBUFFER, and when the cell has rebooted, find again. Reading
 * a mapping that was revoked (the cell was destroyed) raises SIGBUS.
 */
struct comb_kmsg *comb_kmsg_find(const struct comb_ram *ram, struct comb_error *err);
void comb_kmsg_free(struct comb_kmsg *kmsg);
enum comb_kmsg_source comb_kmsg_source(const struct comb_kmsg *kmsg);

/* The note's text (for dump), not NUL-terminated; NULL if there is none. */
const char *comb_kmsg_vmcoreinfo(const struct comb_kmsg *kmsg, size_t *length);
/*
 * The address space of the kernel; it ends with @kmsg. False if no data was found, or its page
 * tables are not in the RAM.
 */
bool comb_kmsg_space(const struct comb_kmsg *kmsg, struct ram_space *space);
/* OSRELEASE of the note, "" if unknown. */
const char *comb_kmsg_release(const struct comb_kmsg *kmsg);

/*
 * Call @fn for every readable record with sequence >= @from, oldest first, until it
 * returns non-zero. Returns the sequence to continue from. A record that is being
 * written while newer ones exist is waited for, at most 10 ms in one call; then it is
 * left out.
 */
uint64_t comb_kmsg_read(const struct comb_kmsg *kmsg, uint64_t from, comb_kmsg_fn fn, void *arg);

/*
 * Does the log hold a panic ("Kernel panic - not syncing")? Copies the first line of the
 * newest such record, cut to @size, with anything but printable ASCII replaced by '?'.
 * @line may be NULL if @size is 0.
 */
bool comb_kmsg_panic(const struct comb_kmsg *kmsg, char *line, size_t size);

#endif
