// SPDX-License-Identifier: GPL-2.0-or-later
/* test_image.c - planning and writing a cell's memory image */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "bzimage.h"
#include "cmdline.h"
#include "efi.h"
#include "image_fixture.h"

static struct comb_machine one_range(uint64_t start, uint64_t bytes)
{
	ranges[0] = (struct comb_range){ .start = start, .bytes = bytes };
	return machine(1);
}

static void assert_planned(const struct comb_machine *m, const struct comb_boot *b)
{
	if (comb_image_plan(&image, m, b, &err))
		fail_msg("%s / %s", err.what, err.hint);
}

static void assert_refused(const struct comb_machine *m, const struct comb_boot *b,
			   enum comb_status status, const char *why)
{
	assert_int_equal(comb_image_plan(&image, m, b, &err), -1);
	assert_int_equal(err.status, status);
	if (!strstr(err.what, why))
		fail_msg("\"%s\" does not say \"%s\"", err.what, why);
}

static void assert_e820(unsigned int i, uint64_t start, uint64_t bytes, uint32_t type)
{
	assert_int_equal(image.e820[i].start, start);
	assert_int_equal(image.e820[i].bytes, bytes);
	assert_int_equal(image.e820[i].type, type);
}

static void plans_the_usual_cell(void **state)
{
	struct comb_machine m = one_range(GIB, 512 * MIB);
	struct comb_boot b = boot();

	(void)state;
	b.initrd = file;
	b.initrd_size = 5000;
	assert_planned(&m, &b);
	assert_int_equal(image.mailbox, GIB);
	assert_int_equal(image.kernel, GIB + 2 * MIB);
	assert_int_equal(image.entry, image.kernel + 0x200);
	assert_int_equal(image.initrd, GIB + 512 * MIB - 2 * 4096);
	assert_int_equal(image.initrd_bytes, 5000);
	assert_int_equal(image.map_start, GIB);
	assert_int_equal(image.map_bytes, 50 * MIB);
	assert_int_equal(image.nr_e820, 5);
	assert_e820(0, 0x10000, 0x8000, 1);
	assert_e820(1, GIB, 0x10000, 2);
	assert_e820(2, GIB + 0x10000, 0x20000, 3);
	assert_e820(3, GIB + 0x30000, 0x10000, 2);
	assert_e820(4, GIB + 0x40000, 512 * MIB - 0x40000, 1);
}

static void reserves_bridges(void **state)
{
	static struct comb_bridge bridges[] = {
		{ .start = 3 * GIB, .bytes = 2 * MIB, .name = "a" },
		{ .start = 3 * GIB + 2 * MIB, .bytes = 4 * MIB, .name = "b" },
	};
	struct comb_machine m = one_range(GIB, 512 * MIB);
	struct comb_boot b = boot();

	(void)state;
	m.bridges = bridges;
	m.nr_bridges = 2;
	assert_planned(&m, &b);
	assert_int_equal(image.nr_e820, 6);
	assert_e820(5, 3 * GIB, 6 * MIB, 2);
	bridges[1].start = GIB + 256 * MIB;
	assert_refused(&m, &b, COMB_FAILED, "bad bridge b");
	bridges[1].start = GIB - 2 * MIB;
	assert_refused(&m, &b, COMB_FAILED, "bad bridge b");
	bridges[1].start = GIB - 4 * MIB;
	assert_planned(&m, &b);
	bridges[1].bytes = 4096;
	assert_refused(&m, &b, COMB_FAILED, "bad bridge b");
}

static void plans_above_4_gib(void **state)
{
	struct comb_machine m = one_range(300 * GIB, 256 * MIB);
	struct comb_boot b = boot();
	struct setup_header hdr;

	(void)state;
	b.initrd = file;
	b.initrd_size = 4096;
	assert_planned(&m, &b);
	assert_int_equal(image.kernel, 300 * GIB + 2 * MIB);
	assert_int_equal(image.initrd, 300 * GIB + 256 * MIB - 4096);
	hdr = synthetic_header(file);
	hdr.xloadflags = XLF_KERNEL_64;
	synthetic_set_header(file, hdr);
	assert_int_equal(comb_bzimage_parse(&kernel, file, SYNTHETIC_SIZE, &err), 0);
	assert_refused(&m, &b, COMB_UNSUITABLE, "above 4 GiB");
	m = one_range(3 * GIB, 256 * MIB);
	assert_planned(&m, &b);
	/* An initramfs up there is as bad as a kernel. */
	ranges[1] = (struct comb_range){ .start = 4 * GIB, .bytes = 2 * MIB };
	m = machine(2);
	assert_refused(&m, &b, COMB_UNSUITABLE, "above 4 GiB");
}

