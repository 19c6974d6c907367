/* SPDX-License-Identifier: GPL-2.0-or-later */
/* distance.h - how far a misspelt word is from a known one */
#ifndef COMB_DISTANCE_H
#define COMB_DISTANCE_H

/*
 * Least number of insertions, deletions, replacements and swaps of neighbours
 * that make @b of @a, upper and lower case being the same. Words of more than
 * 40 bytes are at distance 40 from everything.
 */
unsigned int comb_distance(const char *a, const char *b);

#endif
