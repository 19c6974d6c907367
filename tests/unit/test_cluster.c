// SPDX-License-Identifier: GPL-2.0-or-later
/* test_cluster.c - definitions of clusters, and what their cells take from them */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cluster.h"
#include "definition_assert.h"
#include "scratch.h"

static struct comb_definition def;
static struct comb_error err;

static int set_up(void **state)
{
	memset(&err, 0, sizeof(err));
	memset(&def, 0, sizeof(def));
	return make_scratch(state);
}

static int tear_down(void **state)
{
	comb_definition_free(&def);
	return remove_scratch(state);
}

static int load(const char *cell)
{
	comb_definition_free(&def);
	return comb_definition_load(&def, scratch, cell, &err);
}

/* "@scratch/WHAT" is how the error begins. */
static void assert_error(enum comb_status status, const char *what, const char *hint)
{
	char wanted[512];

	snprintf(wanted, sizeof(wanted), "%s/%s", scratch, what);
	assert_int_equal(err.status, status);
	assert_string_equal(err.what, wanted);
	if (hint)
		assert_string_equal(err.hint, hint);
}

static void assert_from(enum comb_key_id id, const char *file, unsigned int line)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", scratch, file);
	assert_string_equal(def.origin[id].where, path);
	assert_int_equal(def.origin[id].line, line);
}

static void cells_have_what_the_cluster_has(void **state)
{
	(void)state;
	write_text("web.cluster", "[Cell]\nNCpus=2\nMemory=1G\n[Files]\nRoot=host\nShare=/srv/a\n"
		   "[Cluster]\nPrivate=/var/spool/job\n[Boot]\nAppend=quiet\n");
	write_text("web-1.cell", "[Cluster]\nName=web\n");
	assert_int_equal(load("web-1"), 0);
	assert_string_equal(def.name, "web-1");
	assert_value(&def, COMB_KEY_CLUSTER, "web");
	assert_value(&def, COMB_KEY_NCPUS, "2");
	assert_value(&def, COMB_KEY_MEMORY, "1G");
	assert_value(&def, COMB_KEY_ROOT, "host");
	assert_value(&def, COMB_KEY_PRIVATE, "/var/spool/job");
	assert_from(COMB_KEY_MEMORY, "web.cluster", 3);
	assert_from(COMB_KEY_CLUSTER, "web-1.cell", 2);
	assert_null(def.origin[COMB_KEY_NODE].where);
}

static void a_cell_may_differ(void **state)
{
	(void)state;
	write_text("web.cluster", "[Cell]\nNCpus=2\nMemory=1G\n[Files]\nRoot=host\nShare=/srv/a\n");
	make_directory("web.cluster.d");
	write_text("web.cluster.d/1.conf", "[Cell]\nMemory=2G\n[Boot]\nAppend=quiet\n");
	write_text("big.cell", "[Cell]\nCpus=4-7\n[Cluster]\nName=web\n[Files]\nShare=/srv/b\n");
	make_directory("big.cell.d");
	write_text("big.cell.d/1.conf", "[Cell]\nMemory=4G\n[Boot]\nAppend=\n");
	assert_int_equal(load("big"), 0);
	/* What is said later wins, although it stands before the cluster's name. */
	assert_value(&def, COMB_KEY_CPUS, "4-7");
	assert_value(&def, COMB_KEY_NCPUS, NULL);
	assert_value(&def, COMB_KEY_MEMORY, "4G");
	assert_value(&def, COMB_KEY_APPEND, NULL);
	assert_value(&def, COMB_KEY_SHARE, "/srv/a\n/srv/b");
	write_text("small.cell", "[Cluster]\nName=web\n[Files]\nShare=\n");
	assert_int_equal(load("small"), 0);
	assert_value(&def, COMB_KEY_SHARE, NULL);
	assert_from(COMB_KEY_MEMORY, "web.cluster.d/1.conf", 2);
}

/* A keeper's copy is all there is: no cluster is looked for. */
static void a_copy_is_whole(void **state)
{
	struct comb_definition again;
	char copy[256];

	(void)state;
	write_text("web.cluster", "[Cell]\nMemory=1G\n[Files]\nRoot=host\nShare=/srv/a\n"
		   "[Cluster]\nPrivate=/a\n");
	write_text("web-1.cell", "[Cluster]\nName=web\nPrivate=/b\n");
	assert_int_equal(load("web-1"), 0);
	snprintf(copy, sizeof(copy), "%s/copy", scratch);
	assert_int_equal(comb_definition_save(&def, copy, false, &err), 0);
	assert_int_equal(comb_definition_load_copy(&again, copy, "web-1", &err), 0);
	for (size_t i = 0; i < COMB_KEYS; i++) {
		char *value = comb_definition_get(&def, i);

		assert_value(&again, i, value);
		free(value);
	}
	assert_value(&again, COMB_KEY_PRIVATE, "/a\n/b");
	comb_definition_free(&again);
	assert_int_equal(comb_definition_load(&again, copy, "web-1", &err), -1);
	comb_definition_free(&again);
}

static void the_root_is_one(void **state)
{
	(void)state;
	write_text("web.cluster", "[Files]\nRoot=/srv/web\n");
	write_text("web-1.cell", "[Cluster]\nName=web\n[Files]\nRoot=/srv/web\n");
	assert_int_equal(load("web-1"), 0);
	write_text("web-1.cell", "[Cluster]\nName=web\n[Files]\nRoot=host\n");
	assert_int_equal(load("web-1"), -1);
	assert_error(COMB_USAGE, "web-1.cell:4: all cells of cluster web have one root", NULL);
	write_text("web-1.cell", "[Cluster]\nName=web\n[Files]\nRoot=\n");
	assert_int_equal(load("web-1"), -1);
	assert_string_equal(err.what, "all cells of cluster web have one root");
}

