// SPDX-License-Identifier: GPL-2.0-only
/*
 * cpu.c - take CPUs from the host, start and stop them, give them back
 *
 * A lent CPU is offline and, unlike other offline CPUs, not present: that
 * keeps everyone from bringing it online, and it makes the host stop sending
 * IPIs by shorthand ("all but self"), which would reach the cell.
 */
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/topology.h>
#include <asm/apic.h>
#include <asm/smp.h>

#include "internal.h"
#include "trampoline.h"

/* Between INIT and start-up IPI (Intel SDM 3A, 11.4.4.1). */
#define INIT_WAIT_US	10000
/* A second start-up IPI goes out if the first has no effect for so long. */
#define SIPI_WAIT_US	20000
/* All of it, generous for emulated machines. */
#define START_WAIT_US	1000000
/* How long to wait for others who disable CPU hotplug. */
#define HOTPLUG_TRIES	10
#define HOTPLUG_WAIT_MS	50

static struct lent {
	struct comb_cell *owner;
	u32 apic_id;
} *lent;
static DEFINE_MUTEX(cpus_lock);
/* The host goes down: nothing is started any more. */
static bool closed;

int comb_cpus_init(void)
{
	lent = kcalloc(nr_cpu_ids, sizeof(*lent), GFP_KERNEL);
	return lent ? 0 : -ENOMEM;
}

void comb_cpus_exit(void)
{
	kfree(lent);
}

/* comb_cpus_lent() - which CPUs belong to cells */
void comb_cpus_lent(struct cpumask *mask)
{
	unsigned int cpu;

	cpumask_clear(mask);
	mutex_lock(&cpus_lock);
	for (cpu = 0; cpu < nr_cpu_ids; cpu++)
		if (lent[cpu].owner)
			cpumask_set_cpu(cpu, mask);
	mutex_unlock(&cpus_lock);
}

static int icr_wait(void)
{
	/* x2APIC has nothing to wait for. */
	return apic->safe_wait_icr_idle && apic->safe_wait_icr_idle() ? -EIO : 0;
}

static int icr_send(u32 low, u32 apic_id)
{
	unsigned long flags;
	int err;

	local_irq_save(flags);
	err = icr_wait();
	if (!err) {
		/* Seen before the interrupt: x2APIC orders nothing (SDM 3A, 11.12.3). */
		mb();
		rmb();
		apic->icr_write(low, apic_id);
		err = icr_wait();
	}
	local_irq_restore(flags);
	return err;
}

/*
 * The only way to INIT or start a CPU. An INIT to a CPU that the host uses
 * hangs the machine, so whatever the caller believes is checked here, while
 * nobody can bring a CPU up.
 */
static int cpu_command(const struct comb_cell *owner, u32 cpu, u32 command)
{
	int err = -EPERM;

	lockdep_assert_held(&cpus_lock);
	cpus_read_lock();
	if (cpu < nr_cpu_ids && owner && lent[cpu].owner == owner &&
	    !cpu_online(cpu) && !cpu_present(cpu))
		err = icr_send(command, lent[cpu].apic_id);
	cpus_read_unlock();
	if (err == -EPERM)
		pr_err("CPU %u is not to be touched: it came back without us\n", cpu);
	return err;
}

static int cpu_reset(const struct comb_cell *owner, u32 cpu)
{
	int err;

	err = cpu_command(owner, cpu, APIC_INT_LEVELTRIG | APIC_INT_ASSERT | APIC_DM_INIT);
	if (err)
		return err;
	/* For old APICs; newer ones ignore it. */
	return cpu_command(owner, cpu, APIC_INT_LEVELTRIG | APIC_DM_INIT);
}

static bool cpu_has_reached(const u32 *reached, unsigned int timeout_us)
{
	unsigned int waited;

	for (waited = 0; waited < timeout_us; waited += 50) {
		if (READ_ONCE(*reached))
			return true;
		usleep_range(50, 100);
	}
	return READ_ONCE(*reached);
}

