// SPDX-License-Identifier: GPL-2.0-or-later
/* The keeper's log stays short, however long a cell makes it complain. */
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../keeper/device.h"
#include "../../keeper/log.h"

/* Only a new window looks at the file, and the first message opens one. */
static void test_limit(void **state)
{
	char path[] = "/tmp/comb.test.XXXXXX";
	int fd = mkostemp(path, O_APPEND), saved = dup(STDERR_FILENO);
	struct stat stat;

	(void)state;
	assert_true(fd >= 0 && saved >= 0);
	assert_int_equal(ftruncate(fd, 100000), 0);
	dup2(fd, STDERR_FILENO);
	keeper_log_limit(1000);
	keeper_log(NULL, "after the old news");
	for (unsigned int i = 0; i < 1000; i++)
		keeper_log(NULL, "message %u", i);
	dup2(saved, STDERR_FILENO);
	close(saved);
	assert_int_equal(fstat(fd, &stat), 0);
	unlink(path);
	close(fd);
	assert_in_range(stat.st_size, 30, 4096);
	assert_string_equal(keeper_log_last(), "message 58");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
