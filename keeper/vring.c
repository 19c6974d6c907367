// SPDX-License-Identifier: GPL-2.0-or-later
#include "vring.h"

#include <linux/virtio_ring.h>
#include <string.h>

#include "event.h"

/* The three areas of a queue (virtio 1.3, 2.7); event words lie behind the rings. */
struct ring_view {
	unsigned int size;
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	bool event_idx;
};

#define AVAIL_BYTES(size)	(sizeof(uint16_t) * (3 + (uint64_t)(size)))
#define USED_BYTES(size)	(sizeof(uint16_t) * 3 + sizeof(struct vring_used_elem) * (uint64_t)(size))

static bool has_feature(const struct device *device, unsigned int bit)
{
	return device->accepted >> bit & 1;
}

/* x86 is little-endian, as virtio is, so words need no conversion. */
static uint16_t load16(const void *at)
{
	return __atomic_load_n((const uint16_t *)at, __ATOMIC_ACQUIRE);
}

static int ring_view(const struct device *device, unsigned int index, struct ring_view *view)
{
	const struct queue *queue = &device->queues[index];
	const struct memory *memory = device->memory;

	*view = (struct ring_view){
		.size = queue->size,
		.desc = memory_at(memory, queue->desc, sizeof(struct vring_desc) *
				  (uint64_t)queue->size),
		.avail = memory_at(memory, queue->driver, AVAIL_BYTES(queue->size)),
		.used = memory_at(memory, queue->device, USED_BYTES(queue->size)),
		.event_idx = has_feature(device, VIRTIO_RING_F_EVENT_IDX),
	};
	return queue->size && view->desc && view->avail && view->used ? 0 : -1;
}

uint16_t queue_used_index(const struct device *device, unsigned int queue)
{
	struct ring_view view;

	return ring_view(device, queue, &view) ? 0 : load16(&view.used->idx);
}

void vring_begin(struct ring *vring, struct device *device, unsigned int index)
{
	*vring = (struct ring){
		.device = device,
		.index = index,
		.taken = queue_used_index(device, index),
	};
}

static int ring_broken(struct ring *vring, const char *what)
{
	device_break(vring->device, "queue %u: %s", vring->index, what);
	return -1;
}

/* How many buffers wait; if none, asks the driver for a kick first. */
static int ring_waiting(struct ring *vring, struct ring_view *view)
{
	uint16_t waiting = load16(&view->avail->idx) - vring->taken;

	if (!waiting && view->event_idx) {
		uint16_t *event = (uint16_t *)&view->used->ring[view->size];

		__atomic_store_n(event, vring->taken, __ATOMIC_RELAXED);
		/* Either the driver sees what was asked, or this sees what it added. */
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		waiting = load16(&view->avail->idx) - vring->taken;
	}
	if (waiting > view->size)
		return ring_broken(vring, "the available index jumps");
	return waiting;
}

/* The cell may change it while it is copied; the copy is what is checked. */
static struct vring_desc desc_copy(const struct vring_desc *from)
{
	return (struct vring_desc){
		.addr = __atomic_load_n(&from->addr, __ATOMIC_RELAXED),
		.len = __atomic_load_n(&from->len, __ATOMIC_RELAXED),
		.flags = __atomic_load_n(&from->flags, __ATOMIC_RELAXED),
		.next = __atomic_load_n(&from->next, __ATOMIC_RELAXED),
	};
}

static const char *chain_add(struct vring_chain *chain, const struct memory *memory,
			     const struct vring_desc *desc)
{
	bool out = desc->flags & VRING_DESC_F_WRITE;
	struct iovec segment = {
		.iov_base = memory_at(memory, desc->addr, desc->len),
		.iov_len = desc->len,
	};

	if (!segment.iov_base)
		return "a buffer is outside of the cell's memory";
	if ((out ? chain->nr_out : chain->nr_in) == VRING_SEGMENTS)
		return "a buffer has too many segments";
	if (out) {
		chain->out[chain->nr_out++] = segment;
		return NULL;
	}
	if (chain->nr_out)
		return "a buffer is to be read after it is to be written";
	chain->in[chain->nr_in++] = segment;
	return NULL;
}

/* Follow a chain through @table of @size descriptors from @at on. NULL: it is good. */
static const char *chain_walk(struct vring_chain *chain, const struct device *device,
			      const struct vring_desc *table, uint32_t size, uint32_t at,
			      bool indirect)
{
	const char *wrong;

	for (uint32_t steps = 0; steps < size; steps++) {
		struct vring_desc desc = desc_copy(&table[at]);

		if (desc.flags & VRING_DESC_F_INDIRECT) {
			/* virtio 1.3, 2.7.5.3: the last one, and one level only. */
			if (indirect || desc.flags & VRING_DESC_F_NEXT ||
			    !has_feature(device, VIRTIO_RING_F_INDIRECT_DESC))
				return "an indirect descriptor where none may be";
			table = memory_at(device->memory, desc.addr, desc.len);
			if (!table || desc.addr % 8 || desc.len % sizeof(*table))
				return "a bad indirect table";
			return chain_walk(chain, device, table, desc.len / sizeof(*table), 0, true);
		}
		wrong = chain_add(chain, device->memory, &desc);
		if (wrong || !(desc.flags & VRING_DESC_F_NEXT))
			return wrong;
		at = desc.next;
		if (at >= size)
			return "a descriptor's successor does not exist";
	}
	return "a chain of descriptors has no end";
}

int vring_take(struct ring *vring, struct vring_chain *chain)
{
	struct ring_view view;
	const char *wrong;
	int waiting;

	if (ring_view(vring->device, vring->index, &view))
		return ring_broken(vring, "not set up");
	waiting = ring_waiting(vring, &view);
	if (waiting <= 0)
		return waiting;
	chain->nr_in = 0;
	chain->nr_out = 0;
	chain->head = __atomic_load_n(&view.avail->ring[vring->taken % view.size],
				      __ATOMIC_RELAXED);
	if (chain->head >= view.size)
		return ring_broken(vring, "a buffer's number is out of range");
	wrong = chain_walk(chain, vring->device, view.desc, view.size, chain->head, false);
	if (wrong)
		return ring_broken(vring, wrong);
	vring->taken++;
	return 1;
}

void vring_return(struct ring *vring)
{
	vring->taken--;
}

static bool driver_wants_call(const struct ring_view *view, uint16_t old, uint16_t new)
{
	uint16_t event;

	if (!view->event_idx)
		return !(load16(&view->avail->flags) & VRING_AVAIL_F_NO_INTERRUPT);
	event = load16(&view->avail->ring[view->size]);
	/* virtio 1.3, 2.7.10: has @event been passed on the way from old to new? */
	return (uint16_t)(new - event - 1) < (uint16_t)(new - old);
}

void vring_put(struct ring *vring, const struct vring_chain *chain, uint32_t bytes)
{
	struct vring_used_elem *element;
	struct ring_view view;
	uint16_t old;

	if (ring_view(vring->device, vring->index, &view))
		return;
	old = load16(&view.used->idx);
	element = &view.used->ring[old % view.size];
	__atomic_store_n(&element->id, chain->head, __ATOMIC_RELAXED);
	__atomic_store_n(&element->len, bytes, __ATOMIC_RELAXED);
	__atomic_store_n(&view.used->idx, (uint16_t)(old + 1), __ATOMIC_RELEASE);
	/* The index must be visible before the driver's wish is read. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (driver_wants_call(&view, old, old + 1))
		event_signal(vring->device->queues[vring->index].call);
}
