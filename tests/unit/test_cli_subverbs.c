// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_cli_subverbs.c - verbs of two words: help, errors, generated texts
 *
 * Slow in valgrind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "comb_said.h"

#define VERBS_MAX	32

static char verbs[VERBS_MAX][32];
static unsigned int nr_verbs;

/* The verbs in the help of a verb that has some. */
static void find_sub_verbs(char *group)
{
	const char *line;

	assert_int_equal(COMB(group, "--help"), 0);
	line = strstr(said_out, "\nVerbs:\n");
	assert_non_null(line);
	nr_verbs = 0;
	for (line += 8; *line == ' '; line = strchr(line, '\n') + 1)
		assert_int_equal(sscanf(line, " %31s", verbs[nr_verbs++]), 1);
	assert_true(nr_verbs >= 10);
}

static void sub_verbs_are_verbs(void **state)
{
	static char first[SAID_MAX];

	(void)state;
	find_sub_verbs("cluster");
	for (unsigned int i = 0; i < nr_verbs; i++) {
		char usage[64];

		snprintf(usage, sizeof(usage), "\nUsage: comb cluster %s ", verbs[i]);
		assert_int_equal(COMB("cluster", verbs[i], "--help"), 0);
		assert_non_null(strstr(said_out, usage));
		strcpy(first, said_out);
		assert_int_equal(COMB("help", "cluster", verbs[i]), 0);
		assert_string_equal(said_out, first);
		assert_int_equal(COMB("cluster", "-h", verbs[i]), 0);
		assert_string_equal(said_out, first);
		/* Help of a sub-verb is none of the verb of the same name. */
		if (!COMB(verbs[i], "--help"))
			assert_string_not_equal(said_out, first);
	}
	assert_refused(COMB("cluster"), 2, "cluster: no verb", "comb help cluster");
	assert_refused(COMB("cluster", "strat", "x"), 2, "\"cluster strat\"", "comb cluster start");
	assert_refused(COMB("cluster", "xyzzyfoo"), 2, "\"cluster xyzzyfoo\"", "comb help cluster");
	assert_refused(COMB("help", "cluster", "strat"), 2, "\"strat\"", "comb help");
	assert_refused(COMB("cluster", "start"), 2, "no name", "comb cluster start [OPTIONS] NAME");
	assert_refused(COMB("cluster start", "x"), 2, "\"cluster start\"", "comb");
	assert_refused(COMB("cluster", "resize", "x", "--cels", "3"), 2, "--cels", "--cells");
}

static void generated_texts_have_sub_verbs(void **state)
{
	static char manual[SAID_MAX], bash[SAID_MAX], zsh[SAID_MAX], fish[SAID_MAX];

	(void)state;
	assert_int_equal(COMB("--generate", "man-verbs"), 0);
	strcpy(manual, said_out);
	assert_int_equal(COMB("--generate", "bash"), 0);
	strcpy(bash, said_out);
	assert_int_equal(COMB("--generate", "zsh"), 0);
	strcpy(zsh, said_out);
	assert_int_equal(COMB("--generate", "fish"), 0);
	strcpy(fish, said_out);
	find_sub_verbs("cluster");
	for (unsigned int i = 0; i < nr_verbs; i++) {
		char entry[96];

		snprintf(entry, sizeof(entry), "*comb cluster %s* ", verbs[i]);
		assert_non_null(strstr(manual, entry));
		snprintf(entry, sizeof(entry), "\t'cluster %s')\n", verbs[i]);
		assert_non_null(strstr(bash, entry));
		snprintf(entry, sizeof(entry), "\t%s)\n", verbs[i]);
		assert_non_null(strstr(strstr(zsh, "_comb_cluster() {"), entry));
		snprintf(entry, sizeof(entry), "__comb_group cluster; and __fish_seen_subcommand_from %s'",
			 verbs[i]);
		if (!strstr(fish, entry))
			fail_msg("%s is missing", entry);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sub_verbs_are_verbs),
		cmocka_unit_test(generated_texts_have_sub_verbs),
	};

	return cmocka_run_group_tests(tests, make_comb_scratch, remove_scratch);
}
