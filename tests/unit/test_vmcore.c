// SPDX-License-Identifier: GPL-2.0-or-later
/* test_vmcore.c - core files of synthetic kernels (tests/lab/dump opens real ones with crash) */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <elf.h>
#include <sys/procfs.h>
#include <sys/user.h>

#include "kernelmap.h"
#include "kmsg_reader.h"
#include "registers.h"
#include "vmcore.h"

#define PAGE_OFFSET_4	0xffff900000000000ULL
#define PAGE_OFFSET_5	0xff22000040000000ULL
#define LARGE		0x83u	/* a large page, writable */
#define TABLE_DIRECT	6u
#define TABLE_IMAGE	7u
#define TABLE_PAGES	10u	/* behind data and log */

static uint8_t *core_file;
static uint64_t core_at;

/* All of memory by pages of 1 GiB, as many kernels do it. */
static void map_direct(uint64_t page_offset)
{
	uint64_t *top = sk_table(&sk, 0);

	if (sk.levels == 5) {
		top[page_offset >> 48 & 511] = SK_ENTRY(TABLE_IMAGE);
		top = sk_table(&sk, TABLE_IMAGE);
	}
	top[page_offset >> 39 & 511] = SK_ENTRY(TABLE_DIRECT);
	for (uint64_t i = 0; i < 8; i++)
		sk_table(&sk, TABLE_DIRECT)[(page_offset >> 30 & 511) + i] = i << 30 | LARGE;
}

/* Page by page, with a hole where the init sections were. 4 levels. */
static void map_image(void)
{
	sk_table(&sk, 0)[511] = SK_ENTRY(1);
	sk_table(&sk, 1)[510] = SK_ENTRY(TABLE_IMAGE);
	sk_table(&sk, TABLE_IMAGE)[SK_IMAGE_VIRT >> 21 & 511] = SK_ENTRY(TABLE_PAGES);
	for (unsigned int i = 0; i < SK_IMAGE_PAGES; i++)
		if (i != 12 && i != 13)
			sk_table(&sk, TABLE_PAGES)[i] = SK_IMAGE_PHYS + i * SK_PAGE + 0x63;
}

static bool find_direct(uint64_t *page_offset, struct kernelmap_image *image)
{
	struct comb_kmsg *kmsg = find(COMB_KMSG_RINGBUFFER);
	struct ram_space space;
	bool found;

	assert_true(comb_kmsg_space(kmsg, &space));
	found = kernelmap_direct(&space, page_offset);
	if (image)
		assert_true(kernelmap_image(&space, image));
	comb_kmsg_free(kmsg);
	return found;
}

static void test_map(void **state)
{
	struct kernelmap_image image;
	uint64_t page_offset = 0;

	(void)state;
	assert_false(find_direct(&page_offset, NULL));
	map_direct(PAGE_OFFSET_4);
	map_image();
	assert_true(find_direct(&page_offset, &image));
	assert_int_equal(page_offset, PAGE_OFFSET_4);
	assert_int_equal(image.virt, SK_IMAGE_VIRT);
	assert_int_equal(image.phys, SK_IMAGE_PHYS);
	assert_int_equal(image.bytes, SK_IMAGE_PAGES * SK_PAGE);
	/* A mapping of the table somewhere else is not the direct mapping. */
	sk_table(&sk, TABLE_DIRECT)[0] = 1ULL << 30 | LARGE;
	assert_false(find_direct(&page_offset, NULL));
}

static void test_map_five_levels(void **state)
{
	uint64_t page_offset = 0;

	halt(state);
	sk.data = aligned_alloc(SK_PAGE, SK_SIZE);
	assert_non_null(sk.data);
	memset(sk.data, 0, SK_SIZE);
	sk_boot(&sk, sk.data, 5);
	map_direct(PAGE_OFFSET_5);
	assert_true(find_direct(&page_offset, NULL));
	assert_int_equal(page_offset, PAGE_OFFSET_5);
}

