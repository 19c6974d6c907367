/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hostfile.h - whole files of the host, and paths as text
 */
#ifndef COMB_HOSTFILE_H
#define COMB_HOSTFILE_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

/*
 * The first @limit bytes of a regular file, or all of it, for free(). A file that
 * cannot be opened is COMB_USAGE: a user named it.
 */
int hostfile_read(const char *path, uint64_t limit, void **data, size_t *size,
		  struct comb_error *err);

/*
 * @path without ".", ".." and empty components, resolved as text, for free(). A
 * relative path starts at the working directory. NULL: out of memory.
 */
char *path_clean(const char *path);

/* "Out of memory" while building an initramfs; returns -1. */
int hostfile_memory(struct comb_error *err);

#endif
