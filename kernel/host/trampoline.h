/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trampoline.h - what start.c and trampoline.S agree on
 */
#ifndef COMB_TRAMPOLINE_H
#define COMB_TRAMPOLINE_H

/* Selectors; 0x10 and 0x18 are the Linux/x86 64-bit boot protocol's. */
#define TRAMPOLINE_CODE32	0x08
#define TRAMPOLINE_CODE64	0x10
#define TRAMPOLINE_DATA		0x18

/* Offsets in struct trampoline_args. */
#define ARGS_BASE		0
#define ARGS_REACHED		4
#define ARGS_CR3		8
#define ARGS_ENTRY		16
#define ARGS_BOOT_PARAMS	24
#define ARGS_FAR32		32
#define ARGS_FAR64		40
#define ARGS_GDT_BASE		50

#ifndef __ASSEMBLY__

#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>

struct trampoline_far {
	u32 offset;
	u16 selector;
	u16 pad;
} __packed;

/**
 * struct trampoline_args - patched by start.c into its copy of the trampoline
 * @base: physical address of the copy
 * @reached: the CPU writes 1 when it is in 64-bit mode and needs nothing more
 *	of this structure
 * @cr3: page tables, below 4 GiB
 * @entry: where to go, the kernel's 64-bit entry
 * @boot_params: for RSI
 * @far32: where the 32-bit part is
 * @far64: where the 64-bit part is
 * @gdt_limit: GDT descriptor
 * @gdt_base: GDT descriptor
 *
 * A later guarded mode (a thin layer under the cell) enters through @entry as
 * well: it is a 64-bit program like any other, and RSI is its argument.
 */
struct trampoline_args {
	u32 base;
	u32 reached;
	u64 cr3;
	u64 entry;
	u64 boot_params;
	struct trampoline_far far32;
	struct trampoline_far far64;
	u16 gdt_limit;
	u32 gdt_base;
} __packed;

static_assert(offsetof(struct trampoline_args, reached) == ARGS_REACHED);
static_assert(offsetof(struct trampoline_args, cr3) == ARGS_CR3);
static_assert(offsetof(struct trampoline_args, entry) == ARGS_ENTRY);
static_assert(offsetof(struct trampoline_args, boot_params) == ARGS_BOOT_PARAMS);
static_assert(offsetof(struct trampoline_args, far32) == ARGS_FAR32);
static_assert(offsetof(struct trampoline_args, far64) == ARGS_FAR64);
static_assert(offsetof(struct trampoline_args, gdt_base) == ARGS_GDT_BASE);

extern const u8 comb_trampoline[], comb_trampoline32[], comb_trampoline64[];
extern const u8 comb_trampoline_gdt[], comb_trampoline_args[], comb_trampoline_end[];
extern const u8 comb_park[], comb_park_ack[], comb_park_end[];

#endif
#endif
