// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_cli_engines.c - comb cluster slurm and mpi, of cells that do not run: no module is needed
 *
 * Slow in valgrind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "run_comb.h"

static int define_cells(void **state)
{
	if (make_comb_scratch(state))
		return -1;
	write_text("a.cell", "[Cell]\nCpus=0\nMemory=512M\n");
	write_text("b.cell", "[Cell]\nCpus=0\nMemory=1G\n[Boot]\n"
		   "Append=quiet comb.net=192.0.2.7/24,192.0.2.1\n[Devices]\nNet=bridge:lo\n");
	write_text("far.cell", "[Devices]\nNet=bridge:comb-test-none\n");
	write_text("none.cell", "[Devices]\nNet=none\n");
	write_text("bare.cell", "[Devices]\nDevices=no\n");
	write_text("bad.cell", "[Cell]\nMemory=much\n");
	write_text("work.cluster", "[Cell]\nMemory=512M\n");
	write_text("work-1.cell", "[Cluster]\nName=work\n");
	write_text("work-2.cell", "[Cluster]\nName=work\n");
	write_text("empty.cluster", "[Cell]\nMemory=512M\n");
	return 0;
}

/* Does @text have @line, from the beginning of a line on? */
static bool has_line(const char *text, const char *line)
{
	for (const char *at = text; (at = strstr(at, line)); at++)
		if (at == text || at[-1] == '\n')
			return true;
	return false;
}

static void test_nodes(void **state)
{
	(void)state;
	assert_int_equal(COMB("cluster", "slurm", "--nodes-only", "a", "b"), 0);
	assert_string_equal(said_out,
		"NodeName=a CPUs=1 Sockets=1 CoresPerSocket=1 ThreadsPerCore=1 RealMemory=432\n"
		"NodeName=b NodeAddr=192.0.2.7 CPUs=1 Sockets=1 CoresPerSocket=1 ThreadsPerCore=1 "
		"RealMemory=928\n");
	assert_string_equal(said_err, "");
	/* An address nobody has said is told, for the name has to do. */
	assert_int_equal(COMB("cluster", "slurm", "--nodes-only", "far"), 0);
	assert_non_null(strstr(said_err, "far: has no comb.net="));
	assert_true(has_line(said_out, "NodeName=far CPUs=1 "));
	assert_int_equal(COMB("cluster", "mpi", "a", "b"), 0);
	assert_string_equal(said_out, "a slots=1\nb slots=1\n");
}

static void test_conf(void **state)
{
	(void)state;
	/* The network of the first cell: the host's address there */
	assert_int_equal(COMB("cluster", "slurm", "b", "a"), 0);
	assert_non_null(strstr(said_out, "(127.0.0.1)\n"));
	assert_true(has_line(said_out, "ClusterName=comb\n"));
	assert_true(has_line(said_out, "NodeName=a ") && has_line(said_out, "NodeName=b "));
	assert_int_equal(COMB("cluster", "slurm", "far"), 1);
	assert_string_equal(said_out, "");
	assert_non_null(strstr(said_err, "no IPv4 address on comb-test-none\ntry: ip address add"));
}

static void test_cluster(void **state)
{
	(void)state;
	assert_int_equal(COMB("cluster", "slurm", "work"), 0);
	assert_true(has_line(said_out, "ClusterName=work\n"));
	assert_true(has_line(said_out, "PartitionName=work Nodes=ALL "));
	assert_true(has_line(said_out, "NodeName=work-1 ") && has_line(said_out, "NodeName=work-2 "));
	assert_false(has_line(said_out, "NodeName=a "));
	/* With others it is no longer the cluster's own */
	assert_int_equal(COMB("cluster", "slurm", "work", "a"), 0);
	assert_true(has_line(said_out, "ClusterName=comb\n"));
	assert_int_equal(COMB("cluster", "mpi", "work"), 0);
	assert_string_equal(said_out, "work-1 slots=1\nwork-2 slots=1\n");
	assert_int_equal(COMB("cluster", "mpi", "empty"), 3);
	assert_string_equal(said_out, "");
}

