/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtio_driver.h - a cell's side of split virtqueues, and a keeper that can be killed
 *
 * RAM is a memfd in several ranges at made-up physical addresses. The keeper is a
 * forked process with one device, so the driver in the test sees what a cell
 * sees when keeper or back end are killed.
 */
#ifndef VIRTIO_DRIVER_H
#define VIRTIO_DRIVER_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <linux/virtio_ring.h>

#include <cmocka.h>

#include "../../keeper/backend.h"
#include "../../keeper/event.h"
#include "../../keeper/kinds.h"

#define RANGE_BYTES	COMB_MEMORY_UNIT
#define RANGE_STEP	0x7000000ULL	/* between their starts: gaps */
#define QUEUES		2
#define WAIT_MS		8000

/**
 * struct driver_queue - the driver's side
 * @size: descriptors
 * @desc: table
 * @avail: what the driver has made available
 * @used: what the device has finished
 * @seen: next index of @used to look at
 * @submitted: how often each head was made available
 * @completed: how often it came back
 */
struct driver_queue {
	unsigned int size;
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	uint16_t seen;
	unsigned int submitted[1024];
	unsigned int completed[1024];
};

/* What a forked keeper tells. */
struct keeper_answer {
	int error;
	uint64_t offered;
	unsigned int nr_queues;
	uint8_t config[256];
};

static struct {
	struct memory memory;
	struct cell_id cell;
	uint64_t next;		/* free RAM, file offset */
	struct driver_queue queues[QUEUES];
	struct queue setup[QUEUES];
	pid_t keeper;
	int command;		/* closing it ends the keeper in good order */
	struct keeper_answer answer;
	const char *name;	/* of the back end's files */
} rig;

static unsigned int breaks;

/* In place of the core's. */
void device_break(struct device *device, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	keeper_log(device, "broken: %s", text);
	breaks++;
}

static uint64_t ram_physical(const void *at)
{
	uint64_t offset = (const uint8_t *)at - rig.memory.base;

	return rig.memory.ranges[offset / RANGE_BYTES].start + offset % RANGE_BYTES;
}

/* Never across two ranges. */
static void *ram_take(uint64_t bytes)
{
	uint64_t at = (rig.next + 4095) & ~4095ULL;

	if (at / RANGE_BYTES != (at + bytes - 1) / RANGE_BYTES)
		at = (at / RANGE_BYTES + 1) * RANGE_BYTES;
	assert_true(at + bytes <= rig.memory.bytes);
	rig.next = at + bytes;
	return rig.memory.base + at;
}

static void rig_up(unsigned int ranges, const char *name, unsigned int queue_size)
{
	char directory[] = "/tmp/comb-test.XXXXXX";

	memset(&rig, 0, sizeof(rig));
	breaks = 0;
	rig.name = name;
	rig.command = -1;
	rig.memory.fd = memfd_create("ram", MFD_CLOEXEC);
	assert_true(rig.memory.fd >= 0);
	rig.memory.nr_ranges = ranges;
	rig.memory.bytes = ranges * RANGE_BYTES;
	for (unsigned int i = 0; i < ranges; i++) {
		rig.memory.ranges[i].start = 0x40000000 + (ranges - i) * RANGE_STEP;
		rig.memory.ranges[i].bytes = RANGE_BYTES;
		rig.memory.ranges[i].offset = i * RANGE_BYTES;
	}
	assert_int_equal(ftruncate(rig.memory.fd, rig.memory.bytes), 0);
	assert_int_equal(memory_map(&rig.memory), 0);
	strcpy(rig.cell.name, "test");
	rig.cell.id = 1;
	rig.cell.cpus = QUEUES;
	assert_non_null(mkdtemp(directory));
	strcpy(rig.cell.directory, directory);
	for (unsigned int i = 0; i < QUEUES; i++) {
		struct driver_queue *queue = &rig.queues[i];

		queue->size = queue_size;
		queue->desc = ram_take(queue_size * sizeof(*queue->desc));
		queue->avail = ram_take(vring_size(queue_size, 4096));
		queue->used = ram_take(8 + queue_size * sizeof(struct vring_used_elem));
		rig.setup[i] = (struct queue) {
			.max = queue_size,
			.size = queue_size,
			.desc = ram_physical(queue->desc),
			.driver = ram_physical(queue->avail),
			.device = ram_physical(queue->used),
			.kick = -1,
			.call = -1,
		};
	}
}

/* ---- the keeper ---- */

static void command_ready(struct loop_watch *watch, uint32_t events)
{
	(void)events;
	loop_remove(watch->data, watch);
	loop_end(watch->data);
}

/*
 * @negotiate: features the driver wants. The child's life is a keeper's: make
 * the device, start it, serve until it is told to end or killed.
 */
