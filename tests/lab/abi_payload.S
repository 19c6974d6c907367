/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * abi_payload - a cell without a kernel
 *
 * Entered as a kernel would be, RSI = struct payload_args. Counts, rings the
 * host when told to, and counts the interrupts it gets.
 */
#include "abi_payload.h"

	.section .rodata
	.globl payload, payload_interrupt, payload_stray, payload_end
payload:
	.code64
	movq	%rsi, %rbx
	movq	PAYLOAD_CR3(%rbx), %rax
	movq	%rax, %cr3
	movq	PAYLOAD_STACK(%rbx), %rsp
	lidt	PAYLOAD_IDT(%rbx)
	/* The local APIC is software-disabled after INIT: spurious vector 0xff. */
	cmpl	$0, PAYLOAD_X2APIC(%rbx)
	jne	1f
	movl	$0xfee00000, %edx
	movl	$0x1ff, 0xf0(%rdx)
	jmp	2f
1:	movl	$0x80f, %ecx
	movl	$0x1ff, %eax
	xorl	%edx, %edx
	wrmsr
2:	movq	$PAYLOAD_MAGIC, %rax
	movq	%rax, PAYLOAD_REACHED(%rbx)
	sti

count:	incq	PAYLOAD_BEATS(%rbx)
	xorl	%eax, %eax
	xchgl	%eax, PAYLOAD_RING(%rbx)
	testl	%eax, %eax
	jz	count

	/* The pending word first, then the doorbell. */
	movq	PAYLOAD_PENDING(%rbx), %rdi
	lock orq $1, (%rdi)
	movq	PAYLOAD_DOORBELL(%rbx), %rdi
	movq	(%rdi), %rsi
	movq	%rsi, %rdx
	shrq	$32, %rdx
	cmpl	$0, PAYLOAD_X2APIC(%rbx)
	jne	3f
	movl	$0xfee00000, %ecx
	shll	$24, %esi
	movl	%esi, 0x310(%rcx)
	movl	%edx, 0x300(%rcx)
	jmp	count
3:	movl	%edx, %eax
	movl	%esi, %edx
	movl	$0x830, %ecx
	mfence
	wrmsr
	jmp	count

payload_stray:
	incq	PAYLOAD_STRAY(%rbx)
	decq	PAYLOAD_RUNG(%rbx)
payload_interrupt:
	pushq	%rax
	pushq	%rcx
	pushq	%rdx
	incq	PAYLOAD_RUNG(%rbx)
	xorl	%eax, %eax
	cmpl	$0, PAYLOAD_X2APIC(%rbx)
	jne	4f
	movl	$0xfee00000, %edx
	movl	%eax, 0xb0(%rdx)
	jmp	5f
4:	movl	$0x80b, %ecx
	xorl	%edx, %edx
	wrmsr
5:	popq	%rdx
	popq	%rcx
	popq	%rax
	iretq
payload_end:

	.section .note.GNU-stack, "", @progbits
