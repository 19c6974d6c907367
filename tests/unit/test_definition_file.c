// SPDX-License-Identifier: GPL-2.0-or-later
/* test_definition_file.c - definitions in a directory: saved, read with drop-ins, listed, removed */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "definition.h"
#include "definition_assert.h"
#include "scratch.h"

static void test_save_round_trip(void **state)
{
	struct comb_definition def, again;
	struct comb_error err = {0};
	struct stat status;
	char path[256];

	(void)state;
	comb_definition_init(&def, "db");
	for (size_t i = 0; i < COMB_KEYS; i++) {
		static const char *const values[COMB_KEYS] = {
			[COMB_KEY_CPUS] = "4,6-7", [COMB_KEY_MEMORY] = "1.5G", [COMB_KEY_NODE] = "0",
			[COMB_KEY_KERNEL] = "/boot/vmlinuz x", [COMB_KEY_INITRD] = "/i#;",
			[COMB_KEY_APPEND] = "; # [x] a=b  c:d", [COMB_KEY_FILE] = "/a:/b",
			[COMB_KEY_MODULES] = "a b", [COMB_KEY_HEARTBEAT] = "2",
			[COMB_KEY_ROOT] = "/srv/root", [COMB_KEY_INIT] = "/sbin/init",
			[COMB_KEY_SHARE] = "/srv/a:/a:ro", [COMB_KEY_DISK] = "/srv/d.img:raw",
			[COMB_KEY_DEVICES] = "no", [COMB_KEY_NET] = "bridge:br0",
			[COMB_KEY_BRIDGE] = "ring:64M",
		};

		if (values[i])
			assert_int_equal(comb_definition_set(&def, i, values[i], "command line", 0,
							     &err), 0);
	}
	assert_int_equal(comb_definition_set_command(&def, (char *[]){"sh", "-c", "a\\\n'\"\t;",
						     "", "end\\", NULL}, "command line", &err), 0);
	snprintf(path, sizeof(path), "%s/new", scratch);
	umask(077);
	assert_int_equal(comb_definition_save(&def, path, false, &err), 0);
	umask(022);
	assert_int_equal(comb_definition_load(&again, path, "db", &err), 0);
	for (size_t i = 0; i < COMB_KEYS; i++) {
		char *value = comb_definition_get(&def, i);

		assert_value(&again, i, value);
		free(value);
	}
	assert_string_equal(again.command.list[2], "a\\\n'\"\t;");

	assert_int_equal(comb_definition_save(&def, path, false, &err), -1);
	assert_int_equal(err.status, COMB_TAKEN);
	assert_string_equal(err.what, "db: exists already");
	assert_int_equal(comb_definition_save(&again, path, true, &err), 0);
	/* No temporary file stays behind, and others may read it. */
	assert_int_equal(rmdir(path), -1);
	strcat(path, "/db.cell");
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0644);
	assert_int_equal(status.st_nlink, 1);
	assert_int_equal(unlink(path), 0);
	*strrchr(path, '/') = '\0';
	assert_int_equal(rmdir(path), 0);
	comb_definition_free(&def);
	comb_definition_free(&again);
}

static void test_save_only_what_was_said(void **state)
{
	struct comb_definition def;
	struct comb_error err = {0};
	char path[256], text[256] = "";
	FILE *file;

	(void)state;
	comb_definition_init(&def, "min");
	assert_int_equal(comb_definition_set(&def, COMB_KEY_NCPUS, "2", "command line", 0, &err), 0);
	assert_int_equal(comb_definition_set(&def, COMB_KEY_MEMORY, "512M", "command line", 0,
					     &err), 0);
	assert_int_equal(comb_definition_save(&def, scratch, false, &err), 0);
	snprintf(path, sizeof(path), "%s/min.cell", scratch);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_true(fread(text, 1, sizeof(text) - 1, file) > 0);
	fclose(file);
	assert_string_equal(strchr(text, '\n'), "\n\n[Cell]\nNCpus=2\nMemory=512M\n");
	comb_definition_free(&def);
}

