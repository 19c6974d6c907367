/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * efi_runtime.S - the EFI runtime of a cell: tables and code, position independent
 *
 * Linux on a hardware-reduced ACPI platform resets and powers off through EFI.
 * Without EFI it would jump to the reset vector of the host's firmware.
 *
 * This is data to libcomb: efi.c copies it into the cell, adds the address of the
 * copy to the pointers listed at comb_efi_pointers and fills in the checksums.
 * The cell's kernel calls the functions in the Microsoft calling convention
 * (UEFI 2.10, 2.3.4): arguments in rcx, rdx, r8, r9; rbx, rbp, rsi, rdi and
 * r12 to r15 belong to the caller. Kernels with indirect branch tracking expect
 * endbr64 at each entry.
 */
#include "efi_runtime.h"

#define STATUS_ERROR		0x8000000000000000
#define STATUS_INVALID_PARAMETER (STATUS_ERROR | 2)
#define STATUS_UNSUPPORTED	(STATUS_ERROR | 3)
#define STATUS_NOT_FOUND	(STATUS_ERROR | 14)

#define TABLE_SIZE		12	/* offsets in every table header */
#define TABLE_CRC32		16

#define DESCRIPTOR_PHYSICAL	8	/* offsets in EFI_MEMORY_DESCRIPTOR */
#define DESCRIPTOR_VIRTUAL	16
#define DESCRIPTOR_PAGES	24
#define DESCRIPTOR_ATTRIBUTE	32
#define DESCRIPTOR_SIZE		40
#define MEMORY_RUNTIME_BIT	63

#define RESET_SHUTDOWN		2	/* EfiResetShutdown */

#define MSR_APIC_BASE		0x1b	/* Intel SDM 3A, 11.4.4 and 11.12.1 */
#define APIC_BASE_X2APIC	10
#define MSR_X2APIC_LVT_LINT0	0x835
#define APIC_LVT_LINT0		0x350
#define LVT_MASKED		16

#define REVISION_2_70		0x00020046

/* SetVirtualAddressMap (0x80) and ResetSystem (0x400); UEFI 2.10, 4.6.2 */
#define SUPPORTED_SERVICES	0x480

/* Distance from the start: the address once efi.c has added that of the copy. */
#define AT(label)		(label - comb_efi_image)

	.section .rodata
	.balign	16
	.globl	comb_efi_image, comb_efi_image_end, comb_efi_runtime_table
	.globl	comb_efi_rsdp, comb_efi_properties, comb_efi_mailbox, comb_efi_pointers
	.globl	comb_efi_lapic
	.hidden	comb_efi_image, comb_efi_image_end, comb_efi_runtime_table
	.hidden	comb_efi_rsdp, comb_efi_properties, comb_efi_mailbox, comb_efi_pointers
	.hidden	comb_efi_lapic

/* EFI system table, 4.3.1. What is zero ends with the boot services. */
comb_efi_image:
	.ascii	"IBI SYST"
	.long	REVISION_2_70, EFI_SYSTAB_SIZE, 0, 0
systab_vendor:
	.quad	AT(vendor)
	.quad	0x00010000		/* firmware revision */
	.quad	0, 0, 0, 0, 0, 0	/* consoles */
systab_runtime:
	.quad	AT(comb_efi_runtime_table)
	.quad	0			/* boot services */
	.quad	2			/* configuration tables */
systab_config:
	.quad	AT(config)

/* EFI runtime services table, 4.5.1 */
	.balign	8
comb_efi_runtime_table:
	.ascii	"RUNTSERV"
	.long	REVISION_2_70, EFI_RUNTIME_SIZE, 0, 0
services:
	.rept	4			/* GetTime, SetTime, GetWakeupTime, SetWakeupTime */
	.quad	AT(unsupported)
	.endr
	.quad	AT(set_virtual_address_map)
	.rept	5			/* ConvertPointer, GetVariable, GetNextVariableName, */
	.quad	AT(unsupported)		/* SetVariable, GetNextHighMonotonicCount */
	.endr
	.quad	AT(reset_system)
	.rept	3			/* UpdateCapsule, QueryCapsuleCapabilities, */
	.quad	AT(unsupported)		/* QueryVariableInfo */
	.endr

/* Configuration tables, 4.6: ACPI 2.0 RSDP and RT properties, by physical address. */
config:
	.long	0x8868e871
	.short	0xe4f1, 0x11d3
	.byte	0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81
comb_efi_rsdp:
	.quad	0
	.long	0xeb66918a
	.short	0x7eef, 0x402a
	.byte	0x84, 0x2e, 0x93, 0x1d, 0x21, 0xc3, 0x8a, 0xe9
comb_efi_properties:
	.quad	AT(properties)

/* EFI_RT_PROPERTIES_TABLE: keeps kernels from trying the rest. */
properties:
	.short	1, 8
	.long	SUPPORTED_SERVICES

/* Linux reads 100 characters here. */
vendor:
	.short	'C', 'o', 'm', 'b', 0
	.fill	200 - (. - vendor)

/* Every pointer that SetVirtualAddressMap converts; the mailbox is not relative. */
	.balign	4
comb_efi_pointers:
	.long	AT(systab_vendor), AT(systab_runtime), AT(systab_config)
	.set	service, 0
	.rept	14
	.long	AT(services) + 8 * service
	.set	service, service + 1
	.endr
	.long	AT(comb_efi_mailbox), 0

	.balign	8
comb_efi_mailbox:
	.quad	0
comb_efi_lapic:
	.quad	0
is_virtual:
	.long	0

	.balign	16
unsupported:
	endbr64
	movabsq	$STATUS_UNSUPPORTED, %rax
	ret

