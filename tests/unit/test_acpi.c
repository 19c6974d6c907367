// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_acpi.c - the tables of a cell, read back and given to iasl
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
#include <unistd.h>

#include "acpi.h"

#define MAILBOX		0x7fff40000000ull
#define ADDRESS		(MAILBOX + COMB_IMAGE_ACPI)

static uint8_t tables[COMB_IMAGE_ACPI_SIZE];
static struct comb_cpu cpus[COMB_CELL_CPUS_MAX];
static struct comb_range ranges[COMB_CELL_RANGES_MAX];

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t get32(const uint8_t *p)
{
	return get16(p) | (uint32_t)get16(p + 2) << 16;
}

static uint64_t get64(const uint8_t *p)
{
	return get32(p) | (uint64_t)get32(p + 4) << 32;
}

static struct comb_machine make_machine(unsigned int nr_cpus, unsigned int nr_ranges,
					unsigned int nr_nodes)
{
	for (unsigned int i = 0; i < nr_cpus; i++)
		cpus[i] = (struct comb_cpu){ i + 1, i + 1, i % nr_nodes, i + 1 };
	for (unsigned int i = 0; i < nr_ranges; i++)
		ranges[i] = (struct comb_range){ MAILBOX + i * 0x40000000ull, 0x20000000,
						 i * 0x20000000ull, i % nr_nodes, 0 };
	return (struct comb_machine){
		.info = { .boot_apic_id = 0, .lapic_address = 0xfee00000, .tsc_khz = 1 },
		.cpus = cpus,
		.nr_cpus = nr_cpus,
		.ranges = ranges,
		.nr_ranges = nr_ranges,
		.low_start = 0x10000,
		.low_bytes = COMB_LOW_SIZE,
	};
}

static void build(const struct comb_machine *machine)
{
	struct comb_error err = { 0 };
	size_t used = 0, counted = 0;

	memset(tables, 0xee, sizeof(tables));
	if (comb_acpi_build(machine, MAILBOX, ADDRESS, tables, sizeof(tables), &used, &err))
		fail_msg("%s", err.what);
	assert_int_equal(comb_acpi_build(machine, MAILBOX, ADDRESS, NULL, sizeof(tables), &counted,
					 &err), 0);
	assert_int_equal(used, counted);
	for (size_t i = used; i < sizeof(tables); i++)
		assert_int_equal(tables[i], 0xee);
}

static uint8_t sum(const uint8_t *p, size_t len)
{
	uint8_t total = 0;

	while (len--)
		total = (uint8_t)(total + *p++);
	return total;
}

/* The table at a physical address, its header checked. */
static const uint8_t *table_at(uint64_t address, const char *signature)
{
	const uint8_t *table;

	assert_in_range(address, ADDRESS, ADDRESS + sizeof(tables) - 36);
	assert_int_equal(address % 64, 0);
	table = tables + (address - ADDRESS);
	assert_in_range(get32(table + 4), 36, ADDRESS + sizeof(tables) - address);
	assert_int_equal(sum(table, get32(table + 4)), 0);
	assert_memory_equal(table + 10, "COMB  ", 6);
	if (signature)
		assert_memory_equal(table, signature, 4);
	return table;
}

/* A table the XSDT names, or NULL. */
static const uint8_t *find(const char *signature)
{
	const uint8_t *xsdt = table_at(get64(tables + 24), "XSDT");
	const uint8_t *found = NULL;

	for (uint32_t i = 36; i < get32(xsdt + 4); i += 8) {
		const uint8_t *table = table_at(get64(xsdt + i), NULL);

		if (memcmp(table, signature, 4))
			continue;
		assert_null(found);
		found = table;
	}
	return found;
}

static void rsdp_and_checksums_are_right(void **state)
{
	struct comb_machine m = make_machine(2, 1, 1);

	(void)state;
	build(&m);
	assert_memory_equal(tables, "RSD PTR ", 8);
	assert_int_equal(tables[15], 2);
	assert_int_equal(sum(tables, 20), 0);
	assert_int_equal(sum(tables, 36), 0);
	assert_int_equal(get32(tables + 20), 36);
	assert_non_null(find("FACP"));
	assert_non_null(find("APIC"));
	assert_null(find("SRAT"));
	assert_null(find("SLIT"));
}

