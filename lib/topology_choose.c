// SPDX-License-Identifier: GPL-2.0-or-later
/* Which CPUs a cell gets when the user says only how many. */
#include <stdlib.h>
#include <string.h>

#include "comb.h"
#include "topology.h"

/* A core all of whose CPUs can be taken. */
struct free_core {
	unsigned int core;
	unsigned int node;
	unsigned int size;
};

struct free_cores {
	struct free_core *list;		/* by ascending core number */
	unsigned int count;
	unsigned int cpus;		/* sum of the sizes */
};

static bool is_free(const struct comb_topology_cpu *cpu, const struct comb_cpuset *reserved)
{
	return cpu->present && cpu->online && cpu->hotpluggable &&
	       !(reserved && comb_cpuset_has(reserved, cpu->cpu));
}

/*
 * A CPU that is offline in the host (SMT switched off, say) executes nothing and
 * so does not count as a sibling; a lent one does.
 */
static bool is_idle(const struct comb_topology_cpu *cpu)
{
	return cpu->present && !cpu->online;
}

static int compare_cores(const void *a, const void *b)
{
	const struct free_core *x = a, *y = b;

	return (x->core > y->core) - (x->core < y->core);
}

/* The free cores of @node, or of all nodes if it is negative. */
static int free_cores_find(struct free_cores *cores, const struct comb_topology *topology,
			   int node, const struct comb_cpuset *reserved)
{
	/* size of the core with this number; -1: one of its CPUs is in use */
	int *sizes = calloc(COMB_CPUSET_BITS, sizeof(*sizes));

	cores->list = calloc(topology->count + 1, sizeof(*cores->list));
	cores->count = 0;
	cores->cpus = 0;
	if (!sizes || !cores->list) {
		free(sizes);
		return -1;
	}
	for (unsigned int i = 0; i < topology->count; i++) {
		const struct comb_topology_cpu *cpu = &topology->cpus[i];

		if (cpu->core >= COMB_CPUSET_BITS || is_idle(cpu))
			continue;
		if (!is_free(cpu, reserved))
			sizes[cpu->core] = -1;
		else if (sizes[cpu->core] >= 0)
			sizes[cpu->core]++;
	}
	for (unsigned int i = 0; i < topology->count; i++) {
		const struct comb_topology_cpu *cpu = &topology->cpus[i];

		if (cpu->core >= COMB_CPUSET_BITS || sizes[cpu->core] <= 0 || !is_free(cpu, reserved))
			continue;
		if (node < 0 || cpu->node == (unsigned int)node) {
			cores->list[cores->count].core = cpu->core;
			cores->list[cores->count].node = cpu->node;
			cores->list[cores->count++].size = (unsigned int)sizes[cpu->core];
			cores->cpus += (unsigned int)sizes[cpu->core];
		}
		sizes[cpu->core] = 0;
	}
	qsort(cores->list, cores->count, sizeof(*cores->list), compare_cores);
	free(sizes);
	return 0;
}

/*
 * Take whole cores with exactly @ncpus CPUs, high numbers first. Cores differ in size on
 * hybrid machines, so going down greedily can miss; a table of the sums that
 * the cores below can make (row i: the first i cores) keeps it exact.
 * Returns 1 and fills @chosen (a set of core numbers), 0 if it cannot be done, -1 out of memory.
 */
static int cores_take(const struct free_cores *cores, unsigned int ncpus,
		      struct comb_cpuset *chosen)
{
	size_t width = (size_t)ncpus + 1;
	unsigned int left = ncpus;
	bool *sums;

	if (ncpus > cores->cpus)
		return 0;
	sums = calloc(cores->count + 1, width);
	if (!sums)
		return -1;
	sums[0] = true;
	for (unsigned int i = 0; i < cores->count; i++) {
		const bool *row = sums + i * width;
		bool *next = sums + (i + 1) * width;

		for (size_t sum = 0; sum < width; sum++)
			next[sum] = row[sum] || (sum >= cores->list[i].size &&
						 row[sum - cores->list[i].size]);
	}
	memset(chosen, 0, sizeof(*chosen));
	for (unsigned int i = cores->count; i-- > 0 && sums[cores->count * width + ncpus]; ) {
		unsigned int size = cores->list[i].size;

		if (size > left || !sums[i * width + left - size])
			continue;
		comb_cpuset_add(chosen, cores->list[i].core);
		left -= size;
	}
	free(sums);
	return left == 0;
}