static void refused(int status, int got, const char *what)
{
	assert_int_equal(got, status);
	assert_string_equal(said_out, "");
	if (!strstr(said_err, what))
		fail_msg("not \"%s\" but \"%s\"", what, said_err);
	assert_non_null(strstr(said_err, "\ntry: "));
}

static void test_refused(void **state)
{
	(void)state;
	refused(3, COMB("cluster", "slurm"), "comb: there is no cell that could be a node");
	refused(3, COMB("cluster", "mpi"), "comb: there is no cell that could be a node");
	refused(3, COMB("cluster", "slurm", "nobody"), "comb: nobody: no such cell");
	assert_null(strstr(said_err, "could be a node"));
	refused(2, COMB("cluster", "slurm", "none"), "comb: none: has no network");
	refused(2, COMB("cluster", "slurm", "bare"), "comb: bare: has no network");
	refused(2, COMB("cluster", "slurm", "bad"), "comb: bad: ");
	refused(2, COMB("cluster", "slurm", "../etc"), "comb: ");
	refused(2, COMB("cluster", "slurm", "-o", scratch, "--nodes-only", "a"), "--nodes-only prints");
	/* Those that can be nodes are printed all the same. */
	assert_int_equal(COMB("cluster", "mpi", "none", "a"), 2);
	assert_string_equal(said_out, "a slots=1\n");
}

static void read_output(const char *name, char *text)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "slurm/%s", name);
	read_back(path, text);
}

static void test_output(void **state)
{
	static char printed[SAID_MAX], conf[SAID_MAX], cgroup[SAID_MAX];
	char dir[PATH_MAX];

	(void)state;
	scratch_path(dir, sizeof(dir), "slurm");
	assert_int_equal(COMB("cluster", "slurm", "-n", "-o", dir, "a"), 0);
	assert_int_not_equal(access(dir, F_OK), 0);
	assert_int_equal(COMB("cluster", "slurm", "a"), 0);
	strcpy(printed, said_out);
	assert_int_equal(COMB("cluster", "slurm", "-o", dir, "a"), 0);
	assert_string_equal(said_out, "");
	read_output("slurm.conf", conf);
	read_output("cgroup.conf", cgroup);
	assert_string_equal(conf, printed);
	assert_true(has_line(cgroup, "CgroupPlugin="));
	/* Another cluster's file stays as it is */
	refused(4, COMB("cluster", "slurm", "-o", dir, "work"), "exists already");
	read_output("slurm.conf", conf);
	assert_string_equal(conf, printed);
	assert_int_equal(COMB("cluster", "slurm", "-y", "-o", dir, "work"), 0);
	read_output("slurm.conf", conf);
	assert_true(has_line(conf, "NodeName=work-2 "));
	assert_false(has_line(conf, "NodeName=a "));
	refused(1, COMB("cluster", "slurm", "-o", "/proc/comb", "a"), "cannot write /proc/comb");
}

static void test_json(void **state)
{
	struct json_object *all, *nodes, *node, *value;

	(void)state;
	assert_int_equal(COMB("--json", "cluster", "slurm", "b"), 0);
	all = json_tokener_parse(said_out);
	assert_non_null(all);
	assert_true(json_object_object_get_ex(all, "nodes", &nodes));
	assert_int_equal(json_object_array_length(nodes), 1);
	node = json_object_array_get_idx(nodes, 0);
	assert_true(json_object_object_get_ex(node, "address", &value));
	assert_string_equal(json_object_get_string(value), "192.0.2.7");
	assert_true(json_object_object_get_ex(node, "memory", &value));
	assert_int_equal(json_object_get_uint64(value), 1ull << 30);
	assert_true(json_object_object_get_ex(all, "slurm_conf", &value));
	assert_true(has_line(json_object_get_string(value), "NodeName=b NodeAddr=192.0.2.7 "));
	assert_true(json_object_object_get_ex(all, "cgroup_conf", &value));
	json_object_put(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nodes),
		cmocka_unit_test(test_conf),
		cmocka_unit_test(test_cluster),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_output),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, define_cells, remove_scratch);
}