static void respects_the_kernels_wishes(void **state)
{
	struct comb_machine m = one_range(GIB + 2 * MIB, 512 * MIB);
	struct comb_boot b = boot();

	(void)state;
	kernel.alignment = 16 * MIB;
	assert_planned(&m, &b);
	assert_int_equal(image.kernel, GIB + 16 * MIB);
	/* Lower than it likes, the kernel would move itself. */
	m = one_range(16 * MIB, 512 * MIB);
	kernel.pref_address = 64 * MIB;
	assert_planned(&m, &b);
	assert_int_equal(image.kernel, 64 * MIB);
	assert_int_equal(image.map_start, 16 * MIB);
	assert_int_equal(image.map_bytes, (64 - 16 + 48) * MIB);
	kernel.init_size = 2 * GIB;
	m = one_range(GIB, 8 * GIB);
	assert_refused(&m, &b, COMB_UNSUITABLE, "more than Comb can map");
}

static void uses_the_first_range_that_fits(void **state)
{
	struct comb_boot b = boot();
	struct comb_machine m;

	(void)state;
	ranges[0] = (struct comb_range){ .start = 9 * GIB, .bytes = 4 * MIB };
	ranges[1] = (struct comb_range){ .start = 2 * GIB, .bytes = 52 * MIB };
	ranges[2] = (struct comb_range){ .start = 5 * GIB, .bytes = 64 * MIB };
	m = machine(3);
	b.initrd = file;
	b.initrd_size = 12 * MIB;
	assert_planned(&m, &b);
	assert_int_equal(image.map_start, 2 * GIB);
	assert_int_equal(image.initrd, 5 * GIB + 52 * MIB);
	b.initrd_size = 3 * MIB;
	assert_planned(&m, &b);
	assert_int_equal(image.initrd, 9 * GIB + 1 * MIB);
}

static void names_the_least_memory(void **state)
{
	struct comb_machine m = one_range(GIB, 48 * MIB);
	struct comb_boot b = boot();
	uint64_t least = 0;

	(void)state;
	b.initrd = file;
	b.initrd_size = 7 * MIB + 1;
	assert_refused(&m, &b, COMB_FAILED, "do not fit");
	assert_int_equal(sscanf(err.hint, "--memory %luM", &least), 1);
	/* It is enough, and one unit less is not. */
	m = one_range(GIB, least * MIB);
	assert_planned(&m, &b);
	m = one_range(GIB, (least - 2) * MIB);
	assert_refused(&m, &b, COMB_FAILED, "do not fit");
}

static void refuses_bad_facts(void **state)
{
	struct comb_machine m = one_range(GIB, 512 * MIB);
	struct comb_boot b = boot();

	(void)state;
	m.nr_ranges = 0;
	assert_refused(&m, &b, COMB_FAILED, "0 memory ranges");
	m = one_range(GIB + 4096, 512 * MIB);
	assert_refused(&m, &b, COMB_FAILED, "bad memory range");
	m = one_range(GIB, 0);
	assert_refused(&m, &b, COMB_FAILED, "bad memory range");
	m = one_range(~0ull - 2 * MIB + 1, 512 * MIB);
	assert_refused(&m, &b, COMB_FAILED, "bad memory range");
	ranges[0] = (struct comb_range){ .start = GIB, .bytes = 512 * MIB };
	ranges[1] = (struct comb_range){ .start = GIB + 510 * MIB, .bytes = 4 * MIB };
	m = machine(2);
	assert_refused(&m, &b, COMB_FAILED, "overlap");
	m = one_range(GIB, 512 * MIB);
	m.low_start = 0xf000;
	assert_refused(&m, &b, COMB_FAILED, "low-memory slice");
	m.low_start = 0xf8000 + 0x1000;
	assert_refused(&m, &b, COMB_FAILED, "low-memory slice");
	m = one_range(GIB, 512 * MIB);
	m.info.boot_apic_id = 3;
	assert_refused(&m, &b, COMB_UNSUITABLE, "boot CPU");
	m = one_range(GIB, 512 * MIB);
	m.info.tsc_khz = 0;
	assert_refused(&m, &b, COMB_UNSUITABLE, "TSC");
	m = one_range(GIB, 512 * MIB);
	b.name = "a-name-that-is-longer-than-31-chars";
	assert_refused(&m, &b, COMB_USAGE, "name");
	b.name = "";
	assert_refused(&m, &b, COMB_USAGE, "name");
}

