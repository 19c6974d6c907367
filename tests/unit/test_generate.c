// SPDX-License-Identifier: GPL-2.0-or-later
/* test_generate.c - what comb generate prints for ssh and ClusterShell */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "run_comb.h"

static void file_for_ssh(void **state)
{
	(void)state;
	assert_int_equal(COMB("generate", "ssh"), 0);
	assert_non_null(strstr(said_out, "\nHost *.comb\n"));
	/* By a path, and as ssh wants its percent signs. */
	assert_non_null(strstr(said_out, "exec /"));
	assert_non_null(strstr(said_out, "\"${1%%.comb}\" --"));
	assert_int_equal(COMB("--json", "generate", "ssh"), 2);
	assert_non_null(strstr(said_out, "\"errors\""));
}

static void file_for_clustershell(void **state)
{
	(void)state;
	assert_int_equal(COMB("generate", "clustershell"), 0);
	assert_non_null(strstr(said_out, "\n[comb]\n"));
	assert_non_null(strstr(said_out, " generate nodes $GROUP\n"));
}

static void assert_says(const char *what, const char *of, const char *expected)
{
	assert_int_equal(run_comb((char *[]){ "comb", "generate", (char *)what, (char *)of, NULL }),
			 0);
	assert_string_equal(said_out, expected);
}

static void groups_and_nodes(void **state)
{
	static const char many[] = "[Cluster]\nName=many\n";

	(void)state;
	assert_says("nodes", NULL, "");
	write_text("web.cell", "");
	assert_says("nodes", NULL, "web.comb\n");
	assert_says("nodes", "running", "");
	assert_says("groups", NULL, "cells\n");
	assert_says("groups", "web.comb", "cells\n");
	assert_says("groups", "we.comb", "");
	write_text("many.cluster", "");
	write_text("many-1.cell", many);
	assert_says("nodes", "cluster-many", "many-1.comb\n");
	assert_says("groups", NULL, "cells\ncluster-many\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_for_ssh),
		cmocka_unit_test(file_for_clustershell),
		cmocka_unit_test(groups_and_nodes),
	};

	return cmocka_run_group_tests(tests, make_comb_scratch, remove_scratch);
}
