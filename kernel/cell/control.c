// SPDX-License-Identifier: GPL-2.0-only
/*
 * control.c - does what the host asks
 *
 * A request is looked at where it arrives: in the doorbell's interrupt (a
 * thread of its own on rt kernels), or in the heartbeat if the doorbell was
 * lost. So sysrq works in a cell whose threads do not run any more, as it does
 * from a keyboard.
 */
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/rcupdate.h>
#include <linux/reboot.h>
#include <linux/sched/signal.h>
#include <linux/sysrq.h>

#include "agent.h"

/*
 * SIGRTMIN+4 as C libraries count, who keep the first two real-time signals for
 * themselves: systemd and comb-init power off on it.
 */
#define COMB_SIGNAL_POWEROFF	(32 + 2 + 4)
#define COMB_STOP_GRACE		(30 * HZ)

static void control_stop(struct work_struct *work)
{
	struct comb_agent *agent = container_of(work, struct comb_agent, stop);
	int err;

	comb_mailbox_set_state(agent, COMB_CELL_STOPPING);
	rcu_read_lock();
	err = kill_pid(find_pid_ns(1, &init_pid_ns), COMB_SIGNAL_POWEROFF, 1);
	rcu_read_unlock();
	if (err)
		dev_warn(agent->dev, "cannot signal PID 1: error %d\n", err);
	schedule_delayed_work(&agent->stop_grace, err ? 0 : COMB_STOP_GRACE);
}

/*
 * PID 1 may not know the signal (a shell, another init). Its poweroff program
 * asks it in its own way; without one the kernel powers off by itself.
 */
static void control_stop_grace(struct work_struct *work)
{
	if (system_state <= SYSTEM_RUNNING)
		orderly_poweroff(true);
}

/*
 * kernel.sysrq is about who sits at a keyboard; the host may do anything to this
 * kernel, so it may press any key.
 */
static void control_press(u32 key)
{
	int mask = sysrq_mask();

	sysrq_toggle_support(1);
	handle_sysrq(key);
	sysrq_toggle_support(mask);
}

static void control_sysrq(struct work_struct *work)
{
	control_press(READ_ONCE(container_of(work, struct comb_agent, sysrq)->sysrq_key));
}

static void control_take_key(struct comb_agent *agent, u32 key)
{
	if (key <= 0x20 || key >= 0x7f)
		return;
	if (sysrq_mask()) {
		control_press(key);
		return;
	}
	/* To switch sysrq on from off registers an input handler, which may sleep. */
	WRITE_ONCE(agent->sysrq_key, key);
	schedule_work(&agent->sysrq);
}

static void control_execute(struct comb_agent *agent, u32 request, u32 argument)
{
	switch (request) {
	case COMB_REQUEST_NONE:
		break;
	case COMB_REQUEST_STOP:
		schedule_work(&agent->stop);
		break;
	case COMB_REQUEST_SYSRQ:
		control_take_key(agent, argument);
		break;
	default:
		dev_warn_ratelimited(agent->dev, "unknown request %u\n", request);
	}
}

/**
 * comb_control_poll - take the host's request, if there is a new one
 * @agent: the agent
 *
 * May be called in any context but NMI, by several CPUs at a time.
 */
void comb_control_poll(struct comb_agent *agent)
{
	u32 taken = READ_ONCE(agent->request_taken);
	u32 seq = smp_load_acquire(&agent->host->request_seq);
	u32 request, argument;

	if (seq == taken || cmpxchg(&agent->request_taken, taken, seq) != taken)
		return;
	request = READ_ONCE(agent->host->request);
	argument = READ_ONCE(agent->host->request_argument);

	/* Acknowledged first: many a request never returns. */
	smp_store_release(&agent->cell->request_done, seq);
	comb_mailbox_ring_host(agent, COMB_PENDING_CONTROL);
	control_execute(agent, request, argument);
}

static void control_cancel(void *data)
{
	struct comb_agent *agent = data;

	cancel_work_sync(&agent->sysrq);
	cancel_work_sync(&agent->stop);
	cancel_delayed_work_sync(&agent->stop_grace);
}

/**
 * comb_control_start - be ready for requests
 * @agent: an agent with a mailbox
 *
 * A request made before the module was loaded is taken with the first heartbeat.
 *
 * Return: 0 or -ENOMEM.
 */
int comb_control_start(struct comb_agent *agent)
{
	agent->request_taken = READ_ONCE(agent->cell->request_done);
	INIT_WORK(&agent->sysrq, control_sysrq);
	INIT_WORK(&agent->stop, control_stop);
	INIT_DELAYED_WORK(&agent->stop_grace, control_stop_grace);
	return devm_add_action_or_reset(agent->dev, control_cancel, agent);
}