/* Tables that lead everywhere: an end is found all the same. */
static void test_map_loop(void **state)
{
	uint64_t page_offset;

	(void)state;
	for (unsigned int i = 0; i < 512; i++)
		sk_table(&sk, TABLE_DIRECT)[i] = SK_ENTRY(TABLE_DIRECT);
	for (unsigned int i = 256; i < 511; i++)
		sk_table(&sk, 0)[i] = SK_ENTRY(TABLE_DIRECT);
	sk_table(&sk, 0)[SK_DIRECT_VIRT >> 39 & 511] = SK_ENTRY(2);
	assert_false(find_direct(&page_offset, NULL));
}

/* ---- the file ---- */

static int take(const void *data, uint64_t bytes, void *arg)
{
	const struct comb_vmcore *core = arg;

	assert_true(bytes > 0 && bytes % SK_PAGE == 0);
	assert_true(core_at + bytes <= core->bytes);
	if (data)
		memcpy(core_file + core_at, data, bytes);
	core_at += bytes;
	return 0;
}

static void write_core(const struct comb_vmcore *core)
{
	core_at = 0;
	core_file = calloc(1, core->bytes);
	assert_non_null(core_file);
	assert_int_equal(comb_vmcore_write(core, take, (void *)core), 0);
	assert_int_equal(core_at, core->bytes);
}

static const Elf64_Phdr *program(unsigned int nr)
{
	const Elf64_Ehdr *header = (const void *)core_file;

	assert_true(nr < header->e_phnum);
	return (const Elf64_Phdr *)(core_file + header->e_phoff) + nr;
}

static void assert_load(unsigned int nr, uint64_t virt, uint64_t phys, uint64_t bytes,
			const uint8_t *data)
{
	const Elf64_Phdr *load = program(nr);

	assert_int_equal(load->p_type, PT_LOAD);
	assert_int_equal(load->p_vaddr, virt);
	assert_int_equal(load->p_paddr, phys);
	assert_int_equal(load->p_memsz, bytes);
	assert_int_equal(load->p_filesz, bytes);
	assert_true(load->p_offset % SK_PAGE == 0 && load->p_offset + bytes <= core_at);
	assert_memory_equal(core_file + load->p_offset, data, bytes);
}

/* The n-th note; its name is checked, its description returned. */
static const void *note(unsigned int nr, const char *name, uint32_t type, size_t bytes)
{
	const Elf64_Phdr *notes = program(0);
	uint64_t at = notes->p_offset;
	const Elf64_Nhdr *header;

	assert_int_equal(notes->p_type, PT_NOTE);
	for (;; nr--) {
		assert_true(at + sizeof(*header) <= notes->p_offset + notes->p_filesz);
		header = (const void *)(core_file + at);
		at += sizeof(*header) + (header->n_namesz + 3) / 4 * 4;
		if (!nr)
			break;
		at += (header->n_descsz + 3) / 4 * 4;
	}
	assert_int_equal(header->n_type, type);
	assert_string_equal((const char *)(header + 1), name);
	assert_int_equal(header->n_descsz, bytes);
	assert_true(at + bytes <= notes->p_offset + notes->p_filesz);
	return core_file + at;
}

static void assert_elf(unsigned int programs)
{
	const Elf64_Ehdr *header = (const void *)core_file;

	assert_memory_equal(header->e_ident, ELFMAG, SELFMAG);
	assert_int_equal(header->e_ident[EI_CLASS], ELFCLASS64);
	assert_int_equal(header->e_ident[EI_DATA], ELFDATA2LSB);
	assert_int_equal(header->e_type, ET_CORE);
	assert_int_equal(header->e_machine, EM_X86_64);
	assert_int_equal(header->e_phentsize, sizeof(Elf64_Phdr));
	assert_int_equal(header->e_phnum, programs);
	assert_int_equal(header->e_shnum, 0);
}

static void plan(struct comb_vmcore *core, const struct comb_registers *cpus, unsigned int nr)
{
	struct comb_kmsg *kmsg = comb_kmsg_find(&sk.ram, NULL);
	struct comb_error err = { 0 };

	assert_non_null(kmsg);
	if (comb_vmcore_plan(core, &sk.ram, kmsg, cpus, nr, &err))
		fail_msg("%s", err.what);
	comb_kmsg_free(kmsg);
}

