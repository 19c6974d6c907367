/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernelfile.h - find kernels and their modules on this machine */
#ifndef COMB_KERNELFILE_H
#define COMB_KERNELFILE_H

#include "definition.h"
#include "error.h"

/**
 * struct comb_kernel_file - a kernel image and where its modules are
 * @path: the bzImage
 * @release: its utsname release, read from the image's header
 * @modules: directory with its modules, or NULL if there is none: those beside an unpacked image
 *	(PREFIX/boot/vmlinuz-R and PREFIX/lib/modules/R), else /lib/modules/RELEASE
 */
struct comb_kernel_file {
	char *path;
	char *release;
	char *modules;
};

/*
 * @what: NULL (the running kernel's release), a path (contains '/'), a release
 * ("6.1.0-50-rt-amd64"), or an abbreviation that only one installed release
 * matches as a prefix ("6.12"; several: the newest by version order, and an
 * ambiguity between flavours is an error that lists them).
 * Looks for /boot/vmlinuz-RELEASE and /usr/lib/modules/RELEASE/vmlinuz below @root ("/").
 * COMB_USAGE if it cannot be found (hint lists what is installed) or is no kernel.
 */
int comb_kernel_find(struct comb_kernel_file *file, const char *what, const char *root,
		     struct comb_error *err);
void comb_kernel_file_free(struct comb_kernel_file *file);

/* All installed releases, newest first. */
int comb_kernel_list(struct comb_strings *releases, const char *root, struct comb_error *err);

#endif
