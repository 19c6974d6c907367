/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inflight.h - the list of unfinished requests, in a file
 *
 * A back end marks each request it takes and unmarks it when it is in the used
 * ring. The file outlives it and the keeper, so whoever goes on knows what is
 * left to do (vhost-user, "Inflight I/O tracking", split queues). It is not asked
 * for with GET_INFLIGHT_FD: a virtiofsd may not make files, and is killed for it.
 */
#ifndef KEEPER_INFLIGHT_H
#define KEEPER_INFLIGHT_H

#include <stdbool.h>

#include "vhost_user.h"

/**
 * struct inflight - the file
 * @path: where
 * @region: as the protocol describes it; fd -1: not open
 * @map: all of it
 */
struct inflight {
	char path[192];
	struct vhost_user_inflight region;
	uint8_t *map;
};

void inflight_init(struct inflight *inflight, const char *directory, const char *name);

/* Open what an earlier keeper left for these @queues; -1 with errno. */
int inflight_open(struct inflight *inflight, unsigned int queues, unsigned int queue_size);
/* Make it anew, with nothing in it; -1 with errno. */
int inflight_create(struct inflight *inflight, unsigned int queues, unsigned int queue_size);
/* Forget all requests, and the file. */
void inflight_remove(struct inflight *inflight);
void inflight_close(struct inflight *inflight);

/* How many requests are unfinished. */
unsigned int inflight_count(const struct inflight *inflight);

#endif
