/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decompress.h - gzip, xz and zstd data in memory, told apart by their magic numbers
 */
#ifndef COMB_DECOMPRESS_H
#define COMB_DECOMPRESS_H

#include <stddef.h>

#include "error.h"

/*
 * Replace *@data (from malloc()) by what it decompresses to, at most @limit bytes. Data
 * that starts with none of the three magic numbers stays as it is. On failure *@data
 * stays too; @name is what errors call it.
 */
int decompress(void **data, size_t *size, size_t limit, const char *name, struct comb_error *err);

#endif
