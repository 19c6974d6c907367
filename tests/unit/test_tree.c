// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "treewire.h"

static char scratch[] = "/tmp/comb-tree-XXXXXX";
static char warned[4096];
static struct comb_error err;

static void note(void *arg, const char *text)
{
	size_t used = strlen(warned);

	(void)arg;
	snprintf(warned + used, sizeof(warned) - used, "%s\n", text);
}

static const char *path_of(const char *name)
{
	static char paths[4][128];
	static int next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", scratch, name);
	return path;
}

static int sh(const char *script)
{
	char command[2048];

	snprintf(command, sizeof(command), "set -e; cd %s; %s", scratch, script);
	return system(command);
}

static int send_to(const char *from, const char *stream, unsigned int *warnings)
{
	struct tree_talk talk = { .warn = note };
	FILE *out = fopen(stream, "w");
	int result;

	warned[0] = '\0';
	memset(&err, 0, sizeof(err));
	result = tree_send(out, from, &talk, &err);
	fclose(out);
	*warnings = talk.warnings;
	return result;
}

static int take_from(const char *stream, const char *where, const char *name,
		     unsigned int *warnings)
{
	struct tree_talk talk = { .warn = note };
	FILE *in = fopen(stream, "r");
	int result;

	warned[0] = '\0';
	memset(&err, 0, sizeof(err));
	result = tree_take(in, where, name, &talk, &err);
	fclose(in);
	*warnings = talk.warnings;
	return result;
}

static void copy(const char *from, const char *where, const char *name)
{
	unsigned int warnings;

	assert_int_equal(send_to(from, path_of("stream"), &warnings), 0);
	assert_int_equal(warnings, 0);
	assert_int_equal(take_from(path_of("stream"), where, name, &warnings), 0);
	assert_int_equal(warnings, 0);
}

/* Content, modes, times, links; set-user-ID is not for another owner. */
static void test_whole_tree(void **state)
{
	(void)state;
	assert_int_equal(sh("mkdir -p a/b/c a/empty; echo one >a/one; : >a/nothing; "
			    "head -c 300000 /dev/urandom >a/b/much; ln -s ../one a/b/link; "
			    "ln -s /nowhere a/dangling; chmod 4711 a/one; chmod 1770 a/b; "
			    "touch -d 2001-02-03T04:05:06.789 a/b/much a/b a; "
			    "touch -h -d 1999-01-01 a/dangling; chmod 500 a/empty"), 0);
	copy(path_of("a"), path_of("x"), "unused");
	assert_int_equal(sh("diff -r --no-dereference a x; chmod 711 a/one; for d in a x; do "
			    "(cd $d; find . -printf '%P %m %T@ %l\\n' | sort >../$d.list); done; "
			    "cmp a.list x.list"), 0);
}

static void test_into_directory(void **state)
{
	(void)state;
	assert_int_equal(sh("mkdir d; echo data >f; chmod 640 f"), 0);
	copy(path_of("f"), path_of("d"), "g");
	assert_int_equal(sh("cmp f d/g; [ $(stat -c %a d/g) = 640 ]"), 0);
	copy(path_of("f"), path_of("new"), "g");
	assert_int_equal(sh("cmp f new"), 0);
	/* Twice is the same as once. */
	copy(path_of("d"), path_of("e"), "d");
	copy(path_of("d"), path_of("e"), "d");
	assert_int_equal(sh("cmp f e/g; cmp f e/d/g"), 0);
}

/* As cp does: the user's link is followed, his device is written to and stays one. */
static void test_destinations(void **state)
{
	unsigned int warnings;

	(void)state;
	assert_int_equal(sh("echo new >src; echo old >target; ln -s target link"), 0);
	copy(path_of("src"), path_of("link"), "src");
	assert_int_equal(sh("[ -L link ]; cmp src target"), 0);
	copy(path_of("src"), "/dev/null", "src");
	assert_int_equal(access("/dev/null", F_OK), 0);
	assert_int_equal(send_to(path_of("src"), path_of("stream"), &warnings), 0);
	assert_int_equal(take_from(path_of("stream"), path_of("no/where"), "src", &warnings), -1);
	assert_non_null(strstr(err.what, "no/where"));
}

