/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat.h - what changed between the kernels comb_cell.ko is built for (5.10
 * to 7.x); nothing else looks at a version
 */
#ifndef COMB_CELL_COMPAT_H
#define COMB_CELL_COMPAT_H

#include <linux/kmsg_dump.h>
#include <linux/version.h>

/* 6.2 renamed del_timer_sync(); the old name went away in 6.15. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define timer_delete_sync del_timer_sync
#endif

/* 6.12 wrapped the reason of a dump in a structure. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
#define COMB_DUMP_ARG enum kmsg_dump_reason comb_reason
#define COMB_DUMP_REASON comb_reason
#else
#define COMB_DUMP_ARG struct kmsg_dump_detail *comb_detail
#define COMB_DUMP_REASON comb_detail->reason
#endif

#endif
