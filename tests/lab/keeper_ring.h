/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keeper_ring.h - a driver for the keeper's devices without a cell: RAM in a
 * memfd, rings and buffers written from user space
 */
#ifndef TESTS_KEEPER_RING_H
#define TESTS_KEEPER_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/virtio_ring.h>

#include "../../keeper/kinds.h"

#define RING_SIZE	16
#define BUFFER_BYTES	4096

/**
 * struct driver_ring - the driver's side of one queue
 * @queue: set up here
 * @desc: one descriptor a buffer, used in turn
 * @buffers: RING_SIZE of BUFFER_BYTES
 * @address: physical address of @buffers
 * @seen: of the used ring
 * @next: descriptor
 */
struct driver_ring {
	struct queue *queue;
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	uint8_t *buffers;
	uint64_t address;
	uint16_t seen;
	uint16_t next;
};

extern struct memory ram;
extern struct loop *loop;
/* How often device_break() was called. */
extern unsigned int broken;

void ram_open(void);
/* A ring for queue @index at the beginning: eventfds are made when it has none. */
void ring_open(struct driver_ring *ring, struct device *device, unsigned int index);
/* Give the device a buffer of @bytes; @in: it writes. Returns its number. */
unsigned int ring_add(struct driver_ring *ring, const void *data, size_t bytes, bool in);
/* Two buffers in one chain: @data for the device to read and one byte it writes. */
unsigned int ring_add_command(struct driver_ring *ring, const void *data, size_t bytes);
void ring_kick(struct driver_ring *ring);
/* Run the loop until a buffer comes back, a second at most. Its bytes, or -1. */
long ring_wait(struct driver_ring *ring, void **data);
/* Run the loop for a moment. */
void pass(unsigned int ms);

bool check(bool good, const char *format, ...) __attribute__((format(printf, 2, 3)));
extern unsigned int failed;

#endif
