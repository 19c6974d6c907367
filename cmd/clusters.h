/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clusters.h - what the sub-verbs of cluster share; see lib/cluster.h and lib/private.h */
#ifndef CMD_CLUSTERS_H
#define CMD_CLUSTERS_H

#include "cli.h"
#include "cluster.h"
#include "private.h"
#include "status.h"

/* Does a definition of that name exist? */
bool clusters_defined(const char *name);

/*
 * Add the names of the cells of cluster @name. COMB_NO_CELL if there is no such cluster, with
 * the nearest name as the hint; one without cells adds nothing.
 */
int clusters_cells(const char *name, struct comb_strings *cells, struct comb_error *err);

/* --cells. COMB_USAGE if it is missing or no number from 1 to COMB_CELLS_MAX. */
int clusters_count(const struct cli *cli, unsigned int *count, struct comb_error *err);

/* "NAME-NUMBER", for free() */
char *clusters_cell_name(const char *cluster, unsigned int number);
/* Its number, 0 if its name is not of that form. */
unsigned int clusters_cell_number(const char *cluster, const char *cell);

/* Write the definition of that cell. COMB_TAKEN if there is one of its name. */
int clusters_cell_define(const char *cluster, unsigned int number, struct comb_error *err);

/* COMB_TAKEN if one of @cells holds CPUs and RAM; @cluster: for the hint */
int clusters_refuse_held(struct cli *cli, const char *cluster, const struct comb_strings *cells,
			 struct comb_error *err);

/* Run @verb on @cells as if the command line had named them. */
int clusters_run_on(struct cli *cli, const struct comb_strings *cells,
		    int (*verb)(struct cli *cli, struct comb_error *err), struct comb_error *err);

/*
 * Run @verb on all cells of the clusters the command line names that @wanted takes (NULL: all),
 * as if they had been named. A cluster without one is reported, with @status and @none ("run
 * already"), and does not keep the others from being worked on.
 */
int clusters_run(struct cli *cli, bool (*wanted)(const struct status *status),
		 enum comb_status status, const char *none,
		 int (*verb)(struct cli *cli, struct comb_error *err), struct comb_error *err);

/* Free the list in every case. Reads the host's machine-id. */
int clusters_privates(const struct comb_definition *def, struct comb_privates *parts,
		      struct comb_error *err);

/* The list as comb-init wants it, for free(). NULL: @err says why. */
char *clusters_privates_text(const struct comb_definition *def, struct comb_error *err);

/*
 * Where all cells of cluster @def see and write the same files, for free(): the root, or with
 * Root=host its first writable share, as a path of the host's. NULL if there is none.
 */
char *clusters_common(const struct comb_definition *def);

/* Where it is if the user names no place: a directory of this one that is called as the cluster. */
#define CLUSTERS_COMMON_DIR	"/srv/cluster"

/* Make it if that is where it is. */
int clusters_make_common(const struct comb_definition *def, struct comb_error *err);
/* Remove it if it is there and empty. */
void clusters_forget_common(const char *name);

#endif
