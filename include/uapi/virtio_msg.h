/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * virtio_msg.h - the virtio-msg transport's messages, as far as Comb uses them
 *
 * Arm DEN0153, "Virtio Message Transport" (the draft that was offered to the
 * virtio standard): messages of drivers and devices that share no registers.
 * All fields are little-endian and packed. Comb's bus carries messages of up to
 * COMB_MESSAGE_SIZE bytes (mailbox.h); what is longer, configuration space that
 * is, goes in several messages.
 *
 * The cell (driver) sends requests, the host (device) answers each with a
 * response of the same type, id, device and token. Either may send events,
 * which are not answered. A request that was not answered may be sent again
 * with the same token; the host must take a repeated request as one.
 */
#ifndef _UAPI_COMB_VIRTIO_MSG_H
#define _UAPI_COMB_VIRTIO_MSG_H

#include <linux/types.h>

/* struct virtio_msg.type */
#define VIRTIO_MSG_TYPE_REQUEST		0u
#define VIRTIO_MSG_TYPE_RESPONSE	(1u << 0)
#define VIRTIO_MSG_TYPE_BUS		(1u << 1)	/* else a transport message */

/* Transport messages: struct virtio_msg.msg_id */
#define VIRTIO_MSG_DEVICE_INFO		0x02
#define VIRTIO_MSG_GET_DEV_FEATURES	0x03
#define VIRTIO_MSG_SET_DRV_FEATURES	0x04
#define VIRTIO_MSG_GET_CONFIG		0x05
#define VIRTIO_MSG_SET_CONFIG		0x06
#define VIRTIO_MSG_GET_DEVICE_STATUS	0x07
#define VIRTIO_MSG_SET_DEVICE_STATUS	0x08
#define VIRTIO_MSG_GET_VQUEUE		0x09
#define VIRTIO_MSG_SET_VQUEUE		0x0a
#define VIRTIO_MSG_RESET_VQUEUE		0x0b
#define VIRTIO_MSG_GET_SHM		0x0c
#define VIRTIO_MSG_EVENT_CONFIG		0x40
#define VIRTIO_MSG_EVENT_AVAIL		0x41
#define VIRTIO_MSG_EVENT_USED		0x42

/* Bus messages; struct virtio_msg.dev_id is 0 */
#define VIRTIO_MSG_BUS_GET_DEVICES	0x02
#define VIRTIO_MSG_BUS_PING		0x03
#define VIRTIO_MSG_BUS_EVENT_DEVICE	0x40

/**
 * struct virtio_msg - what every message begins with
 * @type: VIRTIO_MSG_TYPE_*
 * @msg_id: VIRTIO_MSG_*
 * @dev_id: number of the device
 * @token: chosen by the sender of a request, repeated in its response
 * @msg_size: of the whole message, this header included
 */
struct virtio_msg {
	__u8 type;
	__u8 msg_id;
	__le16 dev_id;
	__le16 token;
	__le16 msg_size;
	__u8 payload[];
} __attribute__((packed));

/* DEVICE_INFO response; @num_feature_bits is a multiple of 32 */
struct virtio_msg_device_info {
	__le32 device_id;
	__le32 vendor_id;
	__le32 num_feature_bits;
	__le32 config_size;
	__le32 max_vq_count;
	__le16 admin_vq_start_idx;
	__le16 admin_vq_count;
} __attribute__((packed));

/*
 * GET_DEV_FEATURES request (without @features) and response, SET_DRV_FEATURES
 * request; the latter's response is empty. Blocks of 32 bits, from @index on.
 */
struct virtio_msg_features {
	__le32 index;
	__le32 num;
	__le32 features[];
} __attribute__((packed));

/* GET_CONFIG request; bytes */
struct virtio_msg_config_range {
	__le32 offset;
	__le32 size;
} __attribute__((packed));

/*
 * GET_CONFIG response, SET_CONFIG request and response. In SET_CONFIG
 * @generation is the one the driver last read.
 */
struct virtio_msg_config {
	__le32 generation;
	__le32 offset;
	__le32 size;
	__u8 config[];
} __attribute__((packed));

/* GET_DEVICE_STATUS response, SET_DEVICE_STATUS request and response; 0 resets */
struct virtio_msg_status {
	__le32 status;
} __attribute__((packed));

/* GET_VQUEUE request, RESET_VQUEUE request (its response is empty), EVENT_USED */
struct virtio_msg_vq_index {
	__le32 index;
} __attribute__((packed));

/*
 * GET_VQUEUE response, SET_VQUEUE request (its response is empty). Physical
 * addresses; @size 0 in a response says that the queue is not set up.
 * @max_size is reserved in the request.
 */
struct virtio_msg_vqueue {
	__le32 index;
	__le32 max_size;
	__le32 size;
	__le32 reserved;
	__le64 descriptor_addr;
	__le64 driver_addr;
	__le64 device_addr;
} __attribute__((packed));

/* EVENT_CONFIG; without @config the driver reads what it needs */
struct virtio_msg_event_config {
	__le32 status;
	__le32 generation;
	__le32 offset;
	__le32 size;
	__u8 config[];
} __attribute__((packed));

/* BUS_GET_DEVICES request; device numbers, @num a multiple of 8 */
struct virtio_msg_bus_range {
	__le16 offset;
	__le16 num;
} __attribute__((packed));

/* BUS_GET_DEVICES response: a bitmap; @next_offset 0: there are no more */
struct virtio_msg_bus_devices {
	__le16 offset;
	__le16 num;
	__le16 next_offset;
	__u8 devices[];
} __attribute__((packed));

/* BUS_PING request and response */
struct virtio_msg_bus_ping {
	__le32 data;
} __attribute__((packed));

#define VIRTIO_MSG_BUS_DEVICE_READY	1
#define VIRTIO_MSG_BUS_DEVICE_REMOVED	2

/* BUS_EVENT_DEVICE, from the host */
struct virtio_msg_bus_event {
	__le16 dev_num;
	__le16 dev_state;
} __attribute__((packed));

#endif