static void test_whole(void **state)
{
	struct comb_registers cpus[3] = { { .known = 1, .values = { 7 } },
					  { .known = COMB_REGISTERS_KNOWN, .pid = 42 } };
	struct elf_prstatus status;	/* notes are aligned to 4 bytes only */
	struct user_regs_struct regs;
	struct comb_vmcore core;
	char text[SK_PAGE];
	size_t length;

	(void)state;
	map_direct(PAGE_OFFSET_4);
	map_image();
	cpus[1].values[offsetof(struct user_regs_struct, rip) / 8] = 0xffffffff81000123;
	cpus[1].values[offsetof(struct user_regs_struct, rsp) / 8] = 0xffffc90000001230;
	plan(&core, cpus, 3);
	assert_true(core.vmcoreinfo && core.addresses);
	assert_int_equal(core.nr_cpus, 3);
	assert_int_equal(core.nr_registers, 1);
	assert_int_equal(core.nr_ranges, 3);
	write_core(&core);
	assert_elf(5);
	assert_load(1, SK_IMAGE_VIRT, SK_IMAGE_PHYS, SK_IMAGE_PAGES * SK_PAGE, sk.data);
	assert_load(2, PAGE_OFFSET_4 + SK_IMAGE_PHYS, SK_IMAGE_PHYS, SK_IMAGE_PAGES * SK_PAGE,
		    sk.data);
	assert_load(3, PAGE_OFFSET_4 + SK_DIRECT_PHYS, SK_DIRECT_PHYS,
		    SK_DIRECT_PAGES * SK_PAGE, sk_direct(&sk, 0));
	assert_load(4, PAGE_OFFSET_4 + SK_TEXT_PHYS, SK_TEXT_PHYS, SK_TEXT_PAGES * SK_PAGE,
		    sk_text(&sk, 0));
	length = sk_vmcoreinfo(&sk, text, sizeof(text));
	assert_memory_equal(note(3, "VMCOREINFO", 0, length), text, length);
	memcpy(&status, note(0, "CORE", NT_PRSTATUS, sizeof(status)), sizeof(status));
	assert_true(status.pr_reg[0] == 0 && status.pr_pid == 0);
	memcpy(&status, note(1, "CORE", NT_PRSTATUS, sizeof(status)), sizeof(status));
	assert_int_equal(status.pr_pid, 42);
	memcpy(&regs, status.pr_reg, sizeof(regs));
	assert_int_equal(regs.rip, 0xffffffff81000123);
	assert_int_equal(regs.rsp, 0xffffc90000001230);
	free(core_file);
	comb_vmcore_free(&core);
}

/* Nothing known of the kernel: RAM is RAM. */
static void test_bare(void **state)
{
	struct comb_vmcore core;

	(void)state;
	memset(sk_direct(&sk, SK_NOTE), 0x5a, 2 * SK_PAGE);
	plan(&core, NULL, 0);
	assert_false(core.vmcoreinfo || core.addresses);
	write_core(&core);
	assert_elf(4);
	assert_int_equal(program(0)->p_filesz, 0);
	assert_load(1, 0, SK_IMAGE_PHYS, SK_IMAGE_PAGES * SK_PAGE, sk.data);
	free(core_file);
	comb_vmcore_free(&core);
	/* The data is there, the page tables are not. */
	sk_boot(&sk, memset(sk.data, 0, SK_SIZE), 4);
	memset(sk_table(&sk, 0), 0x5a, 8 * SK_PAGE);
	plan(&core, NULL, 0);
	assert_true(core.vmcoreinfo);
	assert_false(core.addresses);
	comb_vmcore_free(&core);
}

static void test_sorted(void **state)
{
	struct comb_vmcore core;

	(void)state;
	sk.ranges[0].start = 0x200000000;
	plan(&core, NULL, 0);
	write_core(&core);
	assert_load(1, 0, SK_DIRECT_PHYS, SK_DIRECT_PAGES * SK_PAGE, sk_direct(&sk, 0));
	assert_load(3, 0, 0x200000000, SK_IMAGE_PAGES * SK_PAGE, sk.data);
	free(core_file);
	comb_vmcore_free(&core);
}

static void assert_refused(void)
{
	struct comb_vmcore core;
	struct comb_error err = { 0 };

	assert_int_equal(comb_vmcore_plan(&core, &sk.ram, NULL, NULL, 0, &err), -1);
	assert_int_equal(err.status, COMB_FAILED);
	assert_true(err.hint[0]);
	assert_null(core.header);
}

