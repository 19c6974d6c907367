// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The console between a driver and viewers on a real socket; the random numbers.
 *
 * Slow in valgrind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include <consolewire.h>
#include <fcntl.h>
#include <linux/virtio_console.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "keeper_fixture.h"
#include "../../keeper/event.h"
#include "../../keeper/kinds.h"
#include "../../keeper/viewer.h"

#define INPUT	0
#define OUTPUT	1

static struct cell_id cell = { .name = "test", .id = 1, .cpus = 1 };
static struct bus bus;
static struct device *console;
static struct driver drivers[2];

/* ---- the loop, for a while ---- */

static void pause_over(struct loop_watch *watch, uint32_t events)
{
	(void)events;
	loop_timer_take(watch);
	loop_end(watch->data);
}

static void run_for(unsigned int ms)
{
	struct loop_watch timer = { .ready = pause_over, .data = bus.loop };

	assert_int_equal(loop_timer_set(bus.loop, &timer, ms * 1000000ULL), 0);
	assert_int_equal(loop_run(bus.loop), 0);
	loop_timer_free(bus.loop, &timer);
}

/* ---- set up ---- */

static void start(struct device *device, unsigned int queues)
{
	struct state_device *saved = device_core(device)->saved;

	for (unsigned int i = 0; i < queues; i++) {
		struct state_queue at = driver_addresses(i);

		driver_begin(&drivers[i], &device->queues[i], i);
		device_set_queue(device, i, &at);
	}
	saved->accepted = device_offered(device) & ~(1ULL << VIRTIO_RING_F_EVENT_IDX);
	device_set_status(device, 15);
	assert_true(device->running);
}

static void console_make(void)
{
	bus_make(&bus);
	bus.loop = loop_new();
	memset(&saved_state, 0, sizeof(saved_state));
	console = console_new(bus.loop, &ram, &cell);
	assert_non_null(console);
	assert_int_equal(device_add(&bus, console, 1), 0);
}

static void console_end(void)
{
	bus_free(&bus);
	close(bus.messages);
	loop_free(bus.loop);
}

static void forget(const char *file)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/%s", cell.directory, file);
	unlink(path);
}

static int set_up(void **state)
{
	(void)state;
	strcpy(cell.directory, "/tmp/comb-console-XXXXXX");
	if (!mkdtemp(cell.directory))
		return -1;
	ram_make();
	console_make();
	return 0;
}

static int tear_down(void **state)
{
	char path[200];

	(void)state;
	console_end();
	ram_free();
	snprintf(path, sizeof(path), "%s/console", cell.directory);
	assert_int_equal(access(path, F_OK), -1);
	forget("console.log");
	return rmdir(cell.directory);
}

/* ---- a viewer ---- */

static int viewer_connect(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_true(snprintf(address.sun_path, sizeof(address.sun_path), "%s/console",
			     cell.directory) < (int)sizeof(address.sun_path));
	assert_int_equal(connect(fd, (void *)&address, sizeof(address)), 0);
	run_for(5);
	return fd;
}

static void viewer_send(int fd, uint32_t type, const void *data, uint32_t size)
{
	struct console_frame frame = { .type = type, .length = size };

	assert_int_equal(write(fd, &frame, sizeof(frame)), sizeof(frame));
	assert_int_equal(write(fd, data, size), size);
}

static bool read_all(int fd, void *to, size_t size)
{
	size_t done = 0;

	for (unsigned int i = 0; done < size && i < 100; i++) {
		ssize_t got = read(fd, (uint8_t *)to + done, size - done);

		if (got > 0)
			done += (size_t)got;
		else if (!got)
			return false;
		else
			run_for(5);
	}
	return done == size;
}

static struct console_frame frame;
static uint8_t payload[CONSOLE_FRAME_MAX];

static uint32_t viewer_frame(int fd)
{
	if (!read_all(fd, &frame, sizeof(frame)))
		return 0;
	assert_true(frame.length <= sizeof(payload));
	assert_true(read_all(fd, payload, frame.length));
	return frame.type;
}

/* The replay's size, which is checked to end with @end. */
static size_t viewer_greeted(int fd, const char *end)
{
	const struct console_hello *hello = (void *)payload;
	static uint8_t replay[REPLAY_BYTES];
	size_t want, got = 0;

	assert_int_equal(viewer_frame(fd), CONSOLE_HELLO);
	assert_int_equal(hello->version, CONSOLE_VERSION);
	want = hello->replay;
	while (got < want) {
		assert_int_equal(viewer_frame(fd), CONSOLE_REPLAY);
		memcpy(replay + got, payload, frame.length);
		got += frame.length;
	}
	assert_int_equal(viewer_frame(fd), CONSOLE_LIVE);
	assert_true(got >= strlen(end));
	assert_memory_equal(replay + got - strlen(end), end, strlen(end));
	return got;
}

static bool is_disconnected(int fd)
{
	while (viewer_frame(fd))
		;
	return !read(fd, payload, 1);
}

