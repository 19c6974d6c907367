/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * initramfs.h - the default initramfs of a cell: comb-init, the modules a given
 * kernel release needs, and the user's own files, as an uncompressed newc cpio
 */
#ifndef COMB_INITRAMFS_H
#define COMB_INITRAMFS_H

#include <stddef.h>
#include <stdint.h>

#include "definition.h"
#include "error.h"

/**
 * struct comb_initramfs - what goes in
 * @init: path of the static comb-init
 * @modules_dir: /lib/modules/RELEASE, or NULL for none
 * @modules: names (or aliases, or paths of module files) to load at boot, in order;
 *	each brings its dependencies and soft dependencies (libkmod). All are
 *	stored decompressed: the cell's kernel may not be able to do that
 * @nr_modules: how many
 * @optional_modules: how many at the end of @modules may be missing (built in or not there)
 * @files: "SRC[:DST]": file or directory; programs bring the interpreter and shared
 *	libraries they need (hosttree.h). Where two go to the same path the later one wins
 * @command: argv for comb-init, may be empty
 * @hostname: the cell's name
 * @privates: the list of comb_privates_text() for a cell of a cluster, or NULL
 */
struct comb_initramfs {
	const char *init;
	const char *modules_dir;
	const char *const *modules;
	size_t nr_modules;
	size_t optional_modules;
	const struct comb_strings *files;
	const struct comb_strings *command;
	const char *hostname;
	const char *privates;
};

/*
 * Build the archive in memory: *@data is malloc()ed, the caller frees it.
 * /init is comb-init; /etc/comb/modules lists module files in load order, one
 * path a line; /etc/comb/command holds argv, each NUL-terminated;
 * /etc/comb/private holds @privates; /etc/hostname the name. /dev (with console and null), /etc,
 * /proc, /root, /run, /sys and /tmp are there. A busybox among the files (in /bin, /usr/bin or /sbin) serves as /bin/sh
 * unless the files have one. Files cannot replace /init and what is in /etc/comb.
 *
 * Same input, same bytes (no times, sorted, everything owned by root). COMB_USAGE for a
 * missing file, module or library, naming it, or if the result is larger than 4 GiB.
 */
int comb_initramfs_build(const struct comb_initramfs *what, void **data, size_t *size,
			 struct comb_error *err);

#endif