static void test_drop_ins(void **state)
{
	struct comb_definition def;
	struct comb_error err = {0};
	char expected[256];

	(void)state;
	write_text("web.cell", "[Cell]\nCpus=2\nMemory=1G\n[Boot]\nModules=a\n");
	make_directory("web.cell.d");
	write_text("web.cell.d/20-b.conf", "[Cell]\nMemory=3G\n[Boot]\nModules=c\n");
	write_text("web.cell.d/10-a.conf", "[Cell]\nMemory=2G\nNCpus=4\n[Boot]\nModules=b\n");
	write_text("web.cell.d/README", "not a definition");
	write_text("web.cell.d/.hidden.conf", "nor this");
	assert_int_equal(comb_definition_load(&def, scratch, "web", &err), 0);
	assert_value(&def, COMB_KEY_CPUS, NULL);
	assert_value(&def, COMB_KEY_NCPUS, "4");
	assert_value(&def, COMB_KEY_MEMORY, "3G");
	assert_value(&def, COMB_KEY_MODULES, "a\nb\nc");
	snprintf(expected, sizeof(expected), "%s/web.cell.d/20-b.conf", scratch);
	assert_string_equal(def.origin[COMB_KEY_MEMORY].where, expected);
	comb_definition_free(&def);

	write_text("web.cell.d/30-c.conf", "[Cell]\nMemory=big\n");
	assert_int_equal(comb_definition_load(&def, scratch, "web", &err), -1);
	assert_non_null(strstr(err.what, "/web.cell.d/30-c.conf:2: \"big\" is no size"));
	comb_definition_free(&def);
}

static void test_list_and_remove(void **state)
{
	struct comb_strings names = {0};
	struct comb_definition def;
	struct comb_error err = {0};

	(void)state;
	assert_int_equal(comb_definition_list("/nonexistent/comb", &names, &err), 0);
	assert_int_equal(names.count, 0);
	assert_int_equal(comb_definition_list(scratch, &names, &err), 0);
	assert_int_equal(names.count, 0);
	write_text("web.cell", "");
	write_text("db.cell", "");
	write_text(".x.cell", "");
	write_text("host.cell", "");
	write_text("notes", "");
	make_directory("web.cell.d");
	write_text("web.cell.d/1.conf", "");
	assert_int_equal(comb_definition_list(scratch, &names, &err), 0);
	assert_int_equal(names.count, 2);
	assert_string_equal(names.list[0], "db");
	assert_string_equal(names.list[1], "web");
	assert_null(names.list[2]);
	comb_strings_free(&names);

	assert_int_equal(comb_definition_remove(scratch, "web", &err), 0);
	assert_int_equal(comb_definition_remove(scratch, "web", &err), -1);
	assert_int_equal(err.status, COMB_NO_CELL);
	assert_string_equal(err.what, "web: no such cell");
	assert_int_equal(comb_definition_remove(scratch, "../etc", &err), -1);
	assert_int_equal(err.status, COMB_USAGE);
	/* The drop-ins are gone too: a new cell of that name starts from nothing. */
	make_directory("web.cell.d");

	assert_int_equal(comb_definition_load(&def, scratch, "web", &err), -1);
	assert_int_equal(err.status, COMB_NO_CELL);
	comb_definition_free(&def);
	make_directory("dir.cell");
	assert_int_equal(comb_definition_load(&def, scratch, "dir", &err), -1);
	assert_int_equal(err.status, COMB_FAILED);
	comb_definition_free(&def);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_save_round_trip, make_scratch,
						remove_scratch),
		cmocka_unit_test_setup_teardown(test_save_only_what_was_said, make_scratch,
						remove_scratch),
		cmocka_unit_test_setup_teardown(test_drop_ins, make_scratch, remove_scratch),
		cmocka_unit_test_setup_teardown(test_list_and_remove, make_scratch,
						remove_scratch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
