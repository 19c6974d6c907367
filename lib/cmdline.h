/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmdline.h - the kernel command line of a cell */
#ifndef COMB_CMDLINE_H
#define COMB_CMDLINE_H

#include <stddef.h>

#include "comb.h"
#include "error.h"

/* When a parameter is used. */
enum comb_cmdline_when {
	COMB_CMDLINE_ALWAYS,
	COMB_CMDLINE_XAPIC,	/* the host's APICs are not in x2APIC mode */
	COMB_CMDLINE_ONE_CPU,	/* the cell has one CPU */
	COMB_CMDLINE_TSC_KHZ,	/* always; the number is appended to the text */
};

/**
 * struct comb_cmdline_parameter - one parameter every cell's kernel gets
 * @text: as it appears on the command line
 * @reason: why, one sentence without a full stop
 * @when: when it is used
 */
struct comb_cmdline_parameter {
	const char *text;
	const char *reason;
	enum comb_cmdline_when when;
};

/* The table, in the order of the command line; the element after the last has no text. */
const struct comb_cmdline_parameter *comb_cmdline_table(void);

/**
 * comb_cmdline_build() - write a cell's command line
 * @line: where to write it, NUL-terminated
 * @size: capacity of @line in bytes
 * @limit: longest command line the kernel takes, without the NUL
 * @info: the machine
 * @nr_cpus: how many CPUs the cell has
 * @append: the user's parameters, or NULL; they come last, so that they win
 * @err: COMB_USAGE the line is too long or @append has a control character;
 *	COMB_UNSUITABLE the TSC frequency is not known
 */
int comb_cmdline_build(char *line, size_t size, size_t limit, const struct comb_info *info,
		       unsigned int nr_cpus, const char *append, struct comb_error *err);

#endif