/* The CPU has taken an INIT and INIT_WAIT_US have passed. */
static int cpu_run(const struct comb_cell *owner, u32 cpu, phys_addr_t page, const u32 *reached)
{
	u32 command = APIC_DM_STARTUP | (page >> PAGE_SHIFT);
	int err;

	err = cpu_command(owner, cpu, command);
	if (err)
		return err;
	if (cpu_has_reached(reached, SIPI_WAIT_US))
		return 0;
	err = cpu_command(owner, cpu, command);
	if (err)
		return err;
	return cpu_has_reached(reached, START_WAIT_US) ? 0 : -ETIMEDOUT;
}

/**
 * comb_cpu_start() - INIT-SIPI-SIPI
 * @cell: owner of the CPU
 * @cpu: host number
 * @page: physical address of the code, below 1 MiB
 * @reached: becomes nonzero when the code runs
 *
 * Return: 0; -ETIMEDOUT (the CPU has been reset again); -EIO or -EPERM when
 * nothing could be sent.
 */
int comb_cpu_start(struct comb_cell *cell, u32 cpu, phys_addr_t page, const u32 *reached)
{
	int err;

	mutex_lock(&cpus_lock);
	err = closed ? -EPERM : cpu_reset(cell, cpu);
	if (!err) {
		usleep_range(INIT_WAIT_US, 2 * INIT_WAIT_US);
		err = cpu_run(cell, cpu, page, reached);
		if (err)
			cpu_reset(cell, cpu);
	}
	mutex_unlock(&cpus_lock);
	return err;
}

/*
 * An INIT can be lost on a CPU: in VMX root operation, say, it stays pending.
 * So ask for a proof: only a CPU that waits for a start-up IPI executes the
 * park page. Afterwards it is reset again and waits as before.
 */
static int cpu_prove_stopped(const struct comb_cell *cell, struct comb_member *member)
{
	void *page = __va(comb_park_page);
	u32 *ack = page + (comb_park_ack - comb_park);
	int err;

	memcpy(page, comb_park, comb_park_end - comb_park);
	WRITE_ONCE(*ack, 0);
	err = cpu_run(cell, member->id.cpu, comb_park_page, ack);
	if (err)
		return err;
	err = cpu_reset(cell, member->id.cpu);
	member->stopped = !err;
	return err;
}

/**
 * comb_cpus_stop() - reset every CPU of a cell and make sure of it
 * @cell: whose lock is held
 *
 * Return: 0, or -EIO if one of them cannot be proved to have stopped.
 */
int comb_cpus_stop(struct comb_cell *cell)
{
	unsigned int i, resets = 0;
	int ret = 0;

	lockdep_assert_held(&cell->lock);
	if (cell->ringing) {
		WRITE_ONCE(cell->ringing, false);
		/* What was under way in comb_cpu_ring() reaches CPUs of the cell. */
		synchronize_rcu();
	}
	mutex_lock(&cpus_lock);
	for (i = 0; i < cell->nr_cpus; i++)
		if (!cell->members[i].stopped && !cpu_reset(cell, cell->members[i].id.cpu))
			resets++;
	if (resets)
		usleep_range(INIT_WAIT_US, 2 * INIT_WAIT_US);
	for (i = 0; i < cell->nr_cpus; i++) {
		struct comb_member *member = &cell->members[i];

		if (!member->stopped && cpu_prove_stopped(cell, member)) {
			pr_err("CPU %u of cell %s does not stop\n", member->id.cpu, cell->name);
			ret = -EIO;
		}
	}
	mutex_unlock(&cpus_lock);
	return ret;
}

/**
 * comb_cpus_reset_all() - stop all cells, because the host goes down
 *
 * A kernel started by kexec, unlike a machine reset, would find them running.
 */
void comb_cpus_reset_all(void)
{
	unsigned int cpu;

	mutex_lock(&cpus_lock);
	closed = true;
	for (cpu = 0; cpu < nr_cpu_ids; cpu++)
		if (lent[cpu].owner)
			cpu_reset(lent[cpu].owner, cpu);
	mutex_unlock(&cpus_lock);
}

