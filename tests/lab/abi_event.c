// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * abi_event - eventfds of a cell: COMB_CELL_SET_EVENT
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi.h"
#include "abi_machine.h"

#define DEVICE	3
#define QUEUE	5

/* Well below the half second after which the host looks by itself. */
#define SOON_MS	250
#define WATCH_MS 1500

static volatile struct comb_pending *host_pending(struct machine *m)
{
	return (void *)(m->ram + MAILBOX + COMB_MAILBOX_HOST_PENDING_OFF);
}

static volatile struct comb_pending *cell_pending(struct machine *m, unsigned int which)
{
	return (struct comb_pending *)(m->ram + MAILBOX + COMB_MAILBOX_CELL_PENDING_OFF) + which;
}

static void route_set(struct machine *m, uint8_t which)
{
	struct comb_routes *routes = (void *)(m->ram + MAILBOX + COMB_MAILBOX_ROUTES_OFF);

	routes->doorbell[DEVICE][QUEUE] = which;
}

static bool is_ready(int fd, int ms)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN };

	return poll(&poller, 1, ms) == 1;
}

/* The count of an eventfd, 0 if it is not signalled in time. */
static uint64_t taken(int event, int ms)
{
	uint64_t count = 0;

	if (is_ready(event, ms) && read(event, &count, sizeof(count)) != sizeof(count))
		return 0;
	return count;
}

static void cell_rings(struct machine *m, uint32_t what)
{
	m->args->ring = what;
	for (int i = 0; i < 200 && m->args->ring; i++)
		usleep(5000);
}

/* The payload notifies queues, given as bits, of devices, given as bits, too. */
static void cell_kicks(struct machine *m, unsigned int device, uint64_t queues, uint64_t devices)
{
	uint64_t base = m->range.start + MAILBOX + COMB_MAILBOX_HOST_PENDING_OFF;

	m->args->queues = base + offsetof(struct comb_pending, queues) + device * 8;
	m->args->queue_bits = queues;
	m->args->devices = base + offsetof(struct comb_pending, devices);
	m->args->device_bits = devices;
	cell_rings(m, PAYLOAD_KICK);
}

static bool second_within(struct machine *m, uint64_t count)
{
	for (int i = 0; i < 100 && m->args->second < count; i++)
		usleep(10000);
	return m->args->second == count;
}

static void check_refusals(int cell, int event)
{
	static const struct { uint32_t kind; uint16_t device, queue; const char *what; } bad[] = {
		{ 3, 1, 0, "unknown kind" },
		{ COMB_EVENT_MESSAGES, 1, 0, "messages of a device" },
		{ COMB_EVENT_MESSAGES, 0, 1, "messages of a queue" },
		{ COMB_EVENT_KICK, 0, 0, "kick of device 0" },
		{ COMB_EVENT_KICK, COMB_DEVICES_MAX, 0, "kick of device 32" },
		{ COMB_EVENT_KICK, 1, COMB_QUEUES_MAX, "kick of queue 64" },
		{ COMB_EVENT_CALL, 0, 0, "call of device 0" },
		{ COMB_EVENT_CALL, 0xffff, 0, "call of device 65535" },
		{ COMB_EVENT_CALL, 1, 0xffff, "call of queue 65535" },
	};
	struct comb_cell_event arg = ARG(comb_cell_event, .flags = 1, .fd = event);

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		check_errno(cell_set_event(cell, bad[i].kind, bad[i].device, bad[i].queue, event),
			    EINVAL, bad[i].what);
	check_errno(ioctl(cell, COMB_CELL_SET_EVENT, &arg), EINVAL, "flags of an event");
	check_errno(ioctl(control, COMB_CELL_SET_EVENT, &arg), ENOTTY, "event, control file");
	check_errno(cell_set_event(cell, COMB_EVENT_MESSAGES, 0, 0, 999), EBADF, "no descriptor");
	check_errno(cell_set_event(cell, COMB_EVENT_KICK, 1, 0, -2), EBADF, "descriptor -2");
	check_errno(cell_set_event(cell, COMB_EVENT_CALL, 1, 0, control), EBADF, "no eventfd");
	check_errno(cell_set_event(cell, COMB_EVENT_MESSAGES, 0, 0, -1), ENOENT, "end no messages");
	check_errno(cell_set_event(cell, COMB_EVENT_KICK, 31, 63, -1), ENOENT, "end no kick");
	check_errno(cell_set_event(cell, COMB_EVENT_CALL, 1, 0, -1), ENOENT, "end no call");
}

/* It can be set again. */
static bool event_freed(int cell, uint32_t kind, uint16_t device, uint16_t queue, int event)
{
	for (int i = 0; i < 100; i++) {
		if (!cell_set_event(cell, kind, device, queue, event))
			return true;
		if (errno != EBUSY)
			return false;
		usleep(10000);
	}
	return false;
}

