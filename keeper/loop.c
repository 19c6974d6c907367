// SPDX-License-Identifier: GPL-2.0-or-later
#include "loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S	1000000000ULL

struct loop {
	int epoll;
	bool ended;
};

struct loop *loop_new(void)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return NULL;
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0) {
		free(loop);
		return NULL;
	}
	return loop;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	close(loop->epoll);
	free(loop);
}

static int loop_control(struct loop *loop, struct loop_watch *watch, int what, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = watch };

	return epoll_ctl(loop->epoll, what, watch->fd, &event);
}

int loop_add(struct loop *loop, struct loop_watch *watch, uint32_t events)
{
	if (loop_control(loop, watch, EPOLL_CTL_ADD, events))
		return -1;
	watch->added = true;
	return 0;
}

int loop_change(struct loop *loop, struct loop_watch *watch, uint32_t events)
{
	return loop_control(loop, watch, EPOLL_CTL_MOD, events);
}

void loop_remove(struct loop *loop, struct loop_watch *watch)
{
	if (!watch->added)
		return;
	loop_control(loop, watch, EPOLL_CTL_DEL, 0);
	watch->added = false;
}

int loop_run(struct loop *loop)
{
	loop->ended = false;
	while (!loop->ended) {
		struct loop_watch *watch;
		struct epoll_event event;
		/*
		 * One at a time: a callback may remove any watch, and there must be no
		 * event of it left to deliver. The kernel serves ready files in turn.
		 */
		int count = epoll_wait(loop->epoll, &event, 1, -1);

		if (count < 0 && errno != EINTR)
			return -1;
		if (count <= 0)
			continue;
		watch = event.data.ptr;
		watch->ready(watch, event.events);
	}
	return 0;
}

void loop_end(struct loop *loop)
{
	loop->ended = true;
}

static int timer_make(struct loop *loop, struct loop_watch *watch)
{
	watch->fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (watch->fd < 0)
		return -1;
	if (!loop_add(loop, watch, EPOLLIN))
		return 0;
	close(watch->fd);
	return -1;
}

int loop_timer_set(struct loop *loop, struct loop_watch *watch, uint64_t ns)
{
	struct itimerspec when = {
		.it_value = { .tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S) },
	};

	/* A timer that was never made is disarmed. */
	if (!watch->added && (!ns || timer_make(loop, watch)))
		return ns ? -1 : 0;
	return timerfd_settime(watch->fd, 0, &when, NULL);
}

void loop_timer_take(struct loop_watch *watch)
{
	uint64_t count;

	/* Nothing to read: it was set again meanwhile. */
	while (read(watch->fd, &count, sizeof(count)) < 0 && errno == EINTR)
		;
}

void loop_timer_free(struct loop *loop, struct loop_watch *watch)
{
	if (!watch->added)
		return;
	loop_remove(loop, watch);
	close(watch->fd);
	watch->fd = -1;
}
