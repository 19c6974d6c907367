// SPDX-License-Identifier: GPL-2.0-or-later
/* test_image_random.c - plans for random memory, kernels and initramfs sizes */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "image_fixture.h"

/* Up to 32 disjoint ranges in random order, some next to each other. */
static unsigned int random_ranges(uint64_t *total)
{
	unsigned int nr = 1 + (unsigned int)random() % COMB_CELL_RANGES_MAX;
	uint64_t at = 16 * MIB + (uint64_t)(random() % 3) * 3 * GIB;

	*total = 0;
	for (unsigned int i = 0; i < nr; i++) {
		at += random() % 3 ? (uint64_t)(random() % 700) * 2 * MIB : 0;
		ranges[i] = (struct comb_range){ .start = at,
			.bytes = (1 + (uint64_t)random() % (random() % 4 ? 40 : 400)) * 2 * MIB };
		at += ranges[i].bytes;
		*total += ranges[i].bytes;
	}
	for (unsigned int i = nr - 1; i; i--) {
		unsigned int j = (unsigned int)random() % (i + 1);
		struct comb_range swap = ranges[i];

		ranges[i] = ranges[j];
		ranges[j] = swap;
	}
	return nr;
}

static bool inside_one_range(const struct comb_machine *m, uint64_t start, uint64_t bytes)
{
	for (unsigned int i = 0; i < m->nr_ranges; i++) {
		if (start >= ranges[i].start &&
		    start + bytes <= ranges[i].start + ranges[i].bytes)
			return true;
	}
	return false;
}

static void check_e820(const struct comb_machine *m, uint64_t total)
{
	uint64_t sum = 0, end = 0, special = 0;

	for (unsigned int i = 0; i < image.nr_e820; i++) {
		const struct comb_e820_entry *e = &image.e820[i];

		assert_true(e->bytes > 0 && e->start >= end);
		assert_true(!i || e->start > end || e->type != e[-1].type);
		end = e->start + e->bytes;
		sum += e->bytes;
		if (e->type != COMB_E820_USABLE)
			special += e->bytes;
		assert_true(comb_image_offset(m, e->start) >= 0 || e->start == m->low_start);
	}
	assert_int_equal(sum, total + m->low_bytes);
	assert_int_equal(special, COMB_IMAGE_MEMMAP);
}

static void check_plan(const struct comb_machine *m, const struct comb_boot *b, uint64_t total)
{
	check_e820(m, total);
	assert_true(inside_one_range(m, image.map_start, image.map_bytes));
	assert_int_equal((image.map_start | image.map_bytes) % (2 * MIB), 0);
	assert_true(image.map_bytes <= GIB);
	assert_int_equal(image.kernel % kernel.alignment, 0);
	assert_true(image.kernel >= kernel.pref_address);
	assert_true(image.kernel >= image.map_start + COMB_IMAGE_HEADER_SIZE);
	assert_true(image.kernel + kernel.init_size <= image.map_start + image.map_bytes);
	assert_int_equal(image.initrd_bytes, b->initrd_size);
	if (!b->initrd_size)
		return;
	assert_int_equal(image.initrd % 4096, 0);
	assert_true(inside_one_range(m, image.initrd, image.initrd_bytes));
	assert_true(image.initrd >= image.kernel + kernel.init_size ||
		    image.initrd + image.initrd_bytes <= image.map_start);
}

/* Is the refusal right? Only if no range holds the kernel or none has the rest. */
static void check_no_room(const struct comb_machine *m, const struct comb_boot *b)
{
	uint64_t need = COMB_IMAGE_HEADER_SIZE + kernel.alignment + kernel.init_size;

	assert_int_equal(err.status, COMB_FAILED);
	assert_non_null(strstr(err.hint, "--memory "));
	for (unsigned int i = 0; i < m->nr_ranges; i++)
		assert_true(ranges[i].bytes < need + b->initrd_size + 4096);
}

static void random_plans_hold(void **state)
{
	unsigned int good = 0;

	(void)state;
	srandom(2003);
	for (unsigned int round = 0; round < 5000; round++) {
		struct comb_boot b = boot();
		struct comb_machine m;
		uint64_t total;

		kernel.init_size = 0x6000 + (uint64_t)random() % (100 * MIB);
		kernel.alignment = 2 * MIB << random() % 4;
		b.initrd = file;	/* never read by the plan */
		b.initrd_size = (uint64_t)random() % (random() % 2 ? 4 * MIB : 200 * MIB);
		m = machine(random_ranges(&total));
		if (comb_image_plan(&image, &m, &b, &err)) {
			check_no_room(&m, &b);
			continue;
		}
		check_plan(&m, &b, total);
		good++;
	}
	assert_in_range(good, 2500, 4999);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(random_plans_hold, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
