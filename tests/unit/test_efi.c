// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_efi.c - the EFI runtime, run in user space
 *
 * "Physical" addresses are those of one mapping of a memfd, virtual addresses
 * those of a second one.
 *
 * Not in valgrind, which does not know instructions of ring 0.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "comb.h"
#include "efi.h"
#include "mailbox.h"

#define MSABI		__attribute__((ms_abi))
#define UNSUPPORTED	0x8000000000000003ull
#define INVALID		0x8000000000000002ull
#define NOT_FOUND	0x800000000000000eull
#define RSDP		0x123450000ull
#define RUNTIME		(1ull << 63)
#define TOTAL		(COMB_EFI_SIZE + COMB_MAILBOX_SIZE)

/* UEFI 2.10, 4.3.1, 4.5.1 and 7.2.3. */
struct header {
	uint64_t signature;
	uint32_t revision, size, crc32, reserved;
};

struct systab {
	struct header hdr;
	uint16_t *vendor;
	uint64_t revision;
	uint64_t consoles[6];
	struct runtime *runtime;
	uint64_t boot;
	uint64_t nr_tables;
	struct config *tables;
};

struct runtime {
	struct header hdr;
	uint64_t service[14];
};

struct config {
	uint8_t guid[16];
	uint64_t table;
};

struct descriptor {
	uint32_t type, pad;
	uint64_t physical, virtual, pages, attribute, pad2;
};

enum { SET_VIRTUAL_ADDRESS_MAP = 4, RESET_SYSTEM = 10 };

typedef uint64_t MSABI (*service4)(uint64_t, uint64_t, uint64_t, const void *);

/* What the APIC base register says, and what was written to LINT0 in x2APIC mode. */
static uint64_t apic_base;
static uint32_t lint0_msr;
/* The local APIC's registers in xAPIC mode. */
static uint32_t lapic[1024];
enum { LINT0 = 0x350 / 4, LINT0_OPEN = 0x700, LINT0_MASKED = 0x10700 };

/*
 * rdmsr and wrmsr fault here, so do what they do. cli does nothing. hlt, which ends
 * ResetSystem, ends the process with status 0, anything else with 1.
 */
static void on_fault(int signal, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;
	const uint8_t *code = (const uint8_t *)regs[REG_RIP];
	uint32_t msr = (uint32_t)regs[REG_RCX];

	(void)signal;
	(void)info;
	if (*code == 0xfa) {
		regs[REG_RIP]++;
		return;
	}
	if (*code != 0x0f || (code[1] != 0x30 && code[1] != 0x32) || (msr != 0x1b && msr != 0x835))
		_exit(*code == 0xf4 ? 0 : 1);
	if (code[1] == 0x30) {
		lint0_msr = (uint32_t)regs[REG_RAX];
	} else {
		regs[REG_RAX] = msr == 0x1b ? (uint32_t)apic_base : lint0_msr;
		regs[REG_RDX] = msr == 0x1b ? (uint32_t)(apic_base >> 32) : 0;
	}
	regs[REG_RIP] += 2;
}

/* The runtime and the mailbox, mapped twice. */
struct fixture {
	uint8_t *physical, *virtual;
	struct descriptor map[4];
};

static struct systab *systab(uint8_t *region)
{
	return (struct systab *)region;
}

static struct fixture *setup(void)
{
	static struct fixture f;
	int fd = memfd_create("efi", MFD_CLOEXEC);
	int prot = PROT_READ | PROT_WRITE | PROT_EXEC;
	struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
	uint64_t mailbox;

	sigaction(SIGSEGV, &action, NULL);	/* cmocka has one of its own for each test */
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, TOTAL), 0);
	f.physical = mmap(NULL, TOTAL, prot, MAP_SHARED, fd, 0);
	f.virtual = mmap(NULL, TOTAL, prot, MAP_SHARED, fd, 0);
	close(fd);
	assert_true(f.physical != MAP_FAILED && f.virtual != MAP_FAILED);
	mailbox = (uint64_t)f.physical + COMB_EFI_SIZE;
	comb_efi_build(f.physical, (uint64_t)f.physical, mailbox, RSDP, (uint64_t)lapic);
	apic_base = 0xfee00900;
	lint0_msr = lapic[LINT0] = LINT0_OPEN;
	assert_int_equal(comb_efi_systab((uint64_t)f.physical), (uint64_t)f.physical);
	memset(f.map, 0, sizeof(f.map));
	f.map[0] = (struct descriptor){ 7, 0, 0, 0, ~0ull >> 12, 8, 0 };	/* no runtime */
	f.map[1] = (struct descriptor){ 5, 0, (uint64_t)f.physical, (uint64_t)f.virtual,
					COMB_EFI_SIZE >> 12, RUNTIME | 8, 0 };
	f.map[2] = (struct descriptor){ 6, 0, mailbox, (uint64_t)f.virtual + COMB_EFI_SIZE,
					COMB_MAILBOX_SIZE >> 12, RUNTIME | 8, 0 };
	return &f;
}

