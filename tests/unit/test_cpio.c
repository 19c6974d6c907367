// SPDX-License-Identifier: GPL-2.0-or-later
/* test_cpio.c - newc archives, as cpio(1) sees them */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cpio.h"

static struct cpio *cpio;
static struct comb_error err;
static char archive[] = "/tmp/test_cpio.XXXXXX";
static char listing[4096];

static int setup(void **state)
{
	(void)state;
	cpio = cpio_new();
	memset(&err, 0, sizeof(err));
	return cpio ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	cpio_free(cpio);
	return 0;
}

static int make_archive(void **state)
{
	int fd = mkstemp(archive);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_archive(void **state)
{
	(void)state;
	return unlink(archive);
}

static void write_archive(void)
{
	void *data;
	size_t size;
	FILE *file;

	if (cpio_write(cpio, &data, &size, &err) < 0)
		fail_msg("%s", err.what);
	assert_int_equal(size % 512, 0);
	file = fopen(archive, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
	free(data);
}

/* Output of "cpio OPTIONS" on the archive. */
static const char *cpio_output(const char *options)
{
	char command[256];
	size_t size;
	FILE *pipe;

	snprintf(command, sizeof(command), "TZ=UTC LC_ALL=C cpio --quiet %s <%s 2>&1", options,
		 archive);
	pipe = popen(command, "re");
	assert_non_null(pipe);
	size = fread(listing, 1, sizeof(listing) - 1, pipe);
	listing[size] = '\0';
	assert_int_equal(pclose(pipe), 0);
	return listing;
}

static void add_text(const char *path, mode_t mode, const char *text)
{
	assert_int_equal(cpio_add_data(cpio, path, mode, strdup(text), strlen(text), &err), 0);
}

static void must_list(const char *line)
{
	if (!strstr(listing, line))
		fail_msg("\"%s\" is not in:\n%s", line, listing);
}

static void test_order(void **state)
{
	(void)state;
	add_text("/z", 0644, "z");
	add_text("/a/b/c/d", 0644, "d");
	add_text("//a/./b.txt", 0644, "b");
	assert_int_equal(cpio_add_directory(cpio, "/a/b", 0700, &err), 0);
	assert_int_equal(cpio_add_link(cpio, "/a/link", "b/c", &err), 0);
	write_archive();
	assert_string_equal(cpio_output("-it"), "a\na/b\na/b.txt\na/b/c\na/b/c/d\na/link\nz\n");
}

static void test_kinds(void **state)
{
	(void)state;
	add_text("/file", 04751, "twelve bytes");
	assert_int_equal(cpio_add_node(cpio, "/tty", S_IFCHR | 0620, makedev(300, 70000), &err), 0);
	assert_int_equal(cpio_add_node(cpio, "/fifo", S_IFIFO | 0600, makedev(9, 9), &err), 0);
	assert_int_equal(cpio_add_link(cpio, "/link", "../to", &err), 0);
	assert_int_equal(cpio_add_directory(cpio, "/tmp", 01777, &err), 0);
	assert_int_equal(cpio_add_data(cpio, "/empty", 0600, NULL, 0, &err), 0);
	write_archive();
	cpio_output("-itv");
	must_list("-rwsr-x--x   1 root     root           12 Jan  1  1970 file\n");
	must_list("crw--w----   1 root     root     300, 70000 Jan  1  1970 tty\n");
	must_list("prw-------   1 root     root            0 Jan  1  1970 fifo\n");
	must_list("lrwxrwxrwx   1 root     root            5 Jan  1  1970 link -> ../to\n");
	must_list("drwxrwxrwt   2 root     root            0 Jan  1  1970 tmp\n");
	must_list("-rw-------   1 root     root            0 Jan  1  1970 empty\n");
	assert_string_equal(cpio_output("-i --to-stdout file"), "twelve bytes");
}

/* Contents of every length modulo the padding come back. */
static void test_contents(void **state)
{
	char path[32], text[64], command[64];

	(void)state;
	for (int i = 0; i < 20; i++) {
		snprintf(path, sizeof(path), "/dir/%.*s", i % 5 + 1, "nnnnnnnn");
		snprintf(text, sizeof(text), "%.*s", i, "abcdefghijklmnopqrstuvwxyz");
		add_text(path, 0644, text);
	}
	/* Each name came four times: the last one counts. */
	write_archive();
	assert_string_equal(cpio_output("-it"),
			    "dir\ndir/n\ndir/nn\ndir/nnn\ndir/nnnn\ndir/nnnnn\n");
	for (int i = 15; i < 20; i++) {
		snprintf(command, sizeof(command), "-i --to-stdout dir/%.*s", i % 5 + 1,
			 "nnnnnnnn");
		snprintf(text, sizeof(text), "%.*s", i, "abcdefghijklmnopqrstuvwxyz");
		assert_string_equal(cpio_output(command), text);
	}
}

static void test_same_bytes(void **state)
{
	void *first, *second;
	size_t first_size, second_size;
	struct cpio *other = cpio_new();

	(void)state;
	assert_non_null(other);
	add_text("/a", 0600, "1");
	add_text("/b/c", 0600, "2");
	assert_int_equal(cpio_write(cpio, &first, &first_size, &err), 0);
	assert_int_equal(cpio_add_data(other, "/b/c", 0600, strdup("2"), 1, &err), 0);
	assert_int_equal(cpio_add_data(other, "/a", 0600, strdup("1"), 1, &err), 0);
	assert_int_equal(cpio_write(other, &second, &second_size, &err), 0);
	assert_int_equal(first_size, second_size);
	assert_memory_equal(first, second, first_size);
	free(first);
	free(second);
	cpio_free(other);
}

static void test_bad_paths(void **state)
{
	static const char *const bad[] = { "", "/", "/.", "/a/../b", "..", "/a/.." };
	char name[512];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memset(&err, 0, sizeof(err));
		assert_int_equal(cpio_add_data(cpio, bad[i], 0644, strdup("x"), 1, &err), -1);
		assert_int_equal(err.status, COMB_USAGE);
	}
	memset(name, 'n', 300);
	name[0] = '/';
	name[300] = '\0';
	assert_int_equal(cpio_add_directory(cpio, name, 0755, &err), -1);
	assert_int_equal(cpio_add_directory(cpio, "/..a/b..", 0755, &err), 0);
	assert_true(cpio_has(cpio, "/..a/b.."));
	assert_false(cpio_has(cpio, "/..a"));
}

static void test_conflict(void **state)
{
	void *data;
	size_t size;

	(void)state;
	add_text("/a/b", 0644, "x");
	assert_int_equal(cpio_add_link(cpio, "/a", "c", &err), 0);
	assert_int_equal(cpio_write(cpio, &data, &size, &err), -1);
	assert_int_equal(err.status, COMB_USAGE);
	assert_non_null(strstr(err.what, "/a is no directory"));
}

static void test_sources(void **state)
{
	void *data;
	size_t size;

	(void)state;
	write_archive();
	assert_int_equal(cpio_add_file(cpio, "/self", 0644, archive, 6, &err), 0);
	assert_int_equal(cpio_add_file(cpio, "/big", 0644, archive, UINT32_MAX + 1ULL, &err), -1);
	assert_int_equal(err.status, COMB_USAGE);
	assert_int_equal(cpio_write(cpio, &data, &size, &err), 0);
	assert_memory_equal((char *)data + 116, "070701", 6);
	free(data);
	/* It became shorter. */
	assert_int_equal(cpio_add_file(cpio, "/self", 0644, archive, 1 << 20, &err), 0);
	assert_int_equal(cpio_write(cpio, &data, &size, &err), -1);
	assert_int_equal(err.status, COMB_FAILED);
	/* It is gone. */
	assert_int_equal(cpio_add_file(cpio, "/self", 0644, "/nonexistent", 1, &err), 0);
	assert_int_equal(cpio_write(cpio, &data, &size, &err), -1);
	assert_int_equal(err.status, COMB_USAGE);
	assert_non_null(strstr(err.what, "/nonexistent"));
}

#define CPIO_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CPIO_TEST(test_order),
		CPIO_TEST(test_kinds),
		CPIO_TEST(test_contents),
		CPIO_TEST(test_same_bytes),
		CPIO_TEST(test_bad_paths),
		CPIO_TEST(test_conflict),
		CPIO_TEST(test_sources),
	};

	return cmocka_run_group_tests(tests, make_archive, remove_archive);
}
