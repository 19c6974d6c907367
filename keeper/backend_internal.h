/* SPDX-License-Identifier: GPL-2.0-or-later */
/* backend_internal.h - shared by backend.c, backend_spawn.c and backend_record.c */
#ifndef KEEPER_BACKEND_INTERNAL_H
#define KEEPER_BACKEND_INTERNAL_H

#include "backend.h"

/* Open and map the record; -1 with errno. The mapping lives until munmap(). */
struct backend_record *record_map(const char *path);

/* Lock the record. The descriptor, or -1 with errno: EWOULDBLOCK somebody lives. */
int record_lock(const char *path, bool create);

/* Wait until nobody holds the lock. 0, or -1 with ETIMEDOUT. @pidfd: child to reap, or -1. */
int record_wait(const char *path, int pidfd, int timeout_ms);

/* End the process group @pid, politely for @timeout_ms, then at once. 0 or -1 with errno. */
int record_kill(const char *path, pid_t pid, int pidfd, int timeout_ms);

/* Watch a process whose pid, pidfd, socket and log descriptor are set. 0 or -1 with errno. */
int backend_watch(struct backend *backend);
/* Close everything that belongs to the process. */
void backend_forget(struct backend *backend);
/* The last part of the path of argv[0]. */
const char *backend_name(const struct backend *backend);

#endif
