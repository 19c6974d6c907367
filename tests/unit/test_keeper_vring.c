// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "keeper_fixture.h"

static struct dummy dummy;
static struct driver driver;
static struct ring ring;
static struct vring_chain chain;
static struct bus bus;

static int set_up(void **state)
{
	struct state_queue at = driver_addresses(0);

	(void)state;
	ram_make();
	bus_make(&bus);
	memset(&saved_state, 0, sizeof(saved_state));
	dummy_make(&dummy);
	assert_int_equal(device_add(&bus, &dummy.device, 1), 0);
	saved_state.devices[1].status = VIRTIO_CONFIG_S_DRIVER_OK;
	driver_begin(&driver, &dummy.device.queues[0], 0);
	device_set_queue(&dummy.device, 0, &at);
	assert_int_equal(dummy.device.queues[0].size, RING_SIZE);
	vring_begin(&ring, &dummy.device, 0);
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

static bool is_broken(void)
{
	return saved_state.devices[1].status & VIRTIO_CONFIG_S_NEEDS_RESET;
}

static void accept_feature(unsigned int bit)
{
	dummy.device.accepted |= 1ULL << bit;
}

static void buffers_in_order(void **state)
{
	(void)state;
	assert_int_equal(vring_take(&ring, &chain), 0);
	/* More than fit at a time, and past the end of the indices. */
	driver.avail->idx = driver.used->idx = 65530;
	vring_begin(&ring, &dummy.device, 0);
	for (unsigned int i = 0; i < 40; i++) {
		uint16_t head = i % RING_SIZE;

		driver_desc(&driver, head, BUFFERS + i, 10 + i, i & 1 ? VRING_DESC_F_WRITE : 0, 0);
		driver_offer(&driver, head);
		assert_int_equal(vring_take(&ring, &chain), 1);
		assert_int_equal(chain.head, head);
		assert_int_equal(chain.nr_in, !(i & 1));
		assert_int_equal(chain.nr_out, i & 1);
		assert_ptr_equal((i & 1 ? chain.out : chain.in)[0].iov_base,
				 memory_at(&ram, BUFFERS + i, 1));
		assert_int_equal((i & 1 ? chain.out : chain.in)[0].iov_len, 10 + i);
		vring_put(&ring, &chain, i);
		assert_int_equal(driver.used->idx, (uint16_t)(65530 + i + 1));
		assert_int_equal(driver.used->ring[(uint16_t)(65530 + i) % RING_SIZE].id, head);
		assert_int_equal(driver.used->ring[(uint16_t)(65530 + i) % RING_SIZE].len, i);
		assert_true(is_signalled(driver.queue->call));
	}
	assert_int_equal(vring_take(&ring, &chain), 0);
	assert_int_equal(queue_used_index(&dummy.device, 0), (uint16_t)(65530 + 40));
	assert_false(is_broken());
}

static void chains(void **state)
{
	(void)state;
	driver_desc(&driver, 3, BUFFERS, 16, VRING_DESC_F_NEXT, 1);
	driver_desc(&driver, 1, BUFFERS + 100, 17, VRING_DESC_F_NEXT, 7);
	driver_desc(&driver, 7, BUFFERS + 200, 18, VRING_DESC_F_NEXT | VRING_DESC_F_WRITE, 0);
	driver_desc(&driver, 0, RANGE_0 + RANGE_BYTES - 19, 19, VRING_DESC_F_WRITE, 0);
	driver_offer(&driver, 3);
	assert_int_equal(vring_take(&ring, &chain), 1);
	assert_int_equal(chain.nr_in, 2);
	assert_int_equal(chain.nr_out, 2);
	assert_int_equal(chain.in[1].iov_len, 17);
	assert_int_equal(chain.out[1].iov_len, 19);
	/* It can be given back and taken again. */
	vring_return(&ring);
	assert_int_equal(vring_take(&ring, &chain), 1);
	assert_int_equal(chain.head, 3);
	assert_int_equal(vring_take(&ring, &chain), 0);
}

static void indirect(void **state)
{
	struct vring_desc *table = (void *)buffer(4);

	(void)state;
	accept_feature(VIRTIO_RING_F_INDIRECT_DESC);
	for (unsigned int i = 0; i < 20; i++)
		table[i] = (struct vring_desc){
			.addr = BUFFERS + i, .len = i + 1, .next = (uint16_t)(i + 1),
			.flags = i < 19 ? VRING_DESC_F_NEXT : VRING_DESC_F_WRITE,
		};
	driver_desc(&driver, 2, BUFFERS + 4 * BUFFER_BYTES, 20 * sizeof(*table),
		    VRING_DESC_F_INDIRECT, 0);
	driver_offer(&driver, 2);
	assert_int_equal(vring_take(&ring, &chain), 1);
	assert_int_equal(chain.nr_in, 19);
	assert_int_equal(chain.nr_out, 1);
	assert_int_equal(chain.out[0].iov_len, 20);
}

static void calls_suppressed(void **state)
{
	(void)state;
	driver_desc(&driver, 0, BUFFERS, 1, 0, 0);
	driver.avail->flags = VRING_AVAIL_F_NO_INTERRUPT;
	driver_offer(&driver, 0);
	assert_int_equal(vring_take(&ring, &chain), 1);
	vring_put(&ring, &chain, 0);
	assert_false(is_signalled(driver.queue->call));
}

static void event_index(void **state)
{
	uint16_t *used_event = &driver.avail->ring[RING_SIZE];
	uint16_t *avail_event = (uint16_t *)&driver.used->ring[RING_SIZE];

	(void)state;
	accept_feature(VIRTIO_RING_F_EVENT_IDX);
	driver_desc(&driver, 0, BUFFERS, 1, 0, 0);
	*used_event = 2;	/* call with the third */
	for (unsigned int i = 0; i < 5; i++) {
		driver_offer(&driver, 0);
		assert_int_equal(vring_take(&ring, &chain), 1);
		vring_put(&ring, &chain, 0);
		assert_int_equal(is_signalled(driver.queue->call), i == 2);
	}
	assert_int_equal(*avail_event, 0);
	assert_int_equal(vring_take(&ring, &chain), 0);
	/* The next one offered is to be notified. */
	assert_int_equal(*avail_event, 5);
}

/* ---- a driver that is broken, or worse ---- */

static void must_break(void)
{
	assert_int_equal(vring_take(&ring, &chain), -1);
	assert_true(is_broken());
}

static void bad_available_index(void **state)
{
	(void)state;
	driver.avail->idx = RING_SIZE + 1;
	must_break();
}

static void bad_head(void **state)
{
	(void)state;
	driver_offer(&driver, RING_SIZE);
	must_break();
}

static void loop_of_descriptors(void **state)
{
	(void)state;
	driver_desc(&driver, 0, BUFFERS, 1, VRING_DESC_F_NEXT, 1);
	driver_desc(&driver, 1, BUFFERS, 1, VRING_DESC_F_NEXT, 0);
	driver_offer(&driver, 0);
	must_break();
}

static void bad_successor(void **state)
{
	(void)state;
	driver_desc(&driver, 0, BUFFERS, 1, VRING_DESC_F_NEXT, RING_SIZE);
	driver_offer(&driver, 0);
	must_break();
}

static void bad_address(void **state)
{
	(void)state;
	driver_desc(&driver, 0, RANGE_0 + RANGE_BYTES - 1, 2, 0, 0);
	driver_offer(&driver, 0);
	must_break();
}

static void empty_segment(void **state)
{
	(void)state;
	driver_desc(&driver, 0, BUFFERS, 0, 0, 0);
	driver_offer(&driver, 0);
	must_break();
}

static void read_after_write(void **state)
{
	(void)state;
	driver_desc(&driver, 0, BUFFERS, 1, VRING_DESC_F_WRITE | VRING_DESC_F_NEXT, 1);
	driver_desc(&driver, 1, BUFFERS, 1, 0, 0);
	driver_offer(&driver, 0);
	must_break();
}

static void indirect_not_agreed(void **state)
{
	(void)state;
	driver_desc(&driver, 0, BUFFERS, 16, VRING_DESC_F_INDIRECT, 0);
	driver_offer(&driver, 0);
	must_break();
}

static void nested_indirect(void **state)
{
	struct vring_desc *table = (void *)buffer(0);

	(void)state;
	accept_feature(VIRTIO_RING_F_INDIRECT_DESC);
	*table = (struct vring_desc){
		.addr = BUFFERS, .len = 16, .flags = VRING_DESC_F_INDIRECT,
	};
	driver_desc(&driver, 0, BUFFERS, 16, VRING_DESC_F_INDIRECT, 0);
	driver_offer(&driver, 0);
	must_break();
}

static void bad_indirect_table(void **state)
{
	static const struct { uint64_t address; uint32_t length; } bad[] = {
		{ BUFFERS, 17 }, { BUFFERS, 0 }, { BUFFERS + 4, 16 }, { 0, 16 },
		{ RANGE_1 + RANGE_BYTES - 16, 32 },
	};

	(void)state;
	accept_feature(VIRTIO_RING_F_INDIRECT_DESC);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		driver_desc(&driver, 0, bad[i].address, bad[i].length, VRING_DESC_F_INDIRECT, 0);
		driver.avail->idx = 0;
		driver_offer(&driver, 0);
		saved_state.devices[1].status = VIRTIO_CONFIG_S_DRIVER_OK;
		must_break();
	}
}

