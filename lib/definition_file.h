/* SPDX-License-Identifier: GPL-2.0-or-later */
/* definition_file.h - what reading and writing definitions of cells and of clusters share */
#ifndef COMB_DEFINITION_FILE_H
#define COMB_DEFINITION_FILE_H

#include "definition.h"

/* A definition has a dozen lines; a long Command= may hold a whole script. */
#define COMB_DEFINITION_SIZE_MAX	(256 * 1024)

/**
 * struct definition_kind - cells or clusters
 * @suffix: of the files, ".cell"
 * @title: what the first line of a file calls it, "Cell"
 * @none: what is not there if a file is not, "cell"
 * @create: the verb that makes one
 * @change: what to do about one that is there already; takes the name
 */
struct definition_kind {
	const char *suffix;
	const char *title;
	const char *none;
	const char *create;
	const char *change;
};

/* Functions of definition.h and cluster.h, for either kind. */

/* Adds to an initialised @def. */
int definition_files_load(struct comb_definition *def, const char *dir, const char *name,
			  const struct definition_kind *kind, struct comb_error *err);
int definition_files_save(const struct comb_definition *def, const char *dir, bool replace,
			  const struct definition_kind *kind, struct comb_error *err);
int definition_files_remove(const char *dir, const char *name, const struct definition_kind *kind,
			    struct comb_error *err);
int definition_files_list(const char *dir, struct comb_strings *names,
			  const struct definition_kind *kind, struct comb_error *err);

#endif
