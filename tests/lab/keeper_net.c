// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * keeper_net.c - the keeper's network device, driven by hand
 *
 *	keeper_net frames|leave|die
 *
 * frames: everything; leave: join the private network, say "joined", leave at
 * the end of stdin; die: the same, but end without leaving.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/virtio_config.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keeper_ring.h"

#define HEADER		12
/* An EtherType for experiments (IEEE 802). */
#define TYPE		0x88b5
#define FRAME		(HEADER + 60)
#define PAIRS		3
#define FEATURES	(1ULL << VIRTIO_F_VERSION_1 | 1ULL << VIRTIO_NET_F_MAC | \
			 1ULL << VIRTIO_NET_F_CTRL_VQ | 1ULL << VIRTIO_NET_F_MQ | \
			 1ULL << VIRTIO_NET_F_MRG_RXBUF | 1ULL << VIRTIO_NET_F_CTRL_RX | \
			 1ULL << VIRTIO_NET_F_GUEST_CSUM | 1ULL << VIRTIO_NET_F_GUEST_TSO4 | \
			 1ULL << VIRTIO_NET_F_CTRL_GUEST_OFFLOADS)

static struct cell_id cell = { .name = "probe", .id = 7, .cpus = PAIRS,
			       .directory = "/run/comb/probe" };
static struct driver_ring rings[2 * PAIRS + 1];
static int host;	/* packet socket on the bridge */

static void make_frame(uint8_t frame[FRAME], uint8_t mark)
{
	struct ether_header *header = (void *)(frame + HEADER);

	memset(frame, 0, FRAME);
	memset(header->ether_dhost, 0xff, 6);
	memcpy(header->ether_shost, "\x52\x43\x4f\x4d\x42\x07", 6);
	header->ether_type = htons(TYPE);
	frame[HEADER + sizeof(*header)] = mark;
}

static void open_host(void)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET, .sll_protocol = htons(TYPE),
		.sll_ifindex = (int)if_nametoindex("combbr0"),
	};

	host = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(TYPE));
	if (bind(host, (struct sockaddr *)&address, sizeof(address)))
		perror("bind");
}

/* A frame from the cell by transmit queue @pair, seen on the bridge. */
static bool sends(unsigned int pair, uint8_t mark)
{
	struct pollfd file = { .fd = host, .events = POLLIN };
	struct driver_ring *ring = &rings[2 * pair + 1];
	uint8_t frame[FRAME], got[2048] = { 0 };
	ssize_t size;

	make_frame(frame, mark);
	ring_add(ring, frame, FRAME, false);
	ring_kick(ring);
	if (ring_wait(ring, NULL) < 0 || poll(&file, 1, 1000) != 1)
		return false;
	size = recv(host, got, sizeof(got), 0);
	return size == FRAME - HEADER && !memcmp(got, frame + HEADER, (size_t)size);
}

/* A frame from the host, seen in one of the receive queues of the first @pairs. */
static bool receives(unsigned int pairs, uint8_t mark)
{
	uint8_t frame[FRAME];
	void *data = NULL;
	long size = -1;

	make_frame(frame, mark);
	memcpy(frame + HEADER + 6, "\x52\x43\x4f\x4d\x42\x00", 6);
	for (unsigned int i = 0; i < pairs; i++) {
		ring_add(&rings[2 * i], NULL, 2048, true);
		ring_kick(&rings[2 * i]);
	}
	if (send(host, frame + HEADER, FRAME - HEADER, 0) < 0)
		return false;
	for (unsigned int round = 0; round < 20; round++)
		for (unsigned int i = 0; i < pairs; i++) {
			if (rings[2 * i].used->idx == rings[2 * i].seen) {
				pass(10);
				continue;
			}
			size = ring_wait(&rings[2 * i], &data);
			/* What IPv6 says on a new interface is of no interest. */
			if (size == FRAME && !memcmp((uint8_t *)data + HEADER, frame + HEADER,
						     FRAME - HEADER))
				return true;
			ring_add(&rings[2 * i], NULL, 2048, true);
			ring_kick(&rings[2 * i]);
		}
	return false;
}

static int command(unsigned int index, const char *bytes, size_t size)
{
	struct driver_ring *ring = &rings[index];
	unsigned int answer = ring_add_command(ring, bytes, size);

	ring_kick(ring);
	if (ring_wait(ring, NULL) != 1)
		return -1;
	return ring->buffers[answer * BUFFER_BYTES];
}

