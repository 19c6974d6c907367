// SPDX-License-Identifier: GPL-2.0-or-later
/* Message rings, with a cell that fills, drains and damages them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <virtio_msg.h>

#include "keeper_fixture.h"

static uint8_t *mailbox;
static struct comb_ring *cell, *host;
static struct channel channel;
static struct bus bus;
static struct dummy dummy;

static int set_up(void **state)
{
	struct comb_mailbox_host *header;

	(void)state;
	ram_make();
	mailbox = memory_at(&ram, RANGE_1, COMB_MAILBOX_SIZE);
	header = (void *)mailbox;
	header->magic = COMB_MAILBOX_MAGIC;
	header->version = COMB_MAILBOX_VERSION;
	header->size = COMB_MAILBOX_SIZE;
	cell = (void *)(mailbox + COMB_MAILBOX_CELL_RING_OFF);
	host = (void *)(mailbox + COMB_MAILBOX_HOST_RING_OFF);
	memset(&module, 0, sizeof(module));
	memset(&saved_state, 0, sizeof(saved_state));
	bus_make(&bus);
	dummy_make(&dummy);
	assert_int_equal(device_add(&bus, &dummy.device, 1), 0);
	assert_int_equal(channel_open(&channel, mailbox, -1), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	bus_free(&bus);
	close(bus.messages);
	ram_free();
	return 0;
}

static void cell_sends(uint32_t data)
{
	struct virtio_msg *message = (void *)cell->slots[cell->produced % COMB_RING_SLOTS];

	*message = (struct virtio_msg){
		.type = VIRTIO_MSG_TYPE_BUS, .msg_id = VIRTIO_MSG_BUS_PING,
		.token = (uint16_t)data, .msg_size = 12,
	};
	memcpy(message->payload, &data, 4);
	cell->produced++;
}

static void cell_gets(uint32_t data)
{
	const struct virtio_msg *message = (void *)host->slots[cell->consumed % COMB_RING_SLOTS];

	assert_true(host->produced != cell->consumed);
	assert_int_equal(message->type, VIRTIO_MSG_TYPE_BUS | VIRTIO_MSG_TYPE_RESPONSE);
	assert_int_equal(message->token, (uint16_t)data);
	assert_memory_equal(message->payload, &data, 4);
	cell->consumed++;
}

static void back_and_forth(void **state)
{
	const struct virtio_msg *ready;
	const struct virtio_msg_bus_event *event;
	__u64 *pending = &((struct comb_mailbox_cell *)(mailbox + COMB_MAILBOX_CELL_OFF))->pending;

	(void)state;
	cell->produced = cell->consumed = host->produced = host->consumed = UINT32_MAX - 20;
	assert_int_equal(channel_open(&channel, mailbox, -1), 0);
	bus_start(&bus, &channel);
	assert_false(bus_serve(&bus));
	ready = (void *)host->slots[cell->consumed++ % COMB_RING_SLOTS];
	event = (void *)ready->payload;
	assert_int_equal(ready->msg_id, VIRTIO_MSG_BUS_EVENT_DEVICE);
	assert_int_equal(event->dev_num, 1);
	assert_int_equal(event->dev_state, VIRTIO_MSG_BUS_DEVICE_READY);
	assert_int_equal(*pending, COMB_PENDING_MESSAGES);
	for (uint32_t i = 0; i < 100; i++) {
		unsigned int rung = module.rung;

		cell_sends(i);
		bus_serve(&bus);
		assert_true(module.rung > rung);
		cell_gets(i);
		assert_int_equal(host->consumed, cell->produced);
	}
}

static void no_room_for_answers(void **state)
{
	(void)state;
	bus_start(&bus, &channel);
	bus_serve(&bus);
	cell->consumed++;
	for (uint32_t i = 0; i < COMB_RING_SLOTS; i++)
		cell_sends(i);
	bus_serve(&bus);
	for (uint32_t i = COMB_RING_SLOTS; i < COMB_RING_SLOTS + 3; i++)
		cell_sends(i);
	/* The host's ring is full: requests stay in the cell's. */
	assert_true(bus_serve(&bus));
	assert_int_equal(cell->produced - host->consumed, 3);
	for (uint32_t i = 0; i < COMB_RING_SLOTS; i++)
		cell_gets(i);
	assert_false(bus_serve(&bus));
	for (uint32_t i = COMB_RING_SLOTS; i < COMB_RING_SLOTS + 3; i++)
		cell_gets(i);
	/* Nothing to do is no reason to be called again, however full the ring is. */
	cell->consumed = host->produced - COMB_RING_SLOTS;
	assert_false(bus_serve(&bus));
}