static void keeper_run(struct device *(*make)(struct loop *loop), uint64_t negotiate, bool resumed,
		       int command, int answer)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE };
	struct loop *loop = loop_new();
	struct loop_watch watch = { .fd = command, .ready = command_ready, .data = loop };
	struct keeper_answer said = { .error = 0 };
	struct device *device;

	/* The framework would go on with the next test, in both processes. */
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		signal(faults[i], SIG_DFL);
	/* A mapping of a cell's RAM is not inherited. */
	device = memory_map(&rig.memory) ? NULL : make(loop);
	if (!device) {
		said.error = errno;
		goto out;
	}
	said.offered = device->offered;
	said.nr_queues = device->nr_queues;
	memcpy(said.config, device->config, sizeof(said.config));
	for (unsigned int i = 0; i < device->nr_queues; i++) {
		rig.setup[i].max = device->queues[i].max;
		device->queues[i] = rig.setup[i];
	}
	device->accepted = device->offered & negotiate;
	device->resumed = resumed;
	if (device->ops->start(device))
		said.error = errno;
	device->running = !said.error;
out:
	if (write(answer, &said, sizeof(said)) != sizeof(said))
		_exit(1);
	if (said.error) {
		if (device)
			device->ops->free(device);
		_exit(0);
	}
	loop_add(loop, &watch, EPOLLIN);
	loop_run(loop);
	device->ops->stop(device);
	device->ops->free(device);
	loop_free(loop);
	/* No child may be left, not even a dead one. */
	if (waitpid(-1, NULL, WNOHANG) >= 0)
		_exit(3);
	_exit(breaks ? 2 : 0);
}

/* Every keeper has eventfds of its own. */
static void keeper_start(struct device *(*make)(struct loop *loop), uint64_t negotiate,
			 bool resumed)
{
	int command[2], answer[2];

	assert_int_equal(pipe2(command, O_CLOEXEC), 0);
	assert_int_equal(pipe2(answer, O_CLOEXEC), 0);
	for (unsigned int i = 0; i < QUEUES; i++) {
		if (rig.setup[i].kick >= 0) {
			close(rig.setup[i].kick);
			close(rig.setup[i].call);
		}
		rig.setup[i].kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		rig.setup[i].call = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	}
	rig.keeper = fork();
	assert_true(rig.keeper >= 0);
	if (!rig.keeper) {
		close(command[1]);
		keeper_run(make, negotiate, resumed, command[0], answer[1]);
	}
	close(command[0]);
	close(answer[1]);
	rig.command = command[1];
	assert_int_equal(read(answer[0], &rig.answer, sizeof(rig.answer)), sizeof(rig.answer));
	close(answer[0]);
}

static void keeper_kill(void)
{
	assert_int_equal(kill(rig.keeper, SIGKILL), 0);
	assert_int_equal(waitpid(rig.keeper, NULL, 0), rig.keeper);
	close(rig.command);
}

/* 0: in good order. */
static int keeper_end(void)
{
	int status;

	close(rig.command);
	assert_int_equal(waitpid(rig.keeper, &status, 0), rig.keeper);
	return status;
}

/* ---- the back end ---- */

static pid_t backend_pid(void)
{
	struct backend_record record = { .pid = 0 };
	char path[192];
	int fd;

	snprintf(path, sizeof(path), "%s/%s.backend", rig.cell.directory, rig.name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (read(fd, &record, sizeof(record)) != sizeof(record))
		record.pid = 0;
	close(fd);
	return record.pid;
}

/* Everything given back: no file, and no process that has the memory open. */
static void rig_down(void)
{
	for (unsigned int i = 0; i < QUEUES; i++) {
		close(rig.setup[i].kick);
		close(rig.setup[i].call);
	}
	assert_int_equal(rmdir(rig.cell.directory), 0);
	memory_unmap(&rig.memory);
	close(rig.memory.fd);
}

/* ---- the queues ---- */

static void queue_submit(unsigned int index, uint16_t head)
{
	struct driver_queue *queue = &rig.queues[index];
	uint16_t at = queue->avail->idx;

	queue->submitted[head]++;
	queue->avail->ring[at % queue->size] = head;
	__atomic_store_n(&queue->avail->idx, at + 1, __ATOMIC_RELEASE);
}

static void queue_kick(unsigned int index)
{
	event_signal(rig.setup[index].kick);
}

/* Take what has come back. Every head must have been out. */
static unsigned int queue_collect(unsigned int index)
{
	struct driver_queue *queue = &rig.queues[index];
	uint16_t end = __atomic_load_n(&queue->used->idx, __ATOMIC_ACQUIRE);
	unsigned int count = 0;

	for (; queue->seen != end; queue->seen++, count++) {
		uint32_t head = queue->used->ring[queue->seen % queue->size].id;

		assert_true(head < queue->size);
		queue->completed[head]++;
		assert_true(queue->completed[head] <= queue->submitted[head]);
	}
	return count;
}

/* Until @count more have come back; the driver waits for its interrupt as a cell does. */
static void queue_wait(unsigned int index, unsigned int count)
{
	while (count) {
		struct pollfd poller = { .fd = rig.setup[index].call, .events = POLLIN };
		unsigned int got = queue_collect(index);

		assert_true(got <= count);
		count -= got;
		if (count && poll(&poller, 1, WAIT_MS) <= 0)
			fail_msg("queue %u: %u requests do not come back", index, count);
		event_take(rig.setup[index].call);
	}
}

static void wait_ms(unsigned int ms)
{
	poll(NULL, 0, ms);
}

#endif
