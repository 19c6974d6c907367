// SPDX-License-Identifier: GPL-2.0-only
/*
 * heartbeat.c - proves that the cell is alive
 *
 * The timer stays on the CPU that started it and is not deferrable: a beat
 * tells that timer interrupts and softirqs work there.
 */
#include <linux/cpumask.h>
#include <linux/device.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>

#include <asm/tsc.h>

#include "agent.h"
#include "compat.h"

static void heartbeat_beat(struct comb_agent *agent)
{
	struct comb_mailbox_cell *cell = agent->cell;

	WRITE_ONCE(cell->heartbeat_tsc, rdtsc_ordered());
	smp_store_release(&cell->heartbeat, cell->heartbeat + 1);
}

static void heartbeat_expired(struct timer_list *timer)
{
	struct comb_agent *agent = container_of(timer, struct comb_agent, heartbeat);

	mod_timer(timer, jiffies + msecs_to_jiffies(agent->heartbeat_ms));
	heartbeat_beat(agent);
	comb_control_poll(agent);
	comb_doorbell_poll(agent);
	comb_channel_poll(agent);
	comb_bus_poll(agent);
}

/* No beats means "no agent": see mailbox_withdraw(). */
static void heartbeat_stop(void *data)
{
	struct comb_agent *agent = data;

	timer_delete_sync(&agent->heartbeat);
	WRITE_ONCE(agent->cell->heartbeat, 0);
}

/**
 * comb_heartbeat_start - beat every @heartbeat_ms, the first time at once
 * @agent: an agent that can take requests
 *
 * Return: 0 or -ENOMEM.
 */
int comb_heartbeat_start(struct comb_agent *agent)
{
	timer_setup(&agent->heartbeat, heartbeat_expired, TIMER_PINNED);
	heartbeat_beat(agent);
	mod_timer(&agent->heartbeat, jiffies + msecs_to_jiffies(agent->heartbeat_ms));
	return devm_add_action_or_reset(agent->dev, heartbeat_stop, agent);
}
