// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_keeper_console.c - viewers that keep to no rule, and a cell that offers any buffer
 *
 * The input is steps: what (1 byte), which (1), how many bytes follow (1), those bytes.
 */
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <consolewire.h>

#include "../unit/keeper_fixture.h"
#include "../../keeper/event.h"
#include "../../keeper/kinds.h"

#define VIEWERS		4u
#define QUEUES		3u	/* the console's input and output, random numbers */
#define STEPS_MAX	100u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct cell_id cell = { .name = "fuzz", .id = 1, .cpus = 1 };
static struct driver drivers[QUEUES];
static int viewers[VIEWERS];
static struct bus bus;

static void place_remove(void)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/console.log", cell.directory);
	unlink(path);
	rmdir(cell.directory);
}

static void place_make(void)
{
	strcpy(cell.directory, "/tmp/comb-fuzz-XXXXXX");
	if (!mkdtemp(cell.directory))
		abort();
	atexit(place_remove);
	ram_make();
}

static void stop(struct loop_watch *watch, uint32_t events)
{
	(void)events;
	loop_end(watch->data);
}

/* What is ready now; it may make more ready. */
static void loop_turn(void)
{
	for (unsigned int i = 0; i < 3; i++) {
		struct loop_watch end = {
			.fd = eventfd(1, EFD_CLOEXEC), .ready = stop, .data = bus.loop,
		};

		if (loop_add(bus.loop, &end, EPOLLIN) || loop_run(bus.loop))
			abort();
		loop_remove(bus.loop, &end);
		close(end.fd);
	}
}

static void device_start(struct device *device, unsigned int number, unsigned int first)
{
	if (!device || device_add(&bus, device, number))
		abort();
	for (unsigned int i = 0; i < device->nr_queues; i++) {
		struct state_queue at = driver_addresses(first + i);

		driver_begin(&drivers[first + i], &device->queues[i], first + i);
		device_set_queue(device, i, &at);
	}
	device_core(device)->saved->accepted = device_offered(device);
	device_set_status(device, 15);
	if (!device->running)
		abort();
}

static void viewer_connect(int *viewer)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (*viewer >= 0)
		return;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/console", cell.directory);
	*viewer = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (connect(*viewer, (void *)&address, sizeof(address)))
		abort();
}

static void viewer_send(int viewer, uint32_t type, const uint8_t *data, size_t size)
{
	struct console_frame frame = { .type = type, .length = (uint32_t)size };

	if (type)
		send(viewer, &frame, sizeof(frame), MSG_NOSIGNAL);
	send(viewer, data, size, MSG_NOSIGNAL);
}

static void viewer_read(int viewer)
{
	uint8_t data[4096];

	while (recv(viewer, data, sizeof(data), 0) > 0)
		;
}

/* The bytes: descriptor (1), address (2), length (4), flags (1), next (1). */
static void cell_offer(struct driver *driver, const uint8_t *data, size_t size)
{
	uint32_t length;

	if (size >= 9) {
		memcpy(&length, data + 3, sizeof(length));
		driver_desc(driver, data[0] % RING_SIZE, BUFFERS + (data[1] | data[2] << 8) * 16u,
			    length, data[7] & 7, data[8] % (RING_SIZE + 1));
	}
	driver_offer(driver, size ? data[0] % (RING_SIZE + 1) : 0);
	event_signal(driver->queue->kick);
}

static void step(uint8_t what, uint8_t which, const uint8_t *data, size_t size)
{
	int *viewer = &viewers[which % VIEWERS];

	switch (what % 8) {
	case 0:
		viewer_connect(viewer);
		break;
	case 1:
		viewer_send(*viewer, 0, data, size);
		break;
	case 2:
		viewer_send(*viewer, CONSOLE_DATA, data, size);
		break;
	case 3:
		viewer_send(*viewer, CONSOLE_SIZE, data, size);
		break;
	case 4:
		viewer_read(*viewer);
		break;
	case 5:
		close(*viewer);
		*viewer = -1;
		break;
	default:
		cell_offer(&drivers[which % QUEUES], data, size);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!ram.base)
		place_make();
	memset(&saved_state, 0, sizeof(saved_state));
	bus_make(&bus);
	bus.loop = loop_new();
	device_start(console_new(bus.loop, &ram, &cell), 1, 0);
	device_start(rng_new(bus.loop, &ram, &cell), 2, 2);
	for (unsigned int i = 0; i < VIEWERS; i++)
		viewers[i] = -1;
	for (unsigned int i = 0; i < STEPS_MAX && size >= 3; i++) {
		size_t part = data[2] < size - 3 ? data[2] : size - 3;

		step(data[0], data[1], data + 3, part);
		loop_turn();
		data += 3 + part;
		size -= 3 + part;
	}
	bus_free(&bus);
	close(bus.messages);
	loop_free(bus.loop);
	for (unsigned int i = 0; i < VIEWERS; i++)
		if (viewers[i] >= 0)
			close(viewers[i]);
	return 0;
}
