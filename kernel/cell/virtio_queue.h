/* SPDX-License-Identifier: GPL-2.0-only */
/* virtio_queue.h - the part of struct virtio_config_ops that is about queues */
#ifndef COMB_CELL_VIRTIO_QUEUE_H
#define COMB_CELL_VIRTIO_QUEUE_H

#include "compat.h"

int comb_queues_find(struct virtio_device *virtio, unsigned int nr, struct virtqueue *vqs[],
		     COMB_FIND_VQS_ARGS, struct irq_affinity *affinity);
void comb_queues_delete(struct virtio_device *virtio);
void comb_queues_synchronize(struct virtio_device *virtio);
int comb_queue_set_affinity(struct virtqueue *vq, const struct cpumask *mask);
const struct cpumask *comb_queue_get_affinity(struct virtio_device *virtio, int index);

#endif
