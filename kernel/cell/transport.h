/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * transport.h - virtio over the mailbox: what its parts know of each other
 *
 * Layers, from the mailbox up; each calls only those before it, but for the
 * arrival of messages:
 *
 *	channel.c	messages in rings
 *	request.c	a request and its response
 *	pending.c	notifications of queues, both ways
 *	virtio_queue.c	queues of a device
 *	virtio_device.c	what a virtio driver calls
 *	virtio_bus.c	devices come and go
 */
#ifndef COMB_CELL_TRANSPORT_H
#define COMB_CELL_TRANSPORT_H

#include <linux/atomic.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/virtio.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <mailbox.h>
#include <virtio_msg.h>

struct comb_agent;
struct comb_exchange;

/* A message as it is in its slot. */
struct comb_message {
	union {
		struct virtio_msg head;
		u8 bytes[COMB_MESSAGE_SIZE];
	};
};

#define COMB_PAYLOAD_MAX	(COMB_MESSAGE_SIZE - sizeof(struct virtio_msg))

/**
 * struct comb_queue - one queue of a device
 * @vq: NULL while there is none
 * @lock: the driver's callback is not called twice at a time, although the
 *	queue may be on its way from one doorbell to another
 * @cpu: whom set_vq_affinity chose, or -1
 */
struct comb_queue {
	struct virtqueue __rcu *vq;
	spinlock_t lock;
	int cpu;
};

/**
 * struct comb_device - one virtio device
 * @virtio: as the drivers know it; its last reference frees the whole
 * @transport: where it is
 * @number: 1 to COMB_DEVICES_MAX - 1
 * @name: for bus_name
 * @request: held from a request to its response
 * @nr_queues: how many of @queues the device has
 * @config_size: of its configuration space, in bytes
 * @status: as the device last told it
 * @generation: of the configuration space, as last seen
 * @broken: it left a request without an answer
 * @gone: the host took it away; nothing is sent to it any more
 * @live: it may know addresses of queues
 * @registered: @virtio can be referenced; protected by the transport's lock
 * @changed: an event came before that
 * @queues: by index
 */
struct comb_device {
	struct virtio_device virtio;
	struct comb_transport *transport;
	unsigned int number;
	char name[16];

	struct mutex request;
	u32 nr_queues;
	u32 config_size;
	u8 status;
	u32 generation;
	bool broken;
	bool gone;
	bool live;
	bool registered;
	bool changed;

	struct comb_queue queues[COMB_QUEUES_MAX];
};

/**
 * struct comb_transport - the cell's end of all devices
 * @agent: whose mailbox it is
 * @ours: the ring this side writes to
 * @theirs: the ring of the host
 * @routes: which doorbell serves a queue
 * @host_pending: notifications for the host
 * @cell_pending: notifications for the cell, by doorbell
 * @lock: protects what follows up to @serving, and changes of @devices
 * @produced: our own counter; what is in the mailbox is not read back
 * @consumed: same
 * @broken: the host's counters were impossible, the rings are not used any more
 * @token: of the last request
 * @waiting: requests without response, by device
 * @ready: devices that are to be added
 * @gone: devices that are to be removed
 * @serving: @bus and @scan may be queued
 * @devices: all that are registered
 * @receive_queue: runs @receive; nothing in it ever waits for a message
 * @receive: takes messages out of @theirs
 * @bus_queue: runs @bus and @scan; drivers are probed in it
 * @bus: adds and removes devices
 * @scan: asks for all devices
 * @scanned: the host answered that
 * @scan_number: our message that asked
 * @scan_time: when it was sent, in jiffies
 * @next_cpu: who gets the next queue
 * @nr_devices: how many struct comb_device are not freed
 * @all_freed: @nr_devices became 0
 */
struct comb_transport {
	struct comb_agent *agent;
	struct comb_ring *ours;
	struct comb_ring *theirs;
	struct comb_routes *routes;
	struct comb_pending *host_pending;
	struct comb_pending *cell_pending;

	spinlock_t lock;
	u32 produced;
	u32 consumed;
	bool broken;
	u16 token;
	struct comb_exchange *waiting[COMB_DEVICES_MAX];
	u32 ready;
	u32 gone;
	bool serving;

	struct comb_device __rcu *devices[COMB_DEVICES_MAX];

	struct workqueue_struct *receive_queue;
	struct work_struct receive;
	struct workqueue_struct *bus_queue;
	struct work_struct bus;
	struct work_struct scan;
	bool scanned;
	u32 scan_number;
	unsigned long scan_time;

	unsigned int next_cpu;
	atomic_t nr_devices;
	wait_queue_head_t all_freed;
};

static inline struct comb_device *comb_device_of(struct virtio_device *virtio)
{
	return container_of(virtio, struct comb_device, virtio);
}

/* channel.c */
int comb_channel_send(struct comb_transport *transport, const struct comb_message *message,
		      u32 *number);
bool comb_channel_was_taken(struct comb_transport *transport, u32 number);

/* request.c */
int comb_request(struct comb_device *device, u8 id, struct comb_message *message, size_t size,
		 size_t least);
int comb_request_reset(struct comb_device *device);
void comb_request_answered(struct comb_transport *transport, const struct comb_message *message);
void comb_request_abort(struct comb_transport *transport, unsigned int device, int err);

/* pending.c */
bool comb_pending_notify(struct virtqueue *vq);
void comb_pending_route(struct comb_device *device, unsigned int index, unsigned int cpu);
unsigned int comb_pending_next_cpu(struct comb_transport *transport);

/* virtio_queue.c */
void comb_queue_used(struct comb_queue *queue);

/* virtio_device.c */
struct comb_device *comb_device_new(struct comb_transport *transport, unsigned int number);
int comb_device_identify(struct comb_device *device);
void comb_device_break(struct comb_device *device);
void comb_device_event(struct comb_device *device, const struct comb_message *message);

/* virtio_bus.c */
void comb_bus_event(struct comb_transport *transport, const struct comb_message *message);
void comb_bus_devices(struct comb_transport *transport, const struct comb_message *message);

#endif
