/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cpuset.h - sets of CPU numbers in the kernel's list format ("0-3,8,10-11") */
#ifndef COMB_CPUSET_H
#define COMB_CPUSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

#define COMB_CPUSET_BITS	8192	/* CONFIG_NR_CPUS of Debian's kernels */

/* All zero is the empty set. */
struct comb_cpuset {
	uint64_t bits[COMB_CPUSET_BITS / 64];
};

/*
 * Parse @text (surrounding blanks and a trailing newline are allowed). An empty
 * list is an error. Elements: N, N-M with N <= M. COMB_USAGE on anything else,
 * naming the offending element.
 */
int comb_cpuset_parse(struct comb_cpuset *set, const char *text, struct comb_error *err);

/* Write the list into @buffer like snprintf(); returns the length it needs. */
size_t comb_cpuset_format(const struct comb_cpuset *set, char *buffer, size_t size);

void comb_cpuset_add(struct comb_cpuset *set, unsigned int cpu);
void comb_cpuset_remove(struct comb_cpuset *set, unsigned int cpu);
bool comb_cpuset_has(const struct comb_cpuset *set, unsigned int cpu);
unsigned int comb_cpuset_count(const struct comb_cpuset *set);
/* The lowest member that is >= @from, or -1. Loop: for (c = next(s, 0); c >= 0; c = next(s, c + 1)) */
int comb_cpuset_next(const struct comb_cpuset *set, unsigned int from);

#endif