/**
 * comb_cpu_ring() - a fixed interrupt to a CPU of the cell
 * @cell: in any context, inside rcu_read_lock()
 * @apic_id: must be one of the cell's CPUs
 * @vector: 16 to 255
 *
 * Return: 0; -ENOTCONN if no running CPU of the cell has this APIC ID; -EIO.
 */
int comb_cpu_ring(struct comb_cell *cell, u32 apic_id, u8 vector)
{
	unsigned int i;

	if (!smp_load_acquire(&cell->ringing))
		return -ENOTCONN;
	for (i = 0; i < cell->nr_cpus; i++)
		if (cell->members[i].id.apic_id == apic_id)
			return icr_send(APIC_DM_FIXED | vector, apic_id);
	return -ENOTCONN;
}

static int cpu_check(u32 cpu, const struct cpumask *wanted, u32 flags)
{
	if (cpu >= nr_cpu_ids || !cpu_possible(cpu))
		return -ENXIO;
	if (lent[cpu].owner)
		return -EBUSY;
	if (!cpu_present(cpu))
		return -ENXIO;
	/* Firmware, suspend and some drivers rely on the boot CPU. */
	if (cpu == 0 || cpu_physical_id(cpu) == boot_cpu_physical_apicid)
		return -EBUSY;
	if (!cpu_online(cpu))
		return -EAGAIN;
	if (!(flags & COMB_CPUS_SPLIT_CORES) &&
	    !cpumask_subset(topology_sibling_cpumask(cpu), wanted))
		return -EXDEV;
	return 0;
}

/* Nobody can be sure of this for long; taking a CPU checks again. */
static int list_check(const u32 *list, unsigned int nr, u32 flags, u32 *culprit)
{
	cpumask_var_t wanted;
	unsigned int i;
	int err = 0;

	if (!zalloc_cpumask_var(&wanted, GFP_KERNEL))
		return -ENOMEM;
	for (i = 0; i < nr && !err; i++) {
		*culprit = list[i];
		if (list[i] >= nr_cpu_ids)
			err = -ENXIO;
		else if (cpumask_test_and_set_cpu(list[i], wanted))
			err = -EINVAL;
	}
	cpus_read_lock();
	for (i = 0; i < nr && !err; i++) {
		*culprit = list[i];
		err = cpu_check(list[i], wanted, flags);
	}
	if (!err && num_online_cpus() <= nr)
		err = -EBUSY;
	cpus_read_unlock();
	free_cpumask_var(wanted);
	return err;
}

/* To be asked while the CPU is online: going offline forgets its siblings. */
static void member_fill(struct comb_member *member, u32 cpu)
{
	unsigned int core = cpumask_first(topology_sibling_cpumask(cpu));
	int node = cpu_to_node(cpu);

	*member = (struct comb_member){
		.id = {
			.cpu = cpu,
			.apic_id = cpu_physical_id(cpu),
			.node = node == NUMA_NO_NODE ? 0 : node,
			.core = core < nr_cpu_ids ? core : cpu,
		},
	};
}

/* Others disable CPU hotplug for moments (PCI probing, say); older kernels do not wait. */
static int hotplug(u32 cpu, int (*operation)(unsigned int cpu))
{
	unsigned int tries;
	int ret;

	for (tries = 0; tries < HOTPLUG_TRIES; tries++) {
		ret = operation(cpu);
		if (ret != -EBUSY)
			break;
		msleep(HOTPLUG_WAIT_MS);
	}
	return ret;
}

/* Keep the host away from it. False if somebody brought it up meanwhile. */
static bool cpu_hide(u32 cpu)
{
	bool hidden = false;

	cpus_read_lock();
	if (!cpu_online(cpu)) {
		set_cpu_present(cpu, false);
		hidden = true;
	}
	cpus_read_unlock();
	/*
	 * The kernel decides on IPI shorthands at the end of each hotplug
	 * operation, also of a failed one. The last one still saw this CPU
	 * present; bringing up a CPU that is not present fails without any
	 * effect but to have the decision made again. Not so with -EBUSY.
	 */
	if (hidden)
		hotplug(cpu, add_cpu);
	return hidden;
}

