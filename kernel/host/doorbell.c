// SPDX-License-Identifier: GPL-2.0-only
/*
 * doorbell.c - interrupts between kernels
 *
 * The host's doorbell is an interrupt vector of the kernel's own vector
 * allocator, got through an interrupt domain below x86_vector_domain. No
 * device raises it: cells send it as an IPI to the (APIC ID, vector) pair that
 * they find in their mailboxes. The pair changes with the affinity of the
 * interrupt, also when its CPU goes offline, and is then published again.
 */
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <asm/hw_irq.h>
#include <asm/irqdomain.h>
#include <asm/smp.h>

#include "compat.h"
#include "internal.h"

/*
 * A ring can be lost while the doorbell moves to another CPU, and a cell may
 * stop without ringing: look at all mailboxes this often, too.
 */
#define WATCH	(HZ / 2)
/* Vectors below are exceptions; the APIC refuses them. */
#define VECTOR_MIN	16
#define VECTOR_MAX	255

static struct fwnode_handle *fwnode;
static struct irq_domain *domain;
static int doorbell_irq;

static struct comb_cell __rcu *rung[COMB_CELLS_MAX + 1];
static DEFINE_RAW_SPINLOCK(doorbell_lock);
static struct comb_doorbell published[COMB_HOST_DOORBELLS];

static void watch(struct work_struct *work);
static DECLARE_DELAYED_WORK(watch_work, watch);

/* 64 bits at once: the reader must not see half of it. */
static void doorbell_write(struct comb_doorbell *to, struct comb_doorbell value)
{
	WRITE_ONCE(*(u64 *)to, (u64)value.vector << 32 | value.apic_id);
}

static struct comb_doorbell doorbell_read(const struct comb_doorbell *from)
{
	u64 value = READ_ONCE(*(const u64 *)from);

	return (struct comb_doorbell){ .apic_id = value, .vector = value >> 32 };
}

static void mailbox_publish(struct comb_mailbox_host *mailbox)
{
	unsigned int i;

	lockdep_assert_held(&doorbell_lock);
	for (i = 0; i < COMB_HOST_DOORBELLS; i++)
		doorbell_write(&mailbox->doorbells[i], published[i]);
	WRITE_ONCE(mailbox->nr_doorbells, COMB_HOST_DOORBELLS);
}

/* Any context, also in stop_machine() while a CPU goes offline. */
static void doorbell_publish(struct irq_data *data)
{
	unsigned int cpu = cpumask_first(irq_data_get_effective_affinity_mask(data));
	struct irq_cfg *cfg = irqd_cfg(data);
	unsigned long flags;
	unsigned int i;

	if (cpu >= nr_cpu_ids || !cfg)
		return;
	raw_spin_lock_irqsave(&doorbell_lock, flags);
	/*
	 * Not cfg->dest_apicid: where the host uses logical destinations that
	 * is a bit mask. All lent CPUs can be reached physically.
	 */
	published[data->hwirq] = (struct comb_doorbell){
		.apic_id = cpu_physical_id(cpu),
		.vector = cfg->vector,
	};
	for (i = 1; i <= COMB_CELLS_MAX; i++) {
		struct comb_cell *cell = rcu_dereference_protected(rung[i],
						lockdep_is_held(&doorbell_lock));

		if (cell)
			mailbox_publish(rcu_dereference_protected(cell->mailbox,
						lockdep_is_held(&doorbell_lock)));
	}
	raw_spin_unlock_irqrestore(&doorbell_lock, flags);
}

static int chip_set_affinity(struct irq_data *data, const struct cpumask *mask, bool force)
{
	struct irq_data *parent = data->parent_data;
	int ret = parent->chip->irq_set_affinity(parent, mask, force);

	if (ret >= 0)
		doorbell_publish(data);
	return ret;
}

/* An IPI cannot be held back, but the core calls these without asking. */
static void chip_mask(struct irq_data *data)
{
}

static struct irq_chip doorbell_chip = {
	.name = "comb",
	.irq_mask = chip_mask,
	.irq_unmask = chip_mask,
	.irq_ack = irq_chip_ack_parent,
	.irq_set_affinity = chip_set_affinity,
	.irq_retrigger = irq_chip_retrigger_hierarchy,
	.flags = IRQCHIP_SKIP_SET_WAKE,
};

static int domain_alloc(struct irq_domain *d, unsigned int virq, unsigned int nr, void *arg)
{
	unsigned int i;
	int err;

	err = irq_domain_alloc_irqs_parent(d, virq, nr, arg);
	if (err)
		return err;
	for (i = 0; i < nr; i++)
		irq_domain_set_info(d, virq + i, i, &doorbell_chip, NULL, handle_edge_irq, NULL,
				    "edge");
	return 0;
}

static const struct irq_domain_ops domain_ops = {
	.alloc = domain_alloc,
	.free = irq_domain_free_irqs_common,
};

/* One doorbell serves all cells: most of them have nothing to say. */
static void cell_look(struct comb_cell *cell, bool state_too)
{
	struct comb_mailbox_host *mailbox = rcu_dereference(cell->mailbox);
	u64 pending = 0;
	u32 state;

	if (!mailbox)
		return;
	comb_event_kicks(cell, mailbox);
	/* xchg: see event.c. */
	if (READ_ONCE(mailbox->pending))
		pending = xchg(&mailbox->pending, 0);
	if (pending & COMB_PENDING_MESSAGES)
		comb_event_messages(cell);
	if (!state_too && !(pending & COMB_PENDING_CONTROL))
		return;
	state = comb_cell_state(cell);
	if (xchg(&cell->seen_state, state) != state || pending & COMB_PENDING_CONTROL)
		comb_cell_event(cell);
}

