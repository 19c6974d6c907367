// SPDX-License-Identifier: GPL-2.0-or-later
/* test_lock.c - one comb at a time works on a cell */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../cmd/cli.h"
#include "../../cmd/lock.h"

#define SHELLS	8
#define ROUNDS	25
#define MOMENT	200000	/* us: for another process to get as far as it can */

static char place[64] = "/tmp/comb-lock-XXXXXX";

/* lock.o's only other needs of comb(1). */
const char *cli_run_dir(void)
{
	return place;
}

uint64_t cli_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static int make_place(void **state)
{
	(void)state;
	return mkdtemp(place) ? 0 : -1;
}

static int remove_place(void **state)
{
	char command[96];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", place);
	return system(command);
}

static int take(const char *name, int64_t wait_ms)
{
	struct comb_error err = { 0 };

	return lock_cell(name, wait_ms, &err);
}

static void names_the_other(void **state)
{
	struct comb_error err = { 0 };
	int fd = take("web", 0), other = take("db", 0);
	char what[80];

	(void)state;
	assert_true(fd >= 0);
	assert_true(other >= 0);
	assert_int_equal(lock_cell("web", 0, &err), -1);
	assert_int_equal(err.status, COMB_TAKEN);
	snprintf(what, sizeof(what), "another comb is working on it (PID %d)", (int)getpid());
	assert_string_equal(err.what, what);
	assert_string_equal(err.hint, "comb wait web");
	close(fd);
	fd = take("web", 0);
	assert_true(fd >= 0);
	close(fd);
	close(other);
}

static void no_place(void **state)
{
	struct comb_error err = { 0 };
	size_t length = strlen(place);

	(void)state;
	strcat(place, "/missing/run");
	assert_int_equal(lock_choice(&err), -1);
	place[length] = '\0';
	assert_int_equal(err.status, COMB_FAILED);
	assert_true(err.hint[0]);
}

/* A process that waits for the lock @held; when it has it, it says so through the pipe. */
static pid_t wait_elsewhere(int held, int *said)
{
	int ends[2];
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (!pid) {
		int fd;

		close(held);
		fd = take("web", 10000);
		_exit(fd < 0 || write(ends[1], "x", 1) != 1);
	}
	close(ends[1]);
	*said = ends[0];
	return pid;
}

static bool has_said(int fd, int ms)
{
	fd_set set;
	struct timeval time = { .tv_usec = ms * 1000 };

	FD_ZERO(&set);
	FD_SET(fd, &set);
	return select(fd + 1, &set, NULL, NULL, &time) > 0;
}

static void waits_its_turn(void **state)
{
	int fd = take("web", 0), said, status;
	pid_t pid = wait_elsewhere(fd, &said);

	(void)state;
	assert_false(has_said(said, 200));
	close(fd);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(said);
}

/* Who waited on a file that is gone must not work beside who has its successor. */
static void forgotten_while_waited_for(void **state)
{
	int fd = take("web", 0), again, said, status;
	pid_t pid = wait_elsewhere(fd, &said);

	(void)state;
	usleep(MOMENT);
	lock_forget("web");
	again = take("web", 0);
	assert_true(again >= 0);
	close(fd);
	assert_false(has_said(said, 200));
	close(again);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(said);
}

static int count_up(unsigned int shell)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/count", place);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		int fd = take("web", 60000), count = 0;
		FILE *file;

		if (fd < 0)
			return 1;
		file = fopen(path, "r");
		if (file && (fscanf(file, "%d", &count) != 1 || fclose(file)))
			return 1;
		file = fopen(path, "w");
		if (!file || fprintf(file, "%d", count + 1) < 0 || fclose(file))
			return 1;
		if ((i + shell) % 3 == 0)
			lock_forget("web");
		close(fd);
	}
	return 0;
}

static void nobody_comes_between(void **state)
{
	int status, count = 0;
	char path[96];
	FILE *file;

	(void)state;
	for (unsigned int i = 0; i < SHELLS; i++)
		if (!fork())
			_exit(count_up(i));
	for (unsigned int i = 0; i < SHELLS; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	snprintf(path, sizeof(path), "%s/count", place);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%d", &count), 1);
	fclose(file);
	assert_int_equal(count, SHELLS * ROUNDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_the_other),
		cmocka_unit_test(no_place),
		cmocka_unit_test(waits_its_turn),
		cmocka_unit_test(forgotten_while_waited_for),
		cmocka_unit_test(nobody_comes_between),
	};

	return cmocka_run_group_tests(tests, make_place, remove_place);
}