/* ---- the cell ---- */

static void cell_writes(const void *data, uint32_t size)
{
	struct driver *driver = &drivers[OUTPUT];

	memcpy(buffer(0), data, size);
	driver_desc(driver, 0, BUFFERS, size, 0, 0);
	driver_offer(driver, 0);
	event_signal(driver->queue->kick);
	run_for(1);
	assert_int_equal(driver->used->idx, driver->avail->idx);
}

static void cell_offers_input(unsigned int count)
{
	struct driver *driver = &drivers[INPUT];

	for (unsigned int i = 0; i < count; i++) {
		driver_desc(driver, i, BUFFERS + (8 + i) * BUFFER_BYTES, 100, VRING_DESC_F_WRITE, 0);
		driver_offer(driver, (uint16_t)i);
	}
	event_signal(driver->queue->kick);
	run_for(20);
}

static size_t cell_reads(uint8_t *to)
{
	struct driver *driver = &drivers[INPUT];
	size_t done = 0;

	for (; driver->seen != driver->used->idx; driver->seen++) {
		struct vring_used_elem *used = &driver->used->ring[driver->seen % RING_SIZE];

		memcpy(to + done, buffer(8 + used->id), used->len);
		done += used->len;
	}
	return done;
}

/* ---- tests ---- */

static void output_to_all(void **state)
{
	int early = viewer_connect(), late;
	char path[200];
	struct stat file;

	(void)state;
	start(console, 2);
	snprintf(path, sizeof(path), "%s/console", cell.directory);
	assert_int_equal(stat(path, &file), 0);
	assert_int_equal(file.st_mode & 0777, 0600);
	assert_int_equal(viewer_greeted(early, ""), 0);
	cell_writes("hello", 5);
	late = viewer_connect();
	assert_int_equal(viewer_greeted(late, "hello"), 5);
	cell_writes(" you", 4);
	assert_int_equal(viewer_frame(early), CONSOLE_DATA);
	assert_memory_equal(payload, "hello", 5);
	assert_int_equal(viewer_frame(early), CONSOLE_DATA);
	assert_int_equal(viewer_frame(late), CONSOLE_DATA);
	assert_memory_equal(payload, " you", 4);
	close(early);
	run_for(5);
	cell_writes("!", 1);
	assert_int_equal(viewer_frame(late), CONSOLE_DATA);
	close(late);
}

static void replay_outlives_keeper(void **state)
{
	static char line[1000];
	int fd;

	(void)state;
	start(console, 2);
	for (unsigned int i = 0; i < 300; i++) {
		memset(line, 'a' + (int)(i % 26), sizeof(line));
		cell_writes(line, sizeof(line));
	}
	console_end();
	console_make();
	fd = viewer_connect();
	assert_int_equal(viewer_greeted(fd, "nnn"), REPLAY_BYTES);
	close(fd);
}

static void input_waits_for_room(void **state)
{
	static uint8_t typed[3000], got[3000];
	size_t done = 0;
	int fd;

	(void)state;
	for (size_t i = 0; i < sizeof(typed); i++)
		typed[i] = (uint8_t)(i * 7 >> 3);
	fd = viewer_connect();
	/* Before there is a driver */
	viewer_send(fd, CONSOLE_DATA, typed, 1500);
	viewer_send(fd, CONSOLE_DATA, typed + 1500, 1500);
	/* The viewer has gone before its input was taken. */
	close(fd);
	run_for(20);
	start(console, 2);
	while (done < sizeof(typed)) {
		size_t part;

		cell_offers_input(4);
		part = cell_reads(got + done);
		assert_true(part > 0 && part <= 400);
		done += part;
	}
	assert_memory_equal(typed, got, sizeof(typed));
}

static void slow_viewer(void **state)
{
	static uint8_t block[BUFFER_BYTES];
	int slow = viewer_connect(), quick = viewer_connect();
	uint64_t lost = 0, seen = 0, written = 0;

	(void)state;
	start(console, 2);
	viewer_greeted(slow, "");
	viewer_greeted(quick, "");
	while (written < VIEWER_BACKLOG + (4u << 20)) {
		cell_writes(block, sizeof(block));
		written += sizeof(block);
		assert_int_equal(viewer_frame(quick), CONSOLE_DATA);
	}
	while (seen < VIEWER_BACKLOG / 2 + (1u << 20)) {
		assert_int_equal(viewer_frame(slow), CONSOLE_DATA);
		seen += frame.length;
	}
	cell_writes("end", 3);
	written += 3;
	while (seen + lost < written) {
		uint32_t type = viewer_frame(slow);

		if (type == CONSOLE_GAP)
			memcpy(&lost, payload, sizeof(lost));
		else
			seen += frame.length;
	}
	assert_true(lost > 0);
	assert_int_equal(seen + lost, written);
	assert_memory_equal(payload, "end", 3);
	close(slow);
	close(quick);
}

