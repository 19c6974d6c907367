// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "topology.h"

static char root[] = "/tmp/comb-topology-XXXXXX";

/* Write a file below the root, making its directories. */
static void put(const char *text, const char *fmt, ...)
{
	char path[512];
	int used = snprintf(path, sizeof(path), "%s/", root);
	va_list args;
	FILE *file;

	va_start(args, fmt);
	vsnprintf(path + used, sizeof(path) - (size_t)used, fmt, args);
	va_end(args);
	for (char *slash = path + used; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static const char *mask(unsigned int first, unsigned int count)
{
	static char text[32];

	snprintf(text, sizeof(text), "%llx\n", ((1ULL << count) - 1) << first);
	return text;
}

static const char *number(unsigned int value)
{
	static char text[32];

	snprintf(text, sizeof(text), "%u\n", value);
	return text;
}

#define CPU "sys/devices/system/cpu/"

/*
 * A machine whose sysfs hwloc reads: @packages with one NUMA node each, with
 * @cores of @threads CPUs with neighbouring numbers. @online: list.
 */
static void make_machine(unsigned int packages, unsigned int cores, unsigned int threads,
			 const char *present, const char *online)
{
	unsigned int in_package = cores * threads;

	strcpy(root + strlen(root) - 6, "XXXXXX");
	assert_non_null(mkdtemp(root));
	put(present, CPU "present");
	put(online, CPU "online");
	put(present, CPU "possible");
	put("0\n", "proc/cpuinfo");
	for (unsigned int cpu = 0; cpu < packages * in_package; cpu++) {
		unsigned int package = cpu / in_package, core = cpu / threads;
		struct comb_cpuset set;

		assert_int_equal(comb_cpuset_parse(&set, present, NULL), 0);
		if (!comb_cpuset_has(&set, cpu))
			continue;
		assert_int_equal(comb_cpuset_parse(&set, online, NULL), 0);
		if (cpu)
			put(comb_cpuset_has(&set, cpu) ? "1\n" : "0\n", CPU "cpu%u/online", cpu);
		if (!comb_cpuset_has(&set, cpu))
			continue;
		put(number(package), CPU "cpu%u/topology/physical_package_id", cpu);
		put(number(core), CPU "cpu%u/topology/core_id", cpu);
		put(mask(core * threads, threads), CPU "cpu%u/topology/thread_siblings", cpu);
		put(mask(core * threads, threads), CPU "cpu%u/topology/core_cpus", cpu);
		put(mask(package * in_package, in_package), CPU "cpu%u/topology/core_siblings", cpu);
		put(mask(package * in_package, in_package), CPU "cpu%u/topology/package_cpus", cpu);
	}
	for (unsigned int node = 0; node < packages; node++) {
		put(mask(node * in_package, in_package), "sys/devices/system/node/node%u/cpumap",
		    node);
		put("Node 0 MemTotal: 1048576 kB\n", "sys/devices/system/node/node%u/meminfo", node);
	}
	put(packages > 1 ? "0-1\n" : "0\n", "sys/devices/system/node/online");
}

static int remove_machine(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	return system(command);
}

static void load(struct comb_topology *topology, const struct comb_topology_cpu *lent,
		 unsigned int nr_lent)
{
	struct comb_error err = {0};

	assert_int_equal(comb_topology_load(topology, lent, nr_lent, root, &err), 0);
	assert_null(getenv("HWLOC_FSROOT"));
}

static void assert_chosen(const struct comb_topology *topology, unsigned int ncpus, int node,
			  const char *reserved, const char *expected)
{
	struct comb_cpuset taken = {0}, chosen;
	struct comb_error err = {0};
	char text[256];

	if (reserved)
		assert_int_equal(comb_cpuset_parse(&taken, reserved, NULL), 0);
	assert_int_equal(comb_topology_choose(topology, ncpus, node, reserved ? &taken : NULL,
					      &chosen, &err), 0);
	comb_cpuset_format(&chosen, text, sizeof(text));
	assert_string_equal(text, expected);
}

static void assert_refused(const struct comb_topology *topology, unsigned int ncpus, int node,
			   enum comb_status status, const char *what, const char *hint)
{
	struct comb_error err = {0};
	struct comb_cpuset chosen;

	assert_int_equal(comb_topology_choose(topology, ncpus, node, NULL, &chosen, &err), -1);
	assert_int_equal(err.status, status);
	assert_string_equal(err.what, what);
	assert_string_equal(err.hint, hint);
	assert_int_equal(comb_cpuset_count(&chosen), 0);
}

static void test_two_nodes_with_smt(void **state)
{
	struct comb_topology topology;
	const struct comb_topology_cpu *cpu;

	(void)state;
	make_machine(2, 2, 2, "0-7\n", "0-7\n");
	load(&topology, NULL, 0);
	assert_int_equal(topology.count, 8);
	assert_int_equal(topology.nodes, 2);
	assert_int_equal(topology.boot_cpu, 0);
	cpu = comb_topology_find(&topology, 7);
	assert_non_null(cpu);
	assert_int_equal(cpu->core, 6);
	assert_int_equal(cpu->node, 1);
	assert_int_equal(cpu->package, 1);
	assert_true(cpu->present && cpu->online && cpu->hotpluggable);
	assert_false(comb_topology_find(&topology, 0)->hotpluggable);
	assert_int_equal(comb_topology_find(&topology, 3)->core, 2);
	assert_int_equal(comb_topology_find(&topology, 3)->node, 0);
	assert_null(comb_topology_find(&topology, 8));

	assert_chosen(&topology, 2, -1, NULL, "6-7");
	assert_chosen(&topology, 4, -1, NULL, "4-7");
	assert_chosen(&topology, 2, 0, NULL, "2-3");
	assert_chosen(&topology, 2, -1, "6", "4-5");
	assert_chosen(&topology, 4, -1, "7", "2-5");
	assert_chosen(&topology, 6, -1, NULL, "2-7");
	assert_refused(&topology, 3, -1, COMB_USAGE, "3 CPUs cannot be had in whole cores",
		       "--ncpus 4");
	assert_refused(&topology, 1, -1, COMB_USAGE, "1 CPU cannot be had in whole cores",
		       "--ncpus 2");
	assert_refused(&topology, 7, -1, COMB_TAKEN, "7 CPUs asked, 6 can be lent in whole cores",
		       "comb topo");
	assert_refused(&topology, 4, 0, COMB_TAKEN,
		       "4 CPUs asked, 2 on node 0 can be lent in whole cores", "comb topo");
	assert_refused(&topology, 2, 2, COMB_USAGE, "no CPU is on NUMA node 2", "comb topo");
	assert_refused(&topology, 0, -1, COMB_USAGE, "a cell has 1 to 1024 CPUs, not 0", "");
	comb_topology_free(&topology);
}

static void test_lent_and_offline_cpus(void **state)
{
	static const struct comb_topology_cpu lent[] = {
		{ .cpu = 3, .core = 3, .node = 1 },
		{ .cpu = 2, .core = 2, .online = true, .present = true, .hotpluggable = true },
		{ .cpu = 0, .core = 7 },	/* has come back meanwhile */
	};
	struct comb_topology topology;

	(void)state;
	make_machine(1, 6, 1, "0-1,4-5\n", "0-1,5\n");
	load(&topology, lent, 3);
	assert_int_equal(topology.count, 6);
	assert_int_equal(topology.nodes, 2);
	for (unsigned int i = 0; i < 6; i++)
		assert_int_equal(topology.cpus[i].cpu, i);
	assert_int_equal(topology.cpus[0].core, 0);
	assert_true(topology.cpus[0].online);
	assert_false(topology.cpus[2].present || topology.cpus[2].online ||
		     topology.cpus[2].hotpluggable);
	assert_int_equal(topology.cpus[3].node, 1);
	assert_true(topology.cpus[4].present);
	assert_false(topology.cpus[4].online);
	assert_chosen(&topology, 2, -1, NULL, "1,5");
	assert_refused(&topology, 3, -1, COMB_TAKEN, "3 CPUs asked, 2 can be lent in whole cores",
		       "comb topo");
	comb_topology_free(&topology);
}

/* With SMT off every second CPU is offline; the other one is a whole core then. */
static void test_smt_off(void **state)
{
	struct comb_topology topology;

	(void)state;
	make_machine(1, 3, 2, "0-5\n", "0,2,4\n");
	load(&topology, NULL, 0);
	assert_chosen(&topology, 1, -1, NULL, "4");
	assert_chosen(&topology, 2, -1, NULL, "2,4");
	comb_topology_free(&topology);
}

/* A core one thread of which is lent is no whole core. */
static void test_half_lent_core(void **state)
{
	static const struct comb_topology_cpu lent = { .cpu = 5, .core = 4 };
	struct comb_topology topology;

	(void)state;
	make_machine(1, 3, 2, "0-4\n", "0-4\n");
	load(&topology, &lent, 1);
	assert_chosen(&topology, 2, -1, NULL, "2-3");
	comb_topology_free(&topology);
}

/* Hybrid: going down greedily (1, then 2) would miss 2 + 2. */
static void test_cores_of_different_sizes(void **state)
{
	struct comb_topology_cpu cpus[] = {
		{ .cpu = 0, .core = 0 }, { .cpu = 1, .core = 0 }, { .cpu = 2, .core = 2 },
		{ .cpu = 3, .core = 2 }, { .cpu = 4, .core = 4 }, { .cpu = 5, .core = 4 },
		{ .cpu = 6, .core = 6 },
	};
	struct comb_topology topology = { .cpus = cpus, .count = 7, .nodes = 1 };

	(void)state;
	for (size_t i = 0; i < 7; i++) {
		cpus[i].present = true;
		cpus[i].online = true;
		cpus[i].hotpluggable = i > 0;
	}
	assert_chosen(&topology, 4, -1, NULL, "2-5");
	assert_chosen(&topology, 3, -1, NULL, "4-6");
	assert_chosen(&topology, 1, -1, NULL, "6");
	assert_chosen(&topology, 5, -1, NULL, "2-6");
}

static void test_this_machine(void **state)
{
	struct comb_topology topology;
	struct comb_error err = {0};

	(void)state;
	assert_int_equal(comb_topology_load(&topology, NULL, 0, "/", &err), 0);
	assert_true(topology.count >= 1);
	assert_int_equal(topology.count >= (unsigned int)sysconf(_SC_NPROCESSORS_ONLN), 1);
	assert_true(comb_topology_find(&topology, 0)->online);
	comb_topology_free(&topology);
}

static void test_no_sysfs(void **state)
{
	struct comb_topology topology;
	struct comb_error err = {0};

	(void)state;
	assert_int_equal(comb_topology_load(&topology, NULL, 0, "/nonexistent", &err), -1);
	assert_int_equal(err.status, COMB_FAILED);
	assert_non_null(strstr(err.what, "/present: No such file"));
	comb_topology_free(&topology);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_two_nodes_with_smt, remove_machine),
		cmocka_unit_test_teardown(test_lent_and_offline_cpus, remove_machine),
		cmocka_unit_test_teardown(test_smt_off, remove_machine),
		cmocka_unit_test_teardown(test_half_lent_core, remove_machine),
		cmocka_unit_test(test_cores_of_different_sizes),
		cmocka_unit_test(test_this_machine),
		cmocka_unit_test(test_no_sysfs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