static void old_kernels_share_no_low_memory(void **state)
{
	static const struct {
		const char *release;
		bool good;
	} cases[] = {
		{ "5.10.0-46-cloud-amd64", false }, { "5.12.19", false }, { "4.19.0-27", false },
		{ "", false }, { "custom", false }, { "5.13.0", true }, { "6.1.0-56-amd64", true },
		{ "10.0", true },
	};
	struct comb_machine m = one_range(GIB, 512 * MIB);
	struct comb_boot b = boot();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		snprintf(kernel.release, sizeof(kernel.release), "%s", cases[i].release);
		m.low_shared = false;
		assert_planned(&m, &b);
		m.low_shared = true;
		if (cases[i].good)
			assert_planned(&m, &b);
		else
			assert_refused(&m, &b, COMB_UNSUITABLE, "low memory is used up");
	}
}

static bool has_word(const char *line, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = line; (p = strstr(p, word)); p += len) {
		if ((p == line || p[-1] == ' ') && (!p[len] || p[len] == ' '))
			return true;
	}
	return false;
}

static void command_line_protects_the_host(void **state)
{
	static const char *const always[] = {
		"noapic", "apic_extnmi=none", "pci=off", "8250.nr_uarts=0", "no_ipi_broadcast=1",
		"tsc=reliable", "tsc_early_khz=2345678", "panic=0", "dis_ucode_ldr", "efi=runtime",
		"printk.devkmsg=on",
	};
	struct comb_machine m = one_range(GIB, 512 * MIB);
	struct comb_boot b = boot();

	(void)state;
	b.append = "panic=5 quiet";
	assert_planned(&m, &b);
	for (size_t i = 0; i < sizeof(always) / sizeof(*always); i++)
		assert_true(has_word(image.command_line, always[i]));
	assert_true(has_word(image.command_line, "nox2apic"));
	assert_string_equal(image.command_line + strlen(image.command_line) - 14, " panic=5 quiet");
	m.info.flags = COMB_INFO_X2APIC;
	assert_planned(&m, &b);
	assert_false(has_word(image.command_line, "nox2apic"));
	assert_false(has_word(image.command_line, "no5lvl"));
	m.nr_cpus = 1;
	assert_planned(&m, &b);
	assert_true(has_word(image.command_line, "no5lvl"));
	for (const struct comb_cmdline_parameter *p = comb_cmdline_table(); p->text; p++)
		assert_true(strlen(p->reason) > 10);
}

static void bounds_the_command_line(void **state)
{
	struct comb_machine m = one_range(GIB, 512 * MIB);
	struct comb_boot b = boot();
	char append[8192] = "";
	size_t rest;

	(void)state;
	b.append = "";
	assert_planned(&m, &b);
	rest = 2047 - strlen(image.command_line) - 1;
	memset(append, 'x', rest);
	b.append = append;
	assert_planned(&m, &b);
	assert_int_equal(strlen(image.command_line), 2047);
	append[rest] = 'x';
	assert_refused(&m, &b, COMB_USAGE, "2048 characters, this kernel takes 2047");
	assert_string_equal(err.hint, "shorten --append by 1 characters");
	/* A kernel that takes more than Comb keeps. */
	kernel.cmdline_size = 100000;
	assert_planned(&m, &b);
	memset(append, 'x', sizeof(append) - 1);
	assert_refused(&m, &b, COMB_USAGE, "takes 4095");
	b.append = "quiet\npanic=1";
	assert_refused(&m, &b, COMB_USAGE, "control character");
}

