// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_cmd_keeper_end.c - which processes a keeper's lock is the death of
 *
 * Not in valgrind, which does not know pidfd_open(2).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../cmd/keeper.h"

static char directory[] = "/tmp/comb-end.XXXXXX";
static char lock[64];

static int directory_make(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(lock, sizeof(lock), "%s/lock", directory);
	return close(open(lock, O_CREAT | O_RDWR, 0600));
}

static int directory_remove(void **state)
{
	(void)state;
	return unlink(lock) || rmdir(directory);
}

/* A process of that name, which is stopped, and has the file open or not */
static pid_t stopped(const char *name, const char *file)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, name);
		if (file && open(file, O_RDWR | O_CLOEXEC) < 0)
			_exit(1);
		raise(SIGSTOP);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	assert_true(WIFSTOPPED(status));
	return pid;
}

/* The signal that ends it once it is let go on */
static int goes_on(pid_t pid)
{
	int status;

	kill(pid, SIGCONT);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void test_only_keepers_of_the_lock(void **state)
{
	pid_t keeper = stopped("comb-keeper", lock), worker = stopped("comb-keeper/w", lock);
	pid_t another = stopped("comb-keeper", NULL), command = stopped("comb", lock);

	(void)state;
	keeper_signal(directory, SIGKILL);
	assert_int_equal(goes_on(keeper), SIGKILL);
	assert_int_equal(goes_on(worker), SIGKILL);
	assert_int_equal(goes_on(another), 0);
	assert_int_equal(goes_on(command), 0);
}

/* It goes on by itself, and ends as it likes. */
static void test_stopped_one_goes_on(void **state)
{
	pid_t keeper = stopped("comb-keeper", lock), command = stopped("comb", lock);
	int status;

	(void)state;
	keeper_signal(directory, SIGCONT);
	assert_int_equal(waitpid(keeper, &status, 0), keeper);
	assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
	assert_int_equal(waitpid(command, &status, WNOHANG), 0);
	assert_int_equal(goes_on(command), 0);
}

static void test_no_directory(void **state)
{
	pid_t keeper = stopped("comb-keeper", lock);

	(void)state;
	keeper_signal("/tmp/comb-end.nowhere", SIGKILL);
	assert_int_equal(goes_on(keeper), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_keepers_of_the_lock),
		cmocka_unit_test(test_stopped_one_goes_on),
		cmocka_unit_test(test_no_directory),
	};

	return cmocka_run_group_tests(tests, directory_make, directory_remove);
}
