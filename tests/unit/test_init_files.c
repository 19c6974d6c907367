// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../init/files.c"

static void test_lines(void **state)
{
	char text[] = "\n /lib/a.ko \n\n/lib/b.ko\r\n\t\n/lib/c d.ko";
	char *cursor = text;

	(void)state;
	assert_string_equal(file_next_line(&cursor), "/lib/a.ko");
	assert_string_equal(file_next_line(&cursor), "/lib/b.ko");
	assert_string_equal(file_next_line(&cursor), "/lib/c d.ko");
	assert_null(file_next_line(&cursor));
	assert_null(file_next_line(&cursor));
}

static void test_argv(void **state)
{
	char text[] = "sh\0-c\0echo  two words\0\0last";
	char **argv = file_argv(text, sizeof(text) - 1);

	(void)state;
	assert_non_null(argv);
	assert_string_equal(argv[0], "sh");
	assert_string_equal(argv[1], "-c");
	assert_string_equal(argv[2], "echo  two words");
	assert_string_equal(argv[3], "");
	assert_string_equal(argv[4], "last");
	assert_null(argv[5]);
	free(argv);
}

static void test_argv_refused(void **state)
{
	char empty[] = "", nameless[] = "\0x";

	(void)state;
	assert_null(file_argv(empty, 0));
	assert_int_equal(errno, ENOENT);
	assert_null(file_argv(nameless, sizeof(nameless) - 1));
	assert_int_equal(errno, EINVAL);
}

static void test_blacklist(void **state)
{
	static const char line[] =
		"noapic modprobe.blacklist=foo,comb_cell modprobe.blacklist=snd-hda quiet\n";

	(void)state;
	assert_true(module_is_blacklisted(line, "/lib/modules/6.1/extra/comb_cell.ko"));
	assert_true(module_is_blacklisted(line, "comb-cell.ko.xz"));
	assert_true(module_is_blacklisted(line, "/foo.ko"));
	assert_true(module_is_blacklisted(line, "/x/snd_hda.ko"));
	assert_false(module_is_blacklisted(line, "/x/snd_hda_intel.ko"));
	assert_false(module_is_blacklisted(line, "/x/comb.ko"));
	assert_false(module_is_blacklisted(line, "/x/quiet.ko"));
	assert_false(module_is_blacklisted("", "/x/a.ko"));
	assert_false(module_is_blacklisted("modprobe.blacklist=", "/x/a.ko"));
	assert_false(module_is_blacklisted("modprobe.blacklist= a", "/x/a.ko"));
	assert_false(module_is_blacklisted("xmodprobe.blacklist=a", "/x/a.ko"));
	assert_true(module_is_blacklisted("modprobe.blacklist=,,a", "/x/a.ko"));
}

static char *write_file(size_t bytes)
{
	static char path[] = "/tmp/comb-test-XXXXXX";
	int fd;

	strcpy(path, "/tmp/comb-test-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, bytes), 0);
	close(fd);
	return path;
}

static void test_read(void **state)
{
	static const size_t sizes[] = { 0, 1, 4095, 4096, 4097, 100000, FILE_MAX_BYTES - 1 };
	size_t i, size;
	char *path;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char *data;

		path = write_file(sizes[i]);
		data = file_read(path, &size);
		assert_non_null(data);
		assert_int_equal(size, sizes[i]);
		assert_int_equal(data[size], 0);
		free(data);
		unlink(path);
	}
	path = write_file(FILE_MAX_BYTES + 1);
	assert_null(file_read(path, &size));
	assert_int_equal(errno, EFBIG);
	unlink(path);
	assert_null(file_read(path, &size));
	assert_int_equal(errno, ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_argv),
		cmocka_unit_test(test_argv_refused),
		cmocka_unit_test(test_blacklist),
		cmocka_unit_test(test_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
