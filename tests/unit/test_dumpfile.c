// SPDX-License-Identifier: GPL-2.0-or-later
/* test_dumpfile.c - a file that is whole or not there */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../cmd/dumpfile.h"
#include "run_comb.h"

#define BLOCK	4096u

static char target[PATH_MAX], part[PATH_MAX + 8];
static char block[BLOCK];

static int setup(void **state)
{
	if (make_scratch(state))
		return -1;
	scratch_path(target, sizeof(target), "core");
	snprintf(part, sizeof(part), "%s.part", target);
	memset(block, 'x', sizeof(block));
	return 0;
}

static bool is_there(const char *path)
{
	return !access(path, F_OK);
}

static void open_target(struct dumpfile *file, bool replace)
{
	struct comb_error err = { 0 };

	if (dumpfile_open(file, target, replace, -1, &err))
		fail_msg("%s", err.what);
}

static void commit(struct dumpfile *file)
{
	struct comb_error err = { 0 };

	if (dumpfile_commit(file, &err))
		fail_msg("%s", err.what);
	dumpfile_close(file);
}

static void assert_open_refused(const char *path, bool replace, enum comb_status status,
				const char *what)
{
	struct comb_error err = { 0 };
	struct dumpfile file;

	assert_int_equal(dumpfile_open(&file, path, replace, -1, &err), -1);
	assert_int_equal(err.status, status);
	assert_non_null(strstr(err.what, what));
	assert_true(err.hint[0]);
	dumpfile_close(&file);
}

static void test_whole(void **state)
{
	struct dumpfile file;
	struct stat there;

	(void)state;
	umask(0);
	open_target(&file, false);
	assert_false(is_there(target));
	assert_int_equal(dumpfile_write(&file, block, BLOCK), 0);
	assert_int_equal(dumpfile_write(&file, NULL, 1 << 20), 0);
	assert_int_equal(dumpfile_write(&file, block, BLOCK), 0);
	assert_int_equal(dumpfile_write(&file, NULL, 1 << 20), 0);
	assert_false(is_there(target));
	commit(&file);
	assert_false(is_there(part));
	assert_int_equal(stat(target, &there), 0);
	assert_int_equal(there.st_mode & 07777, 0600);
	assert_int_equal(there.st_size, 2 * BLOCK + (2 << 20));
	assert_true(there.st_blocks * 512 < 1 << 20);
	/* Once more only if that is allowed. */
	assert_open_refused(target, false, COMB_FAILED, "already");
	open_target(&file, true);
	dumpfile_close(&file);
	assert_int_equal(stat(target, &there), 0);
	assert_int_equal(there.st_size, 2 * BLOCK + (2 << 20));
	open_target(&file, true);
	assert_int_equal(dumpfile_write(&file, block, BLOCK), 0);
	commit(&file);
	assert_int_equal(stat(target, &there), 0);
	assert_int_equal(there.st_size, BLOCK);
}

/* Somebody else's file comes there while this one is written. */
static void test_race(void **state)
{
	struct comb_error err = { 0 };
	struct dumpfile file;

	(void)state;
	open_target(&file, false);
	write_scratch("core", "theirs", 6);
	assert_int_equal(dumpfile_commit(&file, &err), -1);
	assert_non_null(strstr(err.what, strerror(EEXIST)));
	dumpfile_close(&file);
	assert_false(is_there(part));
	read_back("core", said_out);
	assert_string_equal(said_out, "theirs");
}

