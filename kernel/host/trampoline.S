/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trampoline.S - from a start-up IPI to 64-bit mode; data for this module
 *
 * Both pieces are copied to a page below 1 MiB and entered in real mode with
 * CS = page >> 4, IP = 0 (Intel SDM 3A, 11.4.4). Everything is addressed
 * relative to the start of its page.
 *
 * CS, GDT and code are not touched again after "reached" is written, so a cell
 * that shares its slice may have it overwritten from then on.
 */
#include <linux/linkage.h>
#include "trampoline.h"

#define OFF(label)	((label) - comb_trampoline)
#define ARG(offset)	(OFF(comb_trampoline_args) + (offset))

#define CR0_PE		0x00000001
#define CR0_MP		0x00000002
#define CR0_ET		0x00000010
#define CR0_NE		0x00000020
#define CR0_WP		0x00010000
#define CR0_PG		0x80000000
#define CR4_PAE		0x00000020
#define EFER		0xc0000080
#define EFER_LME	0x00000100

	.section .rodata, "a", @progbits
	.balign 16

	.globl comb_trampoline
comb_trampoline:
	.code16
	cli
	cld
	movw	%cs, %ax
	movw	%ax, %ds
	movl	ARG(ARGS_BASE), %ebx
	lgdtl	ARG(ARGS_GDT_BASE - 2)
	/* INIT leaves CD and NW as they were (SDM 3A, table 10-1): clear them. */
	movl	$(CR0_PE | CR0_ET | CR0_NE), %eax
	movl	%eax, %cr0
	ljmpl	*ARG(ARGS_FAR32)

	.globl comb_trampoline32
comb_trampoline32:
	.code32
	movl	$TRAMPOLINE_DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movl	$CR4_PAE, %eax
	movl	%eax, %cr4
	movl	ARG(ARGS_CR3)(%ebx), %eax
	movl	%eax, %cr3
	/* Written whole: what the last kernel had set there does not count. */
	movl	$EFER, %ecx
	movl	$EFER_LME, %eax
	xorl	%edx, %edx
	wrmsr
	movl	$(CR0_PG | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_PE), %eax
	movl	%eax, %cr0
	ljmpl	*ARG(ARGS_FAR64)(%ebx)

	.globl comb_trampoline64
comb_trampoline64:
	.code64
	movl	$TRAMPOLINE_DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	xorl	%eax, %eax
	movl	%eax, %fs
	movl	%eax, %gs
	lldt	%ax
	movl	%ebx, %ebx
	movq	ARG(ARGS_ENTRY)(%rbx), %rax
	movq	ARG(ARGS_BOOT_PARAMS)(%rbx), %rsi
	movl	$1, ARG(ARGS_REACHED)(%rbx)
	xorl	%ebx, %ebx
	xorl	%ecx, %ecx
	xorl	%edi, %edi
	xorl	%ebp, %ebp
	xorl	%esp, %esp
	jmp	*%rax

	.balign 8
	.globl comb_trampoline_gdt
comb_trampoline_gdt:
	/* All with the accessed bit, so that loading them writes nothing. */
	.quad	0
	.quad	0x00cf9b000000ffff	/* TRAMPOLINE_CODE32 */
	.quad	0x00af9b000000ffff	/* TRAMPOLINE_CODE64 */
	.quad	0x00cf93000000ffff	/* TRAMPOLINE_DATA */

	.balign 8
	.globl comb_trampoline_args
comb_trampoline_args:
	.fill	ARGS_GDT_BASE + 4, 1, 0
	.globl comb_trampoline_end
comb_trampoline_end:

/* The proof that a CPU has stopped: only one that took an INIT comes here. */
	.balign 16
	.globl comb_park
comb_park:
	.code16
	cli
	movw	%cs, %ax
	movw	%ax, %ds
	movl	$1, (comb_park_ack - comb_park)
1:	hlt
	jmp	1b
	.balign 4
	.globl comb_park_ack
comb_park_ack:
	.long	0
	.globl comb_park_end
comb_park_end:
	.code64

	.section .note.GNU-stack, "", @progbits
