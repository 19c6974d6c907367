/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat.h - every difference between the kernels comb.ko is built for (6.1 and newer)
 */
#ifndef COMB_COMPAT_H
#define COMB_COMPAT_H

#include <linux/eventfd.h>
#include <linux/gfp.h>
#include <linux/irq.h>
#include <linux/mm.h>
#include <linux/version.h>
#include <asm/msr.h>

/* 6.16: rdmsrl() was renamed. */
static inline u64 compat_rdmsr(u32 msr)
{
	u64 value;

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)
	rdmsrq(msr, value);
#else
	rdmsrl(msr, value);
#endif
	return value;
}

/* 6.3: vma->vm_flags became read-only. */
static inline void compat_vm_flags_set(struct vm_area_struct *vma, unsigned long flags)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	vm_flags_set(vma, flags);
#else
	vma->vm_flags |= flags;
#endif
}

/* 6.16: a flag word took the place of the migrate type. */
static inline int compat_alloc_contig(unsigned long start, unsigned long end, gfp_t gfp)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)
	return alloc_contig_range(start, end, ACR_FLAGS_NONE, gfp);
#else
	return alloc_contig_range(start, end, MIGRATE_MOVABLE, gfp);
#endif
}

/*
 * Let an interrupt move at once instead of at its next arrival. Since 6.15
 * this is what every chip gets that does not ask for the contrary.
 */
static inline void compat_irq_move_at_once(unsigned int irq)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 15, 0)
	irq_set_status_flags(irq, IRQ_MOVE_PCNTXT);
#endif
}

/* 6.8: always by one. */
static inline void compat_eventfd_signal(struct eventfd_ctx *ctx)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
	eventfd_signal(ctx);
#else
	eventfd_signal(ctx, 1);
#endif
}

#endif
