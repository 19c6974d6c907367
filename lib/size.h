/* SPDX-License-Identifier: GPL-2.0-or-later */
/* size.h - byte sizes as people write them */
#ifndef COMB_SIZE_H
#define COMB_SIZE_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

/*
 * Parse "512M", "1G", "1.5G", "1073741824", "64K", "512MiB" (powers of 1024; suffix
 * K M G T with optional "iB" or "B", any case) into bytes. COMB_USAGE on zero,
 * negative, overflow, a fraction that is no whole number of bytes, or garbage.
 */
int comb_size_parse(uint64_t *bytes, const char *text, struct comb_error *err);

/* Shortest exact-enough form for tables: "512M", "1G", "1.5G", "192M". Returns @buffer. */
const char *comb_size_format(uint64_t bytes, char *buffer, size_t size);

#endif