static void test_places(void **state)
{
	struct dumpfile file;
	char link[PATH_MAX], nowhere[PATH_MAX + 8], longest[PATH_MAX];

	(void)state;
	assert_open_refused(scratch, true, COMB_USAGE, "no file");
	assert_open_refused("/dev/null", true, COMB_USAGE, "no file");
	scratch_path(link, sizeof(link), "link");
	assert_int_equal(symlink("/dev/null", link), 0);
	assert_open_refused(link, true, COMB_USAGE, "no file");
	snprintf(nowhere, sizeof(nowhere), "%s/no/core", scratch);
	assert_open_refused(nowhere, false, COMB_FAILED, strerror(ENOENT));
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_open_refused(longest, false, COMB_USAGE, "too long");
	/* Two at a time: the second one leaves the first one's part alone. */
	open_target(&file, false);
	assert_open_refused(target, true, COMB_FAILED, "core.part is there");
	assert_true(is_there(part));
	dumpfile_close(&file);
	assert_false(is_there(part));
}

static void test_full(void **state)
{
	const struct rlimit small = { .rlim_cur = 2 * BLOCK, .rlim_max = RLIM_INFINITY };
	struct comb_error err = { 0 };
	struct rlimit before;
	struct dumpfile file;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, SIG_IGN);
	open_target(&file, false);
	setrlimit(RLIMIT_FSIZE, &small);
	assert_int_equal(dumpfile_write(&file, block, BLOCK), 0);
	assert_int_equal(dumpfile_write(&file, block, BLOCK), 0);
	assert_int_equal(dumpfile_write(&file, block, BLOCK), -1);
	dumpfile_fail(&file, &err);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(err.status, COMB_FAILED);
	assert_non_null(strstr(err.what, strerror(EFBIG)));
	assert_non_null(strstr(err.hint, "more room"));
	dumpfile_close(&file);
	assert_false(is_there(part));
	assert_false(is_there(target));
}

/* A pipe has no holes. */
static void test_stdout(void **state)
{
	int ends[2], before = dup(STDOUT_FILENO);
	char got[2 * BLOCK] = { 0 };
	struct comb_error err = { 0 };
	struct dumpfile file;
	int failed;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDOUT_FILENO);
	failed = dumpfile_open(&file, "-", false, -1, &err) || dumpfile_write(&file, block, BLOCK) ||
		 dumpfile_write(&file, NULL, BLOCK) || dumpfile_commit(&file, &err);
	dumpfile_close(&file);
	dup2(before, STDOUT_FILENO);
	assert_false(failed);
	assert_int_equal(read(ends[0], got, sizeof(got)), sizeof(got));
	assert_memory_equal(got, block, BLOCK);
	assert_true(got[BLOCK] == 0 && !memcmp(got + BLOCK, got + BLOCK + 1, BLOCK - 1));
	close(ends[0]);
	close(ends[1]);
	close(before);
}

/* Nobody reads, and then it is told to stop: it does not wait for ever. */
static void test_stop(void **state)
{
	int ends[2], stop[2], before = dup(STDOUT_FILENO), status = 0, error;
	struct comb_error err = { 0 };
	struct dumpfile file;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(pipe(stop), 0);
	pid = fork();
	if (pid == 0) {
		usleep(100000);
		_exit(write(stop[1], "", 1) != 1);
	}
	dup2(ends[1], STDOUT_FILENO);
	if (!dumpfile_open(&file, "-", false, stop[0], &err))
		status = dumpfile_write(&file, NULL, 16 << 20);
	error = errno;
	dumpfile_fail(&file, &err);
	dumpfile_close(&file);
	dup2(before, STDOUT_FILENO);
	assert_int_equal(status, -1);
	assert_int_equal(error, EINTR);
	assert_non_null(strstr(err.what, "interrupted"));
	waitpid(pid, &status, 0);
	close(ends[0]);
	close(ends[1]);
	close(stop[0]);
	close(stop[1]);
	close(before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_whole, setup, remove_scratch),
		cmocka_unit_test_setup_teardown(test_race, setup, remove_scratch),
		cmocka_unit_test_setup_teardown(test_places, setup, remove_scratch),
		cmocka_unit_test_setup_teardown(test_full, setup, remove_scratch),
		cmocka_unit_test_setup_teardown(test_stdout, setup, remove_scratch),
		cmocka_unit_test_setup_teardown(test_stop, setup, remove_scratch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
