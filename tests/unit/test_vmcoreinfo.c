// SPDX-License-Identifier: GPL-2.0-or-later
/* test_vmcoreinfo.c - finding and reading the VMCOREINFO note */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ram.h"
#include "synthetic_kernel.h"
#include "vmcoreinfo.h"

static char note[2 * SK_PAGE];
static size_t length;
static struct vmcoreinfo info;

static int setup(void **state)
{
	struct synthetic sk = { .levels = 5 };

	(void)state;
	memset(note, 0, sizeof(note));
	length = sk_vmcoreinfo(&sk, note, sizeof(note));
	assert_in_range(length, 1000, SK_PAGE - 24);
	return 0;
}

/* Replace the first @from in the note by @to. */
static void edit(const char *from, const char *to)
{
	char *at = strstr(note, from);

	assert_non_null(at);
	memmove(at + strlen(to), at + strlen(from), strlen(at + strlen(from)) + 1);
	memcpy(at, to, strlen(to));
	length = strlen(note);
}

static bool parse(void)
{
	return vmcoreinfo_parse(&info, note, length);
}

static void test_parse(void **state)
{
	(void)state;
	assert_true(parse());
	assert_string_equal(info.release, "6.99.0-synthetic");
	assert_int_equal(info.length, length);
	assert_string_equal(info.text, note);
	assert_int_equal(info.prb, SK_IMAGE_VIRT + SK_PRB);
	assert_int_equal(info.page_table, SK_IMAGE_VIRT);
	assert_int_equal(info.phys_base, SK_IMAGE_PHYS - (SK_IMAGE_VIRT - 0xffffffff80000000ULL));
	assert_int_equal(info.levels, 5);
	assert_int_equal(info.layout.ring_size, SK_RING_SIZE);
	assert_int_equal(info.layout.data_bits, SK_DATA_BITS);
	assert_int_equal(info.layout.info_caller, SK_INFO_CALLER);
}

static void test_optional(void **state)
{
	(void)state;
	edit("NUMBER(pgtable_l5_enabled)=1\n", "");
	edit("NUMBER(KERNEL_IMAGE_SIZE)=1073741824\n", "");
	edit("NUMBER(sme_mask)=0\n", "");
	edit("SYMBOL(init_uts_ns)", "SYMBOL(another)");
	edit("OFFSET(printk_info.caller_id)", "OFFSET(printk_info.other)");
	assert_true(parse());
	assert_int_equal(info.levels, 4);
	assert_int_equal(info.image_size, 1u << 30);
	assert_int_equal(info.encryption, 0);
	assert_int_equal(info.uts, 0);
	/* A last line without its newline counts. */
	length--;
	assert_true(parse());
}

static void test_refused(void **state)
{
	static const struct {
		const char *from, *to;
	} edits[] = {
		{ "OSRELEASE=6.99.0-synthetic", "OSRELEASE=%s" },
		{ "OSRELEASE=6.99.0-synthetic", "OSRELEASE=6 99" },
		{ "OSRELEASE=6.99.0-synthetic", "OSRELEASE=" },
		{ "OSRELEASE=", "BUILD=" },
		{ "SYMBOL(prb)", "SYMBOL(prc)" },
		{ "SYMBOL(swapper_pg_dir)", "SYMBOL(x)" },
		{ "NUMBER(phys_base)=", "NUMBER(phys_base)=-" },
		{ "NUMBER(phys_base)=", "NUMBER(phys_base)=z" },
		{ "NUMBER(phys_base)=", "NUMBER(phys_base)= " },
		{ "NUMBER(phys_base)=", "NUMBER(phys_base)=99999999999999999999" },
		{ "l5_enabled)=1", "l5_enabled)=2" },
		{ "IMAGE_SIZE)=1073741824", "IMAGE_SIZE)=10737418240" },
		{ "SIZE(prb_desc)=40", "SIZE(prb_desc)=39" },
		{ "SIZE(prb_desc)=40", "SIZE(prb_desc)=4000" },
		{ "SIZE(printk_ringbuffer)=144", "SIZE(printk_ringbuffer)=127" },
		{ "OFFSET(printk_info.seq)=40", "OFFSET(printk_info.seq)=65" },
		{ "OFFSET(printk_info.text_len)=8", "OFFSET(printk_info.text_len)=-1" },
		{ "prb_data_ring.data)=8", "prb_data_ring.data)=18446744073709551615" },
	};

	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		setup(state);
		edit(edits[i].from, edits[i].to);
		if (parse())
			fail_msg("%s -> %s was accepted", edits[i].from, edits[i].to);
	}
	setup(state);
	assert_false(vmcoreinfo_parse(&info, note, VMCOREINFO_TEXT_MAX + 1));
	assert_true(vmcoreinfo_parse(&info, note, VMCOREINFO_TEXT_MAX));
	for (size_t cut = 0; cut < length - 100; cut += 7)
		assert_false(vmcoreinfo_parse(&info, note, cut / 2));
	assert_false(vmcoreinfo_parse(&info, "", 0));
}

