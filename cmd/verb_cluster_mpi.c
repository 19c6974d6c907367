// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_cluster_mpi.c - comb cluster mpi */
#include "verbs.h"

#include <stdio.h>

#include "engines.h"

int verb_cluster_mpi(struct cli *cli, struct comb_error *err)
{
	struct engine_cells cells;
	int result = engines_find(cli, &cells, err);

	if (!result && cli->out)
		engines_json(cli->out, &cells);
	else if (!result)
		comb_mpi_write(stdout, cells.nodes, cells.count);
	engines_free(&cells);
	return result;
}
