// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_decompress.c - what gzip(1), xz(1) and zstd(1) make, whole and damaged
 *
 * Slow in valgrind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decompress.h"

#define PLAIN_SIZE	(3u << 20)	/* more than one growth step of the buffer */
#define LIMIT		(16u << 20)

static uint8_t *plain, packed[PLAIN_SIZE];

static size_t pack(const char *command)
{
	char line[128];
	size_t size;
	FILE *pipe;

	/* A sequence that compresses, but not to nothing. */
	snprintf(line, sizeof(line), "seq 100000 999999 | head -c %u | %s", PLAIN_SIZE, command);
	pipe = popen(line, "re");
	assert_non_null(pipe);
	size = fread(packed, 1, sizeof(packed), pipe);
	pclose(pipe);
	assert_true(size > 100);
	return size;
}

static int unpack(size_t packed_size, size_t limit, void **data, size_t *size)
{
	struct comb_error err = { 0 };
	int result;

	*data = malloc(packed_size);
	assert_non_null(*data);
	memcpy(*data, packed, packed_size);
	*size = packed_size;
	result = decompress(data, size, limit, "some.ko", &err);
	if (result < 0) {
		assert_memory_equal(err.what, "some.ko: ", 9);
		assert_int_equal(*size, packed_size);
	}
	return result;
}

static void check_format(const char *command)
{
	size_t packed_size = pack(command), size;
	void *data;

	assert_int_equal(unpack(packed_size, LIMIT, &data, &size), 0);
	assert_int_equal(size, PLAIN_SIZE);
	assert_memory_equal(data, plain, PLAIN_SIZE);
	free(data);
	/* One byte more than allowed. */
	assert_int_equal(unpack(packed_size, PLAIN_SIZE - 1, &data, &size), -1);
	free(data);
	for (size_t cut = 1; cut < 64; cut++) {
		assert_int_equal(unpack(packed_size * cut / 64, LIMIT, &data, &size),
				 packed_size * cut / 64 < 6 ? 0 : -1);
		free(data);
	}
	packed[packed_size / 2] ^= 0x55;
	assert_int_equal(unpack(packed_size, LIMIT, &data, &size), -1);
	free(data);
}

static void test_gzip(void **state)
{
	(void)state;
	check_format("gzip");
}

static void test_xz(void **state)
{
	(void)state;
	check_format("xz --check=crc32");
}

static void test_zstd(void **state)
{
	(void)state;
	check_format("zstd -q --check");
}

static void test_plain(void **state)
{
	static const char *const texts[] = { "", "\x7f" "ELF", "\x1f", "\xfd" "7zX", "\x28\xb5" };
	size_t size;
	void *data;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		memcpy(packed, texts[i], strlen(texts[i]) + 1);
		assert_int_equal(unpack(strlen(texts[i]) + 1, LIMIT, &data, &size), 0);
		assert_memory_equal(data, texts[i], strlen(texts[i]) + 1);
		free(data);
	}
}

static int make_plain(void **state)
{
	(void)state;
	pack("cat");
	plain = malloc(PLAIN_SIZE);
	if (!plain)
		return -1;
	memcpy(plain, packed, PLAIN_SIZE);
	return 0;
}

static int free_plain(void **state)
{
	(void)state;
	free(plain);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gzip),
		cmocka_unit_test(test_xz),
		cmocka_unit_test(test_zstd),
		cmocka_unit_test(test_plain),
	};

	return cmocka_run_group_tests(tests, make_plain, free_plain);
}
