/* SPDX-License-Identifier: GPL-2.0-or-later */
/* treewire.h - the bytes of tree.h; numbers are little-endian */
#ifndef COMB_TREEWIRE_H
#define COMB_TREEWIRE_H

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include "tree.h"

#define TREE_MAGIC	"combtree"
#define TREE_MAGIC_BYTES 8
#define TREE_ENTRY_BYTES 32
#define TREE_NAME_MAX	255
#define TREE_TARGET_MAX	4095
#define TREE_CHUNK_MAX	(64u << 10)
#define TREE_CHUNK_BAD	UINT32_MAX	/* the file could not be read to its end */

enum tree_type {
	TREE_FILE = 1,	/* chunks follow: u32 length, bytes; 0 ends */
	TREE_DIRECTORY,
	TREE_LINK,
	TREE_UP,	/* end of a directory, or of everything */
	TREE_FAILED,	/* there is nothing to send; the sender has said why */
};

/**
 * struct tree_entry - an entry
 * @name: empty at the top and with TREE_UP
 * @target: of a link, else empty
 */
struct tree_entry {
	enum tree_type type;
	uint32_t mode;
	int64_t seconds;
	uint32_t nanoseconds;
	char name[TREE_NAME_MAX + 1];
	char target[TREE_TARGET_MAX + 1];
};

void tree_entry_write(FILE *out, const struct tree_entry *entry);
/* 1; 0: end of @in or it is broken; -1: no such entry may be. */
int tree_entry_read(FILE *in, struct tree_entry *entry);

void tree_number_write(FILE *out, uint32_t number);
/* 1, or 0 at the end. */
int tree_number_read(FILE *in, uint32_t *number);

void tree_warn(struct tree_talk *talk, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