static void events_wait_for_room(void **state)
{
	(void)state;
	bus_start(&bus, &channel);
	bus_serve(&bus);
	cell->consumed = host->produced - (COMB_RING_SLOTS - 1);
	saved_state.devices[1].status = 1;
	device_config_changed(&dummy.device);
	assert_true(bus_serve(&bus));
	cell->consumed = host->produced;
	assert_false(bus_serve(&bus));
	assert_int_equal(host->produced - cell->consumed, 1);
	assert_int_equal(host->slots[cell->consumed % COMB_RING_SLOTS][1], VIRTIO_MSG_EVENT_CONFIG);
}

static void killed_before_taking(void **state)
{
	struct channel next;
	uint8_t message[COMB_MESSAGE_SIZE];

	(void)state;
	cell_sends(1);
	assert_int_equal(channel_peek(&channel, message), 1);
	assert_int_equal(channel_open(&next, mailbox, -1), 0);
	assert_int_equal(channel_peek(&next, message), 1);
	channel_take(&next);
	assert_int_equal(channel_peek(&next, message), 0);
	assert_int_equal(channel_open(&next, mailbox, -1), 0);
	assert_int_equal(channel_peek(&next, message), 0);
}

static void damaged(void **state)
{
	uint8_t message[COMB_MESSAGE_SIZE];

	(void)state;
	cell->produced = COMB_RING_SLOTS + 1;
	assert_int_equal(channel_peek(&channel, message), -1);
	cell->produced = 0;
	assert_int_equal(channel_peek(&channel, message), -1);
	assert_int_equal(channel_room(&channel), 0);
	assert_int_equal(channel_open(&channel, mailbox, -1), 0);
	cell->consumed = 1;
	assert_int_equal(channel_room(&channel), 0);
	assert_true(channel.broken);
	assert_int_equal(channel_open(&channel, mailbox, -1), 0);
	bus_start(&bus, &channel);
	assert_false(bus_serve(&bus));
}

static void no_mailbox(void **state)
{
	struct comb_mailbox_host *header = (void *)mailbox;

	(void)state;
	header->magic++;
	assert_int_equal(channel_open(&channel, mailbox, -1), -1);
	header->magic--;
	header->version++;
	assert_int_equal(channel_open(&channel, mailbox, -1), -1);
	header->version--;
	header->size--;
	assert_int_equal(channel_open(&channel, mailbox, -1), -1);
}

/* The cell writes to the host's ring: that is its own loss. */
static void host_ring_overwritten(void **state)
{
	(void)state;
	bus_start(&bus, &channel);
	bus_serve(&bus);
	host->produced = 77;
	host->consumed = 78;
	cell_sends(1);
	bus_serve(&bus);
	assert_int_equal(host->produced, 2);
	assert_int_equal(host->consumed, 1);
}

int main(void)
{
#define channel_test(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		channel_test(back_and_forth), channel_test(no_room_for_answers),
		channel_test(events_wait_for_room), channel_test(killed_before_taking),
		channel_test(damaged), channel_test(no_mailbox),
		channel_test(host_ring_overwritten),
	};

	return cmocka_run_group_tests_name("keeper_channel", tests, NULL, NULL);
}