/*
 * void ResetSystem(type, status, size, data) - 8.5.1
 *
 * Tells the host, and never returns. A kernel that panicked keeps that state.
 * Interrupts are off first: nothing may run in a cell that said it stopped.
 */
	.balign	16
reset_system:
	endbr64
	cli
	movq	comb_efi_mailbox(%rip), %rdx
	leal	1(%rcx), %eax
	movl	%eax, EFI_RUNTIME_RESET(%rdx)
	cmpl	$EFI_RUNTIME_EXIT_NONE, EFI_RUNTIME_EXIT(%rdx)
	jne	1f
	movl	$EFI_RUNTIME_EXIT_REBOOT, %eax
	movl	$EFI_RUNTIME_EXIT_POWEROFF, %r8d
	cmpl	$RESET_SHUTDOWN, %ecx
	cmovel	%r8d, %eax
	movl	%eax, EFI_RUNTIME_EXIT(%rdx)
1:	cmpl	$EFI_RUNTIME_STATE_PANIC, EFI_RUNTIME_STATE(%rdx)
	je	2f
	movl	$EFI_RUNTIME_STATE_STOPPED, EFI_RUNTIME_STATE(%rdx)
2:	hlt
	jmp	2b			/* an NMI ends HLT */

/*
 * EFI_STATUS SetVirtualAddressMap(map size, descriptor size, version, map) - 8.4.1
 *
 * Called once, at the physical addresses. Two passes over the pointers, so that
 * nothing has changed if one of them is not in the map: esi is 0 in the first
 * and 1 in the second, which writes.
 */
	.balign	16
set_virtual_address_map:
	endbr64
	pushq	%rbx
	pushq	%rsi
	pushq	%rdi
	pushq	%r12
	pushq	%r13
	movabsq	$STATUS_UNSUPPORTED, %rax
	cmpl	$0, is_virtual(%rip)
	jne	9f
	movabsq	$STATUS_INVALID_PARAMETER, %rax
	cmpl	$1, %r8d
	jne	9f
	cmpq	$DESCRIPTOR_SIZE, %rdx
	jb	9f
	leaq	comb_efi_image(%rip), %rbx
	xorl	%esi, %esi

1:	leaq	comb_efi_pointers(%rip), %rdi
2:	movl	(%rdi), %r10d		/* next pointer, at r10; its value in rax */
	addq	$4, %rdi
	testl	%r10d, %r10d
	jz	5f
	addq	%rbx, %r10
	movq	(%r10), %rax
	movq	%r9, %r11		/* walk the map: r11 position, r12 bytes left */
	movq	%rcx, %r12
3:	cmpq	%rdx, %r12
	jb	8f
	btq	$MEMORY_RUNTIME_BIT, DESCRIPTOR_ATTRIBUTE(%r11)
	jnc	4f
	movq	%rax, %r13
	subq	DESCRIPTOR_PHYSICAL(%r11), %r13
	jb	4f
	movq	DESCRIPTOR_PAGES(%r11), %r8
	shlq	$12, %r8
	cmpq	%r8, %r13
	jae	4f
	addq	DESCRIPTOR_VIRTUAL(%r11), %r13
	testl	%esi, %esi
	jz	2b
	movq	%r13, (%r10)
	jmp	2b
4:	addq	%rdx, %r11
	subq	%rdx, %r12
	jmp	3b
5:	testl	%esi, %esi
	jnz	6f
	incl	%esi
	jmp	1b

6:	movl	$1, is_virtual(%rip)
	call	mask_lint0
	leaq	comb_efi_image(%rip), %r10
	call	set_crc32
	leaq	comb_efi_runtime_table(%rip), %r10
	call	set_crc32
	xorl	%eax, %eax
	jmp	9f
8:	movabsq	$STATUS_NOT_FOUND, %rax
9:	popq	%r13
	popq	%r12
	popq	%rdi
	popq	%rsi
	popq	%rbx
	ret

/*
 * Mask LINT0 of this CPU. Uses rax, rcx, rdx.
 *
 * A kernel without an I/O APIC opens it on its first CPU, for a 8259 wired there
 * (virtual wire mode). Where the wire reaches all CPUs, that CPU would take the
 * interrupts of the host's 8259. Linux sets its APIC up right before it calls
 * SetVirtualAddressMap, on that CPU, and never looks at LINT0 again.
 */
mask_lint0:
	movl	$MSR_APIC_BASE, %ecx
	rdmsr
	btl	$APIC_BASE_X2APIC, %eax
	jc	1f
	movq	comb_efi_lapic(%rip), %rdx
	testq	%rdx, %rdx
	jz	2f			/* not in the memory map */
	movl	APIC_LVT_LINT0(%rdx), %eax
	btsl	$LVT_MASKED, %eax
	movl	%eax, APIC_LVT_LINT0(%rdx)
	ret
1:	movl	$MSR_X2APIC_LVT_LINT0, %ecx
	rdmsr
	btsl	$LVT_MASKED, %eax
	wrmsr
2:	ret

/* Give the table at r10 its checksum (4.2). Uses rax, rcx, rdx, r8. */
set_crc32:
	movl	$0, TABLE_CRC32(%r10)
	movl	TABLE_SIZE(%r10), %ecx
	movq	%r10, %r8
	movl	$-1, %eax
1:	xorb	(%r8), %al
	movl	$8, %edx
2:	shrl	$1, %eax
	jnc	3f
	xorl	$0xedb88320, %eax
3:	decl	%edx
	jnz	2b
	incq	%r8
	decl	%ecx
	jnz	1b
	notl	%eax
	movl	%eax, TABLE_CRC32(%r10)
	ret

comb_efi_image_end:

	.section .note.GNU-stack, "", @progbits