static void teardown(struct fixture *f)
{
	munmap(f->physical, TOTAL);
	munmap(f->virtual, TOTAL);
}

static uint64_t set_map(struct fixture *f, unsigned int nr, uint64_t size, uint64_t version)
{
	service4 set = (service4)systab(f->physical)->runtime->service[SET_VIRTUAL_ADDRESS_MAP];

	return set(nr * sizeof(f->map[0]), size, version, f->map);
}

static void assert_crc(void *table)
{
	struct header *hdr = table;
	uint32_t crc = hdr->crc32;

	hdr->crc32 = 0;
	assert_int_equal(comb_efi_crc32(table, hdr->size), crc);
	hdr->crc32 = crc;
}

static void checksum_is_the_standard_one(void **state)
{
	(void)state;
	assert_int_equal(comb_efi_crc32("123456789", 9), 0xcbf43926);
}

static void tables_are_complete(void **state)
{
	static const uint8_t acpi20[16] = { 0x71, 0xe8, 0x68, 0x88, 0xf1, 0xe4, 0xd3, 0x11, 0xbc,
					    0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81 };
	static const uint8_t properties[16] = { 0x8a, 0x91, 0x66, 0xeb, 0xef, 0x7e, 0x2a, 0x40,
						0x84, 0x2e, 0x93, 0x1d, 0x21, 0xc3, 0x8a, 0xe9 };
	struct fixture *f = setup();
	struct systab *st = systab(f->physical);
	const uint16_t *property;
	uint64_t base = (uint64_t)f->physical;

	(void)state;
	assert_memory_equal(&st->hdr.signature, "IBI SYST", 8);
	assert_memory_equal(&st->runtime->hdr.signature, "RUNTSERV", 8);
	assert_int_equal(st->hdr.size, sizeof(*st));
	assert_int_equal(st->runtime->hdr.size, sizeof(struct runtime));
	assert_true(st->hdr.revision >= 0x20046);
	assert_crc(st);
	assert_crc(st->runtime);
	assert_int_equal(st->boot, 0);
	assert_int_equal(st->vendor[0], 'C');
	assert_int_equal(st->vendor[4], 0);
	assert_true((uint64_t)st->vendor + 200 <= base + COMB_EFI_SIZE);
	assert_int_equal(st->nr_tables, 2);
	assert_memory_equal(st->tables[0].guid, acpi20, 16);
	assert_int_equal(st->tables[0].table, RSDP);
	assert_memory_equal(st->tables[1].guid, properties, 16);
	property = (const uint16_t *)st->tables[1].table;
	assert_int_equal(property[0], 1);
	assert_int_equal(property[1], 8);
	assert_int_equal(property[2], 0x480);
	for (unsigned int i = 0; i < 14; i++) {
		assert_in_range(st->runtime->service[i], base, base + COMB_EFI_SIZE - 4);
		/* endbr64 */
		assert_memory_equal((void *)st->runtime->service[i], "\xf3\x0f\x1e\xfa", 4);
	}
	teardown(f);
}

static void virtual_addresses_work(void **state)
{
	struct fixture *f = setup();
	struct systab *st = systab(f->physical);
	struct runtime *runtime;

	(void)state;
	assert_int_equal(set_map(f, 3, sizeof(f->map[0]), 1), 0);
	/* Nothing may use the old addresses any more. */
	runtime = st->runtime;
	assert_int_equal((uint64_t)runtime & 0xfff, (uint64_t)runtime - (uint64_t)f->virtual);
	assert_int_equal((uint64_t)st->vendor >> 12, (uint64_t)f->virtual >> 12);
	assert_int_equal((uint64_t)st->tables >> 12, (uint64_t)f->virtual >> 12);
	assert_int_equal(st->tables[0].table, RSDP);
	assert_crc(st);
	assert_crc(runtime);
	assert_int_equal(mprotect(f->physical, TOTAL, PROT_NONE), 0);
	for (unsigned int i = 0; i < 14; i++) {
		assert_in_range(runtime->service[i], (uint64_t)f->virtual,
				(uint64_t)f->virtual + COMB_EFI_SIZE);
		/* The second SetVirtualAddressMap is refused like all the others. */
		if (i != RESET_SYSTEM)
			assert_int_equal(((service4)runtime->service[i])(48, 48, 1, f->map),
					 UNSUPPORTED);
	}
	teardown(f);
}

