// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine.h"

/* Two nodes of two cores of two CPUs: 0-1 2-3, 4-5 6-7. */
static struct comb_topology_cpu cpus[8];
static struct comb_topology machine = { .cpus = cpus, .count = 8, .nodes = 2 };

/* @threads: 1 makes every CPU a core of its own. */
static int make_machine(unsigned int threads)
{
	for (unsigned int i = 0; i < 8; i++)
		cpus[i] = (struct comb_topology_cpu){
			.cpu = i, .core = i / threads * threads, .node = i / 4,
			.present = true, .online = true,
		};
	return 0;
}

static int with_threads(void **state)
{
	(void)state;
	return make_machine(2);
}

static void assert_levels(const struct comb_engine_node *node, unsigned int count,
			  unsigned int sockets, unsigned int cores, unsigned int threads)
{
	assert_int_equal(node->cpus, count);
	assert_int_equal(node->sockets, sockets);
	assert_int_equal(node->cores, cores);
	assert_int_equal(node->threads, threads);
	/* What slurmctld insists on. */
	assert_int_equal(sockets * cores * threads, count);
}

static void assert_cpus(const char *list, unsigned int sockets, unsigned int cores,
			unsigned int threads)
{
	struct comb_engine_node node = { 0 };
	struct comb_cpuset set;

	assert_int_equal(comb_cpuset_parse(&set, list, NULL), 0);
	comb_engine_cpus(&node, &machine, &set);
	assert_levels(&node, comb_cpuset_count(&set), sockets, cores, threads);
}

static void test_cpus(void **state)
{
	(void)state;
	assert_cpus("2-3", 1, 1, 2);
	assert_cpus("0-3", 1, 2, 2);
	assert_cpus("0-7", 2, 2, 2);
	assert_cpus("2-3,6-7", 2, 1, 2);
	/* More of one node than of the other: one socket */
	assert_cpus("2-7", 1, 3, 2);
	/* Half a core, as a cell of another time may hold */
	assert_cpus("2,4-5", 1, 3, 1);
	assert_cpus("2", 1, 1, 1);
	assert_cpus("2,6", 2, 1, 1);
	/* One that nobody knows */
	assert_cpus("2-3,9", 1, 3, 1);
	make_machine(1);
	assert_cpus("2-3", 1, 2, 1);
	assert_cpus("2-5", 2, 2, 1);
}

static void assert_later(unsigned int count, unsigned int cores, unsigned int threads)
{
	struct comb_engine_node node = { 0 };

	comb_engine_cpus_later(&node, &machine, count);
	assert_levels(&node, count, 1, cores, threads);
}

static void test_cpus_later(void **state)
{
	(void)state;
	assert_later(2, 1, 2);
	assert_later(6, 3, 2);
	/* It cannot be whole cores: comb start will say so */
	assert_later(3, 3, 1);
	/* A lent core is still one; one that is offline says nothing */
	cpus[6].present = cpus[7].present = cpus[6].online = cpus[7].online = false;
	assert_later(4, 2, 2);
	cpus[3].online = false;
	cpus[3].core = 3;
	assert_later(4, 4, 1);
	make_machine(1);
	assert_later(4, 4, 1);
}

static void test_memory(void **state)
{
	(void)state;
	/* MemTotal of cells with Debian's 6.1 cloud kernel, in MiB: more than this */
	assert_true(comb_slurm_memory(512ull << 20) < 466);
	assert_int_equal(comb_slurm_memory(512ull << 20), 432);
	assert_int_equal(comb_slurm_memory(8ull << 30), 7872);
	assert_int_equal(comb_slurm_memory(64ull << 20), 1);
	assert_int_equal(comb_slurm_memory(0), 1);
	assert_int_equal(comb_slurm_memory(~0ull), (~0ull - (64ull << 20) - ~0ull / 32) >> 20);
}

static char text[8192];

static FILE *begin(void)
{
	FILE *f = fmemopen(text, sizeof(text), "w");

	assert_non_null(f);
	return f;
}

static const struct comb_engine_node nodes[] = {
	{ .name = "web", .cpus = 2, .sockets = 1, .cores = 1, .threads = 2, .memory = 1ull << 30 },
	{ .name = "db-1", .address = "192.0.2.7", .cpus = 1, .sockets = 1, .cores = 1,
	  .threads = 1, .memory = 512ull << 20 },
};

#define NODE_LINES \
	"NodeName=web CPUs=2 Sockets=1 CoresPerSocket=1 ThreadsPerCore=2 RealMemory=928\n" \
	"NodeName=db-1 NodeAddr=192.0.2.7 CPUs=1 Sockets=1 CoresPerSocket=1 ThreadsPerCore=1 " \
	"RealMemory=432\n"

static void test_nodes(void **state)
{
	FILE *f = begin();

	(void)state;
	comb_slurm_write_nodes(f, nodes, 2);
	fclose(f);
	assert_string_equal(text, NODE_LINES);
}

/* How often @line is a line of the text. */
static unsigned int lines_like(const char *line)
{
	size_t length = strlen(line);
	unsigned int times = 0;

	for (const char *at = text; at && *at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
		if (!strncmp(at, line, length))
			times++;
	return times;
}

static void test_slurm(void **state)
{
	static const char *const once[] = {
		"ClusterName=work\n", "SlurmctldHost=big(192.0.2.1)\n", "NodeName=web ",
		"NodeName=db-1 ", "JobRequeue=1\n", "ReturnToService=2\n",
		"CommunicationParameters=NoAddrCache\n", "PartitionName=work Nodes=ALL ",
	};
	struct comb_slurm slurm = { .cluster = "work", .host = "big", .address = "192.0.2.1" };
	FILE *f = begin();

	(void)state;
	comb_slurm_write(f, &slurm, nodes, 2);
	fclose(f);
	for (size_t i = 0; i < sizeof(once) / sizeof(once[0]); i++)
		assert_int_equal(lines_like(once[i]), 1);
	assert_non_null(strstr(text, NODE_LINES));
	/* Every line is a comment or one or more KEY=VALUE, and none is without its end. */
	assert_int_equal(text[strlen(text) - 1], '\n');
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		assert_true(*line == '#' || strchr(line, '='));
}

static void test_cgroup(void **state)
{
	FILE *f = begin();

	(void)state;
	comb_slurm_write_cgroup(f);
	fclose(f);
	assert_int_equal(lines_like("CgroupPlugin=cgroup/v2\n"), 1);
	assert_int_equal(lines_like("IgnoreSystemd=yes\n"), 1);
}

static void test_mpi(void **state)
{
	FILE *f = begin();

	(void)state;
	comb_mpi_write(f, nodes, 2);
	fclose(f);
	assert_string_equal(text, "web slots=2\ndb-1 slots=1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_cpus, with_threads),
		cmocka_unit_test_setup(test_cpus_later, with_threads),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_nodes),
		cmocka_unit_test(test_slurm),
		cmocka_unit_test(test_cgroup),
		cmocka_unit_test(test_mpi),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