static void window_size(void **state)
{
	const struct virtio_console_config *config = (void *)console->config;
	struct console_size size = { 132, 43 };
	int fd = viewer_connect();

	(void)state;
	start(console, 2);
	viewer_send(fd, CONSOLE_SIZE, &size, sizeof(size));
	run_for(5);
	assert_int_equal(config->cols, 132);
	assert_int_equal(config->rows, 43);
	assert_true(is_signalled(bus.messages));
	viewer_send(fd, CONSOLE_SIZE, &size, sizeof(size));
	run_for(5);
	assert_false(is_signalled(bus.messages));
	close(fd);
}

static void rude_viewers(void **state)
{
	struct console_frame huge = { .type = CONSOLE_DATA, .length = CONSOLE_FRAME_MAX + 1 };
	int fds[VIEWERS_MAX + 1];
	int fd = viewer_connect();

	(void)state;
	viewer_send(fd, CONSOLE_HELLO, "", 0);
	assert_true(is_disconnected(fd));
	close(fd);
	fd = viewer_connect();
	viewer_send(fd, CONSOLE_SIZE, "abc", 3);
	assert_true(is_disconnected(fd));
	close(fd);
	fd = viewer_connect();
	assert_int_equal(write(fd, &huge, sizeof(huge)), sizeof(huge));
	assert_true(is_disconnected(fd));
	close(fd);
	for (unsigned int i = 0; i <= VIEWERS_MAX; i++)
		fds[i] = viewer_connect();
	assert_true(is_disconnected(fds[VIEWERS_MAX]));
	viewer_greeted(fds[VIEWERS_MAX - 1], "");
	for (unsigned int i = 0; i <= VIEWERS_MAX; i++)
		close(fds[i]);
}

static void hostile_cell(void **state)
{
	const struct state_device *saved = &saved_state.devices[1];
	struct driver *driver = &drivers[OUTPUT];
	int fd = viewer_connect();

	(void)state;
	start(console, 2);
	for (unsigned int i = 0; i < RING_SIZE; i++)
		driver_desc(driver, i, RANGE_0, RANGE_BYTES, i < 7 ? VRING_DESC_F_NEXT : 0,
			    (uint16_t)(i + 1));
	driver_offer(driver, 0);
	event_signal(driver->queue->kick);
	run_for(10);
	assert_true(saved->status & VIRTIO_CONFIG_S_NEEDS_RESET);
	/* Input for a queue of garbage */
	device_set_status(console, 0);
	start(console, 2);
	drivers[INPUT].avail->idx = 999;
	viewer_send(fd, CONSOLE_DATA, "x", 1);
	run_for(10);
	assert_true(saved->status & VIRTIO_CONFIG_S_NEEDS_RESET);
	device_set_status(console, 0);
	start(console, 2);
	cell_offers_input(1);
	assert_int_equal(drivers[INPUT].used->ring[0].len, 1);
	close(fd);
}

static void last_words(void **state)
{
	struct driver *driver = &drivers[OUTPUT];
	int fd = viewer_connect();

	(void)state;
	start(console, 2);
	viewer_greeted(fd, "");
	memcpy(buffer(0), "bye", 3);
	driver_desc(driver, 0, BUFFERS, 3, 0, 0);
	driver_offer(driver, 0);
	bus_stop(&bus);
	assert_false(console->running);
	assert_int_equal(viewer_frame(fd), CONSOLE_DATA);
	assert_memory_equal(payload, "bye", 3);
	close(fd);
}

static void random_numbers(void **state)
{
	struct device *rng = rng_new(bus.loop, &ram, &cell);
	struct driver *driver = &drivers[0];
	static const uint8_t zeros[64];

	(void)state;
	assert_int_equal(device_add(&bus, rng, 2), 0);
	start(rng, 1);
	driver_desc(driver, 0, BUFFERS, 64, VRING_DESC_F_WRITE, 0);
	driver_desc(driver, 1, BUFFERS + 4096, 3 * 4096, VRING_DESC_F_WRITE, 0);
	driver_desc(driver, 2, BUFFERS + 8 * 4096, 64, 0, 0);
	memset(buffer(0), 0, 65);
	for (uint16_t i = 0; i < 3; i++)
		driver_offer(driver, i);
	event_signal(driver->queue->kick);
	run_for(10);
	assert_int_equal(driver->used->idx, 3);
	assert_int_equal(driver->used->ring[0].len, 64);
	assert_int_equal(driver->used->ring[1].len, 4096);
	assert_int_equal(driver->used->ring[2].len, 0);
	assert_memory_not_equal(buffer(0), zeros, sizeof(zeros));
	assert_int_equal(buffer(0)[64], 0);
}

int main(void)
{
#define console_test(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		console_test(output_to_all), console_test(replay_outlives_keeper),
		console_test(input_waits_for_room), console_test(slow_viewer),
		console_test(window_size), console_test(rude_viewers),
		console_test(hostile_cell), console_test(last_words),
		console_test(random_numbers),
	};

	return cmocka_run_group_tests_name("keeper_console", tests, NULL, NULL);
}
