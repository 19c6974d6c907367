// SPDX-License-Identifier: GPL-2.0-only
/*
 * doorbell.c - interrupt vectors for the host to ring, one for each CPU
 *
 * A doorbell is an ordinary Linux interrupt whose parent is the CPU vector
 * domain, as a message-signalled interrupt is; only the message is sent by
 * another kernel's CPU. Its vector and target follow affinity and CPU hotplug,
 * and are published each time they change. Doorbell n goes to CPU n whenever
 * that comes online.
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
#include "compat.h"

static void doorbell_publish(struct irq_data *data)
{
	struct comb_agent *agent = irq_data_get_irq_chip_data(data);
	unsigned int cpu = cpumask_first(irq_data_get_effective_affinity_mask(data));
	const struct irq_cfg *cfg = irqd_cfg(data);

	if (!cfg || !cfg->vector || cpu >= nr_cpu_ids)
		return;
	WRITE_ONCE(agent->bells[data->hwirq].where, cpu << 8 | cfg->vector);
	/* The chosen CPU's own ID: dest_apicid may be a logical one. */
	comb_mailbox_set_doorbell(agent, data->hwirq, cpu_physical_id(cpu), cfg->vector);
}

/* Have the pending words of a doorbell looked at, in its own interrupt. */
static void doorbell_ring(struct comb_bell *bell)
{
	u32 where = READ_ONCE(bell->where);

	if (where)
		comb_mailbox_ring_cpu(where >> 8, where & 0xff);
}

static int doorbell_set_affinity(struct irq_data *data, const struct cpumask *mask, bool force)
{
	int ret = irq_chip_set_affinity_parent(data, mask, force);

	if (ret >= 0) {
		struct comb_agent *agent = irq_data_get_irq_chip_data(data);

		doorbell_publish(data);
		/*
		 * The old vector answers until the first interrupt by the new
		 * one, and until then it cannot move again.
		 */
		doorbell_ring(&agent->bells[data->hwirq]);
	}
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
	struct comb_bell *bell = data;
	struct comb_agent *agent = bell->agent;
	unsigned int index = bell - agent->bells;
	u64 pending;

	if (!index) {
		/* See mailbox.c for why this must be xchg. */
		pending = xchg(&agent->cell->pending, 0);
		if (pending & COMB_PENDING_CONTROL)
			comb_control_poll(agent);
		if (pending & COMB_PENDING_MESSAGES)
			comb_channel_poll(agent);
	}
	comb_pending_take(agent, index);
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
			  void *arg)
{
	const struct irq_fwspec *spec = arg;
	/* The vector domain's argument; nothing in it matters for a plain vector. */
	struct irq_alloc_info info = { };
	int err = irq_domain_alloc_irqs_parent(domain, irq, nr, &info);

	if (!err)
		irq_domain_set_info(domain, irq, spec->param[0], &doorbell_chip, domain->host_data,
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
	agent->domain = irq_domain_create_hierarchy(x86_vector_domain, 0, COMB_DOORBELLS_MAX,
						    agent->domain_node, &doorbell_domain_ops,
						    agent);
	if (!agent->domain) {
		irq_domain_free_fwnode(agent->domain_node);
		return -ENOMEM;
	}
	return devm_add_action_or_reset(agent->dev, doorbell_remove_domain, agent);
}

static void doorbell_unmap(void *data)
{
	struct comb_bell *bell = data;

	irq_dispose_mapping(bell->irq);
}

/* The only exported way to allocate in a hierarchy on every kernel since 5.10. */
static int doorbell_map(struct comb_agent *agent, struct comb_bell *bell)
{
	struct irq_fwspec spec = {
		.fwnode = agent->domain_node,
		.param_count = 1,
		.param = { bell - agent->bells },
	};

	bell->agent = agent;
	bell->irq = irq_create_fwspec_mapping(&spec);
	if (!bell->irq)
		return -ENOSPC;
	comb_irq_move_at_once(bell->irq);
	return devm_add_action_or_reset(agent->dev, doorbell_unmap, bell);
}

static int doorbell_listen(struct comb_agent *agent, unsigned int index)
{
	struct comb_bell *bell = &agent->bells[index];
	const char *name = "comb-doorbell";
	int err;

	if (index)
		name = devm_kasprintf(agent->dev, GFP_KERNEL, "comb-doorbell-%u", index);
	if (!name)
		return -ENOMEM;
	err = doorbell_map(agent, bell);
	if (err)
		return err;
	err = devm_request_irq(agent->dev, bell->irq, doorbell_rung, 0, name, bell);
	if (err)
		return err;
	doorbell_publish(irq_get_irq_data(bell->irq));
	comb_doorbell_cpu_online(agent, index);
	return 0;
}

static void doorbell_withdraw(void *data)
{
	struct comb_agent *agent = data;
	unsigned int i;

	WRITE_ONCE(agent->cell->nr_doorbells, 0);
	for (i = 0; i < agent->nr_bells; i++)
		comb_mailbox_set_doorbell(agent, i, 0, 0);
}

/**
 * comb_doorbell_cpu_online - bring a doorbell home
 * @agent: the agent
 * @cpu: a CPU that is online, or will be told of when it is
 */
void comb_doorbell_cpu_online(struct comb_agent *agent, unsigned int cpu)
{
	/* Where it does not go, it is served where it is. */
	if (cpu < COMB_DOORBELLS_MAX && agent->bells[cpu].irq && cpu_online(cpu))
		irq_set_affinity(agent->bells[cpu].irq, cpumask_of(cpu));
}

/**
 * comb_doorbell_poll - look for notifications that nobody was rung for
 * @agent: the agent
 *
 * A ring may be lost while a doorbell moves.
 */
void comb_doorbell_poll(struct comb_agent *agent)
{
	unsigned int i;

	for (i = 0; i < agent->nr_bells; i++)
		if (comb_pending_is_set(agent, i))
			doorbell_ring(&agent->bells[i]);
}

/**
 * comb_doorbell_start - allocate the doorbells and publish them
 * @agent: an agent that can take requests and messages
 *
 * One for each CPU there may ever be; fewer if vectors run out.
 *
 * Return: 0, -ENOSPC if not even one vector is left, or another negative errno.
 */
int comb_doorbell_start(struct comb_agent *agent)
{
	unsigned int wanted = min_t(unsigned int, nr_cpu_ids, COMB_DOORBELLS_MAX), i;
	int err;

	err = doorbell_create_domain(agent);
	for (i = 0; !err && i < wanted; i++)
		err = doorbell_listen(agent, i);
	if (err && (err != -ENOSPC || i < 2))
		return err;
	/* The one that failed counts, too. */
	agent->nr_bells = err ? i - 1 : i;
	smp_store_release(&agent->cell->nr_doorbells, agent->nr_bells);
	comb_mailbox_ring_host(agent, COMB_PENDING_CONTROL);
	return devm_add_action_or_reset(agent->dev, doorbell_withdraw, agent);
}
