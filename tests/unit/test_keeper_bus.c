// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages of a cell, well-formed or not, and what a keeper's successor makes of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include <virtio_msg.h>

#include "keeper_fixture.h"

static struct bus bus;
static struct dummy dummy;

union message {
	struct virtio_msg head;
	uint8_t bytes[COMB_MESSAGE_SIZE];
};

static union message ask, answer;

static int set_up(void **state)
{
	(void)state;
	ram_make();
	bus_make(&bus);
	memset(&saved_state, 0, sizeof(saved_state));
	module.tied = 0;
	dummy_make(&dummy);
	assert_int_equal(device_add(&bus, &dummy.device, 3), 0);
	assert_int_equal(module.tied, 4);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	bus_free(&bus);
	assert_int_equal(dummy.frees, 1);
	assert_int_equal(module.tied, 0);
	close(bus.messages);
	ram_free();
	return 0;
}

/* The answer's payload, whose size must be @want; NULL if there must be none. */
static void *request_as(uint16_t token, uint8_t type, uint8_t id, const void *payload, size_t size,
			ssize_t want)
{
	size_t got;

	memset(&ask, 0xee, sizeof(ask));
	ask.head = (struct virtio_msg){
		.type = type, .msg_id = id, .token = token,
		.dev_id = type & VIRTIO_MSG_TYPE_BUS ? 0 : 3,
		.msg_size = (uint16_t)(sizeof(ask.head) + size),
	};
	if (size)
		memcpy(ask.head.payload, payload, size);
	memset(&answer, 0xdd, sizeof(answer));
	got = bus_handle(&bus, ask.bytes, answer.bytes);
	if (want < 0) {
		assert_int_equal(got, 0);
		return NULL;
	}
	assert_int_equal(got, sizeof(answer.head) + (size_t)want);
	assert_int_equal(answer.head.type, type | VIRTIO_MSG_TYPE_RESPONSE);
	assert_int_equal(answer.head.msg_id, id);
	assert_int_equal(answer.head.dev_id, ask.head.dev_id);
	assert_int_equal(answer.head.token, ask.head.token);
	assert_int_equal(answer.head.msg_size, got);
	return answer.head.payload;
}

static void *request(uint8_t id, const void *payload, size_t size, ssize_t want)
{
	static uint16_t token;

	return request_as(++token, VIRTIO_MSG_TYPE_REQUEST, id, payload, size, want);
}

static uint32_t set_status(uint32_t value)
{
	struct virtio_msg_status status = { .status = value };

	return ((struct virtio_msg_status *)request(VIRTIO_MSG_SET_DEVICE_STATUS, &status,
						    sizeof(status), sizeof(status)))->status;
}

static void set_features(uint64_t features)
{
	uint32_t payload[] = { 0, 2, (uint32_t)features, (uint32_t)(features >> 32) };

	request(VIRTIO_MSG_SET_DRV_FEATURES, payload, sizeof(payload), 0);
}

static void set_queue(unsigned int index, struct state_queue at)
{
	struct virtio_msg_vqueue vqueue = {
		.index = index, .size = at.size, .descriptor_addr = at.desc,
		.driver_addr = at.driver, .device_addr = at.device,
	};

	request(VIRTIO_MSG_SET_VQUEUE, &vqueue, sizeof(vqueue), 0);
}

#define OK_STATUS	(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | \
			 VIRTIO_CONFIG_S_FEATURES_OK)
#define RUN_STATUS	(OK_STATUS | VIRTIO_CONFIG_S_DRIVER_OK)
#define FEATURES	(1ULL << 5 | 1ULL << VIRTIO_F_VERSION_1)

