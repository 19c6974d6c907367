// SPDX-License-Identifier: GPL-2.0-or-later
#include "vmcore.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/procfs.h>
#include <sys/user.h>

#include "kernelmap.h"
#include "ram.h"

#define PIECE_BYTES	(1u << 20)
#define NOTE_ALIGN	4u

_Static_assert(sizeof(elf_gregset_t) == sizeof(((struct comb_registers *)0)->values),
	       "the mailbox has the registers in the order of ELF");
_Static_assert(sizeof(struct user_regs_struct) == sizeof(elf_gregset_t), "so has sys/user.h");

static uint64_t round_up(uint64_t value, uint64_t to)
{
	return (value + to - 1) / to * to;
}

static int ranges_fail(struct comb_error *err)
{
	comb_fail(err, COMB_FAILED, "its ranges of RAM make no sense");
	return comb_hint(err, "dmesg | tail");
}

/* Each range within the file, none before the one ahead of it ends, no sum too large. */
static int ranges_check(const struct comb_ram *ram, struct comb_error *err)
{
	uint64_t end = 0, last;

	if (!ram->nr_ranges || ram->nr_ranges > COMB_CELL_RANGES_MAX)
		return ranges_fail(err);
	for (unsigned int i = 0; i < ram->nr_ranges; i++) {
		const struct comb_range *range = &ram->ranges[i];

		if (range->offset < end || range->offset > ram->size || range->bytes == 0 ||
		    range->bytes > ram->size - range->offset ||
		    (range->offset | range->bytes | range->start) % RAM_PAGE_SIZE ||
		    __builtin_add_overflow(range->start, range->bytes, &last))
			return ranges_fail(err);
		end = range->offset + range->bytes;
	}
	return 0;
}

/* ---- notes ---- */

static size_t note_bytes(const char *name, size_t desc)
{
	return sizeof(Elf64_Nhdr) + round_up(strlen(name) + 1, NOTE_ALIGN) +
	       round_up(desc, NOTE_ALIGN);
}

/* @at is zeroed; returns where the next note goes. */
static uint8_t *note_put(uint8_t *at, const char *name, uint32_t type, const void *desc,
			 size_t length)
{
	Elf64_Nhdr header = {
		.n_namesz = (Elf64_Word)strlen(name) + 1,
		.n_descsz = (Elf64_Word)length, .n_type = type,
	};

	memcpy(at, &header, sizeof(header));
	memcpy(at + sizeof(header), name, header.n_namesz);
	memcpy(at + sizeof(header) + round_up(header.n_namesz, NOTE_ALIGN), desc, length);
	return at + note_bytes(name, length);
}

/*
 * A CPU without registers gets a note of zeros: crash takes the n-th note for CPU n, and
 * looks for the stack itself where a stack pointer is none.
 */
static uint8_t *note_put_cpu(uint8_t *at, const struct comb_registers *cpu, bool *known)
{
	struct elf_prstatus status;

	memset(&status, 0, sizeof(status));
	*known = cpu->known == COMB_REGISTERS_KNOWN;
	if (*known) {
		status.pr_pid = (pid_t)cpu->pid;
		memcpy(&status.pr_reg, cpu->values, sizeof(status.pr_reg));
	}
	return note_put(at, "CORE", NT_PRSTATUS, &status, sizeof(status));
}

static size_t notes_bytes(unsigned int nr_cpus, size_t vmcoreinfo)
{
	return nr_cpus * note_bytes("CORE", sizeof(struct elf_prstatus)) +
	       (vmcoreinfo ? note_bytes("VMCOREINFO", vmcoreinfo) : 0);
}

/* ---- program headers ---- */

/* What is known of virtual addresses. */
struct addresses {
	uint64_t page_offset;
	struct kernelmap_image image;
	uint64_t image_offset;		/* in the cell file */
	bool has_image;
};

static bool image_locate(const struct ram_space *space, struct addresses *where)
{
	const struct comb_ram *ram = space->ram;
	const uint8_t *data;

	if (!kernelmap_image(space, &where->image))
		return false;
	data = ram_at(ram, where->image.phys, where->image.bytes);
	if (!data)
		return false;
	where->image_offset = (uint64_t)(data - ram->data);
	return true;
}

static bool addresses_find(const struct comb_kmsg *kmsg, struct addresses *where)
{
	struct ram_space space;

	memset(where, 0, sizeof(*where));
	if (!kmsg || !comb_kmsg_space(kmsg, &space) ||
	    !kernelmap_direct(&space, &where->page_offset))
		return false;
	where->has_image = image_locate(&space, where);
	return true;
}

static int by_address(const void *a, const void *b)
{
	const Elf64_Phdr *one = a, *two = b;

	return one->p_paddr < two->p_paddr ? -1 : one->p_paddr > two->p_paddr;
}

