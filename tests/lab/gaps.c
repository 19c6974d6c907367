// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gaps - how long this kernel's timers have kept somebody waiting, window by window
 *
 * usage: gaps INTERVAL_MS WINDOW_MS
 *
 * Wakes up at fixed moments, with real-time priority if it may. For each window one
 * line on stdout: its end in ms of the wall clock, which all kernels of a machine
 * share, and the longest time between two wake-ups in us. cyclictest(8) tells a
 * maximum of all its time only.
 */
#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define NS_PER_MS	1000000LL

static int64_t now_ns(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void sleep_until(int64_t ns)
{
	struct timespec time = { .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR)
		;
}

static int watch(int64_t interval, int64_t window)
{
	int64_t last = now_ns(CLOCK_MONOTONIC), end = last + window, next = last, longest = 0;

	for (;;) {
		int64_t now;

		next += interval;
		/* Moments that were missed are one gap, not many short ones behind it. */
		if (next < last)
			next = last + interval;
		sleep_until(next);
		now = now_ns(CLOCK_MONOTONIC);
		if (now - last > longest)
			longest = now - last;
		last = now;
		if (now < end)
			continue;
		if (printf("%lld %lld\n", (long long)(now_ns(CLOCK_REALTIME) / NS_PER_MS),
			   (long long)(longest / 1000)) < 0 || fflush(stdout))
			return 1;
		end = now + window;
		longest = 0;
	}
}

int main(int argc, char *argv[])
{
	const struct sched_param priority = { .sched_priority = 50 };
	long interval = argc == 3 ? atol(argv[1]) : 0, window = argc == 3 ? atol(argv[2]) : 0;

	if (interval < 1 || window < interval) {
		fprintf(stderr, "usage: gaps INTERVAL_MS WINDOW_MS\n");
		return 2;
	}
	mlockall(MCL_CURRENT | MCL_FUTURE);
	if (sched_setscheduler(0, SCHED_FIFO, &priority))
		fprintf(stderr, "gaps: without real-time priority: %s\n", strerror(errno));
	return watch(interval * NS_PER_MS, window * NS_PER_MS);
}
