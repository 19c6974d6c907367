/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * abi_payload.h - what the payload and its loader agree on
 */
#ifndef COMB_TEST_ABI_PAYLOAD_H
#define COMB_TEST_ABI_PAYLOAD_H

#define PAYLOAD_MAGIC		0x1122334455667788

#define PAYLOAD_REACHED		0
#define PAYLOAD_BEATS		8
#define PAYLOAD_RUNG		16
#define PAYLOAD_CR3		24
#define PAYLOAD_STACK		32
#define PAYLOAD_PENDING		40
#define PAYLOAD_DOORBELL	48
#define PAYLOAD_RING		56
#define PAYLOAD_X2APIC		60
#define PAYLOAD_STRAY		64
#define PAYLOAD_QUEUES		72
#define PAYLOAD_QUEUE_BITS	80
#define PAYLOAD_DEVICES		88
#define PAYLOAD_DEVICE_BITS	96
#define PAYLOAD_SECOND		104
#define PAYLOAD_IDT		112

/* What args.ring asks for, besides bits of the host's pending word. */
#define PAYLOAD_PENDING_BITS	3
#define PAYLOAD_KICK		4

#ifndef __ASSEMBLER__

#include <stdint.h>

struct payload_args {
	uint64_t reached;
	uint64_t beats;		/* counts while it runs */
	uint64_t rung;		/* interrupts taken */
	uint64_t cr3;
	uint64_t stack;
	uint64_t pending;	/* physical address of the host's pending word */
	uint64_t doorbell;	/* physical address of the host's doorbell */
	uint32_t ring;		/* set bits and ring the host once */
	uint32_t x2apic;
	uint64_t stray;		/* interrupts that are nobody's business here */
	uint64_t queues;	/* physical address of a word for PAYLOAD_KICK */
	uint64_t queue_bits;
	uint64_t devices;	/* and of the one after it */
	uint64_t device_bits;
	uint64_t second;	/* interrupts by the second doorbell */
	uint16_t idt_limit;
	uint64_t idt_base;
} __attribute__((packed));

extern const uint8_t payload[], payload_interrupt[], payload_second[],
	payload_stray[], payload_end[];

#endif
#endif