static void test_ranges_refused(void **state)
{
	static const struct comb_range wrong[] = {
		{ .start = UINT64_MAX - 4095, .bytes = SK_PAGE },
		{ .start = 0, .bytes = SK_SIZE + SK_PAGE },
		{ .start = 0, .bytes = UINT64_MAX - 4095, .offset = SK_PAGE },
		{ .start = 0, .bytes = SK_PAGE, .offset = UINT64_MAX - 4095 },
		{ .start = 0, .bytes = SK_PAGE, .offset = SK_SIZE },
		{ .start = 8, .bytes = SK_PAGE },
		{ .start = 0, .bytes = SK_PAGE / 2 },
		{ .start = 0, .bytes = 0 },
	};

	(void)state;
	sk.ram.nr_ranges = 1;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		sk.ranges[0] = wrong[i];
		assert_refused();
	}
	sk_set_range(&sk, 0, SK_IMAGE_PHYS, SK_IMAGE_PAGES);
	sk.ram.nr_ranges = 2;
	sk.ranges[1].offset -= SK_PAGE;
	assert_refused();
	sk.ram.nr_ranges = 0;
	assert_refused();
	sk.ram.nr_ranges = COMB_CELL_RANGES_MAX + 1;
	assert_refused();
}

static int stop_second(const void *data, uint64_t bytes, void *arg)
{
	unsigned int *calls = arg;

	(void)data;
	(void)bytes;
	return ++*calls == 2 ? 7 : 0;
}

static void test_write_stops(void **state)
{
	struct comb_vmcore core;
	unsigned int calls = 0;

	(void)state;
	plan(&core, NULL, 0);
	assert_int_equal(comb_vmcore_write(&core, stop_second, &calls), 7);
	assert_int_equal(calls, 2);
	comb_vmcore_free(&core);
}

/* Of the mailbox, which the cell may have filled with anything. */
static void test_registers(void **state)
{
	const uint64_t box = 2 * SK_PAGE;
	uint8_t *memory = calloc(1, box + COMB_MAILBOX_SIZE);
	struct comb_registers *said = (void *)(memory + box + COMB_MAILBOX_REGISTERS_OFF);
	struct comb_registers cpus[COMB_REGISTERS_MAX + 2];
	struct comb_cell cell = { .memory = memory };

	(void)state;
	assert_non_null(memory);
	cell.get = (struct comb_cell_get){
		.flags = COMB_CELL_STARTED, .nr_cpus = COMB_REGISTERS_MAX + 2,
		.memory_bytes = box + COMB_MAILBOX_SIZE, .mailbox_offset = box,
	};
	said[0].values[3] = 1;
	said[1] = (struct comb_registers){ .known = COMB_REGISTERS_KNOWN, .pid = 9 };
	said[COMB_REGISTERS_MAX].known = COMB_REGISTERS_KNOWN;
	memset(cpus, 0xff, sizeof(cpus));
	comb_cell_registers(&cell, cpus);
	assert_true(cpus[0].known == 0 && cpus[0].values[3] == 0);
	assert_int_equal(cpus[1].known, COMB_REGISTERS_KNOWN);
	assert_int_equal(cpus[1].pid, 9);
	assert_int_equal(cpus[COMB_REGISTERS_MAX].known, 0);
	/* A mailbox that is not all there, or not anywhere, is none. */
	cell.get.mailbox_offset = box + 8;
	comb_cell_registers(&cell, cpus);
	assert_int_equal(cpus[1].known, 0);
	cell.get.mailbox_offset = UINT64_MAX - 7;
	comb_cell_registers(&cell, cpus);
	assert_int_equal(cpus[1].known, 0);
	cell.get.mailbox_offset = box;
	cell.get.flags = 0;
	comb_cell_registers(&cell, cpus);
	assert_int_equal(cpus[1].known, 0);
	free(memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KERNEL_TEST(test_map),
		KERNEL_TEST(test_map_five_levels),
		KERNEL_TEST(test_map_loop),
		KERNEL_TEST(test_whole),
		KERNEL_TEST(test_bare),
		KERNEL_TEST(test_sorted),
		KERNEL_TEST(test_ranges_refused),
		KERNEL_TEST(test_write_stops),
		cmocka_unit_test(test_registers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