static void bad_clusters(void **state)
{
	static const struct {
		const char *text, *what, *hint;
	} bad[] = {
		{ "[Cell]\n\nMemroy=1G\n", "web.cluster:3: unknown key \"Memroy\" in [Cell]",
		  "Memory=" },
		{ "[Cell]\nCpus=2-3\n", "web.cluster:2: cells cannot share CPUs",
		  "NCpus=, how many each of them has" },
		{ "[Cluster]\nName=web\n",
		  "web.cluster:2: Name= is for a cell; a cluster has its file's name",
		  "leave it out" },
		{ "[Files]\nDisk=/a:ro\nDisk=/b\n",
		  "web.cluster:3: a disk has one writer, but all cells get this one",
		  "Disk=FILE:ro, or Disk= in a cell's own definition" },
		{ "[Devices]\nNet=tap:t0\n",
		  "web.cluster:2: a TAP interface is one cell's, but all cells get this one",
		  "Net=private or Net=bridge:NAME" },
		{ "[Clutser]\n", "web.cluster:1: unknown section [Clutser]", "[Cluster]" },
	};

	(void)state;
	write_text("web-1.cell", "[Cluster]\nName=web\n");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		write_text("web.cluster", bad[i].text);
		assert_int_equal(load("web-1"), -1);
		assert_error(COMB_USAGE, bad[i].what, bad[i].hint);
	}
	write_text("web.cluster", "[Files]\nDisk=/a:ro\n[Devices]\nNet=bridge:br0\n");
	assert_int_equal(load("web-1"), 0);
	write_text("web-1.cell", "[Cluster]\nName=nothere\n");
	assert_int_equal(load("web-1"), -1);
	assert_int_equal(err.status, COMB_NO_CELL);
	assert_string_equal(err.what, "nothere: no such cluster");
}

static void names(void **state)
{
	char text[64], longest[COMB_CLUSTER_NAME_SIZE] = "";

	(void)state;
	memset(longest, 'c', sizeof(longest) - 1);
	assert_int_equal(comb_cluster_name_check(longest, &err), 0);
	/* That of its last cell is just a name. */
	snprintf(text, sizeof(text), "%s-64", longest);
	assert_int_equal(comb_name_check(text, &err), 0);
	snprintf(text, sizeof(text), "%sc", longest);
	assert_int_equal(comb_cluster_name_check(text, &err), -1);
	assert_int_equal(comb_cluster_name_check("../web", &err), -1);
	assert_int_equal(comb_cluster_name_check("host", &err), -1);
	write_text("web-1.cell", "[Cluster]\nName=a/b\n");
	assert_int_equal(load("web-1"), -1);
	assert_error(COMB_USAGE, "web-1.cell:2: \"a/b\" is no name for a cell", NULL);
}

static void saved_listed_removed(void **state)
{
	struct comb_strings list = { 0 };

	(void)state;
	comb_definition_init(&def, "web");
	assert_int_equal(comb_definition_set(&def, COMB_KEY_ROOT, "host", "command line", 0, &err),
			 0);
	assert_int_equal(comb_cluster_save(&def, scratch, false, &err), 0);
	assert_int_equal(comb_cluster_save(&def, scratch, false, &err), -1);
	assert_int_equal(err.status, COMB_TAKEN);
	write_text("db.cluster", "");
	write_text("web.cell", "");
	assert_int_equal(comb_cluster_list(scratch, &list, &err), 0);
	assert_int_equal(list.count, 2);
	assert_string_equal(list.list[0], "db");
	assert_string_equal(list.list[1], "web");
	comb_strings_free(&list);
	/* A cell of the same name is another thing. */
	assert_int_equal(comb_cluster_remove(scratch, "web", &err), 0);
	assert_int_equal(comb_cluster_remove(scratch, "web", &err), -1);
	assert_int_equal(err.status, COMB_NO_CELL);
	assert_int_equal(load("web"), 0);
}

static void cells_of_a_cluster(void **state)
{
	static const char *const wanted[] = { "big", "web-1", "web-2", "web-10" };
	struct comb_strings cells = { 0 };

	(void)state;
	write_text("web-10.cell", "[Cluster]\nName=web\n");
	write_text("web-2.cell", "[Cluster]\nName=web\n[Cell]\nMemory=much\n");
	write_text("web-1.cell", "[Cluster]\nName=web\n");
	write_text("web-3.cell", "[Cluster]\nName=other\n");
	write_text("web-4.cell", "");
	write_text("big.cell", "[Cell]\n");
	make_directory("big.cell.d");
	write_text("big.cell.d/cluster.conf", "[Cluster]\nName=web\n");
	assert_int_equal(comb_cluster_cells(scratch, "web", &cells, &err), 0);
	assert_int_equal(cells.count, 4);
	for (size_t i = 0; i < cells.count; i++)
		assert_string_equal(cells.list[i], wanted[i]);
	comb_strings_free(&cells);
	assert_int_equal(comb_cluster_cells("/nonexistent", "web", &cells, &err), 0);
	assert_int_equal(cells.count, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(cells_have_what_the_cluster_has),
		TEST(a_cell_may_differ),
		TEST(a_copy_is_whole),
		TEST(the_root_is_one),
		TEST(bad_clusters),
		TEST(names),
		TEST(saved_listed_removed),
		TEST(cells_of_a_cluster),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
