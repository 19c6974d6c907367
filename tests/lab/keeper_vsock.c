// SPDX-License-Identifier: GPL-2.0-or-later
/* keeper_vsock.c - the keeper's socket device, driven by hand */
#include <errno.h>
#include <fcntl.h>
#include <linux/virtio_config.h>
#include <linux/virtio_vsock.h>
#include <linux/vm_sockets.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vsock.h>

#include "keeper_ring.h"

#define PORT		1024u
#define ROOM		65536u

static struct cell_id cell = { .name = "probe", .id = 9, .cpus = 1,
			       .directory = "/run/comb/probe" };
static struct driver_ring receive, transmit, event;

static int caller(void)
{
	struct sockaddr_vm address = {
		.svm_family = AF_VSOCK, .svm_cid = COMB_VSOCK_CID(9), .svm_port = PORT,
	};
	int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) && errno != EINPROGRESS)
		perror("connect");
	return fd;
}

/*
 * The next packet for the cell, but news of the host's buffers; NULL: none within
 * a second. Its buffer comes back at once.
 */
static struct virtio_vsock_hdr *take(void)
{
	static union {
		uint8_t bytes[BUFFER_BYTES];
		struct virtio_vsock_hdr header;
	} packet;
	void *data;

	do {
		long size = ring_wait(&receive, &data);

		if (size < (long)sizeof(packet.header))
			return NULL;
		memcpy(packet.bytes, data, (size_t)size);
		ring_add(&receive, NULL, BUFFER_BYTES, true);
		ring_kick(&receive);
	} while (packet.header.op == VIRTIO_VSOCK_OP_CREDIT_UPDATE);
	return &packet.header;
}

static void answer(const struct virtio_vsock_hdr *to, uint16_t op, const void *data, uint32_t size)
{
	uint8_t bytes[256];
	struct virtio_vsock_hdr header = {
		.src_cid = to->dst_cid, .dst_cid = to->src_cid, .src_port = to->dst_port,
		.dst_port = to->src_port, .len = size, .type = VIRTIO_VSOCK_TYPE_STREAM,
		.op = op, .buf_alloc = ROOM,
	};

	memcpy(bytes, &header, sizeof(header));
	if (size)
		memcpy(bytes + sizeof(header), data, size);
	ring_add(&transmit, bytes, sizeof(header) + size, false);
	ring_kick(&transmit);
}

static int wait_for(int fd, short events)
{
	struct pollfd file = { .fd = fd, .events = events };
	int error = 0;
	socklen_t size = sizeof(error);

	if (poll(&file, 1, 2000) <= 0)
		return ETIMEDOUT;
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
	return error;
}

static void set_up(struct device *device)
{
	device->accepted = (device->offered & ~(1ULL << VIRTIO_RING_F_EVENT_IDX)) |
			   1ULL << VIRTIO_F_VERSION_1;
	ring_open(&receive, device, 0);
	ring_open(&transmit, device, 1);
	ring_open(&event, device, 2);
	for (int i = 0; i < 8; i++)
		ring_add(&receive, NULL, BUFFER_BYTES, true);
	for (int i = 0; i < 4; i++)
		ring_add(&event, NULL, sizeof(struct virtio_vsock_event), true);
}

/* One connection that is open, and carries a word each way. */
static int test_call(void)
{
	struct virtio_vsock_hdr *packet, request;
	char word[8] = "";
	int fd = caller();

	packet = take();
	if (!check(packet && packet->op == VIRTIO_VSOCK_OP_REQUEST && packet->dst_port == PORT &&
		   packet->dst_cid == COMB_VSOCK_CID(9), "a call arrives")) {
		printf("# %s: type %d operation %d\n", packet ? "got" : "nothing",
		       packet ? packet->type : 0, packet ? packet->op : 0);
		return fd;
	}
	request = *packet;
	answer(&request, VIRTIO_VSOCK_OP_RESPONSE, NULL, 0);
	check(!wait_for(fd, POLLOUT), "it is taken");
	check(write(fd, "hello", 5) == 5, "the host writes");
	packet = take();
	check(packet && packet->op == VIRTIO_VSOCK_OP_RW && packet->len == 5 &&
	      !memcmp(packet + 1, "hello", 5), "the cell reads");
	answer(&request, VIRTIO_VSOCK_OP_RW, "world", 5);
	check(!wait_for(fd, POLLIN) && read(fd, word, sizeof(word)) == 5 &&
	      !memcmp(word, "world", 5), "and the other way");
	return fd;
}

int main(void)
{
	struct device *device, *again;
	void *data = NULL;
	int fd;

	ram_open();
	mkdir("/run/comb", 0755);
	mkdir(cell.directory, 0755);
	device = vsock_new(loop, &ram, &cell, false);
	if (!check(device, "made"))
		return 1;
	check(*(uint64_t *)device->config == COMB_VSOCK_CID(9), "its context ID");
	again = vsock_new(loop, &ram, &cell, false);
	check(!again && errno == EADDRINUSE, "there is only one of it");
	set_up(device);
	/* Before the start: it waits for it. */
	fd = caller();
	check(!device->ops->start(device), "starts");
	check(take() != NULL, "a call from before the start arrives");
	close(fd);
	take();
	fd = test_call();

	/* As if the keeper had died and another one went on with the same rings. */
	device->ops->stop(device);
	check(wait_for(fd, POLLIN) == ECONNRESET, "the host's end of a lost connection is reset");
	close(fd);
	device->resumed = true;
	check(!device->ops->start(device), "goes on");
	check(ring_wait(&event, &data) == sizeof(struct virtio_vsock_event) &&
	      *(uint32_t *)data == VIRTIO_VSOCK_EVENT_TRANSPORT_RESET, "and tells the cell");
	fd = test_call();
	close(fd);
	device->ops->stop(device);

	/* A new driver. */
	device->resumed = false;
	set_up(device);
	check(!device->ops->start(device), "starts again");
	check(ring_wait(&event, NULL) < 0, "nothing to tell");
	fd = test_call();
	close(fd);
	transmit.avail->idx += 1000;
	ring_kick(&transmit);
	pass(200);
	check(broken > 0, "an impossible index breaks the device");
	device->ops->free(device);
	return failed != 0;
}
