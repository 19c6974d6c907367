/* SPDX-License-Identifier: GPL-2.0-or-later */
/* number.h - whole numbers as people write them */
#ifndef COMB_NUMBER_H
#define COMB_NUMBER_H

#include <stdint.h>

/* The number from @min to @max that @text is, in decimal digits only, or -1. */
int64_t comb_number(const char *text, uint32_t min, uint32_t max);

#endif
