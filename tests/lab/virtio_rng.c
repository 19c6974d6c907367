// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * virtio_rng CELL - the host's side of virtio devices, in small
 *
 * Serves entropy devices 2 and 3 of CELL with a text instead of entropy, and
 * does on command what a host should not do. It uses nothing of Comb but the
 * ABI, and looks at rings and kicks each millisecond. Commands on stdin, a line each:
 *
 *	text WORD	what the devices give from now on
 *	silent SECONDS	take messages, but do not answer
 *	remove N, add N	take device N away, announce it
 *	bell off|on	withdraw the host's doorbell, publish it again
 *	break		count messages that are not there
 *	end
 */
#include <endian.h>
#include <fcntl.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_ring.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "comb.h"
#include "mailbox.h"
#include "virtio_msg.h"

#define QUEUE_SIZE	64

/* One entropy device: one queue. */
struct rng {
	uint32_t status, size;
	uint64_t descriptors, available, used;
	uint16_t seen;
};

static struct {
	int cell;
	struct comb_range ranges[COMB_CELL_RANGES_MAX];
	uint32_t nr_ranges;
	uint8_t *ram;
	struct comb_mailbox_host *host;
	struct comb_mailbox_cell *page1;
	struct comb_ring *mine, *theirs;
	struct comb_routes *routes;
	struct comb_pending *calls;
	int kicks[4];
	struct rng rngs[4];
	bool present[4];
	char text[17];
	time_t silent_until;
	uint64_t bell;
} box = { .present = { false, false, true, true }, .text = "................" };

static void *at(uint64_t address, uint64_t size)
{
	for (uint32_t i = 0; i < box.nr_ranges; i++)
		if (address >= box.ranges[i].start &&
		    address - box.ranges[i].start <= box.ranges[i].bytes - size)
			return box.ram + box.ranges[i].offset + (address - box.ranges[i].start);
	printf("address %llx is not the cell's\n", (unsigned long long)address);
	exit(1);
}

static void ring(uint32_t doorbell)
{
	struct comb_cell_command command = {
		.size = sizeof(command), .version = COMB_ABI_VERSION, .argument = doorbell,
	};

	ioctl(box.cell, COMB_CELL_RING, &command);
}

static void message_send(const void *message)
{
	uint32_t produced = box.mine->produced;

	memcpy(box.mine->slots[produced % COMB_RING_SLOTS], message, COMB_MESSAGE_SIZE);
	__atomic_store_n(&box.mine->produced, produced + 1, __ATOMIC_RELEASE);
	__atomic_fetch_or(&box.page1->pending, COMB_PENDING_MESSAGES, __ATOMIC_SEQ_CST);
	ring(0);
}

static void device_announce(int number, int state)
{
	uint8_t bytes[COMB_MESSAGE_SIZE] = { 0 };
	struct virtio_msg *message = (void *)bytes;
	struct virtio_msg_bus_event *event = (void *)message->payload;

	message->type = VIRTIO_MSG_TYPE_BUS;
	message->msg_id = VIRTIO_MSG_BUS_EVENT_DEVICE;
	message->msg_size = sizeof(*message) + sizeof(*event);
	event->dev_num = number;
	event->dev_state = state;
	box.present[number] = state == VIRTIO_MSG_BUS_DEVICE_READY;
	message_send(bytes);
}

static int status_set(struct rng *rng, int number, uint32_t status)
{
	if (!status)
		*rng = (struct rng){ 0 };
	rng->status = status;
	/* Some drivers kick before; those kicks have been dropped. */
	if (status & VIRTIO_CONFIG_S_DRIVER_OK)
		eventfd_write(box.kicks[number], 1);
	printf("device %d status %02x\n", number, status);
	return sizeof(struct virtio_msg_status);
}

static int queue_set(struct rng *rng, int number, const struct virtio_msg_vqueue *queue)
{
	rng->size = le32toh(queue->size);
	rng->descriptors = le64toh(queue->descriptor_addr);
	rng->available = le64toh(queue->driver_addr);
	rng->used = le64toh(queue->device_addr);
	printf("device %d queue of %u entries, route %u\n", number, rng->size,
	       box.routes->doorbell[number][0]);
	return 0;
}