static void finds_offsets(void **state)
{
	struct comb_machine m;

	(void)state;
	ranges[0] = (struct comb_range){ .start = 9 * GIB, .bytes = 4 * MIB };
	ranges[1] = (struct comb_range){ .start = 2 * GIB, .bytes = 2 * MIB };
	m = machine(2);
	assert_int_equal(comb_image_offset(&m, 9 * GIB), 0);
	assert_int_equal(comb_image_offset(&m, 9 * GIB + 4 * MIB - 1), 4 * MIB - 1);
	assert_int_equal(comb_image_offset(&m, 9 * GIB + 4 * MIB), -1);
	assert_int_equal(comb_image_offset(&m, 2 * GIB + 5), 4 * MIB + 5);
	assert_int_equal(comb_image_offset(&m, 2 * GIB - 1), -1);
	assert_int_equal(comb_image_offset(&m, 0x10000), -1);
}

/* The cell file; nothing but what is touched takes memory. */
static uint8_t *map_memory(uint64_t size)
{
	uint8_t *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	assert_true(memory != MAP_FAILED);
	return memory;
}

static void check_boot_params(const struct boot_params *bp)
{
	struct setup_header hdr = bp->hdr;

	assert_int_equal(hdr.header, 0x53726448);
	assert_int_equal(hdr.type_of_loader, 0xff);
	assert_int_equal(hdr.version, 0x20f);
	assert_int_equal(hdr.ramdisk_image | (uint64_t)bp->ext_ramdisk_image << 32, image.initrd);
	assert_int_equal(hdr.ramdisk_size | (uint64_t)bp->ext_ramdisk_size << 32,
			 image.initrd_bytes);
	assert_int_equal(hdr.cmd_line_ptr | (uint64_t)bp->ext_cmd_line_ptr << 32, image.cmdline);
	assert_int_equal(hdr.setup_data, image.setup_data);
	assert_int_equal(bp->acpi_rsdp_addr, image.acpi);
	assert_int_equal(bp->sentinel, 0);
	assert_int_equal(bp->e820_entries, image.nr_e820);
	for (unsigned int i = 0; i < image.nr_e820; i++) {
		assert_int_equal(bp->e820_table[i].addr, image.e820[i].start);
		assert_int_equal(bp->e820_table[i].size, image.e820[i].bytes);
		assert_int_equal(bp->e820_table[i].type, image.e820[i].type);
	}
	assert_memory_equal(&bp->efi_info.efi_loader_signature, "EL64", 4);
	assert_int_equal(bp->efi_info.efi_systab | (uint64_t)bp->efi_info.efi_systab_hi << 32,
			 image.efi_systab);
	assert_int_equal(bp->efi_info.efi_memmap | (uint64_t)bp->efi_info.efi_memmap_hi << 32,
			 image.efi_memmap);
	assert_int_equal(bp->efi_info.efi_memdesc_size, COMB_EFI_DESCRIPTOR_SIZE);
	assert_int_equal(bp->efi_info.efi_memdesc_version, 1);
}

/* The EFI memory map: sorted, and every byte of the cell's RAM once. */
static void check_efi_map(const uint8_t *map, size_t size, uint64_t memory_size)
{
	uint64_t end = 0, total = 0, conventional = 0;

	for (size_t at = 0; at < size; at += COMB_EFI_DESCRIPTOR_SIZE) {
		uint32_t type;
		uint64_t start, pages, attribute;

		memcpy(&type, map + at, 4);
		memcpy(&start, map + at + 8, 8);
		memcpy(&pages, map + at + 24, 8);
		memcpy(&attribute, map + at + 32, 8);
		assert_true(start >= end);
		end = start + pages * 4096;
		if (type == COMB_EFI_MMIO)
			assert_int_equal(start, 0xfee00000);
		else
			total += pages * 4096;
		if (type == COMB_EFI_CONVENTIONAL)
			conventional += pages * 4096;
		if (start <= image.mailbox && image.mailbox < end)
			assert_int_equal(type, COMB_EFI_RUNTIME_DATA);
		if (start <= image.efi && image.efi < end)
			assert_int_equal(type, COMB_EFI_RUNTIME_CODE);
		assert_int_equal(attribute >> 63, type == COMB_EFI_RUNTIME_DATA ||
						  type == COMB_EFI_RUNTIME_CODE ||
						  type == COMB_EFI_MMIO);
	}
	assert_int_equal(total, memory_size);
	assert_int_equal(conventional, memory_size - COMB_IMAGE_HEADER_SIZE);
}

