/* SPDX-License-Identifier: GPL-2.0-or-later */
/* replay.h - the last output of a console, in a file that outlives the keeper */
#ifndef KEEPER_REPLAY_H
#define KEEPER_REPLAY_H

#include <stddef.h>
#include <stdint.h>

#define REPLAY_BYTES	(256u << 10)

struct replay;

/* The file at @path; made if it is missing or of another version. NULL: errno. */
struct replay *replay_open(const char *path);
void replay_close(struct replay *replay);

void replay_write(struct replay *replay, const void *data, size_t size);
/* How many bytes there are, at most REPLAY_BYTES. */
size_t replay_size(const struct replay *replay);

/* How many bytes there ever were. */
uint64_t replay_written(const struct replay *replay);
/*
 * The longest run of bytes that begins @skip bytes after the oldest; its length goes to
 * *@size. Two calls see all.
 */
const void *replay_read(const struct replay *replay, size_t skip, size_t *size);

#endif
