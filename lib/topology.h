/* SPDX-License-Identifier: GPL-2.0-or-later */
/* topology.h - the machine's packages, nodes, cores and CPUs (hwloc), and who owns them */
#ifndef COMB_TOPOLOGY_H
#define COMB_TOPOLOGY_H

#include <stdbool.h>
#include <stdint.h>

#include "cpuset.h"
#include "error.h"

/**
 * struct comb_topology_cpu - one CPU of the machine
 * @cpu: host CPU number
 * @core: lowest CPU number of its core
 * @node: NUMA node
 * @package: physical package
 * @present: the host lists it as present (lent CPUs are not)
 * @online: it runs host code
 * @hotpluggable: the host can offline it (false for the boot CPU)
 */
struct comb_topology_cpu {
	unsigned int cpu;
	unsigned int core;
	unsigned int node;
	unsigned int package;
	bool present;
	bool online;
	bool hotpluggable;
};

/*
 * CPUs in ascending order of their number; includes lent CPUs. @nodes: how many NUMA nodes.
 * The topology of a CPU that is offline is unknown: it counts as a core of its own.
 */
struct comb_topology {
	struct comb_topology_cpu *cpus;
	unsigned int count;
	unsigned int nodes;
	unsigned int boot_cpu;
};

/*
 * hwloc cannot see CPUs that are not present any more, so @lent supplies them
 * (as the module's COMB_CELL_GET reports them; may be NULL with @nr_lent 0).
 * @sysroot: "/" normally, another directory in tests (sysfs tree).
 * Not to be called while other threads run: hwloc is set up by the environment.
 */
int comb_topology_load(struct comb_topology *topology, const struct comb_topology_cpu *lent,
		       unsigned int nr_lent, const char *sysroot, struct comb_error *err);
void comb_topology_free(struct comb_topology *topology);

const struct comb_topology_cpu *comb_topology_find(const struct comb_topology *topology,
						   unsigned int cpu);

/*
 * Choose @ncpus CPUs for a cell among those that are online and hotpluggable and not in
 * @reserved (CPUs other cells of the same `start` will take): whole cores only, all from one
 * node if possible (@node >= 0: only from that node), highest-numbered cores first, since the
 * low ones hold the host's interrupts; the host keeps at least the boot CPU's core.
 * A count that no set of whole cores gives exactly is an error that names the next one up.
 * COMB_TAKEN when there are not enough free CPUs.
 */
int comb_topology_choose(const struct comb_topology *topology, unsigned int ncpus, int node,
			 const struct comb_cpuset *reserved, struct comb_cpuset *chosen,
			 struct comb_error *err);

#endif