static void writes_what_was_planned(void **state)
{
	static uint8_t initrd[3 * 4096 + 17];
	const uint64_t size = 4 * MIB + 128 * MIB;
	const struct comb_mailbox_host *host;
	const struct comb_mailbox_cell *cell;
	const struct boot_params *bp;
	struct comb_boot b = boot();
	struct comb_machine m;
	uint8_t *memory, *home;

	(void)state;
	ranges[0] = (struct comb_range){ .start = 9 * GIB, .bytes = 4 * MIB };
	ranges[1] = (struct comb_range){ .start = 6 * GIB, .bytes = 128 * MIB };
	m = machine(2);
	memset(initrd, 0x5a, sizeof(initrd));
	b.initrd = initrd;
	b.initrd_size = sizeof(initrd);
	b.append = "quiet";
	assert_planned(&m, &b);
	memory = map_memory(size);
	assert_int_equal(comb_image_write(&image, &m, &b, memory, size, &err), 0);
	home = memory + 4 * MIB;

	host = (const void *)home;
	cell = (const void *)(home + COMB_MAILBOX_CELL_OFF);
	assert_int_equal(host->magic, COMB_MAILBOX_MAGIC);
	assert_int_equal(host->version, COMB_MAILBOX_VERSION);
	assert_int_equal(host->size, COMB_MAILBOX_SIZE);
	assert_int_equal(host->cell_id, 3);
	assert_int_equal(host->heartbeat_ms, 1000);
	assert_int_equal(host->wall_ns, b.wall_ns);
	assert_int_equal(host->wall_tsc, 42);
	assert_int_equal(host->tsc_khz, 2345678);
	assert_string_equal(host->name, "db");
	assert_int_equal(cell->state, COMB_STATE_BOOTING);
	assert_int_equal(cell->exit, COMB_EXIT_NONE);

	assert_memory_equal(home + COMB_IMAGE_ACPI, "RSD PTR ", 8);
	assert_memory_equal(home + COMB_IMAGE_EFI, "IBI SYST", 8);
	bp = (const void *)(home + COMB_IMAGE_BOOT_PARAMS);
	check_boot_params(bp);
	check_efi_map(home + COMB_IMAGE_MEMMAP, bp->efi_info.efi_memmap_size, size);
	assert_int_equal(home[COMB_IMAGE_SETUP_DATA + 8], 9);
	assert_int_equal(home[COMB_IMAGE_SETUP_DATA + 12], 32);
	assert_memory_equal(home + COMB_IMAGE_SETUP_DATA + 16, b.seed, 32);
	assert_string_equal((char *)home + COMB_IMAGE_CMDLINE, image.command_line);
	assert_memory_equal(memory + comb_image_offset(&m, image.kernel),
			    file + SYNTHETIC_PAYLOAD, SYNTHETIC_PAYLOAD_SIZE);
	assert_int_equal(image.initrd, 9 * GIB + 4 * MIB - 4 * 4096);
	assert_memory_equal(memory + comb_image_offset(&m, image.initrd), initrd, sizeof(initrd));

	/* The mapping must hold all of it. */
	assert_int_equal(comb_image_write(&image, &m, &b, memory, size - 4096, &err), 0);
	assert_int_equal(comb_image_write(&image, &m, &b, memory, 40 * MIB, &err), -1);
	assert_int_equal(err.status, COMB_FAILED);
	munmap(memory, size);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(plans_the_usual_cell, setup),
		cmocka_unit_test_setup(reserves_bridges, setup),
		cmocka_unit_test_setup(plans_above_4_gib, setup),
		cmocka_unit_test_setup(respects_the_kernels_wishes, setup),
		cmocka_unit_test_setup(uses_the_first_range_that_fits, setup),
		cmocka_unit_test_setup(names_the_least_memory, setup),
		cmocka_unit_test_setup(refuses_bad_facts, setup),
		cmocka_unit_test_setup(old_kernels_share_no_low_memory, setup),
		cmocka_unit_test_setup(command_line_protects_the_host, setup),
		cmocka_unit_test_setup(bounds_the_command_line, setup),
		cmocka_unit_test_setup(finds_offsets, setup),
		cmocka_unit_test_setup(writes_what_was_planned, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