static void test_control(void)
{
	check(command(2 * PAIRS, "\4\0\3\0", 4) == VIRTIO_NET_OK, "three pairs");
	for (unsigned int i = 0; i < PAIRS; i++)
		check(sends(i, (uint8_t)(40 + i)), "pair %u sends", i);
	check(receives(PAIRS, 50), "one of three pairs receives");
	check(command(2 * PAIRS, "\4\0\4\0", 4) == VIRTIO_NET_ERR, "four pairs are refused");
	check(command(2 * PAIRS, "\4\0\0\0", 4) == VIRTIO_NET_ERR, "no pair is refused");
	check(command(2 * PAIRS, "\4\0\1", 3) == VIRTIO_NET_ERR, "a short command is refused");
	check(command(2 * PAIRS, "\0\0\1", 3) == VIRTIO_NET_OK, "promiscuous");
	check(command(2 * PAIRS, "\2\0\1\0", 4) == VIRTIO_NET_ERR, "VLAN filter is refused");
	check(command(2 * PAIRS, "\5\0\2\0\0\0\0\0\0\0", 10) == VIRTIO_NET_OK,
	      "no offload but checksums");
	check(command(2 * PAIRS, "\5\0\2\4\0\0\0\0\0\0", 10) == VIRTIO_NET_ERR,
	      "an offload that was not agreed on is refused");
	check(command(2 * PAIRS, "\4\0\2\0", 4) == VIRTIO_NET_OK, "two pairs");
}

static void set_up(struct device *device, uint64_t features)
{
	device->accepted = features & (device->offered | 1ULL << VIRTIO_F_VERSION_1);
	for (unsigned int i = 0; i < device->nr_queues; i++)
		ring_open(&rings[i], device, i);
}

static void test_broken(struct device *device)
{
	/* The tail of the second range is nobody's. */
	rings[1].desc[rings[1].next % RING_SIZE] = (struct vring_desc){
		.addr = 0x40000000 + 0x800000, .len = 100,
	};
	rings[1].avail->ring[rings[1].avail->idx % RING_SIZE] = rings[1].next % RING_SIZE;
	rings[1].avail->idx++;
	ring_kick(&rings[1]);
	pass(200);
	check(rings[1].used->idx == rings[1].seen || !broken,
	      "a buffer outside the RAM is not taken for one");
	device->ops->stop(device);
	set_up(device, FEATURES);
	device->resumed = false;
	check(!device->ops->start(device), "starts after that");
	rings[1].avail->idx += 1000;
	ring_kick(&rings[1]);
	pass(200);
	check(broken > 0, "an impossible index breaks the device");
	device->ops->stop(device);
}

static int frames(void)
{
	struct device *device = net_new(loop, &ram, &cell, "private");

	if (!check(device, "made"))
		return 1;
	device->number = 4;
	open_host();
	check(device->nr_queues == 2 * PAIRS + 1, "a pair for each CPU");
	check((device->offered & FEATURES) == (FEATURES & ~(1ULL << VIRTIO_F_VERSION_1)),
	      "features %#llx", (unsigned long long)device->offered);
	set_up(device, FEATURES);
	check(!device->ops->start(device), "starts");
	check(sends(0, 1), "the cell sends");
	check(receives(1, 2), "the cell receives");
	test_control();
	device->ops->stop(device);

	device->resumed = true;
	check(!device->ops->start(device), "goes on");
	check(sends(1, 3), "two pairs as before");
	check(receives(2, 4), "receives as before");
	device->ops->free(device);
	check(!if_nametoindex("combbr0") && !if_nametoindex("comb-7"), "nothing is left");

	device = net_new(loop, &ram, &cell, "private");
	if (!check(device, "made again"))
		return 1;
	open_host();
	set_up(device, FEATURES & ~(1ULL << VIRTIO_NET_F_MQ));
	check(!device->ops->start(device), "starts without multiple queues");
	check(sends(0, 5), "sends without multiple queues");
	check(command(2, "\0\0\1", 3) == VIRTIO_NET_OK, "then queue 2 is the control queue");
	check(command(2, "\4\0\2\0", 4) == VIRTIO_NET_ERR, "and there is one pair");
	test_broken(device);
	device->ops->free(device);
	return 0;
}

int main(int argc, char **argv)
{
	struct device *device;
	char byte;

	if (argc < 2)
		return 2;
	ram_open();
	mkdir("/run/comb", 0755);
	if (argc > 2) {
		cell.id = (unsigned int)atoi(argv[2]);
		snprintf(cell.name, sizeof(cell.name), "probe%u", cell.id);
		snprintf(cell.directory, sizeof(cell.directory), "/run/comb/%s", cell.name);
	}
	mkdir(cell.directory, 0755);
	if (!strcmp(argv[1], "frames"))
		return frames() || failed;
	device = net_new(loop, &ram, &cell, argc > 3 ? argv[3] : "private");
	printf("%s\n", device ? "joined" : strerror(errno));
	fflush(stdout);
	if (!device)
		return 1;
	fcntl(0, F_SETFL, O_NONBLOCK);
	do
		pass(20);
	while (read(0, &byte, 1) < 0 && errno == EAGAIN);
	if (!strcmp(argv[1], "leave"))
		device->ops->free(device);
	return 0;
}
