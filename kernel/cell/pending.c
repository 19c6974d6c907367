// SPDX-License-Identifier: GPL-2.0-only
/*
 * pending.c - notifications of queues, in both directions
 *
 * Each is a bit, see struct comb_pending; its order of setting and taking makes
 * sure that none is lost. Where a queue's notifications arrive is up to the
 * cell: its route names one of the cell's doorbells, of which each CPU has one.
 */
#include <linux/bitops.h>
#include <linux/cpumask.h>
#include <linux/irqflags.h>
#include <linux/rcupdate.h>

#include <asm/cmpxchg.h>

#include "agent.h"
#include "transport.h"

/**
 * comb_pending_notify - tell the host that there is something in a queue
 * @vq: a queue of a struct comb_device
 *
 * Works in any context.
 *
 * Return: true.
 */
bool comb_pending_notify(struct virtqueue *vq)
{
	struct comb_device *device = comb_device_of(vq->vdev);
	struct comb_pending *pending = device->transport->host_pending;
	unsigned long flags;

	/* Nobody may come in between: a bit that is set has been rung for. */
	local_irq_save(flags);
	comb_mailbox_set_bits(&pending->queues[device->number], BIT_ULL(vq->index));
	if (!comb_mailbox_set_bits(&pending->devices, BIT_ULL(device->number)))
		comb_mailbox_ring_host_bell(device->transport->agent);
	local_irq_restore(flags);
	return true;
}

static void pending_take_device(struct comb_transport *transport, struct comb_pending *pending,
				unsigned int number)
{
	struct comb_device *device = rcu_dereference(transport->devices[number]);
	u64 queues = xchg(&pending->queues[number], 0);

	while (device && queues) {
		comb_queue_used(&device->queues[__ffs64(queues)]);
		queues &= queues - 1;
	}
}

/**
 * comb_pending_take - call the drivers whose queues the host has notified
 * @agent: the agent
 * @doorbell: which of the cell's doorbells was rung
 *
 * In the doorbell's interrupt.
 */
void comb_pending_take(struct comb_agent *agent, unsigned int doorbell)
{
	struct comb_transport *transport = agent->transport;
	struct comb_pending *pending = &transport->cell_pending[doorbell];
	u64 devices;

	if (!READ_ONCE(pending->devices))
		return;
	devices = xchg(&pending->devices, 0) & GENMASK_ULL(COMB_DEVICES_MAX - 1, 1);
	rcu_read_lock();
	while (devices) {
		pending_take_device(transport, pending, __ffs64(devices));
		devices &= devices - 1;
	}
	rcu_read_unlock();
}

/**
 * comb_pending_is_set - is there a notification that nobody has looked at
 * @agent: the agent
 * @doorbell: of which doorbell
 */
bool comb_pending_is_set(struct comb_agent *agent, unsigned int doorbell)
{
	return READ_ONCE(agent->transport->cell_pending[doorbell].devices);
}

/**
 * comb_pending_next_cpu - whose turn it is to serve a queue
 * @transport: the transport
 *
 * Return: a CPU that is online and has a doorbell.
 */
unsigned int comb_pending_next_cpu(struct comb_transport *transport)
{
	unsigned int limit = transport->agent->nr_bells, cpu;

	cpu = cpumask_next((int)transport->next_cpu - 1, cpu_online_mask);
	if (cpu >= limit)
		cpu = cpumask_first(cpu_online_mask);
	transport->next_cpu = cpu + 1;
	return cpu < limit ? cpu : 0;
}

/**
 * comb_pending_route - let a CPU serve a queue
 * @device: whose queue
 * @index: its number
 * @cpu: one with a doorbell
 */
void comb_pending_route(struct comb_device *device, unsigned int index, unsigned int cpu)
{
	WRITE_ONCE(device->transport->routes->doorbell[device->number][index], cpu);
}
