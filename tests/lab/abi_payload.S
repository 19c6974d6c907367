/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * abi_payload - a cell without a kernel
 *
 * Entered as a kernel would be, RSI = struct payload_args. Counts, rings the
 * host when told to, and counts the interrupts it gets.
 */
#include "abi_payload.h"

	.section .rodata
	.globl payload, payload_interrupt, payload_second, payload_stray, payload_end
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

	/* The words first, then the doorbell. */
	movl	%eax, %edx
	movq	PAYLOAD_PENDING(%rbx), %rdi
	andl	$PAYLOAD_PENDING_BITS, %eax
	lock orq %rax, (%rdi)
	testl	$PAYLOAD_KICK, %edx
	jz	6f
	movq	PAYLOAD_QUEUES(%rbx), %rdi
	movq	PAYLOAD_QUEUE_BITS(%rbx), %rax
	lock orq %rax, (%rdi)
	movq	PAYLOAD_DEVICES(%rbx), %rdi
	movq	PAYLOAD_DEVICE_BITS(%rbx), %rax
	lock orq %rax, (%rdi)
6:	movq	PAYLOAD_DOORBELL(%rbx), %rdi
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
	jmp	7f
payload_second:
	incq	PAYLOAD_SECOND(%rbx)
	jmp	7f
payload_interrupt:
	incq	PAYLOAD_RUNG(%rbx)
7:	pushq	%rax
	pushq	%rcx
	pushq	%rdx
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