/* Length of the response's payload, which takes the place of the request's; -1: no response. */
static int request_answer(struct virtio_msg *message, struct rng *rng)
{
	void *payload = message->payload;

	switch (message->msg_id) {
	case VIRTIO_MSG_DEVICE_INFO:
		*(struct virtio_msg_device_info *)payload = (struct virtio_msg_device_info){
			.device_id = VIRTIO_ID_RNG, .vendor_id = 0x424d4f43,
			.num_feature_bits = 64, .max_vq_count = 1,
		};
		return sizeof(struct virtio_msg_device_info);
	case VIRTIO_MSG_GET_DEV_FEATURES: {
		struct virtio_msg_features *features = payload;

		features->features[0] = 0;
		features->features[1] = 1u << (VIRTIO_F_VERSION_1 - 32);
		return sizeof(*features) + 8;
	}
	case VIRTIO_MSG_SET_DRV_FEATURES:
		return 0;
	case VIRTIO_MSG_SET_DEVICE_STATUS:
		return status_set(rng, message->dev_id, ((struct virtio_msg_status *)payload)->status);
	case VIRTIO_MSG_GET_VQUEUE:
		((struct virtio_msg_vqueue *)payload)->max_size = QUEUE_SIZE;
		return sizeof(struct virtio_msg_vqueue);
	case VIRTIO_MSG_SET_VQUEUE:
		return queue_set(rng, message->dev_id, payload);
	default:
		return -1;
	}
}

static int bus_answer(struct virtio_msg *message)
{
	struct virtio_msg_bus_devices *devices = (void *)message->payload;

	if (message->msg_id != VIRTIO_MSG_BUS_GET_DEVICES)
		return -1;
	*devices = (struct virtio_msg_bus_devices){ .num = 32 };
	memset(devices->devices, 0, 4);
	devices->devices[0] = box.present[2] << 2 | box.present[3] << 3;
	return sizeof(*devices) + 4;
}

static void messages_serve(void)
{
	while (box.mine->consumed != __atomic_load_n(&box.theirs->produced, __ATOMIC_ACQUIRE)) {
		uint8_t bytes[COMB_MESSAGE_SIZE];
		struct virtio_msg *message = (void *)bytes;
		int size = -1;

		memcpy(bytes, box.theirs->slots[box.mine->consumed % COMB_RING_SLOTS],
		       sizeof(bytes));
		__atomic_store_n(&box.mine->consumed, box.mine->consumed + 1, __ATOMIC_RELEASE);
		if (time(NULL) < box.silent_until) {
			printf("silence: request %02x, token %u\n", message->msg_id,
			       message->token);
			continue;
		}
		if (message->type & VIRTIO_MSG_TYPE_BUS)
			size = bus_answer(message);
		else if (message->dev_id < 4 && box.present[message->dev_id])
			size = request_answer(message, &box.rngs[message->dev_id]);
		message->type |= VIRTIO_MSG_TYPE_RESPONSE;
		message->msg_size = sizeof(*message) + size;
		if (size >= 0)
			message_send(bytes);
	}
}

/* Each buffer is one descriptor, as this driver makes them. */
static bool queue_serve(struct rng *rng)
{
	struct vring_desc *descriptors = at(rng->descriptors, rng->size * sizeof(*descriptors));
	struct vring_avail *available = at(rng->available, 6 + 2 * rng->size);
	struct vring_used *used = at(rng->used, 6 + 8 * rng->size);
	bool any = false;

	while (rng->seen != __atomic_load_n(&available->idx, __ATOMIC_ACQUIRE)) {
		uint16_t head = available->ring[rng->seen % rng->size];
		struct vring_desc *buffer = &descriptors[head % rng->size];
		char *data = at(buffer->addr, buffer->len);

		for (uint32_t i = 0; i < buffer->len; i++)
			data[i] = box.text[i % 16];
		used->ring[used->idx % rng->size] = (struct vring_used_elem){ head, buffer->len };
		__atomic_store_n(&used->idx, used->idx + 1, __ATOMIC_RELEASE);
		rng->seen++;
		any = true;
	}
	return any;
}

