// SPDX-License-Identifier: GPL-2.0-only
/*
 * suspend.c - a cell does not suspend
 *
 * Suspend to idle is the one way that needs no firmware, so a cell's kernel offers
 * it; yet nothing would wake the cell again: its doorbell is no wake-up source. A
 * hibernation image would be of devices whose state is the keeper's.
 */
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/suspend.h>

#include "agent.h"

static int suspend_refuse(struct notifier_block *block, unsigned long action, void *unused)
{
	struct comb_agent *agent = container_of(block, struct comb_agent, suspend);

	switch (action) {
	case PM_SUSPEND_PREPARE:
	case PM_HIBERNATION_PREPARE:
	case PM_RESTORE_PREPARE:
		dev_err(agent->dev, "a cell cannot suspend: stop it, from the host or inside\n");
		return notifier_from_errno(-EOPNOTSUPP);
	}
	return NOTIFY_DONE;
}

static void suspend_allow(void *data)
{
	struct comb_agent *agent = data;

	unregister_pm_notifier(&agent->suspend);
}

/**
 * comb_suspend_start - refuse suspend and hibernation from now on
 * @agent: its @suspend is set here
 *
 * Return: 0 or a negative errno.
 */
int comb_suspend_start(struct comb_agent *agent)
{
	int err;

	agent->suspend.notifier_call = suspend_refuse;
	err = register_pm_notifier(&agent->suspend);
	if (err)
		return err;
	return devm_add_action_or_reset(agent->dev, suspend_allow, agent);
}
