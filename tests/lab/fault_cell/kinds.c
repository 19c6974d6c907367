// SPDX-License-Identifier: GPL-2.0-only
/* kinds.c - the faults; see fault.h */
#include <linux/compiler.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/irq_work.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/spinlock.h>

#include <asm/desc.h>
#include <asm/mce.h>
#include <asm/msr.h>

#include "fault.h"

/* ---- a null pointer where nobody can be killed for it ---- */

static int *volatile null_pointer;

static void null_work(struct irq_work *work)
{
	*null_pointer = 1;
}

static struct irq_work null_irq_work;

static int inject_null_irq(void)
{
	init_irq_work(&null_irq_work, null_work);
	irq_work_queue(&null_irq_work);
	return 0;
}

/* ---- BUG() in a thread ---- */

static int bug_thread(void *unused)
{
	BUG();
	return 0;
}

static int inject_bug(void)
{
	return PTR_ERR_OR_ZERO(kthread_run(bug_thread, NULL, "fault-bug"));
}

/* ---- a lock taken twice, interrupts off ---- */

static DEFINE_RAW_SPINLOCK(deadlock);

static void deadlock_enter(void *unused)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&deadlock, flags);
	raw_spin_lock(&deadlock);
}

static int deadlock_thread(void *unused)
{
	deadlock_enter(NULL);
	return 0;
}

/* On the last CPU: the others go on until they need something of it. */
static int inject_deadlock_one(void)
{
	struct task_struct *task = kthread_create(deadlock_thread, NULL, "fault-deadlock");

	if (IS_ERR(task))
		return PTR_ERR(task);
	kthread_bind(task, cpumask_last(cpu_online_mask));
	wake_up_process(task);
	return 0;
}

static int inject_deadlock_all(void)
{
	on_each_cpu(deadlock_enter, NULL, 0);
	return 0;
}

/* ---- no end to the stack ---- */

static noinline int recurse(int depth)
{
	volatile char frame[512];

	frame[0] = (char)depth;
	frame[sizeof(frame) - 1] = frame[0];
	return depth < 0 ? 0 : recurse(depth + 1) + frame[sizeof(frame) - 1];
}

static int stack_thread(void *unused)
{
	return recurse(1);
}

static int inject_stack(void)
{
	return PTR_ERR_OR_ZERO(kthread_run(stack_thread, NULL, "fault-stack"));
}

/* ---- interrupts without end, of its own CPUs ---- */

static void storm_call(void *unused)
{
}

static void storm_work(struct irq_work *work)
{
}

/* A CPU that is alone interrupts itself. */
static int storm_thread(void *unused)
{
	struct irq_work work;

	init_irq_work(&work, storm_work);
	for (;;) {
		smp_call_function(storm_call, NULL, 1);
		irq_work_queue(&work);
		irq_work_sync(&work);
		cond_resched();
	}
	return 0;
}

static int inject_storm(void)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		struct task_struct *task = kthread_create(storm_thread, NULL, "fault-storm/%u", cpu);

		if (IS_ERR(task))
			return PTR_ERR(task);
		kthread_bind(task, cpu);
		wake_up_process(task);
	}
	return 0;
}

/* ---- a machine check ---- */

/*
 * As the kernel's mce-inject does it: a bank that says "uncorrected, context corrupt",
 * then the exception's vector. A kernel without CONFIG_X86_MCE has no handler there.
 */
static int inject_machine_check(void)
{
	u64 cap = 0;

	if (!IS_ENABLED(CONFIG_X86_MCE) || rdmsrl_safe(MSR_IA32_MCG_CAP, &cap) || !(cap & 0xff))
		return -EOPNOTSUPP;
	if (wrmsrl_safe(MSR_IA32_MC0_STATUS, MCI_STATUS_VAL | MCI_STATUS_UC | MCI_STATUS_EN |
			MCI_STATUS_PCC | 1) ||
	    wrmsrl_safe(MSR_IA32_MCG_STATUS, MCG_STATUS_MCIP))
		return -EOPNOTSUPP;
	asm volatile("int $18");
	return 0;
}

/* ---- not contained: the processor gives up ---- */

static int inject_triple_fault(void)
{
	struct desc_ptr none = { .size = 0, .address = 0 };

	local_irq_disable();
	asm volatile("lidt %0; int3" : : "m" (none));
	return 0;
}

const struct fault faults[] = {
	{ "null-irq", inject_null_irq },
	{ "bug", inject_bug },
	{ "deadlock-one", inject_deadlock_one },
	{ "deadlock-all", inject_deadlock_all },
	{ "stack", inject_stack },
	{ "storm", inject_storm },
	{ "machine-check", inject_machine_check },
	{ "triple-fault", inject_triple_fault },
};

const unsigned int nr_faults = ARRAY_SIZE(faults);
