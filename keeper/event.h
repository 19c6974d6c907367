/* SPDX-License-Identifier: GPL-2.0-or-later */
/* event.h - eventfd(2): signal, and take what was signalled */
#ifndef KEEPER_EVENT_H
#define KEEPER_EVENT_H

#include <errno.h>
#include <stdint.h>
#include <unistd.h>

static inline void event_signal(int fd)
{
	uint64_t one = 1;

	/* EAGAIN: its counter is full, so it is signalled as it is. */
	while (write(fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

static inline void event_take(int fd)
{
	uint64_t count;

	while (read(fd, &count, sizeof(count)) < 0 && errno == EINTR)
		;
}

#endif