/* Notes and bare texts in the order they were found: "n" and "b". */
static bool found_note(const struct vmcoreinfo *found, void *arg)
{
	char *order = arg;

	strcat(order, found->is_note ? "n" : "b");
	return strlen(order) == 8;
}

static void test_search(void **state)
{
	const size_t pages = 16;
	uint8_t *data = calloc(pages, SK_PAGE);
	struct comb_range ranges[] = {
		{ .start = 0x1000000, .bytes = 8 * SK_PAGE, .offset = 8 * SK_PAGE },
		{ .start = 0x9000000, .bytes = 8 * SK_PAGE, .offset = 0 },
	};
	struct comb_ram ram = { data, pages * SK_PAGE, ranges, 2 };
	char order[16] = "";

	(void)state;
	assert_non_null(data);
	assert_int_equal(vmcoreinfo_search(&ram, found_note, order), 0);
	assert_string_equal(order, "");
	sk_put_note(data + 9 * SK_PAGE, note, length);
	memcpy(data + 15 * SK_PAGE, note, length);
	memcpy(data, note, length);
	/* Not at the start of a page, wrong name, type or size. */
	sk_put_note(data + 1 * SK_PAGE + 64, note, length);
	sk_put_note(data + 2 * SK_PAGE, note, length);
	data[2 * SK_PAGE + 12 + 9] = 'X';
	sk_put_note(data + 3 * SK_PAGE, note, length);
	data[3 * SK_PAGE + 8] = 1;
	sk_put_note(data + 4 * SK_PAGE, note, length);
	sk_put32(data + 4 * SK_PAGE + 4, SK_PAGE - 23);
	sk_put_note(data + 5 * SK_PAGE, note, length);
	sk_put32(data + 5 * SK_PAGE, 12);
	assert_int_equal(vmcoreinfo_search(&ram, found_note, order), 0);
	assert_string_equal(order, "nbb");
	/* True from the callback ends it. */
	strcpy(order, "1234567");
	assert_int_equal(vmcoreinfo_search(&ram, found_note, order), 0);
	assert_string_equal(order, "1234567n");
	free(data);
}

static void test_ram(void **state)
{
	uint8_t data[64] = { 0 };
	struct comb_range ranges[] = {
		{ .start = 0x1000, .bytes = 32, .offset = 0 },
		{ .start = UINT64_MAX - 15, .bytes = 64, .offset = 32 },
		{ .start = 0x3000, .bytes = 16, .offset = UINT64_MAX },
	};
	struct comb_ram ram = { data, 56, ranges, 3 };

	(void)state;
	assert_ptr_equal(ram_at(&ram, 0x1000, 32), data);
	assert_ptr_equal(ram_at(&ram, 0x101f, 1), data + 31);
	assert_null(ram_at(&ram, 0x1000, 33));
	assert_null(ram_at(&ram, 0x1020, 1));
	assert_null(ram_at(&ram, 0xfff, 1));
	assert_ptr_equal(ram_at(&ram, UINT64_MAX - 7, 8), data + 40);
	assert_null(ram_at(&ram, UINT64_MAX - 15, 25));
	assert_null(ram_at(&ram, 0x3000, 1));
	assert_null(ram_at(&ram, 0x1000, SIZE_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_parse, setup),
		cmocka_unit_test_setup(test_optional, setup),
		cmocka_unit_test_setup(test_refused, setup),
		cmocka_unit_test_setup(test_search, setup),
		cmocka_unit_test(test_ram),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
