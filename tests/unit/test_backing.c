// SPDX-License-Identifier: GPL-2.0-or-later
/* Shares, disks, networks and roots: texts taken apart, wrong ones refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backing.h"
#include "definition.h"

static void test_share(void **state)
{
	static const struct {
		const char *text, *path, *mount;
		bool read_only;
	} good[] = {
		{ "/srv", "/srv", "/srv", false },
		{ "/srv:/data", "/srv", "/data", false },
		{ "/srv:/data:ro", "/srv", "/data", true },
		{ "/srv:ro", "/srv", "/srv", true },
		{ "/srv/ro", "/srv/ro", "/srv/ro", false },
		{ "/with space:/data", "/with space", "/data", false },
	};
	static const char *const bad[] = {
		"", "srv", "/srv:", "/srv:data", "/srv:/a b", "/srv:/a:/b", "/srv:/a:rw", "/srv:/",
		"/", "/with space", ":ro", "/srv:/a,b",
	};
	struct comb_share share;
	struct comb_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(comb_share_parse(&share, good[i].text, &err), 0);
		assert_string_equal(share.path, good[i].path);
		assert_string_equal(share.mount, good[i].mount);
		assert_int_equal(share.read_only, good[i].read_only);
		comb_share_free(&share);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memset(&err, 0, sizeof(err));
		assert_int_equal(comb_share_parse(&share, bad[i], &err), -1);
		assert_int_equal(err.status, COMB_USAGE);
		assert_true(err.hint[0]);
		comb_share_free(&share);
	}
}

static void test_disk(void **state)
{
	static const struct {
		const char *text, *path, *format;
		bool read_only;
	} good[] = {
		{ "/d.img", "/d.img", "raw", false },
		{ "/d.qcow2", "/d.qcow2", "qcow2", false },
		{ "/d.qcow2:raw", "/d.qcow2", "raw", false },
		{ "/d.img:qcow2:ro", "/d.img", "qcow2", true },
		{ "/d.img:ro", "/d.img", "raw", true },
		{ "/.qcow2", "/.qcow2", "qcow2", false },
	};
	static const char *const bad[] = { "", "d.img", "/d:vmdk", "/d:ro:raw", ":raw" };
	struct comb_disk disk;
	struct comb_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(comb_disk_parse(&disk, good[i].text, &err), 0);
		assert_string_equal(disk.path, good[i].path);
		assert_string_equal(disk.format, good[i].format);
		assert_int_equal(disk.read_only, good[i].read_only);
		comb_disk_free(&disk);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memset(&err, 0, sizeof(err));
		assert_int_equal(comb_disk_parse(&disk, bad[i], &err), -1);
		assert_int_equal(err.status, COMB_USAGE);
		comb_disk_free(&disk);
	}
}

static void test_net(void **state)
{
	static const char *const good[] = { "none", "private", "bridge:br0", "tap:t" };
	static const char *const bad[] = {
		"", "bridge", "bridge:", "tap:0123456789abcdef", "tap:a/b", "tap:.", "public",
		"bridge:a b", "bridge:a:b",
	};
	struct comb_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(comb_net_check(good[i], &err), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memset(&err, 0, sizeof(err));
		assert_int_equal(comb_net_check(bad[i], &err), -1);
		assert_int_equal(err.status, COMB_USAGE);
	}
}

static void test_root(void **state)
{
	char file[] = "/tmp/comb-backing.XXXXXX";
	int fd = mkstemp(file);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(comb_root_kind(NULL), COMB_ROOT_NONE);
	assert_int_equal(comb_root_kind("none"), COMB_ROOT_NONE);
	assert_int_equal(comb_root_kind("host"), COMB_ROOT_HOST);
	assert_int_equal(comb_root_kind("/tmp"), COMB_ROOT_DIRECTORY);
	assert_int_equal(comb_root_kind(file), COMB_ROOT_DISK);
	close(fd);
	unlink(file);
}

/* The keys: relative paths of the command line, limits, wrong words. */
static void test_keys(void **state)
{
	struct comb_definition def;
	struct comb_error err = { 0 };
	char *value;

	(void)state;
	assert_int_equal(chdir("/tmp"), 0);
	comb_definition_init(&def, "web");
	assert_int_equal(comb_definition_set(&def, COMB_KEY_SHARE, "x:/y:ro", "c", 0, &err), 0);
	assert_int_equal(comb_definition_set(&def, COMB_KEY_DISK, "./d.qcow2", "c", 0, &err), 0);
	assert_int_equal(comb_definition_set(&def, COMB_KEY_ROOT, "none", "c", 0, &err), 0);
	assert_null(def.root);
	value = comb_definition_get(&def, COMB_KEY_SHARE);
	assert_string_equal(value, "/tmp/x:/y:ro");
	free(value);
	assert_int_equal(comb_definition_set(&def, COMB_KEY_SHARE, "x:/y", "f", 3, &err), -1);
	assert_int_equal(comb_definition_set(&def, COMB_KEY_INIT, "init", "c", 0, &err), -1);
	assert_int_equal(comb_definition_set(&def, COMB_KEY_DEVICES, "perhaps", "c", 0, &err), -1);
	assert_int_equal(comb_definition_set(&def, COMB_KEY_DEVICES, "off", "c", 0, &err), 0);
	assert_false(def.devices);
	for (int i = 1; i < COMB_SHARES_MAX; i++)
		assert_int_equal(comb_definition_set(&def, COMB_KEY_SHARE, "/a", "c", 0, &err), 0);
	assert_int_equal(comb_definition_set(&def, COMB_KEY_SHARE, "/a", "c", 0, &err), -1);
	comb_definition_free(&def);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_share), cmocka_unit_test(test_disk),
		cmocka_unit_test(test_net), cmocka_unit_test(test_root),
		cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
