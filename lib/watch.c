// SPDX-License-Identifier: GPL-2.0-or-later
/* watch.c - decisions about cells that ended badly; no file, no clock, no cell */
#include "watch.h"

#include <math.h>
#include <string.h>

#define PERIODS_HUNG	2
#define NS_PER_MS	1000000ULL

uint64_t comb_hung_ms(unsigned int hung_ms, unsigned int heartbeat_ms)
{
	uint64_t least = (uint64_t)PERIODS_HUNG * heartbeat_ms;

	hung_ms = hung_ms ?: COMB_HUNG_MS;
	return hung_ms > least ? hung_ms : least;
}

/*
 * The n-th of s steps from a to b is a * (b / a)^(n / s): RestartSteps= of
 * systemd.service(5).
 */
static uint64_t restart_delay(const struct comb_watch *watch, unsigned int count)
{
	double first = watch->restart_ms, last = watch->restart_max_ms;

	if (!watch->restart_steps || last <= first || !watch->restart_ms)
		return watch->restart_ms;
	if (count >= watch->restart_steps)
		return watch->restart_max_ms;
	return (uint64_t)(first * pow(last / first, (double)count / watch->restart_steps));
}

struct comb_restart comb_restart_decide(const struct comb_watch *watch,
					const struct comb_restarts *restarts, uint64_t now_ns)
{
	uint64_t interval = watch->limit_interval_ms * NS_PER_MS;
	struct comb_restart decided = { .delay_ms = restart_delay(watch, restarts->count) };

	for (unsigned int i = 0; i < restarts->nr_at; i++)
		if (restarts->at_ns[i] <= now_ns && now_ns - restarts->at_ns[i] < interval)
			decided.recent++;
	decided.refused = interval && watch->limit_burst && decided.recent >= watch->limit_burst;
	return decided;
}

void comb_restart_add(struct comb_restarts *restarts, uint64_t now_ns)
{
	restarts->count++;
	if (restarts->nr_at == COMB_RESTARTS_MAX)
		memmove(restarts->at_ns, restarts->at_ns + 1,
			--restarts->nr_at * sizeof(restarts->at_ns[0]));
	restarts->at_ns[restarts->nr_at++] = now_ns;
}
