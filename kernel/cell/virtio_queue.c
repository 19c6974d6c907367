// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtio_queue.c - queues of a device: made, given to CPUs, called, deleted
 */
#include <linux/cpumask.h>
#include <linux/device.h>
#include <linux/log2.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "agent.h"
#include "transport.h"
#include "virtio_queue.h"

/* A ring of more entries costs memory and gains nothing. */
#define QUEUE_SIZE_MAX	1024u

/**
 * comb_queue_used - call the driver of a queue that the host has notified
 * @queue: the queue, which may not exist
 *
 * In a doorbell's interrupt, under rcu_read_lock().
 */
void comb_queue_used(struct comb_queue *queue)
{
	struct virtqueue *vq = rcu_dereference(queue->vq);

	if (!vq)
		return;
	spin_lock(&queue->lock);
	vring_interrupt(0, vq);
	spin_unlock(&queue->lock);
}

/* How many entries the device takes in queue @index, or a negative errno. */
static int queue_ask_size(struct comb_device *device, unsigned int index)
{
	struct virtio_msg_vq_index ask = { .index = cpu_to_le32(index) };
	struct virtio_msg_vqueue answer;
	struct comb_message message;
	u32 size;
	int ret;

	memcpy(message.head.payload, &ask, sizeof(ask));
	ret = comb_request(device, VIRTIO_MSG_GET_VQUEUE, &message, sizeof(ask), sizeof(answer));
	if (ret < 0)
		return ret;
	memcpy(&answer, message.head.payload, sizeof(answer));
	size = le32_to_cpu(answer.max_size);
	if (!size || le32_to_cpu(answer.index) != index)
		return -ENOENT;
	return rounddown_pow_of_two(min(size, QUEUE_SIZE_MAX));
}

static int queue_tell(struct comb_device *device, struct virtqueue *vq)
{
	struct virtio_msg_vqueue tell = {
		.index = cpu_to_le32(vq->index),
		.size = cpu_to_le32(virtqueue_get_vring_size(vq)),
		.descriptor_addr = cpu_to_le64(virtqueue_get_desc_addr(vq)),
		.driver_addr = cpu_to_le64(virtqueue_get_avail_addr(vq)),
		.device_addr = cpu_to_le64(virtqueue_get_used_addr(vq)),
	};
	struct comb_message message;
	int ret;

	device->live = true;
	memcpy(message.head.payload, &tell, sizeof(tell));
	ret = comb_request(device, VIRTIO_MSG_SET_VQUEUE, &message, sizeof(tell), 0);
	return ret < 0 ? ret : 0;
}

static struct virtqueue *queue_make(struct comb_device *device, unsigned int index,
				    const struct comb_queue_wish *wish)
{
	struct comb_queue *queue = &device->queues[index];
	struct virtqueue *vq;
	int size, err;

	if (index >= device->nr_queues)
		return ERR_PTR(-ENOENT);
	size = queue_ask_size(device, index);
	if (size < 0)
		return ERR_PTR(size);
	vq = vring_create_virtqueue(index, size, SMP_CACHE_BYTES, &device->virtio, true, true,
				    wish->ctx, comb_pending_notify, wish->callback, wish->name);
	if (!vq)
		return ERR_PTR(-ENOMEM);
	comb_virtqueue_set_max(vq, size);

	queue->cpu = -1;
	comb_pending_route(device, index, comb_pending_next_cpu(device->transport));
	err = queue_tell(device, vq);
	if (err) {
		vring_del_virtqueue(vq);
		return ERR_PTR(err);
	}
	rcu_assign_pointer(queue->vq, vq);
	return vq;
}

/**
 * comb_queues_find - struct virtio_config_ops.find_vqs
 * @virtio: the device
 * @nr: length of the arrays
 * @vqs: out: queues, NULL where no name is given
 * @affinity: how the driver would spread interrupts. Its queues are spread in
 *	order from the first CPU on then, as the block layer spreads its own
 *
 * The arguments between are compat.h's. Queues without name take no number.
 *
 * Return: 0, -ENOENT if the device has fewer queues, or another negative errno.
 */
int comb_queues_find(struct virtio_device *virtio, unsigned int nr, struct virtqueue *vqs[],
		     COMB_FIND_VQS_ARGS, struct irq_affinity *affinity)
{
	struct comb_device *device = comb_device_of(virtio);
	unsigned int i, index = 0;

	if (affinity)
		device->transport->next_cpu = 0;
	for (i = 0; i < nr; i++) {
		struct comb_queue_wish wish = COMB_FIND_VQS_WISH(i);

		vqs[i] = NULL;
		if (!wish.name)
			continue;
		vqs[i] = queue_make(device, index++, &wish);
		if (IS_ERR(vqs[i])) {
			comb_queues_delete(virtio);
			return PTR_ERR(vqs[i]);
		}
	}
	return 0;
}

/**
 * comb_queues_delete - struct virtio_config_ops.del_vqs
 * @virtio: a device that was reset or never ran
 */
void comb_queues_delete(struct virtio_device *virtio)
{
	struct comb_device *device = comb_device_of(virtio);
	struct virtqueue *vq, *next;

	list_for_each_entry(vq, &virtio->vqs, list)
		rcu_assign_pointer(device->queues[vq->index].vq, NULL);
	synchronize_rcu();
	list_for_each_entry_safe(vq, next, &virtio->vqs, list)
		vring_del_virtqueue(vq);
}

/**
 * comb_queues_synchronize - struct virtio_config_ops.synchronize_cbs
 * @virtio: the device
 */
void comb_queues_synchronize(struct virtio_device *virtio)
{
	/* Callbacks run under rcu_read_lock(). */
	synchronize_rcu();
}

/**
 * comb_queue_set_affinity - struct virtio_config_ops.set_vq_affinity
 * @vq: the queue
 * @mask: CPUs one of which shall serve it, or NULL for any
 *
 * Return: 0, or -EINVAL if none of them is online and has a doorbell.
 */
int comb_queue_set_affinity(struct virtqueue *vq, const struct cpumask *mask)
{
	struct comb_device *device = comb_device_of(vq->vdev);
	struct comb_transport *transport = device->transport;
	unsigned int cpu;

	if (mask)
		cpu = cpumask_first_and(mask, cpu_online_mask);
	else
		cpu = comb_pending_next_cpu(transport);
	if (cpu >= nr_cpu_ids)
		return -EINVAL;
	if (cpu >= transport->agent->nr_bells)
		return mask ? -EINVAL : 0;
	device->queues[vq->index].cpu = mask ? (int)cpu : -1;
	comb_pending_route(device, vq->index, cpu);
	return 0;
}

/**
 * comb_queue_get_affinity - struct virtio_config_ops.get_vq_affinity
 * @virtio: the device
 * @index: of the queue
 *
 * Return: the CPU set_vq_affinity chose. NULL without: the driver shall spread
 * its work over all CPUs, of which there may be more than queues.
 */
const struct cpumask *comb_queue_get_affinity(struct virtio_device *virtio, int index)
{
	struct comb_device *device = comb_device_of(virtio);

	if (index < 0 || index >= COMB_QUEUES_MAX || device->queues[index].cpu < 0)
		return NULL;
	return cpumask_of(device->queues[index].cpu);
}
