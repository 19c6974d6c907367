// SPDX-License-Identifier: GPL-2.0-only
/* requests.c - what gets past a device's first look, with garbage further in */
#include <linux/fuse.h>
#include <linux/if_ether.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>
#include <linux/virtio_vsock.h>

#include "hostile.h"

static size_t make_block(struct hostile *hostile, void *to)
{
	static const u32 types[] = { VIRTIO_BLK_T_IN, VIRTIO_BLK_T_OUT, VIRTIO_BLK_T_FLUSH,
				     VIRTIO_BLK_T_GET_ID, VIRTIO_BLK_T_DISCARD,
				     VIRTIO_BLK_T_WRITE_ZEROES, 2, 99 };
	struct virtio_blk_outhdr *header = to;

	header->type = types[roll(hostile, ARRAY_SIZE(types))];
	header->ioprio = 0;
	header->sector = roll(hostile, 4) ? roll(hostile, 4096) : dice(&hostile->dice);
	return sizeof(*header);
}

/* Frames of nobody else's address: who takes a neighbour's needs no garbage for it. */
static size_t make_frame(struct hostile *hostile, void *to)
{
	static const u16 protocols[] = { ETH_P_IP, ETH_P_IPV6, ETH_P_ARP, ETH_P_8021Q };
	struct virtio_net_hdr_mrg_rxbuf *header = to;
	struct ethhdr *frame = to + sizeof(*header);
	size_t size = sizeof(*header) + sizeof(*frame) + roll(hostile, 1500);

	bytes_fill(hostile, to, size);
	if (roll(hostile, 2))
		memset(header, 0, sizeof(*header));
	if (roll(hostile, 2))
		memset(frame->h_dest, 0xff, ETH_ALEN);
	frame->h_source[0] = 0x02;
	frame->h_proto = cpu_to_be16(protocols[roll(hostile, ARRAY_SIZE(protocols))]);
	return size;
}

static size_t make_control(struct hostile *hostile, void *to)
{
	u8 *bytes = to;
	size_t size = roll(hostile, 64);

	bytes_fill(hostile, to, size);
	bytes[0] = roll(hostile, 6);
	bytes[1] = roll(hostile, 6);
	if (roll(hostile, 2))
		bytes[3] = 0;
	return size;
}

static size_t make_packet(struct hostile *hostile, void *to)
{
	struct virtio_vsock_hdr *header = to;

	bytes_fill(hostile, to, sizeof(*header) + 256);
	if (roll(hostile, 4))
		header->dst_cid = cpu_to_le64(2);
	if (roll(hostile, 4))
		header->src_cid = cpu_to_le64(0x636f0000 + ((struct comb_mailbox_host *)
							    hostile->base)->cell_id);
	header->src_port = cpu_to_le32(roll(hostile, 8));
	header->dst_port = cpu_to_le32(roll(hostile, 8));
	header->len = cpu_to_le32(roll(hostile, 4) ? roll(hostile, 256) :
				  (u32)dice(&hostile->dice));
	header->type = cpu_to_le16(roll(hostile, 3));
	header->op = cpu_to_le16(roll(hostile, 9));
	return sizeof(*header) + 256;
}

static size_t make_fuse(struct hostile *hostile, void *to)
{
	struct fuse_in_header *header = to;
	size_t size = sizeof(*header) + roll(hostile, 512);

	bytes_fill(hostile, to, size);
	header->len = roll(hostile, 8) ? size : (u32)dice(&hostile->dice);
	header->opcode = roll(hostile, 4) ? 1 + roll(hostile, 50) : FUSE_INIT;
	header->nodeid = roll(hostile, 4) ? FUSE_ROOT_ID : dice(&hostile->dice);
	header->uid = header->gid = 0;
	if (roll(hostile, 2))
		strcpy((char *)(header + 1), "../../etc/passwd");
	if (header->opcode == FUSE_INIT) {
		struct fuse_init_in *init = (void *)(header + 1);

		init->major = FUSE_KERNEL_VERSION;
		init->minor = FUSE_KERNEL_MINOR_VERSION;
	}
	return max(size, sizeof(*header) + 64);
}

/**
 * request_make() - the readable part of a request
 * @hostile: who asks
 * @type: virtio device ID
 * @queue: for which of its queues
 * @nr_queues: how many it has
 * @to: room for 4096 bytes
 *
 * Return: how many bytes; 0 if the queue is one for the device to fill.
 */
size_t request_make(struct hostile *hostile, u32 type, unsigned int queue, unsigned int nr_queues,
		    void *to)
{
	switch (type) {
	case VIRTIO_ID_BLOCK:
		return make_block(hostile, to);
	case VIRTIO_ID_NET:
		if (queue == nr_queues - 1)
			return make_control(hostile, to);
		return queue % 2 ? make_frame(hostile, to) : 0;
	case VIRTIO_ID_VSOCK:
		return queue == 1 ? make_packet(hostile, to) : 0;
	case VIRTIO_ID_FS:
		return make_fuse(hostile, to);
	case VIRTIO_ID_CONSOLE:
		if (queue % 2 == 0)
			return 0;
		bytes_fill(hostile, to, 200);
		return 200;
	}
	return 0;
}
