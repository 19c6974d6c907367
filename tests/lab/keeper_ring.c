// SPDX-License-Identifier: GPL-2.0-or-later
#include "keeper_ring.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../keeper/event.h"

#define RANGE_BYTES	0x400000ULL

struct memory ram;
struct loop *loop;
unsigned int broken, failed;

static struct loop_watch timer = { .fd = -1 };
static uint64_t used_bytes;

/* The core's parts that kinds of devices call; here there is no cell to tell. */
void device_break(struct device *device, const char *format, ...)
{
	va_list args;

	(void)device;
	broken++;
	printf("# broken: ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

void device_config_changed(struct device *device)
{
	(void)device;
}

bool check(bool good, const char *format, ...)
{
	va_list args;

	failed += !good;
	printf("%s ", good ? "ok" : "not ok");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
	return good;
}

void ram_open(void)
{
	ram.fd = memfd_create("ram", MFD_CLOEXEC);
	ram.nr_ranges = 2;
	/* Apart, and the one that is lower in the file is higher in memory. */
	ram.ranges[0] = (struct comb_range){ .start = 0x60000000, .bytes = RANGE_BYTES };
	ram.ranges[1] = (struct comb_range){
		.start = 0x40000000, .bytes = RANGE_BYTES, .offset = RANGE_BYTES,
	};
	loop = loop_new();
	if (ftruncate(ram.fd, 2 * RANGE_BYTES) || memory_map(&ram) || !loop)
		exit(2);
}

/* From both ranges in turn. */
static uint64_t ram_take(uint64_t bytes)
{
	uint64_t at = used_bytes;

	used_bytes += (bytes + 4095) & ~4095ULL;
	if (used_bytes > RANGE_BYTES)
		exit(2);
	return ram.ranges[at >> 12 & 1].start + at;
}

void ring_open(struct driver_ring *ring, struct device *device, unsigned int index)
{
	struct queue *queue = &device->queues[index];

	*ring = (struct driver_ring){ .queue = queue };
	queue->desc = ram_take(16 * RING_SIZE);
	queue->driver = ram_take(6 + 2 * RING_SIZE);
	queue->device = ram_take(6 + 8 * RING_SIZE);
	queue->size = RING_SIZE;
	ring->address = ram_take(RING_SIZE * BUFFER_BYTES);
	ring->desc = memory_at(&ram, queue->desc, 16 * RING_SIZE);
	ring->avail = memory_at(&ram, queue->driver, 6 + 2 * RING_SIZE);
	ring->used = memory_at(&ram, queue->device, 6 + 8 * RING_SIZE);
	ring->buffers = memory_at(&ram, ring->address, RING_SIZE * BUFFER_BYTES);
	if (!ring->buffers)
		exit(2);
	if (queue->kick > 0)
		return;
	queue->kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	queue->call = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

static unsigned int desc_fill(struct driver_ring *ring, const void *data, size_t bytes,
			      uint16_t flags)
{
	unsigned int number = ring->next++ % RING_SIZE;

	ring->desc[number] = (struct vring_desc){
		.addr = ring->address + number * BUFFER_BYTES,
		.len = (uint32_t)bytes,
		.flags = flags,
		.next = ring->next % RING_SIZE,
	};
	if (data)
		memcpy(ring->buffers + number * BUFFER_BYTES, data, bytes);
	return number;
}

static void ring_publish(struct driver_ring *ring, unsigned int head)
{
	ring->avail->ring[ring->avail->idx % RING_SIZE] = (uint16_t)head;
	__atomic_store_n(&ring->avail->idx, ring->avail->idx + 1, __ATOMIC_RELEASE);
}

unsigned int ring_add(struct driver_ring *ring, const void *data, size_t bytes, bool in)
{
	unsigned int head = desc_fill(ring, data, bytes, in ? VRING_DESC_F_WRITE : 0);

	ring_publish(ring, head);
	return head;
}

unsigned int ring_add_command(struct driver_ring *ring, const void *data, size_t bytes)
{
	unsigned int head = desc_fill(ring, data, bytes, VRING_DESC_F_NEXT);
	unsigned int answer = desc_fill(ring, "\xff", 1, VRING_DESC_F_WRITE);

	ring_publish(ring, head);
	return answer;
}

void ring_kick(struct driver_ring *ring)
{
	event_signal(ring->queue->kick);
}

static void time_is_up(struct loop_watch *watch, uint32_t events)
{
	(void)events;
	loop_timer_take(watch);
	loop_end(loop);
}

void pass(unsigned int ms)
{
	timer.ready = time_is_up;
	if (loop_timer_set(loop, &timer, ms * 1000000ULL) || loop_run(loop))
		exit(2);
}

long ring_wait(struct driver_ring *ring, void **data)
{
	for (int i = 0; i < 100; i++) {
		const struct vring_used_elem *done = &ring->used->ring[ring->seen % RING_SIZE];

		if (__atomic_load_n(&ring->used->idx, __ATOMIC_ACQUIRE) == ring->seen) {
			pass(10);
			continue;
		}
		ring->seen++;
		if (data)
			*data = ring->buffers + done->id * BUFFER_BYTES;
		return done->len;
	}
	return -1;
}
