/* SPDX-License-Identifier: GPL-2.0-or-later */
/* outbox.h - bytes on their way to a socket that may be slow */
#ifndef KEEPER_OUTBOX_H
#define KEEPER_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct outbox - a buffer that grows as needed; all zero is an empty one
 * @data: allocated
 * @capacity: of @data
 * @begin: first byte that has not been sent
 * @end: behind the last one
 */
struct outbox {
	uint8_t *data;
	size_t capacity;
	size_t begin;
	size_t end;
};

static inline size_t outbox_size(const struct outbox *outbox)
{
	return outbox->end - outbox->begin;
}

/* Room for @size bytes behind the last one, or NULL; then outbox_added(). */
void *outbox_room(struct outbox *outbox, size_t size);
static inline void outbox_added(struct outbox *outbox, size_t size)
{
	outbox->end += size;
}

/* Send what the socket takes without waiting. 0, or -1: the connection has ended. */
int outbox_send(struct outbox *outbox, int fd);
void outbox_free(struct outbox *outbox);

#endif
