/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tree.h - a file or directory as a stream of bytes, for comb cp
 *
 * After a magic word come entries: a directory, what is in it, and UP at its
 * end. A name is one path component, so the receiver walks by descriptors and
 * nothing the sender says, and no link it made before, leads it elsewhere.
 * Kept are permission bits (without set-user-ID and set-group-ID: owners are not kept),
 * modification times and symbolic links. A file's bytes come in chunks, so
 * it may grow or shrink meanwhile.
 */
#ifndef COMB_TREE_H
#define COMB_TREE_H

#include <stdio.h>

#include "error.h"

/* Directories within directories; each takes a file descriptor. */
#define TREE_DEPTH_MAX	512

/**
 * struct tree_talk - where to report what does not end the copying
 * @warn: called with one line for each thing left out
 * @arg: its argument
 * @warnings: how many there were
 */
struct tree_talk {
	void (*warn)(void *arg, const char *text);
	void *arg;
	unsigned int warnings;
};

/*
 * Write @path (a symbolic link is followed there, and only there) to @out and flush it. -1: nothing
 * could be sent, or @out is broken.
 */
int tree_send(FILE *out, const char *path, struct tree_talk *talk, struct comb_error *err);

/*
 * Make what @in describes: in the directory @where as @name, or as @where if that is no directory
 * (yet). The receiver chooses @name, not the sender. What is in the way is replaced, but no
 * directory by a file or the other way round.
 */
int tree_take(FILE *in, const char *where, const char *name, struct tree_talk *talk,
	      struct comb_error *err);

#endif
