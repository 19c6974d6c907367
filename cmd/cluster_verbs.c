// SPDX-License-Identifier: GPL-2.0-or-later
/* cluster_verbs.c - the table of cluster's sub-verbs: a new one is one entry here and one file */
#include "verbs.h"

static const struct cli_option cells_options[] = {
	{ .name = "cells", .argument = "N", .id = OPTION_CELLS,
	  .help = "how many cells, 1 to 64" },
	{ .name = NULL }
};

static const struct cli_option slurm_options[] = {
	{ .name = "output", .letter = 'o', .argument = "DIR", .id = OPTION_OUTPUT,
	  .complete = CLI_COMPLETE_FILE,
	  .help = "write slurm.conf and cgroup.conf into DIR, such as /etc/slurm" },
	{ .name = "nodes-only", .id = OPTION_NODES_ONLY,
	  .help = "only the lines of the nodes" },
	{ .name = NULL }
};

const struct cli_verb cluster_verbs[] = {
	{
		.name = "cluster create", .usage = "--cells N [OPTIONS] NAME [-- COMMAND...]",
		.run = verb_cluster_create, .names = CLI_NAMES_ONE, .kind = CLI_NAME_NEW,
		.definition = true, .command = true, .options = cells_options,
		.help = "define a cluster and its cells",
		.text = "Writes /etc/comb/NAME.cluster with the options, and NAME-1.cell to\n"
			"NAME-N.cell, which refer to it. The root is a directory that all cells\n"
			"write, or the host's, which is the default: then what a cell writes is\n"
			"its own and gone with it, but for what goes to a share that all have.\n"
			"Unless there is a --share that can be written this is /srv/cluster/NAME,\n"
			"which is made.",
	},
	{
		.name = "cluster ls", .usage = "[OPTIONS] [NAME...]", .run = verb_cluster_ls,
		.names = CLI_NAMES_ANY, .kind = CLI_NAME_CLUSTER,
		.help = "list clusters",
		.text = "One row a cluster: how many cells it has, how many of them run, their\n"
			"CPUs and RAM, and its root.",
	},
	{
		.name = "cluster show", .usage = "[OPTIONS] NAME...", .run = verb_cluster_show,
		.names = CLI_NAMES_SOME, .kind = CLI_NAME_CLUSTER,
		.help = "show what a cluster's cells have in common, and the cells",
		.text = "Prints each value that its definition sets and where, then a row a cell\n"
			"as ls does. comb show CELL has the rest.",
	},
	{
		.name = "cluster start", .usage = "[OPTIONS] NAME...", .run = verb_cluster_start,
		.names = CLI_NAMES_SOME, .kind = CLI_NAME_CLUSTER,
		.help = "boot all cells of clusters that do not run",
		.text = "As start does, all at the same time.",
	},
	{
		.name = "cluster stop", .usage = "[OPTIONS] NAME...", .run = verb_cluster_stop,
		.names = CLI_NAMES_SOME, .kind = CLI_NAME_CLUSTER,
		.help = "shut all cells of clusters down in order",
		.text = "As stop does, for all that hold anything.",
	},
	{
		.name = "cluster kill", .usage = "[OPTIONS] NAME...", .run = verb_cluster_kill,
		.names = CLI_NAMES_SOME, .kind = CLI_NAME_CLUSTER,
		.help = "stop all cells of clusters at once",
		.text = "As kill does, for all that hold anything.",
	},
	{
		.name = "cluster restart", .usage = "[OPTIONS] NAME...",
		.run = verb_cluster_restart,
		.names = CLI_NAMES_SOME, .kind = CLI_NAME_CLUSTER,
		.help = "shut all cells of clusters down and boot them again",
		.text = "As restart does, all at the same time.",
	},
	{
		.name = "cluster private", .usage = "[OPTIONS] NAME...",
		.run = verb_cluster_private,
		.names = CLI_NAMES_SOME, .kind = CLI_NAME_CLUSTER,
		.help = "list what each cell of a cluster has of its own",
		.text = "One row a cell and a part of its files that is not the common root's:\n"
			"file (generated, in RAM), ram (a directory in RAM, empty at the start),\n"
			"kept (a directory that stays, and where on the host), overlay (what the\n"
			"cell writes goes to its RAM), resolver (made for its network).",
	},
	{
		.name = "cluster resize", .usage = "--cells N [OPTIONS] NAME",
		.run = verb_cluster_resize,
		.names = CLI_NAMES_ONE, .kind = CLI_NAME_CLUSTER, .options = cells_options,
		.help = "define more cells, or forget the last ones",
		.text = "Writes or removes definitions NAME-1 to NAME-N; cells of other names stay.\n"
			"Those to be forgotten must not hold anything; nothing is started.",
	},
	{
		.name = "cluster rm", .usage = "[OPTIONS] NAME...", .run = verb_cluster_rm,
		.names = CLI_NAMES_SOME, .kind = CLI_NAME_CLUSTER,
		.help = "forget clusters and their cells",
		.text = "Removes the definitions of the cluster and of all of its cells, or none\n"
			"of them if one of the cells holds CPUs or RAM. The root stays as it is.",
	},
	{
		.name = "cluster slurm", .usage = "[OPTIONS] [NAME...]",
		.run = verb_cluster_slurm, .names = CLI_NAMES_ANY, .options = slurm_options,
		.help = "write a configuration of Slurm with cells as nodes",
		.text = "Prints slurm.conf with the CPUs, memory and addresses of the clusters and\n"
			"cells that are named, or of all cells that run, and this machine as the\n"
			"controller. What --nodes-only prints on a second machine is appended to\n"
			"the first one's file. /usr/lib/comb/comb-slurm starts slurmd in the\n"
			"cells, and tells Slurm at once when one is dead.",
	},
	{
		.name = "cluster mpi", .usage = "[OPTIONS] [NAME...]",
		.run = verb_cluster_mpi, .names = CLI_NAMES_ANY,
		.help = "print a host file of Open MPI with cells as hosts",
		.text = "One line for each cell of the clusters and cells that are named, or each\n"
			"that runs, with a slot for each of its CPUs. mpirun reaches them if it\n"
			"is told --mca plm_rsh_agent /usr/lib/comb/comb-mpi-agent.",
	},
	{ .name = NULL }
};