static void kicks_serve(void)
{
	for (int i = 2; i < 4; i++) {
		struct rng *rng = &box.rngs[i];
		uint32_t route = box.routes->doorbell[i][0];
		uint64_t count;

		if (read(box.kicks[i], &count, sizeof(count)) != sizeof(count) ||
		    !(rng->status & VIRTIO_CONFIG_S_DRIVER_OK) || !rng->size || !queue_serve(rng))
			continue;
		__atomic_fetch_or(&box.calls[route].queues[i], 1, __ATOMIC_SEQ_CST);
		if (!__atomic_fetch_or(&box.calls[route].devices, 1u << i, __ATOMIC_SEQ_CST))
			ring(route);
	}
}

static void bell_set(bool on)
{
	uint64_t *bell = (uint64_t *)&box.host->doorbells[0];

	if (!on)
		box.bell = *bell;
	__atomic_store_n(bell, on ? box.bell : 0, __ATOMIC_SEQ_CST);
}

static bool command_run(char *line)
{
	char *argument = strchr(line, ' ');

	if (argument)
		*argument++ = '\0';
	if (!strcmp(line, "text") && argument)
		memcpy(box.text, argument, strnlen(argument, 16));
	else if (!strcmp(line, "silent") && argument)
		box.silent_until = time(NULL) + atoi(argument);
	else if (!strcmp(line, "remove") && argument)
		device_announce(atoi(argument) & 3, VIRTIO_MSG_BUS_DEVICE_REMOVED);
	else if (!strcmp(line, "add") && argument)
		device_announce(atoi(argument) & 3, VIRTIO_MSG_BUS_DEVICE_READY);
	else if (!strcmp(line, "bell") && argument)
		bell_set(!strcmp(argument, "on"));
	else if (!strcmp(line, "break"))
		__atomic_fetch_add(&box.mine->produced, 1000, __ATOMIC_SEQ_CST);
	else if (!strcmp(line, "end"))
		return false;
	ring(0);
	return true;
}

static bool commands_serve(void)
{
	struct pollfd poller = { .fd = 0, .events = POLLIN };
	char line[64];

	if (poll(&poller, 1, 1) <= 0 || !(poller.revents & POLLIN))
		return true;
	if (!fgets(line, sizeof(line), stdin))
		return false;
	line[strcspn(line, "\n")] = '\0';
	printf("command %s\n", line);
	return command_run(line);
}

static bool kick_listen(int device)
{
	struct comb_cell_event event = {
		.size = sizeof(event), .version = COMB_ABI_VERSION, .kind = COMB_EVENT_KICK,
		.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), .device = device,
	};

	box.kicks[device] = event.fd;
	return event.fd >= 0 && !ioctl(box.cell, COMB_CELL_SET_EVENT, &event);
}

static bool box_open(const char *name)
{
	struct comb_cell_name open_cell = { sizeof(open_cell), COMB_ABI_VERSION, "" };
	struct comb_cell_get get = {
		.size = sizeof(get), .version = COMB_ABI_VERSION,
		.nr_ranges = COMB_CELL_RANGES_MAX, .ranges = (uintptr_t)box.ranges,
	};
	uint8_t *mailbox;
	int control = open(COMB_DEVICE, O_RDWR | O_CLOEXEC);

	strncpy(open_cell.name, name, sizeof(open_cell.name) - 1);
	box.cell = ioctl(control, COMB_CELL_OPEN, &open_cell);
	if (box.cell < 0 || ioctl(box.cell, COMB_CELL_GET, &get))
		return false;
	box.nr_ranges = get.nr_ranges;
	box.ram = mmap(NULL, get.memory_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, box.cell, 0);
	if (box.ram == MAP_FAILED)
		return false;
	mailbox = box.ram + get.mailbox_offset;
	box.host = (void *)(mailbox + COMB_MAILBOX_HOST_OFF);
	box.page1 = (void *)(mailbox + COMB_MAILBOX_CELL_OFF);
	box.mine = (void *)(mailbox + COMB_MAILBOX_HOST_RING_OFF);
	box.theirs = (void *)(mailbox + COMB_MAILBOX_CELL_RING_OFF);
	box.routes = (void *)(mailbox + COMB_MAILBOX_ROUTES_OFF);
	box.calls = (void *)(mailbox + COMB_MAILBOX_CELL_PENDING_OFF);
	return kick_listen(2) && kick_listen(3);
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	setvbuf(stdin, NULL, _IONBF, 0);
	if (argc != 2 || !box_open(argv[1])) {
		perror("virtio_rng");
		return 1;
	}
	while (commands_serve()) {
		messages_serve();
		kicks_serve();
	}
	return 0;
}
