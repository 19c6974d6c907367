// SPDX-License-Identifier: GPL-2.0-or-later
#include "topology.h"

#include <errno.h>
#include <fcntl.h>
#include <hwloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SYSFS_CPU "sys/devices/system/cpu"

/* Read a small file below @sysroot; the CPU list in it goes to @set. */
static int read_cpus(const char *sysroot, const char *name, struct comb_cpuset *set,
		     struct comb_error *err)
{
	char path[4096], text[8192];
	size_t used = 0;
	ssize_t got = 0;
	int fd;

	snprintf(path, sizeof(path), "%s/" SYSFS_CPU "/%s", sysroot, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return comb_fail(err, COMB_FAILED, "%s: %s", path, strerror(errno));
	while (used < sizeof(text) - 1) {
		got = read(fd, text + used, sizeof(text) - 1 - used);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		used += (size_t)got;
	}
	close(fd);
	if (got < 0)
		return comb_fail(err, COMB_FAILED, "%s: %s", path, strerror(errno));
	text[used] = '\0';
	return comb_cpuset_parse(set, text, err) ? comb_prefix(err, "%s", path) : 0;
}

/* The kernel makes this file for CPUs it can take offline, so not for the boot CPU. */
static bool has_online_file(const char *sysroot, unsigned int cpu)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/" SYSFS_CPU "/cpu%u/online", sysroot, cpu);
	return !access(path, F_OK);
}

/*
 * Only CPUs and NUMA nodes: looking for PCI and other devices would be most of
 * the time. Only sysfs: hwloc's x86 component runs on every CPU to read CPUID.
 * All CPUs of the machine, not only those this process may use.
 */
static int tree_load(hwloc_topology_t *tree, const char *sysroot, struct comb_error *err)
{
	bool foreign = strcmp(sysroot, "/") != 0;
	int status;

	if (hwloc_topology_init(tree))
		return comb_fail(err, COMB_FAILED, "hwloc: out of memory");
	hwloc_topology_set_io_types_filter(*tree, HWLOC_TYPE_FILTER_KEEP_NONE);
	hwloc_topology_set_components(*tree, HWLOC_TOPOLOGY_COMPONENTS_FLAG_BLACKLIST, "x86");
	hwloc_topology_set_flags(*tree, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED);
	/* It takes two settings by the environment only: silence, and another sysfs (tests). */
	setenv("HWLOC_HIDE_ERRORS", "2", 0);
	if (foreign)
		setenv("HWLOC_FSROOT", sysroot, 1);
	status = hwloc_topology_load(*tree);
	if (foreign)
		unsetenv("HWLOC_FSROOT");
	if (status) {
		comb_fail(err, COMB_FAILED, "hwloc cannot read the topology: %s", strerror(errno));
		hwloc_topology_destroy(*tree);
	}
	return status ? -1 : 0;
}

static unsigned int node_of(hwloc_topology_t tree, unsigned int cpu)
{
	hwloc_obj_t node = NULL;

	while ((node = hwloc_get_next_obj_by_type(tree, HWLOC_OBJ_NUMANODE, node)))
		if (hwloc_bitmap_isset(node->cpuset, cpu))
			return node->os_index;
	return 0;
}

static void cpu_describe(struct comb_topology_cpu *cpu, hwloc_topology_t tree)
{
	hwloc_obj_t pu = hwloc_get_pu_obj_by_os_index(tree, cpu->cpu);
	hwloc_obj_t core, package;

	cpu->core = cpu->cpu;
	if (!pu)
		return;
	core = hwloc_get_ancestor_obj_by_type(tree, HWLOC_OBJ_CORE, pu);
	package = hwloc_get_ancestor_obj_by_type(tree, HWLOC_OBJ_PACKAGE, pu);
	if (core)
		cpu->core = (unsigned int)hwloc_bitmap_first(core->cpuset);
	if (package && package->os_index != HWLOC_UNKNOWN_INDEX)
		cpu->package = package->os_index;
	cpu->node = node_of(tree, cpu->cpu);
}

static int compare_cpus(const void *a, const void *b)
{
	const struct comb_topology_cpu *x = a, *y = b;

	return (x->cpu > y->cpu) - (x->cpu < y->cpu);
}

/* Nodes of the tree, and those that only lent CPUs are known to be in. */
static unsigned int count_nodes(const struct comb_topology *topology, hwloc_topology_t tree)
{
	struct comb_cpuset nodes = {0};		/* any set of small numbers will do */
	hwloc_obj_t node = NULL;

	while ((node = hwloc_get_next_obj_by_type(tree, HWLOC_OBJ_NUMANODE, node)))
		comb_cpuset_add(&nodes, node->os_index);
	for (unsigned int i = 0; i < topology->count; i++)
		comb_cpuset_add(&nodes, topology->cpus[i].node);
	return comb_cpuset_count(&nodes);
}

int comb_topology_load(struct comb_topology *topology, const struct comb_topology_cpu *lent,
		       unsigned int nr_lent, const char *sysroot, struct comb_error *err)
{
	struct comb_cpuset present, online;
	hwloc_topology_t tree;

	memset(topology, 0, sizeof(*topology));
	if (read_cpus(sysroot, "present", &present, err) ||
	    read_cpus(sysroot, "online", &online, err) || tree_load(&tree, sysroot, err))
		return -1;
	topology->cpus = calloc(comb_cpuset_count(&present) + (size_t)nr_lent,
				sizeof(*topology->cpus));
	if (!topology->cpus) {
		hwloc_topology_destroy(tree);
		return comb_out_of_memory(err);
	}
	for (int i = comb_cpuset_next(&present, 0); i >= 0;
	     i = comb_cpuset_next(&present, (unsigned int)i + 1)) {
		struct comb_topology_cpu *cpu = &topology->cpus[topology->count++];

		cpu->cpu = (unsigned int)i;
		cpu->present = true;
		cpu->online = comb_cpuset_has(&online, cpu->cpu);
		/* Linux numbers the CPU it boots on 0. */
		cpu->hotpluggable = i > 0 && has_online_file(sysroot, cpu->cpu);
		cpu_describe(cpu, tree);
	}
	/* A CPU that came back while this was read is the host's again. */
	for (unsigned int i = 0; i < nr_lent; i++) {
		if (comb_cpuset_has(&present, lent[i].cpu))
			continue;
		topology->cpus[topology->count] = lent[i];
		topology->cpus[topology->count].present = false;
		topology->cpus[topology->count].online = false;
		topology->cpus[topology->count++].hotpluggable = false;
	}
	qsort(topology->cpus, topology->count, sizeof(*topology->cpus), compare_cpus);
	topology->nodes = count_nodes(topology, tree);
	hwloc_topology_destroy(tree);
	return 0;
}

void comb_topology_free(struct comb_topology *topology)
{
	free(topology->cpus);
	memset(topology, 0, sizeof(*topology));
}

const struct comb_topology_cpu *comb_topology_find(const struct comb_topology *topology,
						   unsigned int cpu)
{
	struct comb_topology_cpu key = { .cpu = cpu };

	if (!topology->count)
		return NULL;
	return bsearch(&key, topology->cpus, topology->count, sizeof(key), compare_cpus);
}
