/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * agent.h - comb_cell.ko: the cell's side of the mailbox
 *
 * One agent a kernel. Each part has one start function, called once by probe in
 * the order below; what it set up is undone by devres in reverse order.
 */
#ifndef COMB_CELL_AGENT_H
#define COMB_CELL_AGENT_H

#include <linux/kmsg_dump.h>
#include <linux/notifier.h>
#include <linux/timer.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include <mailbox.h>

struct device;
struct fwnode_handle;
struct irq_domain;
struct platform_device;
struct comb_agent;
struct comb_transport;

/**
 * enum comb_cell_state - the subset of enum comb_state (comb.h) a cell reports
 *
 * comb.h is the host's ABI; a cell needs only these values of it.
 */
enum comb_cell_state {
	COMB_CELL_STOPPED = 0,
	COMB_CELL_BOOTING = 2,
	COMB_CELL_RUNNING = 3,
	COMB_CELL_STOPPING = 4,
	COMB_CELL_PANIC = 5,
};

/**
 * struct comb_bell - one of the cell's doorbells
 * @agent: whose
 * @irq: its Linux interrupt number, or 0
 * @where: CPU << 8 | vector it was published with last, or 0
 *
 * Doorbell n is at home on CPU n.
 */
struct comb_bell {
	struct comb_agent *agent;
	unsigned int irq;
	u32 where;
};

/**
 * struct comb_agent - everything comb_cell.ko knows
 * @dev: the ACPI device COMB_ACPI_HID
 * @host: mailbox page 0; the host may change it at any time
 * @cell: mailbox page 1
 * @heartbeat_ms: checked copy of host->heartbeat_ms
 * @heartbeat: the beat, and the poll for requests whose doorbell was lost
 * @request_taken: request_seq of the last request taken
 * @sysrq: presses @sysrq_key where sysrq is switched off
 * @sysrq_key: a printable ASCII character
 * @stop: asks PID 1 to power off
 * @stop_grace: powers off if PID 1 did not
 * @domain_node: names @domain
 * @domain: interrupt domain below x86_vector_domain
 * @bells: doorbells; number 0 takes all that is not a queue's notification
 * @nr_bells: how many of them there are
 * @transport: virtio devices
 * @dumper: sees every orderly and disorderly end
 * @reboot: sees the beginning of an orderly end
 * @suspend: refuses suspend
 */
struct comb_agent {
	struct device *dev;
	struct comb_mailbox_host *host;
	struct comb_mailbox_cell *cell;

	unsigned int heartbeat_ms;
	struct timer_list heartbeat;

	u32 request_taken;
	struct work_struct sysrq;
	u32 sysrq_key;
	struct work_struct stop;
	struct delayed_work stop_grace;

	struct fwnode_handle *domain_node;
	struct irq_domain *domain;
	struct comb_bell bells[COMB_DOORBELLS_MAX];
	unsigned int nr_bells;

	struct comb_transport *transport;

	struct kmsg_dumper dumper;
	struct notifier_block reboot;
	struct notifier_block suspend;
};

/* mailbox.c */
int comb_mailbox_map(struct comb_agent *agent, struct platform_device *pdev);
int comb_mailbox_report(struct comb_agent *agent);
void comb_mailbox_set_state(struct comb_agent *agent, enum comb_cell_state state);
void comb_mailbox_set_doorbell(struct comb_agent *agent, unsigned int index, u32 apic_id,
			       u32 vector);
u64 comb_mailbox_set_bits(u64 *word, u64 bits);
void comb_mailbox_ring_host_bell(struct comb_agent *agent);
void comb_mailbox_ring_host(struct comb_agent *agent, u64 pending);
void comb_mailbox_ring_cpu(unsigned int cpu, u32 vector);

/* clock.c */
int comb_clock_start(struct comb_agent *agent);

/* exit.c */
int comb_exit_start(struct comb_agent *agent);

/* registers.c */
void comb_registers_clear(struct comb_agent *agent);
void comb_registers_save(struct comb_agent *agent, const unsigned long *frame);

/* suspend.c */
int comb_suspend_start(struct comb_agent *agent);

/* control.c */
int comb_control_start(struct comb_agent *agent);
void comb_control_poll(struct comb_agent *agent);

/* doorbell.c */
int comb_doorbell_start(struct comb_agent *agent);
void comb_doorbell_cpu_online(struct comb_agent *agent, unsigned int cpu);
void comb_doorbell_poll(struct comb_agent *agent);

/* channel.c */
int comb_channel_start(struct comb_agent *agent);
void comb_channel_poll(struct comb_agent *agent);

/* pending.c */
void comb_pending_take(struct comb_agent *agent, unsigned int doorbell);
bool comb_pending_is_set(struct comb_agent *agent, unsigned int doorbell);

/* virtio_bus.c */
int comb_bus_start(struct comb_agent *agent);
void comb_bus_poll(struct comb_agent *agent);

/* heartbeat.c */
int comb_heartbeat_start(struct comb_agent *agent);

/* bridge.c: independent of the mailbox */
extern struct platform_driver comb_bridge_driver;

#endif
