// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - load and unload, and what happens to cells when the host stops
 */
#include <linux/cc_platform.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/reboot.h>
#include <linux/suspend.h>
#include <asm/cpufeature.h>

#include "internal.h"

/* Every kind of restart, kexec included. */
static int reboot_notify(struct notifier_block *block, unsigned long action, void *data)
{
	comb_cpus_reset_all();
	return NOTIFY_DONE;
}

static struct notifier_block reboot_block = {
	.notifier_call = reboot_notify,
};

static int pm_notify(struct notifier_block *block, unsigned long action, void *data)
{
	switch (action) {
	case PM_SUSPEND_PREPARE:
	case PM_HIBERNATION_PREPARE:
	case PM_RESTORE_PREPARE:
		if (!comb_cells_count())
			break;
		/* The firmware would stop the cells' CPUs, and image their RAM without them. */
		pr_err("no suspend while there are cells: destroy them first\n");
		return notifier_from_errno(-EBUSY);
	}
	return NOTIFY_DONE;
}

static struct notifier_block pm_block = {
	.notifier_call = pm_notify,
};

static int machine_check(void)
{
	if (!boot_cpu_has(X86_FEATURE_APIC)) {
		pr_err("this machine has no local APIC\n");
		return -ENODEV;
	}
	/* Neither the trampoline nor a cell's page tables carry the encryption bit. */
	if (cc_platform_has(CC_ATTR_MEM_ENCRYPT)) {
		pr_err("memory encryption is on: boot with mem_encrypt=off\n");
		return -ENODEV;
	}
	return 0;
}

static int __init comb_init(void)
{
	int err;

	err = machine_check();
	if (err)
		return err;
	err = comb_lowmem_init();
	if (err)
		return err;
	err = comb_cpus_init();
	if (err)
		return err;
	err = comb_events_init();
	if (err)
		goto err_cpus;
	err = comb_doorbell_init();
	if (err)
		goto err_events;
	err = register_reboot_notifier(&reboot_block);
	if (err)
		goto err_doorbell;
	err = register_pm_notifier(&pm_block);
	if (err)
		goto err_reboot;
	err = comb_chardev_init();
	if (err)
		goto err_pm;
	return 0;

err_pm:
	unregister_pm_notifier(&pm_block);
err_reboot:
	unregister_reboot_notifier(&reboot_block);
err_doorbell:
	comb_doorbell_exit();
err_events:
	comb_events_exit();
err_cpus:
	comb_cpus_exit();
	return err;
}

static void __exit comb_exit(void)
{
	comb_chardev_exit();
	unregister_pm_notifier(&pm_block);
	unregister_reboot_notifier(&reboot_block);
	comb_doorbell_exit();
	comb_events_exit();
	comb_cpus_exit();
	comb_limbo_exit();
}

module_init(comb_init);
module_exit(comb_exit);

MODULE_DESCRIPTION("Comb: give CPUs and RAM of this machine to kernels of their own");
MODULE_LICENSE("GPL");
