// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_keeper_vhost_user.c - a back end that answers anything
 *
 * The input: which calls are made (1 byte), then all that the back end says, which is in
 * the socket before it is asked. Afterwards it has hung up.
 */
#include <stdint.h>
#include <sys/socket.h>

#include "../unit/keeper_fixture.h"
#include "../../keeper/vhost_user.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void queues_run(struct vhost_user *vu)
{
	struct queue queue = { .size = RING_SIZE, .kick = vu->socket, .call = vu->socket };
	uint16_t base = 0;

	for (unsigned int i = 0; i < 3; i++)
		if (vhost_user_start_queue(vu, i, &queue, base) ||
		    vhost_user_stop_queue(vu, i, &base))
			return;
}

static void calls_make(struct vhost_user *vu, uint8_t which)
{
	const struct vhost_user_inflight inflight = { .fd = vu->socket, .bytes = 4096 };
	uint8_t config[256];

	if (which & 1 && vhost_user_resync(vu))
		return;
	if (vhost_user_negotiate(vu, which & 2 ? VHOST_USER_PROTOCOL_INFLIGHT_SHMFD : 0, which & 1))
		return;
	if (vu->features >> VHOST_USER_F_PROTOCOL_FEATURES & 1)
		abort();
	if (which & 4)
		vhost_user_get_config(vu, config, which + 1u);
	if (vhost_user_set_features(vu, vu->features) || vhost_user_set_memory(vu, &ram) ||
	    (which & 2 && vhost_user_set_inflight(vu, &inflight)))
		return;
	queues_run(vu);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vhost_user vu = { .timeout_ms = 10 };
	int ends[2];

	if (!size || size > 65536)
		return 0;
	if (!ram.base)
		ram_make();
	/* More than one table of memory takes. */
	ram.nr_ranges = data[0] & 8 ? 9 : 2;
	for (unsigned int i = 2; i < ram.nr_ranges; i++)
		ram.ranges[i] = ram.ranges[1];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		abort();
	vu.socket = ends[0];
	if (send(ends[1], data + 1, size - 1, MSG_DONTWAIT) < 0)
		abort();
	shutdown(ends[1], SHUT_WR);
	calls_make(&vu, data[0]);
	close(ends[0]);
	close(ends[1]);
	return 0;
}
