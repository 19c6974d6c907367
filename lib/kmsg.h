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
 * @sequence: counts up; UINT64_MAX if unknown (raw text)
 * @time_ns: the cell's local_clock()
 * @level: 0 (emergency) to 7 (debug); 255 unknown
 * @facility: 0 for the kernel
 * @text: not NUL-terminated; bytes as the cell wrote them
 * @length: bytes of @text
 */
struct comb_kmsg_record {
	uint64_t sequence;
	uint64_t time_ns;
	uint8_t level;
	uint16_t facility;
	const char *text;
	size_t length;
};

enum comb_kmsg_source {
	COMB_KMSG_NONE,		/* no log found (yet) */
	COMB_KMSG_RINGBUFFER,	/* 5.10 and later: prb_desc_ring */
	COMB_KMSG_RAW,		/* text found without the symbols */
};

typedef int (*comb_kmsg_fn)(const struct comb_kmsg_record *record, void *arg);

/**
 * struct comb_kmsg - what is known about where a kernel keeps its log
 *
 * Find once with comb_kmsg_find(), then read as often as wanted.
 */
struct comb_kmsg;

/*
 * Search the RAM for the VMCOREINFO note (symbols, sizes, offsets; "KERNELOFFSET" and
 * "NUMBER(phys_base)" turn kernel addresses into physical ones). Allocates; free with
 * comb_kmsg_free(). Returns NULL with COMB_FAILED only when out of memory: a RAM
 * without note gives an object whose source is COMB_KMSG_NONE or COMB_KMSG_RAW.
 */
struct comb_kmsg *comb_kmsg_find(const struct comb_ram *ram, struct comb_error *err);
void comb_kmsg_free(struct comb_kmsg *kmsg);
enum comb_kmsg_source comb_kmsg_source(const struct comb_kmsg *kmsg);

/* The note's text (for dump), not NUL-terminated; NULL if there is none. */
const char *comb_kmsg_vmcoreinfo(const struct comb_kmsg *kmsg, size_t *length);
/* OSRELEASE of the note, "" if unknown. */
const char *comb_kmsg_release(const struct comb_kmsg *kmsg);

/*
 * Call @fn for every readable record with sequence >= @from, oldest first, until it
 * returns non-zero. Returns the sequence to continue from.
 */
uint64_t comb_kmsg_read(const struct comb_kmsg *kmsg, uint64_t from, comb_kmsg_fn fn, void *arg);

/* Does the log hold a panic ("Kernel panic - not syncing")? Copies its line. */
bool comb_kmsg_panic(const struct comb_kmsg *kmsg, char *line, size_t size);

#endif
