// SPDX-License-Identifier: GPL-2.0-only
/*
 * clock.c - sets the wall clock
 *
 * A cell has no clock chip. The host wrote its own time and the TSC at that
 * moment; all CPUs of the machine share one TSC, so what has passed since is
 * known to the nanosecond.
 */
#include <linux/device.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/timekeeping.h>

#include <asm/tsc.h>

#include "agent.h"

/* Nanoseconds in @ticks of a @khz counter; both halves fit 64 bits by the checks. */
static bool clock_ticks_to_ns(u64 ticks, u64 khz, u64 *ns)
{
	u64 ms, rest;

	if (khz < 1000 || khz > U32_MAX)
		return false;
	ms = div64_u64_rem(ticks, khz, &rest);
	if (ms > U32_MAX * 1000ULL)
		return false;
	*ns = ms * NSEC_PER_MSEC + div64_u64(rest * NSEC_PER_MSEC, khz);
	return true;
}

/**
 * comb_clock_start - take over the host's wall clock, once in a cell's life
 * @agent: an agent with a mailbox
 *
 * Later on the cell's clock is the business of whoever keeps time in it, so a
 * module that is loaded again leaves it alone. A mailbox without a usable time
 * is not an error.
 *
 * Return: 0.
 */
int comb_clock_start(struct comb_agent *agent)
{
	u64 wall_tsc = READ_ONCE(agent->host->wall_tsc);
	u64 wall_ns = READ_ONCE(agent->host->wall_ns);
	u64 now = rdtsc_ordered(), passed;
	struct timespec64 time;
	int err;

	if (READ_ONCE(agent->cell->running_tsc))
		return 0;
	if (now < wall_tsc || !wall_ns || wall_ns > KTIME_MAX ||
	    !clock_ticks_to_ns(now - wall_tsc, READ_ONCE(agent->host->tsc_khz), &passed) ||
	    passed > KTIME_MAX - wall_ns) {
		dev_warn(agent->dev, "the host gave no usable time, the clock stays as it is\n");
		return 0;
	}
	time = ns_to_timespec64(wall_ns + passed);
	err = do_settimeofday64(&time);
	if (err)
		dev_warn(agent->dev, "cannot set the clock: error %d\n", err);
	return 0;
}
