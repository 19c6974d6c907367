// SPDX-License-Identifier: GPL-2.0-only
/*
 * exit.c - the cell's last words
 *
 * Behind the EFI runtime this is the second line against a kernel that resets
 * the whole machine, and the only one that knows why it ends. Every way out of
 * Linux calls the kmsg dumpers, right before it touches hardware: panic()
 * after it stopped the other CPUs, emergency_restart() (sysrq-b) at once, and
 * kernel_restart(), kernel_halt() and kernel_power_off() at their end. The
 * dumper writes the mailbox and never returns.
 *
 * kexec is the exception: it calls no dumper, and the kernel it starts would have a
 * command line of its own. Without noapic and pci=off it would take the host's
 * interrupts and devices; and it does not call SetVirtualAddressMap, so LINT0 would
 * stay open. So a cell ends where it would begin anew. A crash kernel that was loaded into the cell
 * cannot be stopped in this way: panic() starts it before it calls dumpers or notifiers.
 */
#include <linux/device.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/reboot.h>
#include <linux/smp.h>
#include <linux/string.h>

#include <asm/smp.h>
#include <asm/tsc.h>

#include "agent.h"
#include "compat.h"

static void __noreturn exit_park(struct comb_agent *agent, enum comb_exit exit,
				 enum comb_cell_state state)
{
	local_irq_disable();
	/*
	 * A cell that is stopped runs nothing. After a panic this has been done.
	 * Both times the IPIs go to this kernel's own CPUs one by one, as
	 * no_ipi_broadcast is set.
	 */
	if (state != COMB_CELL_PANIC)
		smp_ops.stop_other_cpus(0);

	WRITE_ONCE(agent->cell->exit_tsc, rdtsc_ordered());
	WRITE_ONCE(agent->cell->exit, exit);
	comb_mailbox_set_state(agent, state);
	/* NMIs end a hlt. */
	for (;;)
		asm volatile("cli; hlt" : : : "memory");
}

static void exit_dump(struct kmsg_dumper *dumper, COMB_DUMP_ARG)
{
	struct comb_agent *agent = container_of(dumper, struct comb_agent, dumper);

	switch (COMB_DUMP_REASON) {
	case KMSG_DUMP_PANIC:
		comb_registers_save(agent, __builtin_frame_address(0));
		exit_park(agent, COMB_EXIT_PANIC, COMB_CELL_PANIC);
	case KMSG_DUMP_EMERG:
		exit_park(agent, COMB_EXIT_EMERGENCY, COMB_CELL_STOPPED);
	case KMSG_DUMP_SHUTDOWN:
		if (system_state == SYSTEM_RESTART)
			exit_park(agent, COMB_EXIT_REBOOT, COMB_CELL_STOPPED);
		if (system_state == SYSTEM_HALT)
			exit_park(agent, COMB_EXIT_HALT, COMB_CELL_STOPPED);
		exit_park(agent, COMB_EXIT_POWEROFF, COMB_CELL_STOPPED);
	default:
		break;
	}
}

static int exit_begins(struct notifier_block *block, unsigned long action, void *command)
{
	struct comb_agent *agent = container_of(block, struct comb_agent, reboot);

	/* kernel_kexec() says so, and nobody else */
	if (action == SYS_RESTART && command && !strcmp(command, "kexec reboot")) {
		dev_emerg(agent->dev, "no kexec in a cell: it ends here\n");
		exit_park(agent, COMB_EXIT_REBOOT, COMB_CELL_STOPPED);
	}
	comb_mailbox_set_state(agent, COMB_CELL_STOPPING);
	return NOTIFY_DONE;
}

static void exit_unhook(void *data)
{
	struct comb_agent *agent = data;

	unregister_reboot_notifier(&agent->reboot);
	kmsg_dump_unregister(&agent->dumper);
}

/**
 * comb_exit_start - watch for the end of this kernel
 * @agent: an agent with a mailbox
 *
 * Return: 0 or a negative errno.
 */
int comb_exit_start(struct comb_agent *agent)
{
	int err;

	comb_registers_clear(agent);
	agent->dumper.dump = exit_dump;
	agent->dumper.max_reason = KMSG_DUMP_SHUTDOWN;
	err = kmsg_dump_register(&agent->dumper);
	if (err)
		return err;

	/* Before all others: a driver may take its time to shut down. */
	agent->reboot.notifier_call = exit_begins;
	agent->reboot.priority = INT_MAX;
	err = register_reboot_notifier(&agent->reboot);
	if (err) {
		kmsg_dump_unregister(&agent->dumper);
		return err;
	}
	return devm_add_action_or_reset(agent->dev, exit_unhook, agent);
}
