// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_topo.c - comb topo */
#include "verbs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cells.h"
#include "size.h"

/**
 * struct owners - who has what
 * @cpu: owner of each CPU of the topology, in its order; NULL is the host
 * @lent: bytes lent of each node
 * @names: holds the texts of @cpu
 */
struct owners {
	const char **cpu;
	uint64_t *lent;
	struct comb_strings names;
};

static void add_owner(struct owners *owners, const struct comb_topology *topology,
		      const struct comb_cell *cell, const char *name)
{
	for (unsigned int c = 0; c < cell->get.nr_cpus; c++)
		for (unsigned int i = 0; i < topology->count; i++)
			if (topology->cpus[i].cpu == cell->cpus[c].cpu)
				owners->cpu[i] = name;
	for (unsigned int r = 0; r < cell->get.nr_ranges; r++)
		if (cell->ranges[r].node < topology->nodes)
			owners->lent[cell->ranges[r].node] += cell->ranges[r].bytes;
}

/* As comb.ko shows it to everyone: where the RAM is it does not say. */
static void find_owners_public(const struct comb_topology *topology, struct owners *owners)
{
	char name[COMB_NAME_SIZE];

	for (unsigned int i = 0; i < topology->count; i++) {
		if (topology->cpus[i].present ||
		    !comb_owner_find(COMB_SYSFS, topology->cpus[i].cpu, name))
			continue;
		if (!comb_strings_add(&owners->names, name))
			owners->cpu[i] = owners->names.list[owners->names.count - 1];
	}
}

static int find_owners(struct cli *cli, const struct comb_topology *topology,
		       struct owners *owners, struct comb_error *err)
{
	memset(owners, 0, sizeof(*owners));
	owners->cpu = cli_calloc(topology->count, sizeof(*owners->cpu));
	owners->lent = cli_calloc(topology->nodes, sizeof(*owners->lent));
	if (geteuid()) {
		find_owners_public(topology, owners);
		return 0;
	}
	if (cells_list("cells", &owners->names, err))
		return -1;
	for (size_t i = 0; i < owners->names.count; i++) {
		struct comb_cell cell;

		/* It may be gone by now. */
		if (cells_open(cli, owners->names.list[i], &cell, err))
			continue;
		add_owner(owners, topology, &cell, owners->names.list[i]);
		comb_cell_close(&cell);
	}
	memset(err, 0, sizeof(*err));
	return 0;
}

static void free_owners(struct owners *owners)
{
	free(owners->cpu);
	free(owners->lent);
	comb_strings_free(&owners->names);
}

/* What the host has of a node now. Without NUMA there is one node, with everything. */
static uint64_t node_memory(unsigned int node)
{
	char path[64], line[256];
	uint64_t kb = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/devices/system/node/node%u/meminfo", node);
	f = fopen(path, "re");
	if (!f)
		return node ? 0 : cells_memory_total() - cells_memory_lent();
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "Node %*u MemTotal: %" SCNu64, &kb) == 1)
			break;
	fclose(f);
	return kb << 10;
}

static const char *owner_name(const struct owners *owners, unsigned int i)
{
	return owners->cpu[i] ? owners->cpu[i] : "host";
}

static void print_core(const struct comb_topology *topology, const struct owners *owners,
		       unsigned int first, bool colour)
{
	const struct comb_topology_cpu *cpu = &topology->cpus[first];
	const char *owner = owner_name(owners, first);
	bool paint = colour && owners->cpu[first];
	struct comb_cpuset cpus = { 0 };
	bool online = false;
	char text[256];

	for (unsigned int i = 0; i < topology->count; i++) {
		if (topology->cpus[i].core != cpu->core)
			continue;
		comb_cpuset_add(&cpus, topology->cpus[i].cpu);
		online |= topology->cpus[i].online;
	}
	comb_cpuset_format(&cpus, text, sizeof(text));
	printf("    core %-5u CPU %-10s %s%s%s%s%s\n", cpu->core, text, paint ? "\033[36m" : "",
	       owner, paint ? "\033[0m" : "",
	       cpu->cpu == topology->boot_cpu ? " (boot CPU)" : "",
	       !owners->cpu[first] && !online ? " (offline)" : "");
}

static void print_node(const struct comb_topology *topology, const struct owners *owners,
		       unsigned int package, unsigned int node, bool colour)
{
	char has[32], lent[32];
	bool any = false;

	for (unsigned int i = 0; i < topology->count; i++) {
		const struct comb_topology_cpu *cpu = &topology->cpus[i];

		if (cpu->package != package || cpu->node != node)
			continue;
		if (!any)
			printf("  node %-7u %s with the host, %s lent\n", node,
			       comb_size_format(node_memory(node), has, sizeof(has)),
			       !owners->lent[node] ? "nothing" :
			       comb_size_format(owners->lent[node], lent, sizeof(lent)));
		any = true;
		if (cpu->cpu == cpu->core)
			print_core(topology, owners, i, colour);
	}
}

static void print_tree(const struct comb_topology *topology, const struct owners *owners,
		       bool colour)
{
	unsigned int packages = 0;

	for (unsigned int i = 0; i < topology->count; i++)
		if (topology->cpus[i].package >= packages)
			packages = topology->cpus[i].package + 1;
	for (unsigned int package = 0; package < packages; package++) {
		bool any = false;

		for (unsigned int i = 0; i < topology->count; i++)
			any |= topology->cpus[i].package == package;
		if (!any)
			continue;
		printf("package %u\n", package);
		for (unsigned int node = 0; node < topology->nodes; node++)
			print_node(topology, owners, package, node, colour);
	}
}

static void print_json(struct cli *cli, const struct comb_topology *topology,
		       const struct owners *owners)
{
	struct json_object *cpus = cli_json_array(cli->out, "cpus");
	struct json_object *nodes = cli_json_array(cli->out, "nodes");

	for (unsigned int i = 0; i < topology->count; i++) {
		const struct comb_topology_cpu *from = &topology->cpus[i];
		struct json_object *cpu = cli_json_object(cpus);

		cli_json_number(cpu, "cpu", from->cpu);
		cli_json_number(cpu, "core", from->core);
		cli_json_number(cpu, "node", from->node);
		cli_json_number(cpu, "package", from->package);
		cli_json_text(cpu, "owner", owner_name(owners, i));
		cli_json_bool(cpu, "online", from->online);
		cli_json_bool(cpu, "boot_cpu", from->cpu == topology->boot_cpu);
	}
	for (unsigned int i = 0; i < topology->nodes; i++) {
		struct json_object *node = cli_json_object(nodes);

		cli_json_number(node, "node", i);
		cli_json_number(node, "memory", node_memory(i));
		cli_json_number(node, "lent", owners->lent[i]);
	}
}

int verb_topo(struct cli *cli, struct comb_error *err)
{
	struct comb_topology topology;
	struct owners owners;
	int result;

	if (cells_topology(cli, &topology, err))
		return -1;
	result = find_owners(cli, &topology, &owners, err);
	if (!result && cli->out)
		print_json(cli, &topology, &owners);
	else if (!result)
		print_tree(&topology, &owners, cli->colour);
	free_owners(&owners);
	comb_topology_free(&topology);
	return result;
}
