/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat.h - what changed between the kernels comb_cell.ko is built for (5.10
 * to 7.x); nothing else looks at a version
 */
#ifndef COMB_CELL_COMPAT_H
#define COMB_CELL_COMPAT_H

#include <linux/irq.h>
#include <linux/kmsg_dump.h>
#include <linux/version.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>

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

/*
 * Let an interrupt move at once, not at its next arrival. Since 6.15 every chip
 * gets that which does not ask for the contrary.
 */
static inline void comb_irq_move_at_once(unsigned int irq)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 15, 0)
	irq_set_status_flags(irq, IRQ_MOVE_PCNTXT);
#endif
}

/**
 * struct comb_queue_wish - what a driver wants to find_vqs
 * @name: NULL if it does not use the queue
 * @callback: for used buffers, or NULL
 * @ctx: keep a context for each buffer
 */
struct comb_queue_wish {
	const char *name;
	vq_callback_t *callback;
	bool ctx;
};

/* 6.11 put the wishes of find_vqs into one array. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
#define COMB_FIND_VQS_ARGS						\
	vq_callback_t *comb_callbacks[], const char *const comb_names[], const bool *comb_ctx
#define COMB_FIND_VQS_WISH(i) {						\
	.name = comb_names[i],						\
	.callback = comb_callbacks[i],					\
	.ctx = comb_ctx && comb_ctx[i],					\
}
#else
#define COMB_FIND_VQS_ARGS	struct virtqueue_info comb_info[]
#define COMB_FIND_VQS_WISH(i) {						\
	.name = comb_info[i].name,					\
	.callback = comb_info[i].callback,				\
	.ctx = comb_info[i].ctx,					\
}
#endif

/* 5.19 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 19, 0)
#define COMB_SYNCHRONIZE_CBS(function)
#else
#define COMB_SYNCHRONIZE_CBS(function)	.synchronize_cbs = function,
#endif

/* 6.0: a queue knows how long it may become. */
static inline void comb_virtqueue_set_max(struct virtqueue *vq, unsigned int max)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 0, 0)
	vq->num_max = max;
#endif
}

/* Named since 6.4 (virtio 1.2, 6.3). */
#define COMB_VIRTIO_F_NOTIFICATION_DATA	38

#endif