static void bad_maps_change_nothing(void **state)
{
	struct fixture *f = setup();
	uint8_t *before = malloc(COMB_EFI_SIZE);

	(void)state;
	memcpy(before, f->physical, COMB_EFI_SIZE);
	assert_int_equal(set_map(f, 3, sizeof(f->map[0]), 2), INVALID);
	assert_int_equal(set_map(f, 3, 39, 1), INVALID);
	assert_int_equal(set_map(f, 0, sizeof(f->map[0]), 1), NOT_FOUND);
	assert_int_equal(set_map(f, 2, sizeof(f->map[0]), 1), NOT_FOUND);	/* no mailbox */
	f->map[2].physical += 4096;
	assert_int_equal(set_map(f, 3, sizeof(f->map[0]), 1), NOT_FOUND);
	f->map[2].physical -= 4096;
	f->map[1].attribute = 8;
	assert_int_equal(set_map(f, 3, sizeof(f->map[0]), 1), NOT_FOUND);
	assert_memory_equal(before, f->physical, COMB_EFI_SIZE);
	free(before);
	teardown(f);
}

/* Linux merges neighbours of one type, so a descriptor may begin below the region. */
static void larger_descriptors_do(void **state)
{
	struct fixture *f = setup();

	(void)state;
	f->map[1].physical -= 0x5000;
	f->map[1].virtual -= 0x5000;
	f->map[1].pages += 9;
	assert_int_equal(set_map(f, 3, sizeof(f->map[0]), 1), 0);
	assert_int_equal((uint64_t)systab(f->physical)->runtime >> 12, (uint64_t)f->virtual >> 12);
	teardown(f);
}

/*
 * Call SetVirtualAddressMap with known values in the registers that belong to its
 * caller. Returns its status, or 1 if one of them has changed.
 */
uint64_t call_checked(uint64_t function, uint64_t size, uint64_t descriptor, const void *map);
asm(".pushsection .text\n"
    "call_checked:\n"
    "push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
    "mov %rdi, %rax; mov %rcx, %r9; mov %rsi, %rcx; mov $1, %r8d\n"
    "mov $0x11, %ebx; mov $0x22, %esi; mov $0x33, %edi; mov $0x44, %r12d\n"
    "mov $0x55, %r13d; mov $0x66, %r14d; mov $0x77, %r15d; mov $0x88, %ebp\n"
    "sub $40, %rsp; call *%rax; add $40, %rsp\n"
    "sub $0x11, %rbx; sub $0x22, %rsi; sub $0x33, %rdi; sub $0x44, %r12\n"
    "sub $0x55, %r13; sub $0x66, %r14; sub $0x77, %r15; sub $0x88, %rbp\n"
    "or %rsi, %rbx; or %rdi, %rbx; or %r12, %rbx; or %r13, %rbx\n"
    "or %r14, %rbx; or %r15, %rbx; or %rbp, %rbx; jz 1f\n"
    "mov $1, %eax\n"
    "1: pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
    "ret\n"
    ".popsection\n");

static void registers_survive(void **state)
{
	struct fixture *f = setup();
	uint64_t function = systab(f->physical)->runtime->service[SET_VIRTUAL_ADDRESS_MAP];

	(void)state;
	assert_int_equal(call_checked(function, 2 * 48, 48, f->map), NOT_FOUND);
	assert_int_equal(call_checked(function, 3 * 48, 48, f->map), 0);
	assert_int_equal(call_checked(function, 3 * 48, 48, f->map), UNSUPPORTED);
	teardown(f);
}

