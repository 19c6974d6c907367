// SPDX-License-Identifier: GPL-2.0-only
/*
 * comb_cell.ko - the agent inside a cell
 *
 * A cell boots, runs and ends without it; with it the host knows how the cell
 * is doing, can ask it to stop, and learns how it ended, and the cell has the
 * virtio devices the host offers.
 *
 * The mailbox is an ACPI device, so udev loads this module by its modalias.
 */
#include <linux/acpi.h>
#include <linux/atomic.h>
#include <linux/module.h>
#include <linux/platform_device.h>

#include "agent.h"

/* One mailbox a kernel: the parts below hook into machine-wide events. */
static atomic_t comb_agents = ATOMIC_INIT(0);

static void comb_agent_release(void *unused)
{
	atomic_set(&comb_agents, 0);
}

static int comb_cell_probe(struct platform_device *pdev)
{
	static int (*const start[])(struct comb_agent *) = {
		comb_clock_start,
		comb_exit_start,
		comb_suspend_start,
		comb_control_start,
		comb_channel_start,
		comb_doorbell_start,
		comb_heartbeat_start,
		comb_mailbox_report,
		comb_bus_start,
	};
	struct comb_agent *agent;
	unsigned int i;
	int err;

	if (atomic_cmpxchg(&comb_agents, 0, 1))
		return -EBUSY;
	err = devm_add_action_or_reset(&pdev->dev, comb_agent_release, NULL);
	if (err)
		return err;

	agent = devm_kzalloc(&pdev->dev, sizeof(*agent), GFP_KERNEL);
	if (!agent)
		return -ENOMEM;
	agent->dev = &pdev->dev;

	err = comb_mailbox_map(agent, pdev);
	for (i = 0; !err && i < ARRAY_SIZE(start); i++)
		err = start[i](agent);
	return err;
}

static const struct acpi_device_id comb_cell_ids[] = {
	{ COMB_ACPI_HID, 0 },
	{ }
};
MODULE_DEVICE_TABLE(acpi, comb_cell_ids);

static struct platform_driver comb_cell_driver = {
	.probe = comb_cell_probe,
	.driver = {
		.name = "comb_cell",
		.acpi_match_table = comb_cell_ids,
	},
};

static struct platform_driver *const comb_drivers[] = {
	&comb_cell_driver,
	&comb_bridge_driver,
};

static int __init comb_cell_init(void)
{
	return platform_register_drivers(comb_drivers, ARRAY_SIZE(comb_drivers));
}
module_init(comb_cell_init);

static void __exit comb_cell_exit(void)
{
	platform_unregister_drivers(comb_drivers, ARRAY_SIZE(comb_drivers));
}
module_exit(comb_cell_exit);

MODULE_DESCRIPTION("Comb: heartbeat, requests, virtio devices and last words of a cell");
MODULE_AUTHOR("The Comb authors");
MODULE_LICENSE("GPL");
