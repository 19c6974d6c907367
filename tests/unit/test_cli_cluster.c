// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_cli_cluster.c - comb cluster: what needs no module
 *
 * Slow in valgrind.
 */
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "comb_said.h"
#include "synthetic_bzimage.h"

static char kernel[PATH_MAX], root[PATH_MAX];

static int make_kernel(void **state)
{
	static uint8_t image[SYNTHETIC_SIGNED_SIZE];

	if (make_comb_scratch(state))
		return -1;
	synthetic_make(image);
	write_scratch("vmlinuz", image, SYNTHETIC_SIZE);
	scratch_path(kernel, sizeof(kernel), "vmlinuz");
	scratch_path(root, sizeof(root), "root");
	return mkdir(root, 0755);
}

/* Member @key of the @i-th of @array in what was said. */
static const char *said_member(const char *array, size_t i, const char *key)
{
	static struct json_object *object;
	struct json_object *list, *value;

	json_object_put(object);
	object = json_tokener_parse(said_out);
	assert_non_null(object);
	assert_true(json_object_object_get_ex(object, array, &list));
	assert_true(json_object_object_get_ex(json_object_array_get_idx(list, i), key, &value));
	return json_object_get_string(value);
}

static void life_of_a_cluster(void **state)
{
	(void)state;
	assert_int_equal(COMB("cluster", "create", "web", "--cells", "3", "--kernel", kernel,
			      "--memory", "100M", "--root", root, "--private", "/var/own", "--",
			      "echo", "hello"), 0);
	read_back("web.cluster", said_out);
	assert_said("# Cluster web");
	assert_said("Memory=100M\n");
	assert_said("Private=/var/own\n");
	assert_said("Command=echo hello\n");
	assert_null(strstr(said_out, "Name="));
	read_back("web-3.cell", said_out);
	assert_string_equal(strchr(said_out, '\n'), "\n\n[Cluster]\nName=web\n");
	assert_false(scratch_has("web-4.cell"));
	assert_int_equal(COMB("validate"), 0);
	assert_string_equal(said_out, "web-1: valid\nweb-2: valid\nweb-3: valid\n");
	assert_int_equal(COMB("cluster", "ls"), 0);
	assert_said("web   3      0        -     -       /");
	assert_int_equal(COMB("cluster", "ls", "--json"), 0);
	assert_string_equal(said_member("clusters", 0, "cells"), "3");
	assert_int_equal(COMB("cluster", "show", "web"), 0);
	assert_said("100M  (");
	assert_said("web-2           stopped\n");
	assert_int_equal(COMB("cluster", "private", "web"), 0);
	assert_said("web-3  /etc/hostname     file      web-3\n");
	assert_said("/root/var/lib/comb/private/web-1/var/own\n");
	assert_int_equal(COMB("--json", "cluster", "private", "web"), 0);
	assert_string_equal(said_member("private", 1, "from"), "web-1");

	assert_int_equal(COMB("-n", "cluster", "resize", "web", "--cells", "1"), 0);
	assert_true(scratch_has("web-3.cell"));
	assert_int_equal(COMB("cluster", "resize", "web", "--cells", "1"), 0);
	assert_true(scratch_has("web-1.cell"));
	assert_false(scratch_has("web-2.cell") || scratch_has("web-3.cell"));
	assert_int_equal(COMB("cluster", "resize", "web", "--cells", "2"), 0);
	assert_true(scratch_has("web-2.cell"));

	/* A cell of another name, with a value of its own. */
	assert_int_equal(COMB("create", "big", "--cluster", "web", "--memory", "200M"), 0);
	read_back("big.cell", said_out);
	assert_null(strstr(said_out, "Kernel"));
	assert_int_equal(COMB("show", "big"), 0);
	assert_said("200M");
	assert_said(SYNTHETIC_RELEASE);
	assert_int_equal(COMB("cluster", "resize", "web", "--cells", "1"), 0);
	assert_true(scratch_has("big.cell"));
	assert_int_equal(COMB("-n", "cluster", "rm", "web"), 0);
	assert_true(scratch_has("web.cluster"));
	assert_int_equal(COMB("cluster", "rm", "web"), 0);
	assert_false(scratch_has("web.cluster") || scratch_has("web-1.cell") ||
		     scratch_has("big.cell"));
	assert_int_equal(COMB("cluster", "ls"), 0);
	assert_string_equal(said_out, "");
}