static void look(bool state_too)
{
	unsigned int i;

	rcu_read_lock();
	for (i = 1; i <= COMB_CELLS_MAX; i++) {
		struct comb_cell *cell = rcu_dereference(rung[i]);

		if (cell)
			cell_look(cell, state_too);
	}
	rcu_read_unlock();
}

static irqreturn_t doorbell_handler(int irq, void *data)
{
	look(false);
	return IRQ_HANDLED;
}

static void watch(struct work_struct *work)
{
	look(true);
	if (comb_cells_count())
		schedule_delayed_work(&watch_work, WATCH);
}

/**
 * comb_doorbell_add() - give the cell the host's doorbells and listen to it
 * @cell: whose lock is held
 * @mailbox: in the cell's RAM, which stays until comb_doorbell_remove()
 */
void comb_doorbell_add(struct comb_cell *cell, struct comb_mailbox_host *mailbox)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&doorbell_lock, flags);
	mailbox_publish(mailbox);
	rcu_assign_pointer(cell->mailbox, mailbox);
	rcu_assign_pointer(rung[cell->id], cell);
	raw_spin_unlock_irqrestore(&doorbell_lock, flags);
	schedule_delayed_work(&watch_work, WATCH);
}

/**
 * comb_doorbell_remove() - the reverse; nobody looks into the mailbox after it
 * @cell: whose lock is held
 */
void comb_doorbell_remove(struct comb_cell *cell)
{
	unsigned long flags;

	if (!rcu_access_pointer(cell->mailbox))
		return;
	raw_spin_lock_irqsave(&doorbell_lock, flags);
	RCU_INIT_POINTER(rung[cell->id], NULL);
	RCU_INIT_POINTER(cell->mailbox, NULL);
	raw_spin_unlock_irqrestore(&doorbell_lock, flags);
	synchronize_rcu();
}

static int mailbox_ring(struct comb_cell *cell, struct comb_mailbox_cell *said, u32 which)
{
	struct comb_doorbell bell;

	if (which >= READ_ONCE(said->nr_doorbells))
		return -ENOTCONN;
	bell = doorbell_read(&said->doorbells[which]);
	if (!bell.vector)
		return -ENOTCONN;
	if (bell.vector < VECTOR_MIN || bell.vector > VECTOR_MAX)
		return -EBADMSG;
	return comb_cpu_ring(cell, bell.apic_id, bell.vector);
}

/**
 * comb_doorbell_ring() - raise a doorbell of the cell
 * @cell: the cell
 * @which: number of the doorbell
 *
 * Any context. The cell says where its doorbells are; it can only name its own
 * CPUs.
 *
 * Return: 0; -EINVAL; -ENOTCONN not running or not published; -EBADMSG what
 * it published is no doorbell of its own.
 */
int comb_doorbell_ring(struct comb_cell *cell, u32 which)
{
	struct comb_mailbox_host *mailbox;
	int err = -ENOTCONN;

	if (which >= COMB_DOORBELLS_MAX)
		return -EINVAL;
	rcu_read_lock();
	mailbox = rcu_dereference(cell->mailbox);
	if (mailbox && READ_ONCE(cell->ringing))
		err = mailbox_ring(cell, comb_mailbox_cell(mailbox), which);
	rcu_read_unlock();
	return err;
}

static int irq_get(void)
{
	struct irq_alloc_info info = { 0 };
	int irq, err;

	irq = __irq_domain_alloc_irqs(domain, -1, COMB_HOST_DOORBELLS, NUMA_NO_NODE, &info, false,
				      NULL);
	if (irq < 0)
		return irq;
	compat_irq_move_at_once(irq);
	err = request_irq(irq, doorbell_handler, 0, "comb", &domain);
	if (err) {
		irq_dispose_mapping(irq);
		return err;
	}
	/* The vector is assigned by now. */
	doorbell_publish(irq_domain_get_irq_data(domain, irq));
	return irq;
}

/* comb_doorbell_init() - 0, or a negative error number */
int comb_doorbell_init(void)
{
	int err = -ENOMEM;

	fwnode = irq_domain_alloc_named_fwnode("comb");
	if (!fwnode)
		return -ENOMEM;
	domain = irq_domain_create_hierarchy(x86_vector_domain, 0, COMB_HOST_DOORBELLS, fwnode,
					     &domain_ops, NULL);
	if (!domain)
		goto err_fwnode;
	err = irq_get();
	if (err < 0)
		goto err_domain;
	doorbell_irq = err;
	return 0;

err_domain:
	irq_domain_remove(domain);
err_fwnode:
	irq_domain_free_fwnode(fwnode);
	return err;
}

void comb_doorbell_exit(void)
{
	cancel_delayed_work_sync(&watch_work);
	free_irq(doorbell_irq, &domain);
	irq_dispose_mapping(doorbell_irq);
	irq_domain_remove(domain);
	irq_domain_free_fwnode(fwnode);
}