static void test_left_out(void **state)
{
	unsigned int warnings;

	(void)state;
	assert_int_equal(sh("mkdir s; mkfifo s/fifo; echo x >s/x"), 0);
	assert_int_equal(send_to(path_of("s"), path_of("stream"), &warnings), 0);
	assert_int_equal(warnings, 1);
	assert_non_null(strstr(warned, "s/fifo"));
	assert_int_equal(take_from(path_of("stream"), path_of("t"), "s", &warnings), 0);
	assert_int_equal(sh("cmp s/x t/x; [ ! -e t/fifo ]"), 0);

	assert_int_equal(send_to(path_of("s/fifo"), path_of("stream"), &warnings), -1);
	assert_int_equal(take_from(path_of("stream"), path_of("u"), "s", &warnings), -1);
	assert_int_equal(send_to(path_of("absent"), path_of("stream"), &warnings), -1);
	assert_non_null(strstr(err.what, "absent"));
	assert_int_equal(access(path_of("u"), F_OK), -1);
}

/* Nothing is taken for complete that is not. */
static void test_cut_off(void **state)
{
	unsigned int warnings;
	struct stat st;

	(void)state;
	assert_int_equal(sh("mkdir -p cut/below; echo x >cut/below/x"), 0);
	assert_int_equal(send_to(path_of("cut"), path_of("stream"), &warnings), 0);
	assert_int_equal(stat(path_of("stream"), &st), 0);
	for (off_t size = st.st_size - 1; size >= 0; size--) {
		assert_int_equal(truncate(path_of("stream"), size), 0);
		assert_int_equal(take_from(path_of("stream"), path_of("part"), "p", &warnings), -1);
		assert_int_equal(err.status, COMB_FAILED);
	}
}

static void put(FILE *out, enum tree_type type, const char *name, const char *target)
{
	struct tree_entry entry = { .type = type, .mode = 0700 };

	snprintf(entry.name, sizeof(entry.name), "%s", name);
	snprintf(entry.target, sizeof(entry.target), "%s", target);
	tree_entry_write(out, &entry);
	if (type == TREE_FILE) {
		tree_number_write(out, 4);
		fwrite("evil", 1, 4, out);
		tree_number_write(out, 0);
	}
}

/* A sender that wants to write elsewhere. */
static void test_hostile_sender(void **state)
{
	static const char *const names[] = { "..", ".", "a/b", "/tmp/x", "../x", "" };
	unsigned int warnings;
	FILE *out;

	(void)state;
	assert_int_equal(sh("mkdir victim"), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		out = fopen(path_of("stream"), "w");
		fwrite(TREE_MAGIC, 1, TREE_MAGIC_BYTES, out);
		put(out, TREE_DIRECTORY, "", "");
		put(out, TREE_FILE, names[i], "");
		put(out, TREE_UP, "", "");
		put(out, TREE_UP, "", "");
		fclose(out);
		assert_int_equal(take_from(path_of("stream"), path_of("h"), "n", &warnings), -1);
	}
	/* Through a link it made, or one that was there: as a directory, and as a file. */
	out = fopen(path_of("stream"), "w");
	fwrite(TREE_MAGIC, 1, TREE_MAGIC_BYTES, out);
	put(out, TREE_DIRECTORY, "", "");
	put(out, TREE_LINK, "w\033y", path_of("victim"));
	put(out, TREE_DIRECTORY, "w\033y", "");
	put(out, TREE_FILE, "x", "");
	put(out, TREE_UP, "", "");
	put(out, TREE_LINK, "file", path_of("victim/y"));
	put(out, TREE_FILE, "file", "");
	put(out, TREE_UP, "", "");
	put(out, TREE_UP, "", "");
	fclose(out);
	assert_int_equal(take_from(path_of("stream"), path_of("i"), "n", &warnings), 0);
	assert_int_equal(warnings, 1);
	/* Nor does it write to the terminal. */
	assert_non_null(strstr(warned, " w?y:"));
	assert_int_equal(sh("[ -z \"$(ls victim)\" ]; [ \"$(cat i/file)\" = evil ]; "
			    "[ ! -L i/file ]"), 0);
}

static int setup(void **state)
{
	(void)state;
	return mkdtemp(scratch) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	return sh("chmod -R u+w . && rm -rf $PWD");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_tree),
		cmocka_unit_test(test_into_directory),
		cmocka_unit_test(test_destinations),
		cmocka_unit_test(test_left_out),
		cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_hostile_sender),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
