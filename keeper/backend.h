/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * backend.h - a vhost-user back end: a process that outlives the keeper
 *
 * The process holds everything the next keeper needs to take it over:
 *  - descriptor BACKEND_FRONT is a copy of the keeper's end of the connection.
 *    So the back end does not see it closed when the keeper is killed, and the
 *    next keeper fetches it with pidfd_getfd(2);
 *  - BACKEND_LISTEN is the socket it accepts this one connection from;
 *  - BACKEND_LOCK holds the lock of its record, a file in the cell's directory.
 *    While any process of the back end lives the file is locked; once it can be
 *    locked, none of them can touch the cell's RAM any more.
 * Its messages come through a pipe that is opened again through /proc.
 */
#ifndef KEEPER_BACKEND_H
#define KEEPER_BACKEND_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "device.h"
#include "loop.h"

#define BACKEND_FRONT	3
#define BACKEND_LISTEN	4
#define BACKEND_LOCK	5

/* How far a back end has been set up; in its record. */
enum backend_progress {
	BACKEND_FRESH = 0,
	BACKEND_BEGUN = 1,	/* somewhere in the middle: of no use to the next keeper */
	BACKEND_READY = 2,	/* features, memory and queues are known to it */
};

/**
 * struct backend_record - the file DIRECTORY/NAME.backend
 * @magic: BACKEND_MAGIC
 * @pid: the process, leader of its process group; written by itself
 * @progress: enum backend_progress
 */
struct backend_record {
	uint32_t magic;
	int32_t pid;
	uint32_t progress;
};

#define BACKEND_MAGIC	0x444e4542u

/**
 * struct backend - one process
 * @device: for messages
 * @loop: where it is watched
 * @path: of the record
 * @argv: NULL-terminated command, argv[0] an absolute path; the caller's, constant
 * @prepare: optional; called in the child before it executes @argv. 0, or -1
 *	after it has written what is wrong to stderr, which is the log
 * @died: it has ended by itself. All of it is gone; backend_spawn() may follow
 * @data: the caller's
 * @record: mapped; valid while the process lives
 * @socket: the keeper's end of the connection; -1: there is no process
 * @said: its first messages, for the caller to understand a failure
 */
struct backend {
	const struct device *device;
	struct loop *loop;
	char path[192];
	char *const *argv;
	int (*prepare)(void *data);
	void (*died)(struct backend *backend);
	void *data;
	struct backend_record *record;
	int socket;
	char said[512];
	/* Its own. */
	pid_t pid;
	int pidfd;
	struct loop_watch exit_watch;
	struct loop_watch hangup_watch;
	struct loop_watch log_watch;
	char line[256];
	size_t line_bytes;
};

/* Afterwards @argv, @prepare, @died and @data are to be set. */
void backend_init(struct backend *backend, const struct device *device, struct loop *loop,
		  const char *directory, const char *name);

/*
 * Take over what an earlier keeper started with the same @argv. 1: done, 0:
 * there is none (one with other arguments has been ended), -1 with errno: there
 * is one that can neither be taken over nor ended.
 */
int backend_adopt(struct backend *backend);

/* Start a new one. 0, or -1 with errno. It may yet fail: then @died is called. */
int backend_spawn(struct backend *backend);

/*
 * Why it has failed, by its own words: what its last message ends with. NULL if it
 * has said nothing. Valid until the next call.
 */
const char *backend_last_words(const struct backend *backend);

/* End it in good order within @timeout_ms, or at once; wait until it is gone. No @died. */
void backend_end(struct backend *backend, int timeout_ms);

/* End every back end recorded in @directory, of whatever keeper, and forget it. */
void backend_end_all(const char *directory);

/* There is no connection, but a process of it lives: it has not ended when it should have. */
bool backend_is_stray(const struct backend *backend);

/*
 * backend_end() and remove the record. -1: a process lives that was not taken over, or
 * does not end; all that leads to it stays.
 */
int backend_free(struct backend *backend, int timeout_ms);

#endif
