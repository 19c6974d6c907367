// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay.h"

#include <string.h>
#include <sys/mman.h>

#include "mapfile.h"

#define REPLAY_MAGIC	0x594c5052424d4f43ULL	/* "COMBRPLY" */

/**
 * struct replay - the file
 * @magic: REPLAY_MAGIC
 * @bytes: REPLAY_BYTES
 * @reserved: zero
 * @written: how many bytes there ever were; byte n is in @data[n % REPLAY_BYTES]
 */
struct replay {
	uint64_t magic;
	uint32_t bytes;
	uint32_t reserved;
	uint64_t written;
	uint8_t data[REPLAY_BYTES];
};

struct replay *replay_open(const char *path)
{
	struct replay *replay = mapfile_open(path, sizeof(*replay));

	if (!replay || (replay->magic == REPLAY_MAGIC && replay->bytes == REPLAY_BYTES))
		return replay;
	memset(replay, 0, sizeof(*replay));
	replay->bytes = REPLAY_BYTES;
	replay->magic = REPLAY_MAGIC;
	return replay;
}

void replay_close(struct replay *replay)
{
	if (replay)
		munmap(replay, sizeof(*replay));
}

void replay_write(struct replay *replay, const void *data, size_t size)
{
	const uint8_t *from = data;

	while (size) {
		size_t at = replay->written % REPLAY_BYTES;
		size_t part = size < REPLAY_BYTES - at ? size : REPLAY_BYTES - at;

		memcpy(replay->data + at, from, part);
		__atomic_store_n(&replay->written, replay->written + part, __ATOMIC_RELEASE);
		from += part;
		size -= part;
	}
}

size_t replay_size(const struct replay *replay)
{
	return replay->written < REPLAY_BYTES ? replay->written : REPLAY_BYTES;
}

uint64_t replay_written(const struct replay *replay)
{
	return replay->written;
}

const void *replay_read(const struct replay *replay, size_t skip, size_t *size)
{
	size_t left = replay_size(replay) - skip;
	size_t at = (replay->written - left) % REPLAY_BYTES;

	*size = left < REPLAY_BYTES - at ? left : REPLAY_BYTES - at;
	return replay->data + at;
}
