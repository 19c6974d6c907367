// SPDX-License-Identifier: GPL-2.0-or-later
/* Bridges: their texts, and what comb.ko answers in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "bridge.h"
#include "definition.h"
#include "fake_module.h"

#define MIB	(1ULL << 20)

static void test_parse(void **state)
{
	static const struct {
		const char *text, *name;
		uint64_t bytes;
	} good[] = {
		{ "ring:64M", "ring", 64 * MIB },
		{ "ring", "ring", 0 },
		{ "r:2M", "r", 2 * MIB },
		{ "a.b_c-9:1G", "a.b_c-9", 1024 * MIB },
		{ "x:1.5G", "x", 1536 * MIB },
		{ "abcdefghijklmnopqrstuvwxyz01234:2M", "abcdefghijklmnopqrstuvwxyz01234", 2 * MIB },
	};
	static const char *const bad[] = {
		"", ":", ":64M", "ring:", "ring:x", "ring:0", "ring:64M:ro", "ring:-2M", "-ring:2M",
		"a/b:2M", "a b:2M", "..:2M", "ring:1M", "ring:3M", "ring:2097153", "ring:8000000T",
		"abcdefghijklmnopqrstuvwxyz012345:2M", "host:2M",
	};
	struct comb_bridge bridge;
	struct comb_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(comb_bridge_parse(&bridge, good[i].text, &err), 0);
		assert_string_equal(bridge.name, good[i].name);
		assert_true(bridge.bytes == good[i].bytes);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memset(&err, 0, sizeof(err));
		if (!comb_bridge_parse(&bridge, bad[i], &err))
			fail_msg("\"%s\" is taken", bad[i]);
		assert_int_equal(err.status, COMB_USAGE);
		assert_true(err.hint[0]);
	}
	comb_bridge_parse(&bridge, "ring:3M", &err);
	assert_string_equal(err.hint, "ring:4M");
}

static void test_key(void **state)
{
	struct comb_definition def;
	struct comb_error err = { 0 };
	char name[32], *text;

	(void)state;
	comb_definition_init(&def, "db");
	assert_int_equal(comb_definition_set(&def, COMB_KEY_BRIDGE, "a:2M", "f", 1, &err), 0);
	assert_int_equal(comb_definition_set(&def, COMB_KEY_BRIDGE, "b", "f", 2, &err), 0);
	text = comb_definition_get(&def, COMB_KEY_BRIDGE);
	assert_string_equal(text, "a:2M\nb");
	free(text);
	assert_int_equal(comb_definition_set(&def, COMB_KEY_BRIDGE, "a:4M", "f", 3, &err), -1);
	assert_int_equal(err.status, COMB_USAGE);
	assert_non_null(strstr(err.what, "bridge a"));
	for (int i = 2; i < COMB_CELL_BRIDGES_MAX; i++) {
		snprintf(name, sizeof(name), "b%d:2M", i);
		assert_int_equal(comb_definition_set(&def, COMB_KEY_BRIDGE, name, "f", 4, &err), 0);
	}
	assert_int_equal(comb_definition_set(&def, COMB_KEY_BRIDGE, "more:2M", "f", 5, &err), -1);
	/* An empty assignment clears the list. */
	assert_int_equal(comb_definition_set(&def, COMB_KEY_BRIDGE, "", "f", 6, &err), 0);
	assert_int_equal(def.bridges.count, 0);
	comb_definition_free(&def);
}

static void assert_refused(int error, enum comb_status status, const char *what, const char *hint)
{
	struct comb_bridge wanted = { .bytes = 64 * MIB, .name = "ring" };
	struct comb_error err = { 0 };

	memset(&module, 0, sizeof(module));
	module.available = 10 * MIB;
	module.bridge.bytes = 32 * MIB;
	fake_fails(COMB_BRIDGE_OPEN, error, 1);
	assert_int_equal(comb_bridge_open(99, &wanted, -1, &err), -1);
	assert_int_equal(err.status, status);
	if (!strstr(err.what, what) || !strstr(err.hint, hint))
		fail_msg("%s / %s", err.what, err.hint);
}

static void test_open(void **state)
{
	struct comb_bridge wanted = { .bytes = 64 * MIB, .name = "ring" };
	struct comb_error err = { 0 };
	int fd;

	(void)state;
	memset(&module, 0, sizeof(module));
	fd = comb_bridge_open(99, &wanted, -1, &err);
	assert_true(fd >= 0);
	assert_true(lseek(fd, 0, SEEK_END) == 64 * MIB);
	close(fd);
	assert_refused(ENOENT, COMB_USAGE, "no bridge ring", "--bridge ring:");
	assert_refused(ERANGE, COMB_TAKEN, "has 32M, not 64M", "--bridge ring,");
	assert_refused(ENOMEM, COMB_TAKEN, "only 10 MiB", "--bridge ring:10M");
	assert_refused(ENOSPC, COMB_TAKEN, "bridges already", "comb bridges");
	assert_refused(ENXIO, COMB_USAGE, "NUMA node", "comb topo");
	assert_refused(EIO, COMB_FAILED, "Input/output", "dmesg");
}

static void test_add(void **state)
{
	struct comb_bridge wanted = { .bytes = 64 * MIB, .name = "ring" };
	struct comb_error err = { 0 };
	struct comb_cell cell;
	int fd;

	(void)state;
	memset(&module, 0, sizeof(module));
	assert_int_equal(comb_cell_create(99, "web", &cell, &err), 0);
	fd = comb_bridge_open(99, &wanted, -1, &err);
	assert_int_equal(comb_cell_add_bridge(&cell, fd, &err), 0);
	assert_int_equal(cell.get.nr_bridges, 1);
	assert_string_equal(cell.bridges[0].name, "ring");
	fake_fails(COMB_CELL_ADD_BRIDGE, EEXIST, 1);
	assert_int_equal(comb_cell_add_bridge(&cell, fd, &err), -1);
	assert_int_equal(err.status, COMB_USAGE);
	close(fd);
	comb_cell_close(&cell);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_key),
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_add),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
