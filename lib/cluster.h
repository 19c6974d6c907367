/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cluster.h - cells that share one root and one configuration
 *
 * DIR/NAME.cluster says what all cells of the cluster have, in the words of a definition of a
 * cell; drop-ins are in DIR/NAME.cluster.d. A cell belongs to it if its own definition says
 * [Cluster] Name=NAME. What that says besides is this cell's alone and wins, as a drop-in does;
 * the root is the same for all.
 */
#ifndef COMB_CLUSTER_H
#define COMB_CLUSTER_H

#include "definition.h"

/* "-64" and a NUL must fit behind it: its cells are NAME-1, NAME-2, ... */
#define COMB_CLUSTER_NAME_SIZE	(COMB_NAME_SIZE - 3)

/* COMB_USAGE unless @name may be that of a cluster. */
int comb_cluster_name_check(const char *name, struct comb_error *err);

/*
 * COMB_USAGE, with file and line, if @def, a cluster's definition, says what cells cannot share:
 * certain CPUs, a disk that is written, a TAP interface.
 */
int comb_cluster_check(const struct comb_definition *def, struct comb_error *err);

/* Read a cluster's definition and check it; free @def in every case. COMB_NO_CELL: there is none. */
int comb_cluster_load(struct comb_definition *def, const char *dir, const char *name,
		      struct comb_error *err);

/* @def becomes the cell @name as its cluster defines it. Free it in every case. */
int comb_cluster_begin(struct comb_definition *def, const char *dir, const char *name,
		       const char *cluster, struct comb_error *err);

/* COMB_USAGE if the cell @def, with all that its own files say, has another root than its cluster. */
int comb_cluster_check_cell(const struct comb_definition *def, const char *dir,
			    struct comb_error *err);

/* As comb_definition_save(), _remove() and _list(). */
int comb_cluster_save(const struct comb_definition *def, const char *dir, bool replace,
		      struct comb_error *err);
int comb_cluster_remove(const char *dir, const char *name, struct comb_error *err);
int comb_cluster_list(const char *dir, struct comb_strings *names, struct comb_error *err);

/*
 * Add the names of a cluster's cells: of all definitions in @dir that say so, also if they are
 * bad otherwise. In the order of their numbers, if their names end in numbers.
 */
int comb_cluster_cells(const char *dir, const char *name, struct comb_strings *cells,
		       struct comb_error *err);

#endif
