// SPDX-License-Identifier: GPL-2.0-or-later
/* A keeper that cannot have a device again which the one before it had. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include <fcntl.h>
#include <linux/virtio_ids.h>

#include <definition.h>
#include <virtio_msg.h>

#include "keeper_fixture.h"

#include "../../keeper/devices.h"
#include "../../keeper/tool.h"

#define VSOCK		3u	/* the number every keeper gives it */
#define READY		(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | \
			 VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_DRIVER_OK)

static struct bus bus;
static struct cell_id cell = { .name = "test", .id = 1, .cpus = 1 };
static bool vsock_is_there;

/* In place of tool.c's: with or without vhost_vsock, whatever this machine has. */
int tool_open_device(const char *path, const char *module, int flags)
{
	(void)path;
	(void)module;
	(void)flags;
	if (vsock_is_there)
		return open("/dev/null", O_RDWR | O_CLOEXEC);
	errno = ENOENT;
	return -1;
}

int tool_run(const char *const argv[], const char *input)
{
	(void)argv;
	(void)input;
	return 0;
}

static void keeper_begin(bool resumed)
{
	struct comb_definition def = { .net = (char *)"none" };

	bus_make(&bus);
	bus.loop = loop_new();
	bus.resumed = resumed;
	assert_int_equal(devices_make(&bus, &def, &cell), 0);
}

static void keeper_end(void)
{
	bus_free(&bus);
	loop_free(bus.loop);
	close(bus.messages);
}

static int set_up(void **state)
{
	(void)state;
	strcpy(cell.directory, "/tmp/comb-gone-XXXXXX");
	memset(&saved_state, 0, sizeof(saved_state));
	ram_make();
	return mkdtemp(cell.directory) ? 0 : -1;
}

static int tear_down(void **state)
{
	char path[160];

	(void)state;
	ram_free();
	snprintf(path, sizeof(path), "%s/console.log", cell.directory);
	unlink(path);
	return rmdir(cell.directory);
}

/* What the device answers; it must answer something. */
static uint32_t set_status(uint32_t value)
{
	static uint16_t token;
	struct virtio_msg_status status = { .status = value };
	union {
		struct virtio_msg head;
		uint8_t bytes[COMB_MESSAGE_SIZE];
	} ask = { .head = {
		.msg_id = VIRTIO_MSG_SET_DEVICE_STATUS, .dev_id = VSOCK, .token = ++token,
		.msg_size = sizeof(ask.head) + sizeof(status),
	} }, answer;

	memcpy(ask.head.payload, &status, sizeof(status));
	assert_int_equal(bus_handle(&bus, ask.bytes, answer.bytes),
			 sizeof(answer.head) + sizeof(status));
	memcpy(&status, answer.head.payload, sizeof(status));
	return status.status;
}

static void device_was_running(void)
{
	struct state_device *saved = &saved_state.devices[VSOCK];

	saved->type = VIRTIO_ID_VSOCK;
	saved->nr_queues = 3;
	saved->accepted = 1ULL << VIRTIO_F_VERSION_1;
	saved->status = READY;
	for (unsigned int i = 0; i < 3; i++)
		saved->queues[i] = driver_addresses(i);
}

/* The cell waits for the answer to a reset without end: virtio.md. */
static void reset_is_answered(void **state)
{
	struct channel channel = { .broken = true };

	(void)state;
	vsock_is_there = false;
	device_was_running();
	keeper_begin(true);
	bus_start(&bus, &channel);
	assert_true(saved_state.devices[VSOCK].status & VIRTIO_CONFIG_S_NEEDS_RESET);
	assert_true(bus.cores[VSOCK].config_due);
	assert_int_equal(set_status(0), 0);
	/* Bound again: no better, but nobody waits. */
	assert_int_equal(set_status(VIRTIO_CONFIG_S_ACKNOWLEDGE), VIRTIO_CONFIG_S_ACKNOWLEDGE);
	assert_int_equal(set_status(0), 0);
	keeper_end();
}

static void comes_back(void **state)
{
	struct channel channel = { .broken = true };

	(void)state;
	vsock_is_there = false;
	device_was_running();
	keeper_begin(true);
	bus_start(&bus, &channel);
	set_status(0);
	vsock_is_there = true;
	saved_state.devices[VSOCK].accepted = 1ULL << VIRTIO_F_VERSION_1;
	assert_int_equal(set_status(READY), READY);
	assert_true(bus.devices[VSOCK]->running);
	keeper_end();
}

/* Without vhost_vsock from the start there is no such device. */
static void never_had(void **state)
{
	(void)state;
	vsock_is_there = false;
	keeper_begin(false);
	assert_null(bus.devices[VSOCK]);
	keeper_end();
	keeper_begin(true);
	assert_null(bus.devices[VSOCK]);
	keeper_end();
}

int main(void)
{
#define gone_test(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		gone_test(reset_is_answered), gone_test(comes_back), gone_test(never_had),
	};

	return cmocka_run_group_tests_name("keeper_gone", tests, NULL, NULL);
}
