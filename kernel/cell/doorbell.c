// SPDX-License-Identifier: GPL-2.0-only
/*
 * doorbell.c - an interrupt vector for the host to ring
 *
 * The doorbell is an ordinary Linux interrupt whose parent is the CPU vector
 * domain, as a message-signalled interrupt is; only the message is sent by
 * another kernel's CPU. Its vector and target follow affinity and CPU hotplug,
 * and are published each time they change.
 */
#include <linux/cpumask.h>
#include <linux/device.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/smp.h>

#include <asm/cmpxchg.h>
#include <asm/hw_irq.h>
#include <asm/irqdomain.h>

#include "agent.h"

static void doorbell_publish(struct irq_data *data)
{
	struct comb_agent *agent = irq_data_get_irq_chip_data(data);
	unsigned int cpu = cpumask_first(irq_data_get_effective_affinity_mask(data));
	const struct irq_cfg *cfg = irqd_cfg(data);

	/* The chosen CPU's own ID: dest_apicid may be a logical one. */
	if (cfg && cfg->vector && cpu < nr_cpu_ids)
		comb_mailbox_set_doorbell(agent, 0, cpu_physical_id(cpu), cfg->vector);
}

static int doorbell_set_affinity(struct irq_data *data, const struct cpumask *mask, bool force)
{
	int ret = irq_chip_set_affinity_parent(data, mask, force);

	/* The old vector answers until the first interrupt by the new one. */
	if (ret >= 0)
		doorbell_publish(data);
	return ret;
}

/* Nothing can hold back another kernel's IPI, but the core calls these without asking. */
static void doorbell_mask(struct irq_data *data)
{
}

static struct irq_chip doorbell_chip = {
	.name = "comb",
	.irq_mask = doorbell_mask,
	.irq_unmask = doorbell_mask,
	.irq_ack = irq_chip_ack_parent,
	.irq_retrigger = irq_chip_retrigger_hierarchy,
	.irq_set_affinity = doorbell_set_affinity,
};

static irqreturn_t doorbell_rung(int irq, void *data)
{
	struct comb_agent *agent = data;

	/* See mailbox.c for why this must be xchg. */
	if (xchg(&agent->cell->pending, 0) & COMB_PENDING_CONTROL)
		comb_control_poll(agent);
	return IRQ_HANDLED;
}

static int doorbell_translate(struct irq_domain *domain, struct irq_fwspec *spec,
			      unsigned long *hwirq, unsigned int *type)
{
	*hwirq = spec->param[0];
	*type = IRQ_TYPE_EDGE_RISING;
	return 0;
}

static int doorbell_alloc(struct irq_domain *domain, unsigned int irq, unsigned int nr,
			  void *spec)
{
	/* The vector domain's argument; nothing in it matters for a plain vector. */
	struct irq_alloc_info info = { };
	int err = irq_domain_alloc_irqs_parent(domain, irq, nr, &info);

	if (!err)
		irq_domain_set_info(domain, irq, 0, &doorbell_chip, domain->host_data,
				    handle_edge_irq, NULL, "edge");
	return err;
}

static const struct irq_domain_ops doorbell_domain_ops = {
	.translate = doorbell_translate,
	.alloc = doorbell_alloc,
	.free = irq_domain_free_irqs_common,
};

static void doorbell_remove_domain(void *data)
{
	struct comb_agent *agent = data;

	irq_domain_remove(agent->domain);
	irq_domain_free_fwnode(agent->domain_node);
}

static int doorbell_create_domain(struct comb_agent *agent)
{
	agent->domain_node = irq_domain_alloc_named_fwnode("comb");
	if (!agent->domain_node)
		return -ENOMEM;
	agent->domain = irq_domain_create_hierarchy(x86_vector_domain, 0, 1, agent->domain_node,
						    &doorbell_domain_ops, agent);
	if (!agent->domain) {
		irq_domain_free_fwnode(agent->domain_node);
		return -ENOMEM;
	}
	return devm_add_action_or_reset(agent->dev, doorbell_remove_domain, agent);
}

static void doorbell_unmap(void *data)
{
	struct comb_agent *agent = data;

	irq_dispose_mapping(agent->irq);
}

/* The only exported way to allocate in a hierarchy on every kernel since 5.10. */
static int doorbell_map(struct comb_agent *agent)
{
	struct irq_fwspec spec = {
		.fwnode = agent->domain_node,
		.param_count = 1,
		.param = { 0 },
	};

	agent->irq = irq_create_fwspec_mapping(&spec);
	if (!agent->irq)
		return -ENOSPC;
	return devm_add_action_or_reset(agent->dev, doorbell_unmap, agent);
}

static void doorbell_withdraw(void *data)
{
	struct comb_agent *agent = data;

	WRITE_ONCE(agent->cell->nr_doorbells, 0);
	comb_mailbox_set_doorbell(agent, 0, 0, 0);
}

/**
 * comb_doorbell_start - allocate the doorbell and publish it
 * @agent: an agent that can take requests
 *
 * Return: 0, -ENOSPC if no vector is left, or another negative errno.
 */
int comb_doorbell_start(struct comb_agent *agent)
{
	int err;

	err = doorbell_create_domain(agent);
	if (err)
		return err;
	err = doorbell_map(agent);
	if (err)
		return err;
	err = devm_request_irq(agent->dev, agent->irq, doorbell_rung, 0, "comb-doorbell", agent);
	if (err)
		return err;

	doorbell_publish(irq_get_irq_data(agent->irq));
	smp_store_release(&agent->cell->nr_doorbells, 1);
	comb_mailbox_ring_host(agent, COMB_PENDING_CONTROL);
	return devm_add_action_or_reset(agent->dev, doorbell_withdraw, agent);
}
