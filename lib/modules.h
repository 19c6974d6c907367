/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * modules.h - which module files of another kernel release a cell loads, in which order
 */
#ifndef COMB_MODULES_H
#define COMB_MODULES_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

/* No decompressed module is larger. */
#define MODULE_BYTES_MAX	(256u << 20)

/**
 * struct module_list - module files in load order
 * @dir: the release's module directory without symbolic links
 * @release: its last component
 * @files: absolute paths on the host
 * @nr: how many
 */
struct module_list {
	char *dir;
	const char *release;
	char **files;
	size_t nr;
};

/* Open @dir, the /lib/modules/RELEASE of any kernel, prepared by depmod. */
int modules_open(struct module_list *list, const char *dir, struct comb_error *err);
void modules_close(struct module_list *list);

/*
 * Add the module @name (or alias, or the path of a file) after everything it depends
 * on, softdeps included. What is built in is left out, what is there already stays
 * where it is. A name without a module is COMB_USAGE unless @optional.
 */
int modules_add(struct module_list *list, const char *name, bool optional,
		struct comb_error *err);

/* Where the file is in a cell: /lib/modules/RELEASE/..., without .xz, .zst or .gz. For free(). */
char *module_path(const struct module_list *list, const char *file);

/*
 * Read a module file, decompressed: a cell's kernel may not be able to do that itself. The
 * bytes, signature included, are those the kernel's build made. *@data is for free().
 */
int module_read(const char *file, void **data, size_t *size, struct comb_error *err);

#endif