static void too_many_segments(void **state)
{
	struct vring_desc *table = (void *)buffer(0);

	(void)state;
	accept_feature(VIRTIO_RING_F_INDIRECT_DESC);
	for (unsigned int i = 0; i <= VRING_SEGMENTS; i++)
		table[i] = (struct vring_desc){
			.addr = BUFFERS, .len = 1, .next = (uint16_t)(i + 1),
			.flags = i < VRING_SEGMENTS ? VRING_DESC_F_NEXT : 0,
		};
	driver_desc(&driver, 0, BUFFERS, (VRING_SEGMENTS + 1) * 16, VRING_DESC_F_INDIRECT, 0);
	driver_offer(&driver, 0);
	must_break();
}

int main(void)
{
#define ring_test(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		ring_test(buffers_in_order), ring_test(chains), ring_test(indirect),
		ring_test(calls_suppressed), ring_test(event_index),
		ring_test(bad_available_index), ring_test(bad_head),
		ring_test(loop_of_descriptors), ring_test(bad_successor), ring_test(bad_address),
		ring_test(empty_segment), ring_test(read_after_write),
		ring_test(indirect_not_agreed), ring_test(nested_indirect),
		ring_test(bad_indirect_table), ring_test(too_many_segments),
	};

	return cmocka_run_group_tests_name("keeper_vring", tests, NULL, NULL);
}