static void bring_up(void)
{
	set_status(0);
	set_status(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
	set_features(FEATURES);
	assert_int_equal(set_status(OK_STATUS), OK_STATUS);
	set_queue(0, driver_addresses(0));
	assert_int_equal(set_status(RUN_STATUS), RUN_STATUS);
}

static void describes_itself(void **state)
{
	const struct virtio_msg_device_info *info = request(VIRTIO_MSG_DEVICE_INFO, NULL, 0,
							    sizeof(*info));
	uint32_t ask_features[] = { 1, 3 };
	const uint32_t *features;

	(void)state;
	assert_int_equal(info->device_id, 42);
	assert_int_equal(info->num_feature_bits % 32, 0);
	assert_int_equal(info->config_size, 100);
	assert_int_equal(info->max_vq_count, 2);
	features = request(VIRTIO_MSG_GET_DEV_FEATURES, ask_features, 8, 20);
	assert_int_equal(features[0], 1);
	assert_int_equal(features[1], 3);
	assert_int_equal(features[2], 1u << (VIRTIO_F_VERSION_1 - 32) | 1u << 1);
	assert_int_equal(features[3] | features[4], 0);
	ask_features[0] = UINT32_MAX;	/* the index must not wrap */
	features = request(VIRTIO_MSG_GET_DEV_FEATURES, ask_features, 8, 20);
	assert_int_equal(features[2] | features[3] | features[4], 0);
	ask_features[1] = 13;
	request(VIRTIO_MSG_GET_DEV_FEATURES, ask_features, 8, -1);
}

static void configuration(void **state)
{
	struct virtio_msg_config_range range = { 30, 44 };
	struct { struct virtio_msg_config head; uint8_t data[4]; } __attribute__((packed)) change = {
		.head = { .offset = 96, .size = 4 }, .data = { 1, 2, 3, 4 },
	};
	const struct virtio_msg_config *config;

	(void)state;
	config = request(VIRTIO_MSG_GET_CONFIG, &range, sizeof(range), sizeof(*config) + 44);
	assert_int_equal(config->offset, 30);
	assert_memory_equal(config->config, dummy.device.config + 30, 44);
	for (unsigned int i = 0; i < 4; i++) {
		static const struct virtio_msg_config_range bad[] = {
			{ 57, 44 }, { 0, 45 }, { UINT32_MAX, 1 }, { 1, UINT32_MAX },
		};

		config = request(VIRTIO_MSG_GET_CONFIG, &bad[i], sizeof(bad[i]), sizeof(*config));
		assert_int_equal(config->size, 0);
	}
	request(VIRTIO_MSG_SET_CONFIG, &change, sizeof(change), sizeof(change));
	assert_int_equal(dummy.writes, 1);
	assert_int_equal(dummy.device.config[99], 4);
	change.head.offset = 97;
	config = request(VIRTIO_MSG_SET_CONFIG, &change, sizeof(change), sizeof(*config));
	assert_int_equal(config->size, 0);
	/* Thought of before the last change */
	set_status(1);
	device_config_changed(&dummy.device);
	assert_true(is_signalled(bus.messages));
	change.head.offset = 0;
	config = request(VIRTIO_MSG_SET_CONFIG, &change, sizeof(change), sizeof(*config));
	assert_int_equal(config->generation, 1);
	assert_int_equal(dummy.writes, 1);
	/* Says it has more than it has */
	change.head.size = 5;
	request(VIRTIO_MSG_SET_CONFIG, &change, sizeof(change), -1);
}

static void life(void **state)
{
	struct virtio_msg_vq_index index = { 0 };
	const struct virtio_msg_vqueue *vqueue;

	(void)state;
	bring_up();
	assert_int_equal(dummy.starts, 1);
	assert_true(dummy.device.running);
	assert_int_equal(dummy.device.accepted, FEATURES);
	vqueue = request(VIRTIO_MSG_GET_VQUEUE, &index, sizeof(index), sizeof(*vqueue));
	assert_int_equal(vqueue->max_size, RING_SIZE);
	assert_int_equal(vqueue->size, RING_SIZE);
	assert_int_equal(vqueue->device_addr, driver_addresses(0).device);
	index.index = 2;
	vqueue = request(VIRTIO_MSG_GET_VQUEUE, &index, sizeof(index), sizeof(*vqueue));
	assert_int_equal(vqueue->max_size, 0);
	assert_int_equal(set_status(0), 0);
	assert_int_equal(dummy.stops, 1);
	assert_int_equal(dummy.device.queues[0].size, 0);
	bring_up();
	assert_int_equal(dummy.starts, 2);
}

static void features_refused(void **state)
{
	(void)state;
	set_features(FEATURES | 1ULL << 6);
	assert_int_equal(set_status(OK_STATUS), OK_STATUS & ~VIRTIO_CONFIG_S_FEATURES_OK);
	set_features(1ULL << 5);	/* a legacy driver */
	assert_int_equal(set_status(RUN_STATUS), OK_STATUS & ~VIRTIO_CONFIG_S_FEATURES_OK);
	set_features(FEATURES);
	assert_int_equal(set_status(OK_STATUS), OK_STATUS);
	/* Agreed: they stay. */
	set_features(1ULL << VIRTIO_F_VERSION_1);
	set_status(RUN_STATUS);
	assert_int_equal(dummy.device.accepted, FEATURES);
}

static void bad_queues(void **state)
{
	struct state_queue at;

	(void)state;
	for (unsigned int i = 0; i < 9; i++) {
		at = driver_addresses(0);
		switch (i) {
		case 0: at.size = 0; break;
		case 1: at.size = RING_SIZE * 2; break;
		case 2: at.size = 6; break;
		case 3: at.desc += 8; break;
		case 4: at.driver++; break;
		case 5: at.device += 2; break;
		case 6: at.desc = RANGE_0 + RANGE_BYTES - 16; break;
		case 7: at.driver = 0; break;
		case 8: at.device = UINT64_MAX - 3; break;
		}
		set_status(0);
		set_status(OK_STATUS & ~VIRTIO_CONFIG_S_FEATURES_OK);
		set_queue(0, at);
		assert_true(set_status(1) & VIRTIO_CONFIG_S_NEEDS_RESET);
		assert_int_equal(dummy.device.queues[0].size, 0);
		set_features(FEATURES);
		set_status(RUN_STATUS);
		assert_int_equal(dummy.starts, 0);
	}
}

static void changes_while_running(void **state)
{
	struct virtio_msg_vq_index index = { 0 };

	(void)state;
	bring_up();
	set_queue(0, driver_addresses(1));
	assert_int_equal(dummy.device.queues[0].desc, driver_addresses(0).desc);
	assert_true(set_status(RUN_STATUS) & VIRTIO_CONFIG_S_NEEDS_RESET);
	bring_up();
	request(VIRTIO_MSG_RESET_VQUEUE, &index, sizeof(index), 0);
	assert_int_equal(dummy.device.queues[0].size, RING_SIZE);
	assert_true(set_status(RUN_STATUS) & VIRTIO_CONFIG_S_NEEDS_RESET);
	set_status(0);
	set_queue(0, driver_addresses(0));
	request(VIRTIO_MSG_RESET_VQUEUE, &index, sizeof(index), 0);
	assert_int_equal(dummy.device.queues[0].size, 0);
}

static void start_fails(void **state)
{
	(void)state;
	dummy.fail = EIO;
	set_features(FEATURES);
	assert_true(set_status(RUN_STATUS) & VIRTIO_CONFIG_S_NEEDS_RESET);
	assert_false(dummy.device.running);
	assert_int_equal(set_status(0), 0);
	assert_int_equal(dummy.stops, 0);
}

/* The driver frees its buffers when it is answered. */
static void reset_waits(void **state)
{
	struct virtio_msg_status none = { 0 };

	(void)state;
	bring_up();
	dummy.busy = true;
	request_as(99, 0, VIRTIO_MSG_SET_DEVICE_STATUS, &none, sizeof(none), -1);
	request_as(99, 0, VIRTIO_MSG_SET_DEVICE_STATUS, &none, sizeof(none), -1);
	assert_int_equal(dummy.stops, 1);
	dummy.busy = false;
	request_as(99, 0, VIRTIO_MSG_SET_DEVICE_STATUS, &none, sizeof(none), sizeof(none));
	assert_int_equal(dummy.stops, 1);
	assert_int_equal(bus.malformed, 0);
}

static void repeated(void **state)
{
	struct { struct virtio_msg_config head; uint8_t data[1]; } __attribute__((packed)) change = {
		.head = { .size = 1 }, .data = { 9 },
	};
	size_t size = sizeof(change);

	(void)state;
	request_as(7, 0, VIRTIO_MSG_SET_CONFIG, &change, size, (ssize_t)size);
	request_as(7, 0, VIRTIO_MSG_SET_CONFIG, &change, size, (ssize_t)size);
	assert_int_equal(dummy.writes, 1);
	request_as(8, 0, VIRTIO_MSG_SET_CONFIG, &change, size, (ssize_t)size);
	assert_int_equal(dummy.writes, 2);
	request_as(7, 0, VIRTIO_MSG_SET_CONFIG, &change, size, (ssize_t)size);
	assert_int_equal(dummy.writes, 3);
}

/* A driver module that was loaded again numbers its requests as it did before. */
static void repeated_after_reset(void **state)
{
	struct virtio_msg_status status = { .status = VIRTIO_CONFIG_S_ACKNOWLEDGE };
	struct virtio_msg_status none = { 0 };

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		request_as(1, 0, VIRTIO_MSG_SET_DEVICE_STATUS, &none, sizeof(none), sizeof(none));
		request_as(2, 0, VIRTIO_MSG_SET_DEVICE_STATUS, &status, sizeof(status),
			   sizeof(status));
		assert_int_equal(saved_state.devices[3].status, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	}
}

static void malformed(void **state)
{
	uint32_t words[14] = { 0 };

	(void)state;
	for (unsigned int id = 0; id < 256; id++) {
		union message message = { .head = {
			.msg_id = (uint8_t)id, .dev_id = 3, .msg_size = 7,
		} };
		uint8_t response[COMB_MESSAGE_SIZE];

		assert_int_equal(bus_handle(&bus, message.bytes, response), 0);
		message.head.msg_size = COMB_MESSAGE_SIZE + 1;
		assert_int_equal(bus_handle(&bus, message.bytes, response), 0);
		message.head.msg_size = 8;
		message.head.type = VIRTIO_MSG_TYPE_RESPONSE;
		assert_int_equal(bus_handle(&bus, message.bytes, response), 0);
		message.head.type = 0;
		message.head.dev_id = 4;
		assert_int_equal(bus_handle(&bus, message.bytes, response), 0);
		message.head.dev_id = 0xffff;
		assert_int_equal(bus_handle(&bus, message.bytes, response), 0);
	}
	assert_int_equal(bus.malformed, 5 * 256);
	for (uint8_t id = VIRTIO_MSG_GET_DEV_FEATURES; id <= VIRTIO_MSG_GET_SHM; id++)
		if (id != VIRTIO_MSG_GET_DEVICE_STATUS)
			request(id, words, 3, -1);
	words[1] = UINT32_MAX;
	request(VIRTIO_MSG_SET_DRV_FEATURES, words, sizeof(words), -1);
	words[0] = UINT32_MAX;
	words[1] = 3;
	words[2] = words[4] = 1;
	request(VIRTIO_MSG_SET_DRV_FEATURES, words, sizeof(words), -1);
	request(VIRTIO_MSG_GET_SHM, words, 8, -1);
	assert_int_equal(saved_state.devices[3].accepted, 0);
}

static void bus_messages(void **state)
{
	struct virtio_msg_bus_range range = { .offset = 0, .num = 32 };
	const struct virtio_msg_bus_devices *devices;
	uint32_t data = 0x12345678;

	(void)state;
	devices = request_as(1, VIRTIO_MSG_TYPE_BUS, VIRTIO_MSG_BUS_GET_DEVICES, &range,
			     sizeof(range), sizeof(*devices) + 4);
	assert_int_equal(devices->devices[0], 1 << 3);
	assert_int_equal(devices->next_offset, 0);
	range.num = 65528;
	devices = request_as(1, VIRTIO_MSG_TYPE_BUS, VIRTIO_MSG_BUS_GET_DEVICES, &range,
			     sizeof(range), 56);
	assert_int_equal(devices->num, 50 * 8);
	range = (struct virtio_msg_bus_range){ .offset = 65535, .num = 8 };
	devices = request_as(1, VIRTIO_MSG_TYPE_BUS, VIRTIO_MSG_BUS_GET_DEVICES, &range,
			     sizeof(range), sizeof(*devices) + 1);
	assert_int_equal(devices->devices[0], 0);
	range.num = 7;
	request_as(1, VIRTIO_MSG_TYPE_BUS, VIRTIO_MSG_BUS_GET_DEVICES, &range, sizeof(range), -1);
	data = *(uint32_t *)request_as(1, VIRTIO_MSG_TYPE_BUS, VIRTIO_MSG_BUS_PING, &data, 4, 4);
	assert_int_equal(data, 0x12345678);
}

static void kick_by_message(void **state)
{
	struct virtio_msg_vq_index index = { 1 };

	(void)state;
	request(VIRTIO_MSG_EVENT_AVAIL, &index, sizeof(index), -1);
	assert_true(is_signalled(dummy.device.queues[1].kick));
	index.index = 2;
	request(VIRTIO_MSG_EVENT_AVAIL, &index, sizeof(index), -1);
	assert_int_equal(bus.malformed, 1);
}

/* ---- another keeper goes on ---- */

static struct bus next_bus;
static struct dummy next;

static void take_over(void)
{
	struct channel channel = { .broken = true };

	bus_make(&next_bus);
	next_bus.resumed = true;
	dummy_make(&next);
	assert_int_equal(device_add(&next_bus, &next.device, 3), 0);
	bus_start(&next_bus, &channel);
	assert_false(bus_serve(&next_bus));
}

static void give_up(void)
{
	bus_free(&next_bus);
	close(next_bus.messages);
}

static void resumed(void **state)
{
	(void)state;
	bring_up();
	take_over();
	assert_int_equal(next.starts, 1);
	assert_true(next.device.resumed);
	assert_int_equal(next.device.accepted, FEATURES);
	assert_int_equal(next.device.queues[0].desc, driver_addresses(0).desc);
	assert_int_equal(next.device.queues[1].size, 0);
	assert_true(is_signalled(next.device.queues[0].kick));
	assert_true(is_signalled(next.device.queues[0].call));
	assert_false(is_signalled(next.device.queues[1].kick));
	give_up();
}

/* Nothing may touch the queues once the reset is answered, and it is at once. */
static void resumed_broken(void **state)
{
	(void)state;
	bring_up();
	device_break(&dummy.device, "garbage");
	take_over();
	assert_int_equal(next.starts, 0);
	assert_int_equal(next.abandons, 1);
	assert_true(next_bus.cores[3].config_due);
	give_up();
}

static void resumed_idle(void **state)
{
	(void)state;
	set_status(VIRTIO_CONFIG_S_ACKNOWLEDGE);
	take_over();
	assert_int_equal(next.starts, 0);
	assert_int_equal(saved_state.devices[3].status, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	give_up();
}

static void state_damaged(void **state)
{
	struct state_device *saved = &saved_state.devices[3];

	(void)state;
	for (unsigned int i = 0; i < 7; i++) {
		bring_up();
		switch (i) {
		case 0: saved->type = 1; break;
		case 1: saved->nr_queues = 64; break;
		case 2: saved->accepted = 0; break;
		case 3: saved->accepted = UINT64_MAX; break;
		case 4: saved->queues[0].size = 7; break;
		case 5: saved->queues[0].desc = 0; break;
		case 6: saved->queues[1] = (struct state_queue){ .size = 8, .desc = 1 }; break;
		}
		take_over();
		assert_int_equal(next.starts, 0);
		assert_int_equal(next.abandons, 1);
		assert_true(saved->status & VIRTIO_CONFIG_S_NEEDS_RESET);
		give_up();
		assert_int_equal(set_status(0), 0);
	}
}

static void state_file(void **state)
{
	char path[] = "/tmp/comb-state-XXXXXX";
	struct state *file;
	bool is_resumed;

	(void)state;
	close(mkstemp(path));
	file = state_open(path, 5, 1000, &is_resumed);
	assert_non_null(file);
	assert_false(is_resumed);
	file->devices[3].status = 15;
	state_close(file);
	file = state_open(path, 5, 1000, &is_resumed);
	assert_true(is_resumed);
	assert_int_equal(file->devices[3].status, 15);
	file->version++;
	state_close(file);
	file = state_open(path, 5, 1000, &is_resumed);
	assert_false(is_resumed);
	assert_int_equal(file->devices[3].status, 0);
	file->devices[3].status = 15;
	state_close(file);
	/* Another start; another cell; one that has not started */
	file = state_open(path, 5, 1001, &is_resumed);
	assert_false(is_resumed);
	assert_int_equal(file->devices[3].status, 0);
	state_close(file);
	state_close(state_open(path, 6, 1001, &is_resumed));
	assert_false(is_resumed);
	state_close(state_open(path, 6, 0, &is_resumed));
	state_close(state_open(path, 6, 0, &is_resumed));
	assert_false(is_resumed);
	/* Shorter, longer */
	assert_int_equal(truncate(path, 100), 0);
	state_close(state_open(path, 6, 0, &is_resumed));
	assert_false(is_resumed);
	unlink(path);
}

static void no_eventfds(void **state)
{
	struct dummy other;

	(void)state;
	dummy_make(&other);
	module.fail = ENOTTY;
	assert_int_equal(device_add(&bus, &other.device, 4), -1);
	assert_int_equal(errno, ENOTTY);
	assert_null(bus.devices[4]);
	assert_int_equal(device_add(&bus, &other.device, COMB_DEVICES_MAX), -1);
	module.tied = 4;
}

int main(void)
{
#define bus_test(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		bus_test(describes_itself), bus_test(configuration), bus_test(life),
		bus_test(features_refused), bus_test(bad_queues), bus_test(changes_while_running),
		bus_test(start_fails), bus_test(reset_waits), bus_test(repeated), bus_test(repeated_after_reset),
		bus_test(malformed),
		bus_test(bus_messages), bus_test(kick_by_message), bus_test(resumed),
		bus_test(resumed_broken), bus_test(resumed_idle), bus_test(state_damaged), bus_test(state_file),
		bus_test(no_eventfds),
	};

	return cmocka_run_group_tests_name("keeper_bus", tests, NULL, NULL);
}
