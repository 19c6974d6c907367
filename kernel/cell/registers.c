// SPDX-License-Identifier: GPL-2.0-only
/*
 * registers.c - what a debugger needs of the CPU that panicked
 *
 * Only that CPU can tell: the kernel has parked the others before the kmsg
 * dumpers are called, and the INIT by which the host takes a CPU back clears
 * its registers (Intel SDM volume 3, 10.1.1).
 */
#include <linux/build_bug.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/user.h>

#include <asm/barrier.h>
#include <asm/irqflags.h>
#include <asm/segment.h>

#include "agent.h"

/* Index into comb_registers.values */
#define VALUE(member)	(offsetof(struct user_regs_struct, member) / sizeof(u64))

static struct comb_registers *registers(struct comb_agent *agent, unsigned int cpu)
{
	return (struct comb_registers *)((void *)agent->host + COMB_MAILBOX_REGISTERS_OFF) + cpu;
}

/**
 * comb_registers_clear - forget what the kernel before this one has left
 * @agent: an agent with a mailbox
 */
void comb_registers_clear(struct comb_agent *agent)
{
	unsigned int cpu;

	BUILD_BUG_ON(COMB_MAILBOX_CELL_PENDING_OFF +
		     sizeof(struct comb_pending) * COMB_DOORBELLS_MAX >
		     COMB_MAILBOX_REGISTERS_OFF);
	BUILD_BUG_ON(COMB_MAILBOX_REGISTERS_OFF +
		     sizeof(struct comb_registers) * COMB_REGISTERS_MAX > COMB_MAILBOX_SIZE);
	BUILD_BUG_ON(sizeof(struct user_regs_struct) !=
		     sizeof_field(struct comb_registers, values));

	for (cpu = 0; cpu < COMB_REGISTERS_MAX; cpu++)
		WRITE_ONCE(registers(agent, cpu)->known, 0);
}

/**
 * comb_registers_save - leave the registers of this CPU in the mailbox
 * @agent: an agent with a mailbox
 * @frame: the caller's __builtin_frame_address(0): saved RBP, return address
 *
 * They are those of the caller's caller, which is in the kernel itself: a
 * debugger knows its symbols without those of this module.
 */
void comb_registers_save(struct comb_agent *agent, const unsigned long *frame)
{
	unsigned int cpu = raw_smp_processor_id();
	struct comb_registers *to;

	if (cpu >= COMB_REGISTERS_MAX)
		return;
	to = registers(agent, cpu);
	WRITE_ONCE(to->known, 0);
	memset(to->values, 0, sizeof(to->values));
	to->pid = current->pid;
	to->values[VALUE(bp)] = frame[0];
	to->values[VALUE(ip)] = frame[1];
	to->values[VALUE(sp)] = (unsigned long)(frame + 2);
	to->values[VALUE(cs)] = __KERNEL_CS;
	to->values[VALUE(ss)] = __KERNEL_DS;
	to->values[VALUE(flags)] = native_save_fl();
	smp_store_release(&to->known, COMB_REGISTERS_KNOWN);
}