/* As cores_take(), from one node: the one with the highest free core that can do it. */
static int node_take(const struct free_cores *cores, unsigned int ncpus,
		     struct comb_cpuset *chosen)
{
	struct free_cores mine = { .list = calloc(cores->count + 1, sizeof(*mine.list)) };
	struct comb_cpuset tried = {0};
	int done = mine.list ? 0 : -1;

	for (unsigned int top = cores->count; top-- > 0 && !done; ) {
		unsigned int node = cores->list[top].node;

		if (comb_cpuset_has(&tried, node))
			continue;
		comb_cpuset_add(&tried, node);
		mine.count = 0;
		mine.cpus = 0;
		for (unsigned int i = 0; i < cores->count; i++) {
			if (cores->list[i].node != node)
				continue;
			mine.list[mine.count++] = cores->list[i];
			mine.cpus += cores->list[i].size;
		}
		done = cores_take(&mine, ncpus, chosen);
	}
	free(mine.list);
	return done;
}

/* Cores have been chosen; make CPUs of them. */
static void cores_expand(struct comb_cpuset *chosen, const struct comb_topology *topology)
{
	struct comb_cpuset cpus = {0};

	for (unsigned int i = 0; i < topology->count; i++)
		if (comb_cpuset_has(chosen, topology->cpus[i].core) && !is_idle(&topology->cpus[i]))
			comb_cpuset_add(&cpus, topology->cpus[i].cpu);
	*chosen = cpus;
}

static int too_few(const struct free_cores *cores, unsigned int ncpus, int node,
		   struct comb_error *err)
{
	if (node >= 0)
		comb_fail(err, COMB_TAKEN, "%u CPU%s asked, %u on node %d can be lent in whole cores",
			  ncpus, ncpus == 1 ? "" : "s", cores->cpus, node);
	else
		comb_fail(err, COMB_TAKEN, "%u CPU%s asked, %u can be lent in whole cores", ncpus,
			  ncpus == 1 ? "" : "s", cores->cpus);
	return comb_hint(err, "comb topo");
}

/* There are enough CPUs, but whole cores never give this number. */
static int not_whole(const struct free_cores *cores, unsigned int ncpus, struct comb_error *err)
{
	struct comb_cpuset unused;
	unsigned int other = ncpus + 1;

	while (other <= cores->cpus && cores_take(cores, other, &unused) != 1)
		other++;
	comb_fail(err, COMB_USAGE, "%u CPU%s cannot be had in whole cores", ncpus,
		  ncpus == 1 ? "" : "s");
	return comb_hint(err, "--ncpus %u", other);
}

static bool node_exists(const struct comb_topology *topology, int node)
{
	for (unsigned int i = 0; i < topology->count; i++)
		if (node == (int)topology->cpus[i].node)
			return true;
	return false;
}

int comb_topology_choose(const struct comb_topology *topology, unsigned int ncpus, int node,
			 const struct comb_cpuset *reserved, struct comb_cpuset *chosen,
			 struct comb_error *err)
{
	struct free_cores cores;
	int done = -1, status = 0;

	memset(chosen, 0, sizeof(*chosen));
	if (!ncpus || ncpus > COMB_CELL_CPUS_MAX)
		return comb_fail(err, COMB_USAGE, "a cell has 1 to %d CPUs, not %u",
				 COMB_CELL_CPUS_MAX, ncpus);
	if (node >= 0 && !node_exists(topology, node)) {
		comb_fail(err, COMB_USAGE, "no CPU is on NUMA node %d", node);
		return comb_hint(err, "comb topo");
	}
	if (!free_cores_find(&cores, topology, node, reserved)) {
		done = node_take(&cores, ncpus, chosen);
		if (!done)
			done = cores_take(&cores, ncpus, chosen);
	}
	if (done < 0)
		status = comb_out_of_memory(err);
	else if (done)
		cores_expand(chosen, topology);
	else if (cores.cpus < ncpus)
		status = too_few(&cores, ncpus, node, err);
	else
		status = not_whole(&cores, ncpus, err);
	if (status)
		memset(chosen, 0, sizeof(*chosen));
	free(cores.list);
	return status;
}
