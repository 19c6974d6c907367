// SPDX-License-Identifier: GPL-2.0-only
/*
 * mailbox.c - finds the mailbox, checks it, speaks through it
 *
 * Words that both kernels change need care of a special kind: a kernel with one
 * CPU patches the lock prefixes out of its own atomics ("SMP alternatives"),
 * but the host is another CPU all the same. Only instructions whose lock cannot
 * be patched away may touch them: xchg with memory locks by itself (Intel SDM
 * volume 3, 9.1.2), sync_cmpxchg() has a prefix of its own.
 */
#include <linux/acpi.h>
#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/platform_device.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/utsname.h>

#include <asm/apic.h>
#include <asm/barrier.h>
#include <asm/cmpxchg.h>
#include <asm/tsc.h>

#include "agent.h"

/* The hotplug callbacks get no argument. Set while they are registered. */
static struct comb_agent *comb_cpu_agent;
static int comb_cpu_state;

static int mailbox_check(struct comb_agent *agent)
{
	const struct comb_mailbox_host *host = agent->host;
	u32 version = READ_ONCE(host->version), size = READ_ONCE(host->size);
	u32 period = READ_ONCE(host->heartbeat_ms);

	if (READ_ONCE(host->magic) != COMB_MAILBOX_MAGIC) {
		dev_err(agent->dev, "no mailbox behind %s\n", COMB_ACPI_HID);
		return -ENODEV;
	}
	if (version != COMB_MAILBOX_VERSION || size != COMB_MAILBOX_SIZE) {
		dev_err(agent->dev, "mailbox version %u, %u bytes; this module speaks %u, %u\n",
			version, size, COMB_MAILBOX_VERSION, COMB_MAILBOX_SIZE);
		return -EPROTO;
	}
	if (period < 10 || period > 60000) {
		dev_err(agent->dev, "heartbeat period of %u ms, not 10 to 60000\n", period);
		return -EPROTO;
	}
	agent->heartbeat_ms = period;
	return 0;
}

/**
 * comb_mailbox_map - map the mailbox and check what the host wrote
 * @agent: its @dev is set; @host, @cell, @heartbeat_ms will be
 * @pdev: the device whose first memory resource is the mailbox
 *
 * The mailbox is reserved RAM, shared cache-coherently: it is mapped write-back.
 *
 * Return: 0, -ENODEV without a mailbox, -EPROTO for one this module does not
 * understand, or what memremap says.
 */
int comb_mailbox_map(struct comb_agent *agent, struct platform_device *pdev)
{
	struct resource *range = platform_get_resource(pdev, IORESOURCE_MEM, 0);
	void *base;

	BUILD_BUG_ON(sizeof(struct comb_mailbox_host) > COMB_MAILBOX_CELL_OFF);
	BUILD_BUG_ON(offsetof(struct comb_mailbox_cell, state) !=
		     COMB_MAILBOX_OFF_STATE - COMB_MAILBOX_CELL_OFF);
	BUILD_BUG_ON(offsetof(struct comb_mailbox_host, doorbells) % sizeof(u64));

	if (!range || resource_size(range) < COMB_MAILBOX_SIZE ||
	    !PAGE_ALIGNED(range->start)) {
		dev_err(agent->dev, "no usable memory range in _CRS\n");
		return -ENODEV;
	}
	base = devm_memremap(agent->dev, range->start, COMB_MAILBOX_SIZE, MEMREMAP_WB);
	if (IS_ERR(base))
		return PTR_ERR(base);
	agent->host = base + COMB_MAILBOX_HOST_OFF;
	agent->cell = base + COMB_MAILBOX_CELL_OFF;
	return mailbox_check(agent);
}

/* Pick a doorbell of the host that can be rung without harm to anyone else. */
static bool mailbox_host_doorbell(struct comb_agent *agent, struct comb_doorbell *bell)
{
	/* Destination of a physical broadcast (Intel SDM volume 3, 11.6.2). */
	u32 broadcast = x2apic_enabled() ? U32_MAX : 0xff;
	u64 word;

	if (!READ_ONCE(agent->host->nr_doorbells))
		return false;
	word = READ_ONCE(*(u64 *)&agent->host->doorbells[0]);
	memcpy(bell, &word, sizeof(*bell));
	return bell->vector >= 16 && bell->vector <= 255 && bell->apic_id < broadcast;
}

static void mailbox_send_ipi(u32 apic_id, u32 vector)
{
	unsigned long flags;

	/* x2APIC writes are not ordered after stores (Intel SDM volume 3, 11.12.3). */
	mb();
	rmb();
	local_irq_save(flags);
	if (apic->safe_wait_icr_idle)
		apic->safe_wait_icr_idle();
	apic->icr_write(APIC_DM_FIXED | APIC_DEST_PHYSICAL | vector, apic_id);
	local_irq_restore(flags);
}

/**
 * comb_mailbox_set_bits - set bits in a word the host changes, too
 * @word: in the mailbox
 * @bits: these
 *
 * Return: the word before.
 */
u64 comb_mailbox_set_bits(u64 *word, u64 bits)
{
	u64 old = READ_ONCE(*word), seen;

	while ((seen = sync_cmpxchg(word, old, old | bits)) != old)
		old = seen;
	return old;
}