static void fadt_hides_the_host(void **state)
{
	struct comb_machine m = make_machine(1, 1, 1);
	const uint8_t *fadt;

	(void)state;
	build(&m);
	fadt = find("FACP");
	assert_non_null(fadt);
	assert_int_equal(fadt[8], 6);
	assert_int_equal(get32(fadt + 4), 276);
	/* Reduced hardware, physical destination mode, reset register. */
	assert_int_equal(get32(fadt + 112) & 0x180400, 0x180400);
	assert_int_equal(get16(fadt + 109), 1 << 2 | 1 << 5);
	assert_int_equal(get64(fadt + 120), MAILBOX + COMB_MAILBOX_OFF_RESET);
	assert_int_equal(fadt[116], 0);
	assert_int_equal(fadt[128], 1);
	assert_int_equal(get64(fadt + 248), MAILBOX + COMB_MAILBOX_OFF_SLEEP_CONTROL);
	assert_int_equal(get64(fadt + 260), MAILBOX + COMB_MAILBOX_OFF_SLEEP_STATUS);
	/* Bits and fields that are ignored on reduced hardware. */
	assert_int_equal(get32(fadt + 112) & 0x3618e, 0);
	/* No port of any kind: PM, SMI, GPE; no C2 and C3. */
	for (unsigned int i = 48; i < 109; i++)
		assert_int_equal(fadt[i], 0);
	for (unsigned int i = 148; i < 244; i++)
		assert_int_equal(fadt[i], 0);
	table_at(get64(fadt + 140), "DSDT");
}

static void madt_begins_with_the_hosts_boot_cpu(void **state)
{
	struct comb_machine m = make_machine(3, 1, 1);
	const uint8_t *madt, *e;

	(void)state;
	m.info.boot_apic_id = 9;
	build(&m);
	madt = find("APIC");
	assert_non_null(madt);
	assert_int_equal(get32(madt + 36), 0xfee00000);
	assert_int_equal(get32(madt + 40), 0);
	assert_int_equal(get32(madt + 4), 44 + 4 * 8);
	e = madt + 44;
	for (unsigned int i = 0; i < 4; i++, e += 8) {
		assert_int_equal(e[0], 0);
		assert_int_equal(e[1], 8);
		assert_int_equal(e[2], i);
		assert_int_equal(e[3], i ? i : 9);
		assert_int_equal(get32(e + 4), i ? 1 : 2);
	}
}

static void madt_uses_x2apic_from_255_on(void **state)
{
	struct comb_machine m = make_machine(3, 1, 1);
	const uint8_t *madt, *e;

	(void)state;
	m.info.flags = COMB_INFO_X2APIC;
	m.info.lapic_address = 0x1fee00000;
	cpus[1].apic_id = 255;
	cpus[2].apic_id = 70000;
	build(&m);
	madt = find("APIC");
	assert_non_null(madt);
	assert_int_equal(get32(madt + 4), 44 + 12 + 2 * 8 + 2 * 16);
	e = madt + 44;
	assert_int_equal(e[0], 5);
	assert_int_equal(get64(e + 4), 0x1fee00000);
	e += 12 + 8;
	assert_int_equal(e[0], 0);
	assert_int_equal(e[3], 1);
	e += 8;
	assert_int_equal(e[0], 9);
	assert_int_equal(get32(e + 4), 255);
	assert_int_equal(get32(e + 8), 1);
	assert_int_equal(get32(e + 12), 256);
	e += 16;
	assert_int_equal(get32(e + 4), 70000);
	assert_int_equal(get32(e + 12), 257);
}

/* Local APIC structures are read first, so a far boot CPU needs company. */
static void madt_has_one_kind_if_the_boot_cpu_is_far(void **state)
{
	struct comb_machine m = make_machine(2, 1, 1);
	const uint8_t *madt;

	(void)state;
	m.info.flags = COMB_INFO_X2APIC;
	m.info.boot_apic_id = 300;
	build(&m);
	madt = find("APIC");
	assert_non_null(madt);
	assert_int_equal(get32(madt + 4), 44 + 3 * 16);
	assert_int_equal(get32(madt + 44 + 4), 300);
	assert_int_equal(get32(madt + 44 + 8), 2);
	assert_int_equal(get32(madt + 60 + 4), 1);
}

static void assert_refused(const struct comb_machine *m, enum comb_status status, const char *why)
{
	struct comb_error err = { 0 };

	assert_int_equal(comb_acpi_build(m, MAILBOX, ADDRESS, tables, sizeof(tables), NULL, &err),
			 -1);
	assert_int_equal(err.status, status);
	if (!strstr(err.what, why))
		fail_msg("\"%s\" does not say \"%s\"", err.what, why);
}

