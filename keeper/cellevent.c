// SPDX-License-Identifier: GPL-2.0-or-later
#include "cellevent.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <sys/ioctl.h>

/* The file of a keeper that was killed just now may not be closed yet. */
#define BUSY_TRIES	200
#define BUSY_WAIT_MS	10

int cell_event_set(int cell, enum comb_event_kind kind, int fd, unsigned int device,
		   unsigned int queue)
{
	struct comb_cell_event event = {
		.size = sizeof(event), .version = COMB_ABI_VERSION, .kind = kind, .fd = fd,
		.device = (__u16)device, .queue = (__u16)queue,
	};

	for (int i = 0; i < BUSY_TRIES; i++) {
		if (!ioctl(cell, COMB_CELL_SET_EVENT, &event))
			return 0;
		if (errno != EBUSY && errno != EINTR)
			return -1;
		poll(NULL, 0, BUSY_WAIT_MS);
	}
	return -1;
}