/**
 * comb_mailbox_ring_host_bell - interrupt the host
 * @agent: the agent
 *
 * Does nothing if the host has no doorbell. Works in any context, NMI included.
 */
void comb_mailbox_ring_host_bell(struct comb_agent *agent)
{
	struct comb_doorbell bell;

	if (mailbox_host_doorbell(agent, &bell))
		mailbox_send_ipi(bell.apic_id, bell.vector);
}

/**
 * comb_mailbox_ring_cpu - interrupt a CPU of this kernel
 * @cpu: its number
 * @vector: of an interrupt it expects
 */
void comb_mailbox_ring_cpu(unsigned int cpu, u32 vector)
{
	mailbox_send_ipi(cpu_physical_id(cpu), vector);
}

/**
 * comb_mailbox_ring_host - set pending bits and interrupt the host
 * @agent: the agent
 * @pending: COMB_PENDING_* bits
 *
 * Rings only if no bit was set, as the host has not looked yet otherwise. Does
 * nothing more if the host has no doorbell. Works in any context, NMI included.
 */
void comb_mailbox_ring_host(struct comb_agent *agent, u64 pending)
{
	if (!comb_mailbox_set_bits(&agent->host->pending, pending))
		comb_mailbox_ring_host_bell(agent);
}

/**
 * comb_mailbox_set_doorbell - publish one of the cell's doorbells
 * @agent: the agent
 * @index: which, below COMB_DOORBELLS_MAX
 * @apic_id: physical destination
 * @vector: 16 to 255, or 0 for none
 */
void comb_mailbox_set_doorbell(struct comb_agent *agent, unsigned int index, u32 apic_id,
			       u32 vector)
{
	struct comb_doorbell bell = { .apic_id = apic_id, .vector = vector };
	u64 word;

	memcpy(&word, &bell, sizeof(word));
	WRITE_ONCE(*(u64 *)&agent->cell->doorbells[index], word);
	comb_mailbox_ring_host(agent, COMB_PENDING_CONTROL);
}

/**
 * comb_mailbox_set_state - say what the cell is doing
 * @agent: the agent
 * @state: its new state
 *
 * Whatever was written to the mailbox before is visible with the new state.
 */
void comb_mailbox_set_state(struct comb_agent *agent, enum comb_cell_state state)
{
	smp_store_release(&agent->cell->state, state);
	comb_mailbox_ring_host(agent, COMB_PENDING_CONTROL);
}

static int mailbox_cpu_online(unsigned int cpu)
{
	WRITE_ONCE(comb_cpu_agent->cell->cpus_online, num_online_cpus());
	comb_mailbox_ring_host(comb_cpu_agent, COMB_PENDING_CONTROL);
	comb_doorbell_cpu_online(comb_cpu_agent, cpu);
	return 0;
}

/* The CPU counts as online until a later step of its way out. */
static int mailbox_cpu_offline(unsigned int cpu)
{
	WRITE_ONCE(comb_cpu_agent->cell->cpus_online, num_online_cpus() - 1);
	comb_mailbox_ring_host(comb_cpu_agent, COMB_PENDING_CONTROL);
	return 0;
}

/*
 * Without this module the cell is what it was before the module was loaded: a
 * kernel that is up but does not report. "Booting" without heartbeats says so;
 * user space then judges by the kernel log.
 */
static void mailbox_withdraw(void *data)
{
	struct comb_agent *agent = data;

	cpuhp_remove_state_nocalls(comb_cpu_state);
	comb_cpu_agent = NULL;
	if (READ_ONCE(agent->cell->state) == COMB_CELL_RUNNING)
		comb_mailbox_set_state(agent, COMB_CELL_BOOTING);
}

/**
 * comb_mailbox_report - report the cell as running
 * @agent: an agent whose other parts have started
 *
 * Return: 0 or a negative errno.
 */
int comb_mailbox_report(struct comb_agent *agent)
{
	struct comb_mailbox_cell *cell = agent->cell;
	char name[COMB_MAILBOX_NAME_SIZE];
	int err;

	comb_cpu_agent = agent;
	err = cpuhp_setup_state_nocalls(CPUHP_AP_ONLINE_DYN, "comb/cell:online",
					mailbox_cpu_online, mailbox_cpu_offline);
	if (err < 0) {
		comb_cpu_agent = NULL;
		return err;
	}
	comb_cpu_state = err;

	strscpy_pad(cell->kernel, init_utsname()->release, sizeof(cell->kernel));
	WRITE_ONCE(cell->cpus_online, num_online_cpus());
	WRITE_ONCE(cell->exit, COMB_EXIT_NONE);
	WRITE_ONCE(cell->running_tsc, rdtsc_ordered());
	comb_mailbox_set_state(agent, COMB_CELL_RUNNING);

	memcpy(name, agent->host->name, sizeof(name));
	name[sizeof(name) - 1] = '\0';
	dev_info(agent->dev, "cell %u (%*pE), heartbeat every %u ms\n",
		 READ_ONCE(agent->host->cell_id), (int)strlen(name), name, agent->heartbeat_ms);
	return devm_add_action_or_reset(agent->dev, mailbox_withdraw, agent);
}
