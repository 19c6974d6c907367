/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What lab/run and the agent in the machine say to each other over one
 * virtio-serial port: frames of a type byte, a 32-bit length in host byte
 * order (both ends are the same machine's build) and that many bytes.
 *
 * One port and not one for each stream: bytes of different ports may overtake
 * each other, so nobody could tell when the last byte of output has arrived.
 */
#ifndef LAB_FRAME_H
#define LAB_FRAME_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

enum frame_type {
	FRAME_COMMAND = 'c',	/* to the agent: a line for sh -c */
	FRAME_READY = 'r',	/* empty: the command is about to start */
	FRAME_STDOUT = 'o',
	FRAME_STDERR = 'e',
	FRAME_STATUS = 's',	/* one int32_t: the status of the command */
};

#define FRAME_MAX (1 << 20)

struct frame_head {
	uint8_t type;
	uint32_t length;
} __attribute__((packed));

/* Writes all of it, however long the other side takes. */
static inline bool write_all(int fd, const void *data, size_t length)
{
	const char *p = data;

	while (length > 0) {
		ssize_t n = write(fd, p, length);

		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return false;
		p += n;
		length -= n;
	}
	return true;
}

static inline bool send_frame(int fd, enum frame_type type, const void *data,
			      uint32_t length)
{
	struct frame_head head = { .type = type, .length = length };

	return write_all(fd, &head, sizeof(head)) &&
	       write_all(fd, data, length);
}

#endif
