/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loop.h - the keeper's event loop: one thread, epoll(7)
 *
 * Everything a device does happens in callbacks of this loop, so devices need
 * no locks. A callback must not block for longer than a message to a local
 * back end takes.
 */
#ifndef KEEPER_LOOP_H
#define KEEPER_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;

/**
 * struct loop_watch - a file descriptor and who cares for it
 * @fd: the caller's; it must be removed from the loop before it is closed
 * @ready: called with EPOLL* bits; may add and remove watches, its own included
 * @data: the caller's
 *
 * Part of the caller's own structure, which must live until loop_remove(). The
 * rest is the loop's business.
 */
struct loop_watch {
	int fd;
	void (*ready)(struct loop_watch *watch, uint32_t events);
	void *data;
	bool added;
};

struct loop *loop_new(void);		/* NULL: errno */
void loop_free(struct loop *loop);

/* EPOLL* events, level-triggered. 0, or -1 with errno. */
int loop_add(struct loop *loop, struct loop_watch *watch, uint32_t events);
int loop_change(struct loop *loop, struct loop_watch *watch, uint32_t events);
/* Afterwards @ready is not called any more. Does nothing if it is not added. */
void loop_remove(struct loop *loop, struct loop_watch *watch);

/* Run until loop_end(). 0, or -1 with errno if epoll fails. */
int loop_run(struct loop *loop);
void loop_end(struct loop *loop);

/*
 * A timer is a watch of a timerfd: loop_timer_set() makes it on first use.
 * @ns from now, once; 0 disarms. The callback must loop_timer_take() it.
 */
int loop_timer_set(struct loop *loop, struct loop_watch *watch, uint64_t ns);
void loop_timer_take(struct loop_watch *watch);
void loop_timer_free(struct loop *loop, struct loop_watch *watch);

#endif