static Elf64_Phdr load_header(uint64_t offset, uint64_t virt, uint64_t phys, uint64_t bytes)
{
	return (Elf64_Phdr){
		.p_type = PT_LOAD, .p_flags = PF_R | PF_W | PF_X,
		.p_offset = offset, .p_vaddr = virt, .p_paddr = phys,
		.p_filesz = bytes, .p_memsz = bytes,
	};
}

static void headers_put(struct comb_vmcore *core, const struct addresses *where,
			size_t notes_at, size_t notes)
{
	const struct comb_ram *ram = &core->ram;
	Elf64_Phdr *program = (void *)(core->header + sizeof(Elf64_Ehdr)), *next = program;
	Elf64_Ehdr *header = (void *)core->header;

	*next++ = (Elf64_Phdr){
		.p_type = PT_NOTE, .p_offset = notes_at, .p_filesz = notes, .p_memsz = notes,
		.p_align = NOTE_ALIGN,
	};
	if (where->has_image)
		*next++ = load_header(core->header_bytes + where->image_offset,
				      where->image.virt, where->image.phys, where->image.bytes);
	for (unsigned int i = 0; i < ram->nr_ranges; i++) {
		const struct comb_range *range = &ram->ranges[i];

		next[i] = load_header(core->header_bytes + range->offset,
				      core->addresses ? where->page_offset + range->start : 0,
				      range->start, range->bytes);
	}
	qsort(next, ram->nr_ranges, sizeof(*next), by_address);
	*header = (Elf64_Ehdr){
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			     EV_CURRENT, ELFOSABI_NONE },
		.e_type = ET_CORE, .e_machine = EM_X86_64, .e_version = EV_CURRENT,
		.e_phoff = sizeof(*header), .e_ehsize = sizeof(*header),
		.e_phentsize = sizeof(*program),
		.e_phnum = (Elf64_Half)(next - program + ram->nr_ranges),
	};
}

int comb_vmcore_plan(struct comb_vmcore *core, const struct comb_ram *ram,
		     const struct comb_kmsg *kmsg, const struct comb_registers *cpus,
		     unsigned int nr_cpus, struct comb_error *err)
{
	size_t length = 0, notes, notes_at;
	struct addresses where;
	const char *text;
	uint8_t *at;
	bool known;

	memset(core, 0, sizeof(*core));
	if (ranges_check(ram, err))
		return -1;
	text = kmsg ? comb_kmsg_vmcoreinfo(kmsg, &length) : NULL;
	core->ram = *ram;
	core->nr_ranges = ram->nr_ranges;
	core->nr_cpus = nr_cpus;
	core->vmcoreinfo = text;
	core->addresses = addresses_find(kmsg, &where);
	notes_at = sizeof(Elf64_Ehdr) + (2 + ram->nr_ranges) * sizeof(Elf64_Phdr);
	notes = notes_bytes(nr_cpus, length);
	core->header_bytes = round_up(notes_at + notes, RAM_PAGE_SIZE);
	if (__builtin_add_overflow(core->header_bytes, ram->size, &core->bytes) ||
	    core->bytes > INT64_MAX)
		return ranges_fail(err);
	core->header = calloc(1, core->header_bytes);
	if (!core->header)
		return comb_out_of_memory(err);
	headers_put(core, &where, notes_at, notes);
	at = core->header + notes_at;
	for (unsigned int i = 0; i < nr_cpus; i++) {
		at = note_put_cpu(at, &cpus[i], &known);
		core->nr_registers += known;
	}
	if (text)
		note_put(at, "VMCOREINFO", 0, text, length);
	return 0;
}

void comb_vmcore_free(struct comb_vmcore *core)
{
	free(core->header);
	memset(core, 0, sizeof(*core));
}

/* ---- writing ---- */

static bool page_is_zero(const uint8_t *page)
{
	return page[0] == 0 && memcmp(page, page + 1, RAM_PAGE_SIZE - 1) == 0;
}

/* A piece that has been copied: runs of zero pages and of others. */
static int piece_write(const uint8_t *piece, uint64_t bytes, comb_vmcore_fn fn, void *arg)
{
	int result = 0;

	for (uint64_t at = 0, end; at < bytes && result == 0; at = end) {
		bool zero = page_is_zero(piece + at);

		for (end = at + RAM_PAGE_SIZE; end < bytes; end += RAM_PAGE_SIZE)
			if (page_is_zero(piece + end) != zero)
				break;
		result = fn(zero ? NULL : piece + at, end - at, arg);
	}
	return result;
}

int comb_vmcore_write(const struct comb_vmcore *core, comb_vmcore_fn fn, void *arg)
{
	uint8_t *piece = malloc(PIECE_BYTES);
	int result;

	if (!piece)
		return -1;
	result = fn(core->header, core->header_bytes, arg);
	for (uint64_t at = 0, bytes; at < core->ram.size && result == 0; at += bytes) {
		bytes = core->ram.size - at < PIECE_BYTES ? core->ram.size - at : PIECE_BYTES;
		memcpy(piece, core->ram.data + at, bytes);
		result = piece_write(piece, bytes, fn, arg);
	}
	free(piece);
	return result;
}
