// SPDX-License-Identifier: GPL-2.0-or-later
#include "vhost.h"

#include <errno.h>
#include <linux/vhost.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "event.h"
#include "tool.h"

/* Sizes of the parts of a split ring (virtio 1.3, 2.7) for a queue of @n. */
#define DESC_BYTES(n)	(16ULL * (n))
#define AVAIL_BYTES(n)	(6ULL + 2ULL * (n))
#define USED_BYTES(n)	(6ULL + 8ULL * (n))

void vhost_init(struct vhost *vhost, struct device *device, unsigned int first,
		unsigned int nr_queues)
{
	*vhost = (struct vhost){
		.device = device, .fd = -1, .first = first, .nr_queues = nr_queues,
		.errors = { .fd = -1 },
	};
}

static void vhost_failed(struct loop_watch *watch, uint32_t events)
{
	struct vhost *vhost = watch->data;

	(void)events;
	event_take(watch->fd);
	device_break(vhost->device, "the kernel does not understand queue %u or the one after it",
		     vhost->first);
}

static int vhost_watch(struct vhost *vhost)
{
	vhost->errors.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (vhost->errors.fd < 0)
		return -1;
	vhost->errors.ready = vhost_failed;
	vhost->errors.data = vhost;
	return loop_add(vhost->device->loop, &vhost->errors, EPOLLIN);
}

int vhost_open(struct vhost *vhost, const char *path, const char *module)
{
	int error;

	vhost->fd = tool_open_device(path, module, 0);
	if (vhost->fd >= 0 && !ioctl(vhost->fd, VHOST_SET_OWNER) && !vhost_watch(vhost))
		return 0;
	error = errno;
	keeper_log(vhost->device, "cannot use %s: %s", path, strerror(error));
	vhost_close(vhost);
	errno = error;
	return -1;
}

void vhost_close(struct vhost *vhost)
{
	if (vhost->fd >= 0)
		close(vhost->fd);
	vhost->fd = -1;
	if (vhost->errors.fd >= 0) {
		loop_remove(vhost->device->loop, &vhost->errors);
		close(vhost->errors.fd);
	}
	vhost->errors.fd = -1;
}

int vhost_features(const struct vhost *vhost, uint64_t *features)
{
	return ioctl(vhost->fd, VHOST_GET_FEATURES, features) ? -1 : 0;
}

static int vhost_set_memory(const struct vhost *vhost)
{
	const struct memory *memory = vhost->device->memory;
	struct vhost_memory *table;
	int status;

	table = calloc(1, sizeof(*table) + memory->nr_ranges * sizeof(table->regions[0]));
	if (!table)
		return -1;
	table->nregions = memory->nr_ranges;
	for (unsigned int i = 0; i < memory->nr_ranges; i++)
		table->regions[i] = (struct vhost_memory_region){
			.guest_phys_addr = memory->ranges[i].start,
			.memory_size = memory->ranges[i].bytes,
			.userspace_addr = (uintptr_t)memory->base + memory->ranges[i].offset,
		};
	status = ioctl(vhost->fd, VHOST_SET_MEM_TABLE, table);
	free(table);
	return status ? -1 : 0;
}

static int vhost_set_ring(const struct vhost *vhost, unsigned int index)
{
	const struct device *device = vhost->device;
	const struct memory *memory = device->memory;
	const struct queue *queue = &device->queues[vhost->first + index];
	struct vhost_vring_state size = { .index = index, .num = queue->size };
	struct vhost_vring_state base = { .index = index };
	struct vhost_vring_state poll = { .index = index, .num = vhost->poll_us };
	struct vhost_vring_file kick = { .index = index, .fd = queue->kick };
	struct vhost_vring_file call = { .index = index, .fd = queue->call };
	struct vhost_vring_file error = { .index = index, .fd = vhost->errors.fd };
	void *desc = memory_at(memory, queue->desc, DESC_BYTES(queue->size));
	void *avail = memory_at(memory, queue->driver, AVAIL_BYTES(queue->size));
	void *used = memory_at(memory, queue->device, USED_BYTES(queue->size));
	struct vhost_vring_addr address = {
		.index = index,
		.desc_user_addr = (uintptr_t)desc,
		.avail_user_addr = (uintptr_t)avail,
		.used_user_addr = (uintptr_t)used,
	};

	if (!desc || !avail || !used) {
		errno = EFAULT;
		return -1;
	}
	if (device->resumed)
		base.num = queue_used_index(device, vhost->first + index);
	/* The eventfds come last: the kernel looks at the ring when it gets one. */
	if (ioctl(vhost->fd, VHOST_SET_VRING_NUM, &size) ||
	    ioctl(vhost->fd, VHOST_SET_VRING_BASE, &base) ||
	    ioctl(vhost->fd, VHOST_SET_VRING_ADDR, &address) ||
	    ioctl(vhost->fd, VHOST_SET_VRING_BUSYLOOP_TIMEOUT, &poll) ||
	    ioctl(vhost->fd, VHOST_SET_VRING_ERR, &error) ||
	    ioctl(vhost->fd, VHOST_SET_VRING_CALL, &call) ||
	    ioctl(vhost->fd, VHOST_SET_VRING_KICK, &kick))
		return -1;
	return 0;
}

int vhost_setup(const struct vhost *vhost, uint64_t features)
{
	if (ioctl(vhost->fd, VHOST_SET_FEATURES, &features) || vhost_set_memory(vhost))
		return -1;
	for (unsigned int i = 0; i < vhost->nr_queues; i++)
		if (vhost->device->queues[vhost->first + i].size && vhost_set_ring(vhost, i))
			return -1;
	return 0;
}

void vhost_kick(const struct vhost *vhost)
{
	for (unsigned int i = 0; i < vhost->nr_queues; i++)
		if (vhost->device->queues[vhost->first + i].size)
			event_signal(vhost->device->queues[vhost->first + i].kick);
}