static void refuses_bad_cpus(void **state)
{
	struct comb_machine m = make_machine(3, 1, 1);

	(void)state;
	m.info.boot_apic_id = 2;
	assert_refused(&m, COMB_UNSUITABLE, "CPU 2 is the host's boot CPU");
	m.info.boot_apic_id = 0;
	cpus[2].apic_id = 255;
	assert_refused(&m, COMB_UNSUITABLE, "APIC ID 255");
	m.info.flags = COMB_INFO_X2APIC;
	build(&m);
	cpus[2].apic_id = 0xffffffff;
	assert_refused(&m, COMB_UNSUITABLE, "x2APIC");
	cpus[2].apic_id = 1;
	assert_refused(&m, COMB_FAILED, "one APIC ID");
	m.nr_cpus = 0;
	assert_refused(&m, COMB_FAILED, "0 CPUs");
	m.nr_cpus = COMB_CELL_CPUS_MAX + 1;
	assert_refused(&m, COMB_FAILED, "1025 CPUs");
}

static void never_writes_beyond_the_buffer(void **state)
{
	struct comb_machine m = make_machine(4, 4, 2);
	struct comb_error err = { 0 };
	size_t used;

	(void)state;
	build(&m);
	assert_int_equal(comb_acpi_build(&m, MAILBOX, ADDRESS, NULL, sizeof(tables), &used, NULL), 0);
	for (size_t size = 0; size < used; size++) {
		uint8_t *buffer = malloc(size + 1);

		buffer[size] = 0xa5;
		assert_int_equal(comb_acpi_build(&m, MAILBOX, ADDRESS, buffer, size, NULL, &err), -1);
		assert_int_equal(err.status, COMB_FAILED);
		assert_int_equal(buffer[size], 0xa5);
		free(buffer);
	}
}

static void srat_and_slit_describe_nodes(void **state)
{
	struct comb_machine m = make_machine(4, 3, 1);
	const uint8_t *srat, *slit, *e;
	unsigned int nr_cpus = 0, nr_memory = 0;

	(void)state;
	/* Host nodes 2, 5 and 70000 become domains 0, 1 and 2. */
	cpus[0].node = 5;
	cpus[1].node = cpus[2].node = 2;
	cpus[3].node = 5;
	cpus[3].apic_id = 1000;
	m.info.flags = COMB_INFO_X2APIC;
	ranges[0].node = 5;
	ranges[1].node = 70000;
	ranges[2].node = 2;
	build(&m);
	srat = find("SRAT");
	slit = find("SLIT");
	assert_non_null(srat);
	assert_non_null(slit);
	for (e = srat + 48; e < srat + get32(srat + 4); e += e[1]) {
		static const uint32_t cpu_domain[] = { 1, 0, 0, 1 };
		static const uint32_t memory_domain[] = { 1, 1, 2, 0 };

		if (e[0] == 1) {
			assert_int_equal(e[1], 40);
			assert_int_equal(get32(e + 2), memory_domain[nr_memory]);
			assert_int_equal(get64(e + 8), nr_memory ? ranges[nr_memory - 1].start :
								   m.low_start);
			assert_int_equal(get64(e + 16), nr_memory ? ranges[nr_memory - 1].bytes :
								    m.low_bytes);
			assert_int_equal(get32(e + 28), 1);
			nr_memory++;
		} else if (e[0] == 0) {
			assert_int_equal(e[2], cpu_domain[nr_cpus]);
			assert_int_equal(e[3], cpus[nr_cpus].apic_id);
			assert_int_equal(get32(e + 4), 1);
			nr_cpus++;
		} else {
			assert_int_equal(e[0], 2);
			assert_int_equal(get32(e + 4), cpu_domain[nr_cpus]);
			assert_int_equal(get32(e + 8), 1000);
			assert_int_equal(get32(e + 12), 1);
			nr_cpus++;
		}
	}
	assert_int_equal(nr_cpus, 4);
	assert_int_equal(nr_memory, 4);
	assert_int_equal(get64(slit + 36), 3);
	for (unsigned int i = 0; i < 9; i++)
		assert_int_equal(slit[44 + i], i / 3 == i % 3 ? 10 : 20);
}