static void bad_clusters_are_refused(void **state)
{
	(void)state;
#define CREATE(...) COMB("cluster", "create", "c", "--kernel", kernel, __VA_ARGS__)
	assert_refused(CREATE("--root", root), 2, "c: the number of cells", "--cells");
	assert_refused(CREATE("--cells", "0"), 2, "\"0\" is no number of cells", "--cells");
	assert_refused(CREATE("--cells", "65"), 2, "\"65\" is no number of cells", "--cells");
	assert_refused(CREATE("--cells", "4294967297"), 2, "no number of cells", "--cells");
	assert_refused(CREATE("--cells", "-1"), 2, "\"-1\"", "--cells");
	assert_refused(CREATE("--cells", "2x"), 2, "\"2x\"", "--cells");
	assert_refused(CREATE("--cells", "2", "--cpus", "1-2"), 2, "share CPUs", "NCpus");
	assert_refused(CREATE("--cells", "2", "--root", "none"), 2, "no Root=", "Root=host");
	assert_refused(CREATE("--cells", "2", "--root", kernel), 2, "one writer", "directory");
	assert_refused(CREATE("--cells", "2", "--cluster", "d"), 2, "no cell of another", "comb");
	assert_refused(CREATE("--cells", "2", "--root", root, "--initrd", kernel), 2, "Initrd=", "");
	assert_refused(CREATE("--cells", "2", "--root", root, "--disk", "/d.img"), 2, "one writer",
		       "Disk=FILE:ro");
	assert_refused(CREATE("--cells", "2", "--root", root, "--net", "tap:x"), 2, "TAP", "private");
	assert_refused(CREATE("--cells", "2", "--root", root, "--private", "/tmp"), 2, "/tmp", "");
	assert_refused(COMB("cluster", "create", "a/b", "--cells", "1"), 2, "a/b", "");
	assert_refused(COMB("cluster", "create", "ccccccccccccccccccccccccccccc", "--cells", "1"), 2,
		       "too long", "at most 28");
	assert_refused(COMB("create", "x", "--kernel", kernel, "--private", "/own"), 2, "Private=",
		       "--cluster");
	assert_refused(COMB("create", "x", "--kernel", kernel, "--cluster", "c"), 3,
		       "c: no such cluster", "comb cluster create c");
	assert_false(scratch_has("c.cluster") || scratch_has("c-1.cell") || scratch_has("x.cell"));
}

/* All of a cluster is written, or nothing. */
static void taken_names(void **state)
{
	(void)state;
	assert_int_equal(COMB("create", "c-2", "--kernel", kernel), 0);
	assert_refused(CREATE("--cells", "3", "--root", root), 4, "c-2 is defined", "comb rm c-2");
	assert_false(scratch_has("c.cluster") || scratch_has("c-1.cell"));
	assert_int_equal(CREATE("--cells", "1", "--root", root), 0);
	assert_refused(CREATE("--cells", "1", "--root", root), 4, "c: is defined already",
		       "comb cluster");
	assert_refused(COMB("cluster", "resize", "c", "--cells", "3"), 4, "c-2: exists", "comb");
	/* One that is no cell of it stays. */
	assert_int_equal(COMB("cluster", "rm", "c"), 0);
	assert_true(scratch_has("c-2.cell"));
	assert_int_equal(COMB("rm", "c-2"), 0);
}

static void no_such_cluster(void **state)
{
	static char *const verbs[] = {
		"start", "stop", "kill", "restart", "show", "private", "rm", "ls",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		assert_refused(COMB("cluster", verbs[i], "nobody"), 3, "nobody: no such cluster",
			       "comb cluster ls");
		assert_refused(COMB("cluster", verbs[i], "../x"), 2, "../x", "");
	}
	assert_int_equal(COMB("cluster", "create", "hpc", "--cells", "1", "--kernel", kernel,
			      "--root", root), 0);
	assert_refused(COMB("cluster", "show", "hpcc"), 3, "hpcc: no such cluster",
		       "did you mean hpc?");
	assert_refused(COMB("cluster", "stop", "hpc"), 3, "hpc: its cells are not running", "comb");
	/* One that fails keeps no other from being worked on. */
	assert_int_equal(COMB("cluster", "stop", "nobody", "hpc"), 3);
	assert_non_null(strstr(said_err, "nobody: no such cluster"));
	assert_non_null(strstr(said_err, "hpc: its cells are not running"));
	assert_int_equal(COMB("rm", "hpc-1"), 0);
	assert_refused(COMB("cluster", "start", "hpc"), 3, "hpc: has no cells", "comb cluster ls");
	assert_int_equal(COMB("cluster", "rm", "hpc"), 0);
}

/* What a cell's own file says is checked with its cluster's values. */
static void files_are_read_with_their_cluster(void **state)
{
	char path[PATH_MAX];

	(void)state;
	assert_int_equal(CREATE("--cells", "1", "--root", root), 0);
	scratch_path(path, sizeof(path), "c-1.cell");
	assert_int_equal(COMB("validate", path), 0);
	scratch_path(path, sizeof(path), "c.cluster");
	assert_int_equal(COMB("validate", path), 0);
	write_text("d.cluster", "[Cell]\nCpus=1\n");
	scratch_path(path, sizeof(path), "d.cluster");
	assert_int_equal(COMB("validate", path), 2);
	assert_non_null(strstr(said_err, "d.cluster:2: cells cannot share CPUs"));
	write_text("d.cluster", "");
	assert_int_equal(COMB("validate", path), 2);
	assert_non_null(strstr(said_err, "cluster d has no Root="));
	unlink(path);
	scratch_path(path, sizeof(path), "c-1.cell");
	write_text("c-1.cell", "[Cluster]\nName=c\n[Boot]\nKernel=/nowhere/x\n");
	assert_int_equal(COMB("validate", path), 2);
	write_text("c-1.cell", "[Cluster]\nName=c\n[Files]\nRoot=host\n");
	assert_int_equal(COMB("validate", path), 2);
	assert_non_null(strstr(said_err, "c-1.cell:4: all cells of cluster c have one root"));
	assert_int_equal(COMB("cluster", "rm", "c"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(life_of_a_cluster),
		cmocka_unit_test(bad_clusters_are_refused),
		cmocka_unit_test(taken_names),
		cmocka_unit_test(no_such_cluster),
		cmocka_unit_test(files_are_read_with_their_cluster),
	};

	return cmocka_run_group_tests(tests, make_kernel, remove_scratch);
}