/* An assignment belongs to one open file. */
static void check_owner(int cell, uint32_t kind, const char *what, int event)
{
	int other = cell_open("events"), status;
	pid_t child;

	check(!cell_set_event(cell, kind, 1, 2, event), "%s: set", what);
	check(!cell_set_event(cell, kind, 1, 2, event), "%s: replaced", what);
	check_errno(cell_set_event(other, kind, 1, 2, event), EBUSY, "by another file");
	check_errno(cell_set_event(other, kind, 1, 2, -1), EBUSY, "ended by another file");
	check(!cell_set_event(other, kind, 1, 3, event), "%s: the next queue is free", what);
	check(!cell_set_event(cell, kind, 1, 2, -1), "%s: ended", what);
	check(!cell_set_event(other, kind, 1, 2, event), "%s: and free for another file", what);
	close(other);
	check(event_freed(cell, kind, 1, 2, event), "%s: closing the file frees it", what);
	cell_set_event(cell, kind, 1, 2, -1);
	child = fork();
	if (!child) {
		other = cell_open("events");
		if (other < 0 || cell_set_event(other, kind, 1, 2, event))
			_exit(1);
		raise(SIGKILL);
	}
	waitpid(child, &status, 0);
	check(WIFSIGNALED(status) && event_freed(cell, kind, 1, 2, event), "%s: so does kill -9",
	      what);
	check(!cell_set_event(cell, kind, 1, 2, -1), "%s: ended at last", what);
}

static void check_messages(struct machine *m, int messages)
{
	uint64_t events;

	cell_rings(m, 1);
	check(is_ready(m->fd, SOON_MS), "control: the cell file is ready");
	check(!taken(messages, SOON_MS), "no message, no signal");
	usleep(600000);
	events = cell_get(m->fd, NULL).events;
	cell_rings(m, 2);
	check(taken(messages, SOON_MS) == 1, "messages: signalled once");
	check(!is_ready(m->fd, SOON_MS) && cell_get(m->fd, NULL).events == events,
	      "the cell file is not ready");
	check(!m->host->pending, "the bit is taken");
	cell_rings(m, 3);
	check(taken(messages, SOON_MS) == 1 && is_ready(m->fd, SOON_MS), "both at once");
}

static bool all_taken(struct machine *m)
{
	volatile struct comb_pending *pending = host_pending(m);
	uint64_t rest = pending->devices;

	for (unsigned int i = 1; i < COMB_DEVICES_MAX; i++)
		rest |= pending->queues[i];
	return !rest;
}

static void check_kicks(struct machine *m, int kick, int other)
{
	volatile struct comb_pending *pending = host_pending(m);
	uint64_t events;

	cell_get(m->fd, NULL);
	events = cell_get(m->fd, NULL).events;
	cell_kicks(m, DEVICE, 1ULL << QUEUE, 1ULL << DEVICE);
	check(taken(kick, SOON_MS) == 1, "kick: signalled once");
	check(!is_ready(other, SOON_MS), "another queue's is not");
	check(all_taken(m), "the bits are taken");
	cell_kicks(m, DEVICE, 0, 1ULL << DEVICE);
	check(!taken(kick, SOON_MS) && all_taken(m), "a device without a queue: nothing");
	cell_kicks(m, DEVICE + 1, ~0ULL, 1ULL << (DEVICE + 1));
	check(!taken(kick, SOON_MS) && all_taken(m), "without an eventfd: dropped");
	for (unsigned int i = 0; i < COMB_DEVICES_MAX; i++)
		pending->queues[i] = ~0ULL;
	cell_kicks(m, DEVICE, ~0ULL, ~0ULL);
	check(taken(kick, SOON_MS) == 1 && taken(other, SOON_MS) == 1, "all bits: each once");
	check(all_taken(m), "all bits are taken");
	check(cell_get(m->fd, NULL).events == events, "no kick is an event of the cell");
	pending->queues[DEVICE] = 1ULL << QUEUE;
	pending->devices = 1ULL << DEVICE;
	check(taken(kick, WATCH_MS) == 1, "noticed without a ring");
}

/* Exactly the bit of DEVICE and QUEUE is set there; clear it. */
static bool called_at(struct machine *m, unsigned int which)
{
	volatile struct comb_pending *pending = cell_pending(m, which);
	bool good = pending->devices == 1ULL << DEVICE;

	for (unsigned int i = 0; i < COMB_DEVICES_MAX; i++) {
		good &= pending->queues[i] == (i == DEVICE ? 1ULL << QUEUE : 0);
		pending->queues[i] = 0;
	}
	pending->devices = 0;
	return good;
}

static void check_routes(struct machine *m, int call)
{
	eventfd_write(call, 1);
	check(called_at(m, 0) && !m->args->rung, "no doorbell yet: the bits are set");
	machine_doorbell(m, 0, VECTOR);
	machine_doorbell(m, 1, SECOND_VECTOR);
	eventfd_write(call, 1);
	check(rung_within(m, 1) && called_at(m, 0), "call: bits and doorbell 0");
	route_set(m, 1);
	eventfd_write(call, 3);
	check(second_within(m, 1) && called_at(m, 1), "route 1: bits and doorbell 1");
	check(!is_ready(call, 0), "the call has been consumed");
	route_set(m, 2);
	eventfd_write(call, 1);
	check(rung_within(m, 2) && called_at(m, 0), "route not below nr_doorbells: 0");
	m->cell->nr_doorbells = 0xffffffff;
	route_set(m, COMB_DOORBELLS_MAX);
	eventfd_write(call, 1);
	check(rung_within(m, 3) && called_at(m, 0), "route not below the maximum: 0");
	m->cell->nr_doorbells = 2;
	route_set(m, 1);
}

