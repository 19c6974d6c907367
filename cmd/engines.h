/* SPDX-License-Identifier: GPL-2.0-or-later */
/* engines.h - the cells of the command line as nodes of a cluster engine */
#ifndef CMD_ENGINES_H
#define CMD_ENGINES_H

#include "cli.h"
#include "engine.h"

/**
 * struct engine_cells - cells that are to be nodes
 * @nodes: in the order of the command line, or of their names
 * @count: how many
 * @device: the host's end of the network that has them: combbr0, or what the first cell names
 *	with --net bridge: or tap:
 * @cluster: the only cluster that was named, or NULL
 */
struct engine_cells {
	struct comb_engine_node *nodes;
	size_t count;
	char device[64];
	const char *cluster;
};

/*
 * The cells that are named, by themselves or by their cluster, whether they run or not;
 * without names, all that run. One that cannot be a node is reported and left out; 0 with no
 * nodes at all if that happened to all. COMB_NO_CELL if there were none to begin with.
 */
int engines_find(struct cli *cli, struct engine_cells *cells, struct comb_error *err);
void engines_free(struct engine_cells *cells);

/* The host's address on the network of @cells. */
int engines_address(const struct engine_cells *cells, char *address, size_t size,
		    struct comb_error *err);

/* With --json: member "nodes". */
void engines_json(struct json_object *out, const struct engine_cells *cells);

#endif
