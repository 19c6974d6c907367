// SPDX-License-Identifier: GPL-2.0-or-later
#include "state.h"

#include <string.h>
#include <sys/mman.h>

#include "mapfile.h"

struct state *state_open(const char *path, uint32_t cell_id, uint64_t started_ns, bool *resumed)
{
	struct state *state = mapfile_open(path, sizeof(*state));

	if (!state)
		return NULL;
	*resumed = state->magic == STATE_MAGIC && state->version == STATE_VERSION &&
		   state->size == sizeof(*state) && state->cell_id == cell_id && started_ns &&
		   state->started_ns == started_ns;
	if (*resumed)
		return state;
	memset(state, 0, sizeof(*state));
	state->version = STATE_VERSION;
	state->size = sizeof(*state);
	state->cell_id = cell_id;
	state->started_ns = started_ns;
	__atomic_store_n(&state->magic, STATE_MAGIC, __ATOMIC_RELEASE);
	return state;
}

void state_close(struct state *state)
{
	if (state)
		munmap(state, sizeof(*state));
}
