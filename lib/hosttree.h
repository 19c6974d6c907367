/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hosttree.h - copy files of the host, with what they need to run, into an archive
 */
#ifndef COMB_HOSTTREE_H
#define COMB_HOSTTREE_H

#include "cpio.h"
#include "error.h"

/*
 * Add "SRC[:DST]", split at the last ":/". DST is absolute; without it the file
 * keeps its own absolute path; if it ends in "/", SRC's name is added.
 *
 * A file keeps its mode. A symbolic link named as SRC is followed, as cp(1) does. A
 * directory is added with everything below it; symbolic links in it stay links if
 * they point into it or nowhere useful, and become copies of the file if they point
 * to one outside.
 *
 * A dynamic program brings its interpreter and libraries, a script its interpreter
 * (and with "#!/usr/bin/env NAME" also NAME), each at the place where the cell will look.
 * Plug-ins that programs load by themselves (NSS, Python modules) have to be named. What
 * files found in a directory need is added as far as it is there; a file named as
 * SRC with something missing is COMB_USAGE, as is a SRC that does not exist.
 */
int hosttree_add(struct cpio *cpio, const char *spec, struct comb_error *err);

#endif
