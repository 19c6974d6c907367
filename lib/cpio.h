/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cpio.h - write a newc cpio archive in memory, the way Linux wants an initramfs
 *
 * Format: Documentation/driver-api/early-userspace/buffer-format.rst. Entries
 * may be added in any order; the archive is sorted by path, parents first, has no
 * times and belongs to root, so that the same entries give the same bytes.
 */
#ifndef COMB_CPIO_H
#define COMB_CPIO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "error.h"

/* No archive gets larger; the format's own limit is 4 GiB - 1 a file. */
#define CPIO_BYTES_MAX	(4ULL << 30)

struct cpio;

/* NULL: out of memory. */
struct cpio *cpio_new(void);
void cpio_free(struct cpio *cpio);

/*
 * Paths are absolute; "." and empty components vanish, ".." is COMB_USAGE. Missing
 * parents are made as 0755 directories. If a path is added twice the later
 * one wins, but what has something below it must be a directory (cpio_write() checks).
 */
int cpio_add_directory(struct cpio *cpio, const char *path, mode_t mode, struct comb_error *err);
int cpio_add_link(struct cpio *cpio, const char *path, const char *target, struct comb_error *err);
int cpio_add_node(struct cpio *cpio, const char *path, mode_t mode, dev_t device,
		  struct comb_error *err);

/* A regular file from memory. Takes @data (from malloc(), may be NULL if @size is 0), always. */
int cpio_add_data(struct cpio *cpio, const char *path, mode_t mode, void *data, size_t size,
		  struct comb_error *err);

/* A regular file whose @size bytes are read from @source when the archive is written. */
int cpio_add_file(struct cpio *cpio, const char *path, mode_t mode, const char *source,
		  uint64_t size, struct comb_error *err);

/* Is there an entry with this path so far? */
int cpio_has(const struct cpio *cpio, const char *path);

/* The archive so far, for free(). */
int cpio_write(struct cpio *cpio, void **data, size_t *size, struct comb_error *err);

#endif