/* Run a command in the shell; its output must not have any of iasl's complaints. */
static void assert_iasl(const char *command)
{
	char line[512];
	FILE *pipe = popen(command, "r");
	int status;

	assert_non_null(pipe);
	while (fgets(line, sizeof(line), pipe)) {
		if (strstr(line, "0 Errors, 0 Warnings, 0 Remarks"))
			continue;
		if (strcasestr(line, "error") || strcasestr(line, "warning") ||
		    strcasestr(line, "remark") || strcasestr(line, "invalid") ||
		    strcasestr(line, "unknown"))
			fail_msg("%s: %s", command, line);
	}
	status = pclose(pipe);
	if (status)
		fail_msg("%s: status %d", command, status);
}

static void save(const char *path, const uint8_t *data, size_t len)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

/* Disassemble a table and compile the result: it must be the same table again. */
static void check_with_iasl(const char *dir, const uint8_t *table)
{
	static uint8_t again[COMB_IMAGE_ACPI_SIZE];
	uint32_t len = get32(table + 4);
	char path[128], command[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%.4s.dat", dir, table);
	save(path, table, len);
	snprintf(command, sizeof(command), "cd %s && iasl -d %.4s.dat 2>&1", dir, table);
	assert_iasl(command);
	snprintf(command, sizeof(command), "cd %s && iasl %.4s.dsl 2>&1", dir, table);
	assert_iasl(command);
	snprintf(path, sizeof(path), "%s/%.4s.aml", dir, table);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_int_equal(fread(again, 1, sizeof(again), file), len);
	fclose(file);
	/* The compiler puts in its own name and, with it, another checksum. */
	memcpy(again + 28, table + 28, 8);
	again[9] = table[9];
	assert_memory_equal(again, table, len);
}

static void check_all_with_iasl(const struct comb_machine *m)
{
	char dir[] = "/tmp/comb-acpi-XXXXXX", command[64];
	const uint8_t *xsdt;

	build(m);
	assert_non_null(mkdtemp(dir));
	xsdt = table_at(get64(tables + 24), "XSDT");
	for (uint32_t i = 36; i < get32(xsdt + 4); i += 8)
		check_with_iasl(dir, table_at(get64(xsdt + i), NULL));
	check_with_iasl(dir, table_at(get64(find("FACP") + 140), "DSDT"));
	snprintf(command, sizeof(command), "rm -r %s", dir);
	assert_int_equal(system(command), 0);
}

static void iasl_likes_a_small_cell(void **state)
{
	struct comb_machine m = make_machine(2, 1, 1);

	(void)state;
	check_all_with_iasl(&m);
}

static void iasl_likes_bridges(void **state)
{
	static const struct comb_bridge bridges[] = {
		{ .start = 0x40000000, .bytes = 0x200000, .name = "ring" },
		{ .start = 0x7e0000000000, .bytes = 0x4000000000, .name = "x.y_z-31" },
	};
	struct comb_machine m = make_machine(2, 1, 1);
	/* Name (_UID, "ring"): ACPI 6.5, 20.2.5.1 and 20.2.3. */
	static const char uid[] = "\x08_UID\x0dring";

	(void)state;
	m.bridges = bridges;
	m.nr_bridges = 2;
	check_all_with_iasl(&m);
	build(&m);
	assert_non_null(memmem(tables, sizeof(tables), uid, sizeof(uid)));
	assert_non_null(memmem(tables, sizeof(tables), &bridges[1].start, 8));
	assert_non_null(memmem(tables, sizeof(tables), &bridges[1].bytes, 8));
}

static void iasl_likes_a_large_cell(void **state)
{
	struct comb_machine m = make_machine(COMB_CELL_CPUS_MAX, COMB_CELL_RANGES_MAX, 8);

	(void)state;
	m.info.flags = COMB_INFO_X2APIC;
	check_all_with_iasl(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rsdp_and_checksums_are_right),
		cmocka_unit_test(fadt_hides_the_host),
		cmocka_unit_test(madt_begins_with_the_hosts_boot_cpu),
		cmocka_unit_test(madt_uses_x2apic_from_255_on),
		cmocka_unit_test(madt_has_one_kind_if_the_boot_cpu_is_far),
		cmocka_unit_test(refuses_bad_cpus),
		cmocka_unit_test(never_writes_beyond_the_buffer),
		cmocka_unit_test(srat_and_slit_describe_nodes),
		cmocka_unit_test(iasl_likes_a_small_cell),
		cmocka_unit_test(iasl_likes_bridges),
		cmocka_unit_test(iasl_likes_a_large_cell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