static int cpu_take(struct comb_cell *cell, const struct comb_member *member)
{
	u32 cpu = member->id.cpu;
	int ret;

	ret = hotplug(cpu, remove_cpu);
	if (ret > 0)
		return -EAGAIN;
	if (ret < 0) {
		pr_notice("the host keeps CPU %u: error %d\n", cpu, ret);
		return -EIO;
	}
	if (!cpu_hide(cpu))
		return -EAGAIN;
	lent[cpu] = (struct lent){ .owner = cell, .apic_id = member->id.apic_id };
	return 0;
}

static int cpu_return(struct comb_cell *cell, u32 cpu)
{
	int err;

	set_cpu_present(cpu, true);
	err = hotplug(cpu, add_cpu);
	if (err < 0) {
		/* Keep it on record, and everyone away from it. */
		if (cpu_hide(cpu))
			return err;
		pr_notice("CPU %u came online by itself\n", cpu);
	}
	lent[cpu].owner = NULL;
	return 0;
}

/* From the last one back: members[0] is the last to go. */
static int members_return(struct comb_cell *cell, unsigned int first)
{
	unsigned int i, kept = first;
	int ret = 0;

	for (i = cell->nr_cpus; i-- > first;) {
		struct comb_member *member = &cell->members[i];
		int err = member->stopped ? cpu_return(cell, member->id.cpu) : -EIO;

		if (!err) {
			member->id.cpu = nr_cpu_ids;
			continue;
		}
		pr_err("CPU %u of cell %s does not come back: error %d\n", member->id.cpu,
		       cell->name, err);
		ret = -EIO;
	}
	for (i = first; i < cell->nr_cpus; i++)
		if (cell->members[i].id.cpu < nr_cpu_ids)
			cell->members[kept++] = cell->members[i];
	cell->nr_cpus = kept;
	return ret;
}

/**
 * comb_cpus_return() - give a cell's CPUs back to the host
 * @cell: whose lock is held; comb_cpus_stop() has been called
 *
 * Return: 0, or -EIO: the cell still has those that did not stop or that the
 * host could not bring up.
 */
int comb_cpus_return(struct comb_cell *cell)
{
	int err;

	lockdep_assert_held(&cell->lock);
	mutex_lock(&cpus_lock);
	err = members_return(cell, 0);
	mutex_unlock(&cpus_lock);
	return err;
}

static int members_take(struct comb_cell *cell, const u32 *list, unsigned int nr, u32 *culprit)
{
	unsigned int i, first = cell->nr_cpus;
	int err;

	for (i = 0; i < nr; i++)
		member_fill(&cell->members[first + i], list[i]);
	for (i = 0; i < nr; i++) {
		*culprit = list[i];
		err = cpu_take(cell, &cell->members[first + i]);
		if (err)
			goto err_return;
		/* Offline in the host: it runs nothing of the cell's. */
		cell->members[first + i].stopped = true;
		cell->nr_cpus++;
	}
	return 0;

err_return:
	/* What does not come back stays with the cell, and is in its list. */
	members_return(cell, first);
	return err;
}

/**
 * comb_cpus_take() - take CPUs from the host, all or none
 * @cell: whose lock is held
 * @list: host CPU numbers
 * @nr: how many, at least 1
 * @flags: COMB_CPUS_*
 * @culprit: the CPU an error is about
 *
 * Return: 0; -ENXIO, -EBUSY, -EAGAIN, -EXDEV, -EIO as in comb.h; -EINVAL for a
 * CPU named twice; -ENOMEM.
 */
int comb_cpus_take(struct comb_cell *cell, const u32 *list, unsigned int nr, u32 flags,
		   u32 *culprit)
{
	struct comb_member *members;
	int err;

	lockdep_assert_held(&cell->lock);
	members = krealloc(cell->members, array_size(cell->nr_cpus + nr, sizeof(*members)),
			   GFP_KERNEL);
	if (!members)
		return -ENOMEM;
	cell->members = members;
	mutex_lock(&cpus_lock);
	err = list_check(list, nr, flags, culprit);
	if (!err)
		err = members_take(cell, list, nr, culprit);
	mutex_unlock(&cpus_lock);
	return err;
}
