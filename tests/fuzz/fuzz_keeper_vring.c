// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_keeper_vring.c - a queue whose driver writes anything anywhere
 *
 * The input: features (1 byte), then steps of 6 bytes: what (1), where (1), a value
 * (4). Steps change a word of a ring or of an indirect table, or have the device work.
 */
#include <stdint.h>
#include <stdio.h>

#include "../unit/keeper_fixture.h"

#define STEPS_MAX	200

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct dummy dummy;
static struct driver driver;
static struct ring ring;
static uint8_t sink;

static void segment_use(const struct iovec *segment, bool write)
{
	uint8_t *at = segment->iov_base;

	if (!segment->iov_len || at < ram.base || at + segment->iov_len > ram.base + ram.bytes)
		abort();
	/* In one range, too */
	if ((at < ram.base + RANGE_BYTES) != (at + segment->iov_len <= ram.base + RANGE_BYTES))
		abort();
	sink ^= at[0] ^ at[segment->iov_len - 1];
	if (write)
		at[segment->iov_len - 1] = sink;
}

static void device_work(uint32_t how)
{
	struct vring_chain chain;

	for (unsigned int i = 0; i < 300 && vring_take(&ring, &chain) > 0; i++) {
		if (chain.nr_in > VRING_SEGMENTS || chain.nr_out > VRING_SEGMENTS ||
		    chain.nr_in + chain.nr_out == 0)
			abort();
		for (unsigned int j = 0; j < chain.nr_in; j++)
			segment_use(&chain.in[j], false);
		for (unsigned int j = 0; j < chain.nr_out; j++)
			segment_use(&chain.out[j], true);
		if (how & 1) {
			vring_return(&ring);
			return;
		}
		vring_put(&ring, &chain, how);
	}
}

static void step(const uint8_t *data)
{
	static const uint64_t near[] = {
		BUFFERS, RANGE_0, RANGE_0 + RANGE_BYTES - 64, RANGE_1 + RANGE_BYTES - 64, 0,
		UINT64_MAX - 64, BUFFERS + 7 * BUFFER_BYTES, RANGE_0 + 0x1000,
	};
	struct vring_desc *table = data[0] & 8 ? (void *)buffer(7) : driver.desc;
	struct vring_desc *desc = &table[data[1] % (data[0] & 8 ? 80 : RING_SIZE)];
	uint32_t value;

	memcpy(&value, data + 2, sizeof(value));
	switch (data[0] % 8) {
	case 0:
		desc->addr = near[value % 8] + (value >> 8 & 0x7f);
		desc->len = value >> 16;
		break;
	case 1:
		desc->flags = (uint16_t)value;
		desc->next = (uint16_t)(value >> 16);
		break;
	case 2:
		*desc = (struct vring_desc){
			.addr = near[6], .len = (value & 0x7f) * 16, .flags = VRING_DESC_F_INDIRECT,
		};
		break;
	case 3:
		driver_offer(&driver, data[1] % 9);
		break;
	case 4:
		((uint16_t *)driver.avail)[data[1] % (RING_SIZE + 3)] = (uint16_t)value;
		break;
	case 5:
		((uint16_t *)driver.used)[data[1] % (RING_SIZE * 4 + 3)] = (uint16_t)value;
		break;
	default:
		device_work(value);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct state_queue at = driver_addresses(0);
	struct bus bus;

	if (!size)
		return 0;
	if (!ram.base)
		ram_make();
	memset(&saved_state, 0, sizeof(saved_state));
	bus_make(&bus);
	dummy_make(&dummy);
	if (device_add(&bus, &dummy.device, 1))
		abort();
	driver_begin(&driver, &dummy.device.queues[0], 0);
	memset(buffer(7), 0, BUFFER_BYTES);
	device_set_queue(&dummy.device, 0, &at);
	dummy.device.accepted = (uint64_t)(data[0] & 3) << VIRTIO_RING_F_INDIRECT_DESC;
	vring_begin(&ring, &dummy.device, 0);
	data++;
	size--;
	for (unsigned int i = 0; size >= 6 && i < STEPS_MAX; i++, data += 6, size -= 6)
		step(data);
	device_work(0);
	bus_free(&bus);
	close(bus.messages);
	return 0;
}