/* Call ResetSystem in a child, and return when it has reached hlt. */
static void reset(struct fixture *f, uint64_t type)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		((service4)systab(f->virtual)->runtime->service[RESET_SYSTEM])(type, 0, 0, NULL);
		_exit(2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void reset_tells_the_host(void **state)
{
	static const struct {
		uint64_t type;
		uint32_t state, exit, new_state, new_exit;
	} cases[] = {
		{ 0, COMB_STATE_RUNNING, COMB_EXIT_NONE, COMB_STATE_STOPPED, COMB_EXIT_REBOOT },
		{ 1, COMB_STATE_BOOTING, COMB_EXIT_NONE, COMB_STATE_STOPPED, COMB_EXIT_REBOOT },
		{ 2, COMB_STATE_RUNNING, COMB_EXIT_NONE, COMB_STATE_STOPPED, COMB_EXIT_POWEROFF },
		{ 2, COMB_STATE_STOPPING, COMB_EXIT_HALT, COMB_STATE_STOPPED, COMB_EXIT_HALT },
		{ 0, COMB_STATE_PANIC, COMB_EXIT_PANIC, COMB_STATE_PANIC, COMB_EXIT_PANIC },
	};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(*cases); i++) {
		struct fixture *f = setup();
		struct comb_mailbox_cell *cell = (void *)(f->virtual + COMB_EFI_SIZE +
							  COMB_MAILBOX_CELL_OFF);
		size_t c = i / 2;

		cell->state = cases[c].state;
		cell->exit = cases[c].exit;
		/* Before and after SetVirtualAddressMap. */
		if (i % 2) {
			assert_int_equal(set_map(f, 3, sizeof(f->map[0]), 1), 0);
			assert_int_equal(mprotect(f->physical, TOTAL, PROT_NONE), 0);
		}
		reset(f, cases[c].type);
		assert_int_equal(cell->efi_reset, cases[c].type + 1);
		assert_int_equal(cell->state, cases[c].new_state);
		assert_int_equal(cell->exit, cases[c].new_exit);
		teardown(f);
	}
}

/* The host's 8259 must not reach the CPU that boots the cell. */
static void lint0_is_masked(void **state)
{
	struct fixture *f = setup();

	(void)state;
	assert_int_equal(set_map(f, 2, sizeof(f->map[0]), 1), NOT_FOUND);
	assert_int_equal(lapic[LINT0], LINT0_OPEN);
	assert_int_equal(set_map(f, 3, sizeof(f->map[0]), 1), 0);
	assert_int_equal(lapic[LINT0], LINT0_MASKED);
	assert_int_equal(lint0_msr, LINT0_OPEN);
	teardown(f);

	f = setup();
	apic_base |= 1 << 10;
	assert_int_equal(set_map(f, 3, sizeof(f->map[0]), 1), 0);
	assert_int_equal(lapic[LINT0], LINT0_OPEN);
	assert_int_equal(lint0_msr, LINT0_MASKED);
	teardown(f);

	/* In xAPIC mode, but nobody said where: not to be touched. */
	f = setup();
	comb_efi_build(f->physical, (uint64_t)f->physical, f->map[2].physical, RSDP, 0);
	assert_int_equal(set_map(f, 3, sizeof(f->map[0]), 1), 0);
	assert_int_equal(lapic[LINT0], LINT0_OPEN);
	teardown(f);
}

static void memory_map_has_attributes(void **state)
{
	static const struct comb_e820_entry map[] = {
		{ 0x40000000, 0x10000, COMB_EFI_RUNTIME_DATA },
		{ 0x40010000, 0x20000, COMB_EFI_ACPI_RECLAIM },
		{ 0x40030000, 0x10000, COMB_EFI_RUNTIME_CODE },
		{ 0xfee00000, 0x1000, COMB_EFI_MMIO },
		{ 0x140000000, 0x40000000, COMB_EFI_CONVENTIONAL },
	};
	static const uint64_t attribute[] = { RUNTIME | 8, 8, RUNTIME | 8, RUNTIME | 1, 8 };
	struct descriptor out[5];

	(void)state;
	assert_int_equal(sizeof(out[0]), COMB_EFI_DESCRIPTOR_SIZE);
	comb_efi_memmap(out, map, 5);
	for (unsigned int i = 0; i < 5; i++) {
		assert_int_equal(out[i].type, map[i].type);
		assert_int_equal(out[i].physical, map[i].start);
		assert_int_equal(out[i].pages, map[i].bytes / 4096);
		assert_int_equal(out[i].virtual, 0);
		assert_int_equal(out[i].attribute, attribute[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checksum_is_the_standard_one),
		cmocka_unit_test(tables_are_complete),
		cmocka_unit_test(virtual_addresses_work),
		cmocka_unit_test(bad_maps_change_nothing),
		cmocka_unit_test(larger_descriptors_do),
		cmocka_unit_test(registers_survive),
		cmocka_unit_test(reset_tells_the_host),
		cmocka_unit_test(lint0_is_masked),
		cmocka_unit_test(memory_map_has_attributes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
