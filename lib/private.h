/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * private.h - what each cell of a cluster has of its own, over the root that all of them share
 *
 * The list goes into the cell's initramfs, one part a line, where comb-init reads it
 * (init/private.h), and `comb cluster private` prints it.
 */
#ifndef COMB_PRIVATE_H
#define COMB_PRIVATE_H

#include "definition.h"

/* Where the kept parts of all cells are in a root directory, each below the cell's name. */
#define COMB_PRIVATE_DIR	"/var/lib/comb/private"

/* With a NUL. */
#define COMB_MACHINE_ID_SIZE	33

enum comb_private_kind {
	COMB_PRIVATE_FILE,	/* a file in the cell's RAM; its text is generated */
	COMB_PRIVATE_RESOLVER,	/* the same, written by comb-init: it knows the network */
	COMB_PRIVATE_RAM,	/* a directory in the cell's RAM, empty at each start */
	COMB_PRIVATE_KEPT,	/* a directory that stays, in the root's COMB_PRIVATE_DIR */
	COMB_PRIVATE_OVERLAY,	/* whatever the cell writes there, over the host's files */
};

/**
 * struct comb_private - one part
 * @path: in the cell
 * @from: a file's text without its newline, a kept directory's place in the root, or NULL
 * @always: every cell has it, in a cluster or not: comb-init need not be told
 */
struct comb_private {
	enum comb_private_kind kind;
	char *path;
	char *from;
	bool always;
};

struct comb_privates {
	struct comb_private *list;
	size_t count;
};

/*
 * The parts of @def, a cell of a cluster, in the order in which they are mounted. @host_id: the
 * host's /etc/machine-id, 32 hexadecimal digits. COMB_UNSUITABLE if it is none. @lasts: the cell
 * will be started again, so there is something to keep. Free the list in every case.
 */
int comb_privates_list(const struct comb_definition *def, const char *host_id, bool lasts,
		       struct comb_privates *parts, struct comb_error *err);
void comb_privates_free(struct comb_privates *parts);

/* For comb-init: one part a line, "KIND PATH[ FROM]". For free(); NULL: out of memory. */
char *comb_privates_text(const struct comb_privates *parts);

/* "file", "resolver", "ram", "kept" or "overlay" */
const char *comb_private_kind_name(enum comb_private_kind kind);

/*
 * The machine-id(5) of a cell: a name-based UUID (version 5, RFC 9562, 5.5) of "CLUSTER/CELL" in
 * the name space that the host's machine-id is. The same at each start and on no other machine,
 * and nobody gets the host's from it. COMB_UNSUITABLE if @host_id is none.
 */
int comb_machine_id(char id[COMB_MACHINE_ID_SIZE], const char *host_id, const char *cluster,
		    const char *cell, struct comb_error *err);

#endif
