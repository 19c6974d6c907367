/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmcoreinfo.h - find and parse the VMCOREINFO data of an x86-64 kernel
 *
 * Format: Documentation/admin-guide/kdump/vmcoreinfo.rst, one KEY=VALUE a line.
 * The kernel keeps it twice, each copy at the start of a page: the bare text
 * (vmcoreinfo_data) and an ELF note around the text (vmcoreinfo_note).
 */
#ifndef COMB_VMCOREINFO_H
#define COMB_VMCOREINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kmsg.h"
#include "ram.h"

#define VMCOREINFO_TEXT_MAX	RAM_PAGE_SIZE	/* VMCOREINFO_BYTES */
#define VMCOREINFO_RELEASE_MAX	64u		/* __NEW_UTS_LEN */

/* Sizes and offsets in bytes of the printk structures, as the note gives them. */
struct vmcoreinfo_layout {
	uint64_t ring_size, ring_descs, ring_text;
	uint64_t descs_size, descs_bits, descs_descs, descs_infos, descs_head, descs_tail;
	uint64_t desc_size, desc_state, desc_lpos;
	uint64_t lpos_size, lpos_begin, lpos_next;
	uint64_t info_size, info_seq, info_time, info_length, info_caller;
	uint64_t data_size, data_bits, data_data;
};

/**
 * struct vmcoreinfo - one copy of the data, checked for plausibility
 * @text: as found, NUL-terminated here
 * @length: bytes of @text
 * @is_note: found as ELF note, not as bare text
 * @release: OSRELEASE
 * @prb: virtual address of the pointer to the printk ring buffer
 * @uts: virtual address of init_uts_ns, 0 if not given
 * @page_table: virtual address of the top-level page table (in the image)
 * @phys_base: see struct ram_space
 * @image_size: see struct ram_space
 * @encryption: see struct ram_space
 * @levels: 4 or 5
 * @layout: sizes and offsets
 */
struct vmcoreinfo {
	char text[VMCOREINFO_TEXT_MAX + 1];
	size_t length;
	bool is_note;
	char release[VMCOREINFO_RELEASE_MAX + 1];
	uint64_t prb, uts, page_table;
	uint64_t phys_base, image_size, encryption;
	unsigned int levels;
	struct vmcoreinfo_layout layout;
};

/*
 * Parse @length bytes of text (at most VMCOREINFO_TEXT_MAX). False if it is not
 * the data of an x86-64 kernel with a printk ring buffer (5.10 or later), or if
 * a value cannot be true. May leave @info half filled in.
 */
bool vmcoreinfo_parse(struct vmcoreinfo *info, const char *text, size_t length);

/* Called with each copy found; true ends the search. @info lives until it returns. */
typedef bool (*vmcoreinfo_fn)(const struct vmcoreinfo *info, void *arg);

/*
 * Look at the start of every page of @ram, in address order. Parses at most a
 * thousand candidates: a hostile RAM full of them must not cost hours. Returns
 * -1 when out of memory, otherwise 0.
 */
int vmcoreinfo_search(const struct comb_ram *ram, vmcoreinfo_fn fn, void *arg);

/* The address space the data describes; false if its top page table is not in @ram. */
bool vmcoreinfo_space(const struct vmcoreinfo *info, const struct comb_ram *ram,
		      struct ram_space *space);

#endif
