// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * abi_machine - make and start a cell without a kernel
 */
#define _GNU_SOURCE
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "abi.h"
#include "abi_machine.h"

/* Where things are in the cell's RAM. */
#define CODE		0x0
#define ARGS		0x1000
#define IDT		0x2000
#define TABLES		0x3000
#define STACK_TOP	0x8000

_Static_assert(offsetof(struct payload_args, idt_limit) == PAYLOAD_IDT, "PAYLOAD_IDT");
_Static_assert(offsetof(struct payload_args, second) == PAYLOAD_SECOND, "PAYLOAD_SECOND");
_Static_assert(offsetof(struct payload_args, ring) == PAYLOAD_RING, "PAYLOAD_RING");

/* An interrupt gate (AMD64 APM 2, 4.8.4). */
static void idt_set(uint64_t *idt, int vector, uint64_t handler)
{
	idt[vector * 2] = (handler & 0xffff) | 0x10ULL << 16 | 0x8eULL << 40 |
			  (handler >> 16 & 0xffff) << 48;
	idt[vector * 2 + 1] = handler >> 32;
}

static void payload_load(struct machine *m, bool x2apic)
{
	uint64_t base = m->range.start, *tables = (uint64_t *)(m->ram + TABLES), i;

	memcpy(m->ram + CODE, payload, payload_end - payload);
	/* 512 times 1 GiB, virtual = physical: RAM and the local APIC. */
	tables[0] = (base + TABLES + 0x1000) | 3;
	for (i = 0; i < 512; i++)
		tables[512 + i] = i << 30 | 0x83;
	for (i = 32; i < 256; i++)
		idt_set((uint64_t *)(m->ram + IDT), i, base + CODE + (payload_stray - payload));
	idt_set((uint64_t *)(m->ram + IDT), VECTOR,
		base + CODE + (payload_interrupt - payload));
	idt_set((uint64_t *)(m->ram + IDT), SECOND_VECTOR,
		base + CODE + (payload_second - payload));
	*m->args = (struct payload_args){
		.cr3 = base + TABLES,
		.stack = base + STACK_TOP,
		.pending = base + MAILBOX + offsetof(struct comb_mailbox_host, pending),
		.doorbell = base + MAILBOX + offsetof(struct comb_mailbox_host, doorbells),
		.x2apic = x2apic,
		.idt_limit = 0xfff,
		.idt_base = base + IDT,
	};
}

int machine_start(struct machine *m)
{
	struct comb_cell_start start = ARG(comb_cell_start, .entry = m->range.start + CODE,
					   .boot_params = m->range.start + ARGS,
					   .mailbox_offset = MAILBOX,
					   .map_start = m->range.start, .map_bytes = 2 * MIB);

	return ioctl(m->fd, COMB_CELL_START, &start);
}

bool machine_make(struct machine *m, const char *name, const uint32_t *cpus, int nr)
{
	struct comb_info info = ARG(comb_info);

	ioctl(control, COMB_GET_INFO, &info);
	m->fd = cell_create(name);
	if (m->fd < 0 || cell_add_cpus(m->fd, cpus, nr, 0, NULL) ||
	    cell_add_memory(m->fd, 32 * MIB, 32 * MIB, -1, NULL))
		return false;
	cell_get(m->fd, &m->range);
	m->ram = mmap(NULL, 32 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED, m->fd, 0);
	if (m->ram == MAP_FAILED)
		return false;
	m->args = (void *)(m->ram + ARGS);
	m->host = (void *)(m->ram + MAILBOX + COMB_MAILBOX_HOST_OFF);
	m->cell = (void *)(m->ram + MAILBOX + COMB_MAILBOX_CELL_OFF);
	payload_load(m, info.flags & COMB_INFO_X2APIC);
	*m->host = (struct comb_mailbox_host){
		.magic = COMB_MAILBOX_MAGIC,
		.version = COMB_MAILBOX_VERSION,
		.size = COMB_MAILBOX_SIZE,
		.cell_id = cell_get(m->fd, NULL).id,
	};
	return true;
}

void machine_doorbell(struct machine *m, unsigned int which, uint32_t vector)
{
	struct comb_cpu cpu;
	struct comb_cell_get get = ARG(comb_cell_get, .nr_cpus = 1, .cpus = (uintptr_t)&cpu);

	if (ioctl(m->fd, COMB_CELL_GET, &get))
		return;
	m->cell->doorbells[which] = (struct comb_doorbell){ cpu.apic_id, vector };
	m->cell->nr_doorbells = which + 1;
}

bool machine_end(struct machine *m)
{
	bool done = !cell_command(m->fd, COMB_CELL_DESTROY, 0);

	munmap(m->ram, 32 * MIB);
	close(m->fd);
	return done;
}

bool beats(struct machine *m)
{
	uint64_t before = m->args->beats;

	/* An emulated CPU may have to wait for its turn. */
	for (int i = 0; i < 40 && m->args->beats == before; i++)
		usleep(50000);
	return m->args->beats != before;
}

bool rung_within(struct machine *m, uint64_t count)
{
	for (int i = 0; i < 100; i++) {
		if (m->args->rung >= count)
			return true;
		usleep(10000);
	}
	return false;
}
