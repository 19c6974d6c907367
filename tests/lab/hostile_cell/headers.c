// SPDX-License-Identifier: GPL-2.0-only
/*
 * headers.c - what the host reads without being asked: the header page, routes,
 * pending words; written by a thread of its own while the parts run
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/smp.h>
#include <linux/string.h>

#include <asm/apic.h>
#include <asm/irq_vectors.h>

#include "hostile.h"

static struct task_struct *thread;
static u64 thread_dice;

static u64 thread_roll(u64 below)
{
	return (dice(&thread_dice) >> 16) % below;
}

static bool is_own(u32 apic_id)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		if (cpu_physical_id(cpu) == apic_id)
			return true;
	return false;
}

/* On an own CPU only a vector that its kernel stands. */
static u64 bell_invent(void)
{
	static const u32 special[] = { 0xff, 0xffff, 0xffffffff, 0x80000000, 0x100 };
	u32 apic_id = thread_roll(4) ? thread_roll(17) : special[thread_roll(ARRAY_SIZE(special))];
	u32 vector = thread_roll(8) ? thread_roll(256) : (u32)dice(&thread_dice);

	if (is_own(apic_id))
		vector = RESCHEDULE_VECTOR;
	return (u64)vector << 32 | apic_id;
}

static void page_garbage(struct comb_mailbox_cell *cell)
{
	u64 *bells = (u64 *)cell->doorbells;
	unsigned int i;

	for (i = 0; i < COMB_DOORBELLS_MAX; i++)
		WRITE_ONCE(bells[i], bell_invent());
	WRITE_ONCE(cell->nr_doorbells, thread_roll(2) ? thread_roll(70) : (u32)dice(&thread_dice));
	WRITE_ONCE(cell->heartbeat, dice(&thread_dice));
	WRITE_ONCE(cell->heartbeat_tsc, dice(&thread_dice));
	WRITE_ONCE(cell->running_tsc, dice(&thread_dice));
	WRITE_ONCE(cell->request_done, (u32)dice(&thread_dice));
	WRITE_ONCE(cell->cpus_online, (u32)dice(&thread_dice));
	memset(cell->kernel, (int)thread_roll(256), sizeof(cell->kernel));
	WRITE_ONCE(cell->exit_tsc, dice(&thread_dice));
}

static void pending_garbage(struct hostile *hostile)
{
	struct comb_routes *routes = hostile->base + COMB_MAILBOX_ROUTES_OFF;
	struct comb_pending *host = hostile->base + COMB_MAILBOX_HOST_PENDING_OFF;
	struct comb_pending *cell = hostile->base + COMB_MAILBOX_CELL_PENDING_OFF;
	unsigned int i, j;

	for (i = 0; i < COMB_DEVICES_MAX; i++) {
		for (j = 0; j < COMB_QUEUES_MAX; j++)
			WRITE_ONCE(routes->doorbell[i][j], (u8)thread_roll(256));
		bits_set(&host->queues[i], dice(&thread_dice));
	}
	for (i = 0; i < COMB_DOORBELLS_MAX; i++)
		WRITE_ONCE(cell[i].devices, dice(&thread_dice));
	bits_set(&host->devices, dice(&thread_dice));
	bits_set(&((struct comb_mailbox_host *)hostile->base)->pending, dice(&thread_dice));
}

static int headers_run(void *data)
{
	struct hostile *hostile = data;
	unsigned int rings;

	while (!kthread_should_stop()) {
		page_garbage(hostile->base + COMB_MAILBOX_CELL_OFF);
		pending_garbage(hostile);
		rings = thread_roll(16) ? 1 : 2000;
		while (rings--)
			host_ring(hostile);
		usleep_range(200, 3000);
	}
	return 0;
}

/* headers_begin() - start the thread; 0 or a negative error number */
int headers_begin(struct hostile *hostile)
{
	thread_dice = ~hostile->dice | 1;
	thread = kthread_run(headers_run, hostile, "hostile-headers");
	return PTR_ERR_OR_ZERO(thread);
}

void headers_end(void)
{
	if (thread)
		kthread_stop(thread);
	thread = NULL;
}

/* states_garbage() - lies about the cell's life */
void states_garbage(struct hostile *hostile)
{
	struct comb_mailbox_cell *cell = hostile->base + COMB_MAILBOX_CELL_OFF;

	while (part_goes_on(hostile)) {
		WRITE_ONCE(cell->exit, roll(hostile, 2) ? roll(hostile, 8) : (u32)dice(&hostile->dice));
		WRITE_ONCE(cell->efi_reset, roll(hostile, 6));
		WRITE_ONCE(cell->acpi_sleep_control, (u8)roll(hostile, 256));
		WRITE_ONCE(cell->acpi_sleep_status, (u8)roll(hostile, 256));
		WRITE_ONCE(cell->acpi_reset, (u8)roll(hostile, 256));
		WRITE_ONCE(cell->state, roll(hostile, 2) ? roll(hostile, 10) : (u32)dice(&hostile->dice));
		bits_set(&((struct comb_mailbox_host *)hostile->base)->pending, COMB_PENDING_CONTROL);
		host_ring(hostile);
		hostile->count++;
		usleep_range(500, 20000);
	}
}

/*
 * vectors_garbage() - have the host ring this kernel's own CPUs with every vector
 *
 * The kernel may well not live to see the end of it.
 */
void vectors_garbage(struct hostile *hostile)
{
	struct comb_mailbox_cell *cell = hostile->base + COMB_MAILBOX_CELL_OFF;
	union message message = { .head = {
		.type = VIRTIO_MSG_TYPE_BUS, .msg_id = VIRTIO_MSG_BUS_PING,
		.msg_size = sizeof(message.head) + sizeof(struct virtio_msg_bus_ping),
	} };
	union message answer;
	u64 bell;

	headers_end();
	while (part_goes_on(hostile)) {
		bell = roll(hostile, 256) << 32 | cpu_physical_id(roll(hostile, num_online_cpus()));
		WRITE_ONCE(*(u64 *)cell->doorbells, bell);
		WRITE_ONCE(cell->nr_doorbells, 1);
		message_ask(hostile, &message, &answer);
		hostile->count++;
	}
}