static void check_rings(struct machine *m, int call)
{
	volatile struct comb_pending *pending = cell_pending(m, 1);

	eventfd_write(call, 1);
	check(second_within(m, 2), "rung");
	eventfd_write(call, 1);
	usleep(100000);
	check(m->args->second == 2, "not again before the cell has looked");
	check(called_at(m, 1), "the bits remain");
	pending->devices = 1ULL << 9;
	eventfd_write(call, 1);
	usleep(100000);
	check(m->args->second == 2 && pending->devices == (1ULL << 9 | 1ULL << DEVICE),
	      "nor when another device waits");
	pending->devices = 1ULL << DEVICE;
	called_at(m, 1);
}

/* The kick of one queue calls another, as between two back ends. */
static void check_loop(struct machine *m, int call)
{
	int loop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), other = cell_open("events");

	check(!cell_set_event(m->fd, COMB_EVENT_KICK, 7, 0, loop) &&
	      !cell_set_event(m->fd, COMB_EVENT_CALL, DEVICE, QUEUE, loop), "one eventfd for both");
	cell_kicks(m, 7, 1, 1ULL << 7);
	check(second_within(m, 3) && called_at(m, 1), "the kick is the call");
	check_errno(cell_set_event(other, COMB_EVENT_CALL, DEVICE, QUEUE, call), EBUSY,
		    "the call is set");
	close(loop);
	check(event_freed(other, COMB_EVENT_CALL, DEVICE, QUEUE, call),
	      "closing the eventfd ends it");
	close(other);
	check(!cell_set_event(m->fd, COMB_EVENT_KICK, 7, 0, -1), "but not the kick");
}

static void check_late(struct machine *m)
{
	int call = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);

	check(!cell_set_event(m->fd, COMB_EVENT_CALL, DEVICE, QUEUE, call) &&
	      second_within(m, 4) && called_at(m, 1), "signalled before it is set: called at once");
	check(!cell_command(m->fd, COMB_CELL_STOP, 0), "stop");
	eventfd_write(call, 1);
	check(!cell_pending(m, 1)->devices && !cell_pending(m, 1)->queues[DEVICE],
	      "a stopped cell is not called");
	close(call);
}

void test_events(void)
{
	static const uint32_t cpus[] = { 2, 3 };
	int messages = eventfd(0, EFD_CLOEXEC), kick = eventfd(0, EFD_CLOEXEC);
	int other = eventfd(0, EFD_CLOEXEC), call = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct machine m;
	int again;

	check(machine_make(&m, "events", cpus, 2), "a cell with a payload");
	check_refusals(m.fd, kick);
	check_owner(m.fd, COMB_EVENT_KICK, "kick", kick);
	check_owner(m.fd, COMB_EVENT_CALL, "call", call);
	check(!cell_set_event(m.fd, COMB_EVENT_MESSAGES, 0, 0, messages) &&
	      !cell_set_event(m.fd, COMB_EVENT_KICK, DEVICE, QUEUE, kick) &&
	      !cell_set_event(m.fd, COMB_EVENT_KICK, DEVICE, QUEUE + 1, other) &&
	      !cell_set_event(m.fd, COMB_EVENT_CALL, DEVICE, QUEUE, call), "set all while loading");
	eventfd_write(call, 1);
	check(!cell_pending(&m, 0)->devices, "a call before the start is dropped");
	m.host->pending = COMB_PENDING_MESSAGES;
	host_pending(&m)->queues[DEVICE] = 1ULL << QUEUE;
	host_pending(&m)->devices = 1ULL << DEVICE;
	check(!machine_start(&m) && beats(&m), "start");
	check(taken(messages, WATCH_MS) == 1 && taken(kick, WATCH_MS) == 1,
	      "what was there before is not lost");
	check_messages(&m, messages);
	check_kicks(&m, kick, other);
	check_routes(&m, call);
	check_rings(&m, call);
	check(!cell_set_event(m.fd, COMB_EVENT_CALL, DEVICE, QUEUE, -1), "end the call");
	eventfd_write(call, 1);
	check(called_at(&m, 1) == false && taken(call, 0) == 1, "then nobody is called");
	check_loop(&m, call);
	check_late(&m);
	check(!m.args->stray, "no stray interrupt");
	again = cell_open("events");
	check(machine_end(&m), "destroy with all of them set");
	check_errno(cell_set_event(again, COMB_EVENT_MESSAGES, 0, 0, messages), ENODEV,
		    "event of a destroyed cell");
	close(again);
	close(messages);
	close(kick);
	close(other);
	close(call);
}
