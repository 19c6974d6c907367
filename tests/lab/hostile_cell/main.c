// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - garbage for the host; see hostile.h
 *
 * insmod hostile_cell.ko seed=N seconds=N parts=LIST victims=ADDRESS,...
 *
 * Each part of the list takes so many seconds; insmod returns after the last.
 */
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/sched.h>
#include <linux/string.h>

#include <asm/apic.h>
#include <asm/sync_bitops.h>

#include "hostile.h"

static unsigned long seed = 1;
static unsigned int seconds = 5;
static char *parts = "messages,queues";
static unsigned long victims[32];
static int nr_victims;

module_param(seed, ulong, 0444);
module_param(seconds, uint, 0444);
module_param(parts, charp, 0444);
module_param_array(victims, ulong, &nr_victims, 0444);

static struct hostile hostile;

bool part_goes_on(struct hostile *hostile)
{
	cond_resched();
	return time_before(jiffies, hostile->until) && !signal_pending(current);
}

/* A cell with one CPU has no lock prefixes in its own atomics. */
void bits_set(u64 *word, u64 bits)
{
	u64 old = READ_ONCE(*word), seen;

	while ((seen = sync_cmpxchg(word, old, old | bits)) != old)
		old = seen;
}

void host_ring(const struct hostile *hostile)
{
	unsigned long flags;

	if (hostile->bell.vector < 16 || hostile->bell.vector > 255)
		return;
	mb();
	local_irq_save(flags);
	if (apic->safe_wait_icr_idle)
		apic->safe_wait_icr_idle();
	apic->icr_write(APIC_DM_FIXED | APIC_DEST_PHYSICAL | hostile->bell.vector,
			hostile->bell.apic_id);
	local_irq_restore(flags);
}

void bytes_fill(struct hostile *hostile, void *to, size_t size)
{
	u8 *at = to;

	while (size--)
		*at++ = (u8)(dice(&hostile->dice) >> 24);
}

static int mailbox_find(void)
{
	struct device *device = bus_find_device_by_name(&platform_bus_type, NULL,
							COMB_ACPI_HID ":00");
	struct comb_mailbox_host *host;
	struct resource *range;

	if (!device)
		return -ENODEV;
	range = platform_get_resource(to_platform_device(device), IORESOURCE_MEM, 0);
	if (range && resource_size(range) >= COMB_MAILBOX_SIZE) {
		hostile.mailbox = range->start;
		hostile.base = memremap(range->start, COMB_MAILBOX_SIZE, MEMREMAP_WB);
	}
	put_device(device);
	host = hostile.base;
	if (!host || host->magic != COMB_MAILBOX_MAGIC)
		return -ENODEV;
	hostile.bell = host->doorbells[0];
	return 0;
}

static const struct {
	const char *name;
	void (*run)(struct hostile *hostile);
} all_parts[] = {
	{ "messages", messages_garbage },
	{ "queues", queues_garbage },
	{ "mailbox", mailbox_garbage },
	{ "states", states_garbage },
	{ "indices", indices_garbage },
	{ "vectors", vectors_garbage },
};

static void part_run(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(all_parts); i++) {
		if (strcmp(all_parts[i].name, name))
			continue;
		pr_info("hostile: part %s begins\n", name);
		hostile.until = jiffies + seconds * HZ;
		hostile.count = 0;
		hostile.broken = 0;
		all_parts[i].run(&hostile);
		pr_info("hostile: part %s done: %lu, broken %lu\n", name, hostile.count,
			hostile.broken);
		return;
	}
	pr_err("hostile: no part %s\n", name);
}

static int hostile_run(void)
{
	char *rest = parts, *name;
	int err = headers_begin(&hostile);

	if (err)
		return err;
	while ((name = strsep(&rest, ",")))
		part_run(name);
	headers_end();
	return 0;
}

static int __init hostile_init(void)
{
	int err = mailbox_find();

	if (err)
		goto err_map;
	hostile.dice = seed | 1ULL << 63;
	hostile.victims = victims;
	hostile.nr_victims = nr_victims;
	hostile.arena = (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, ARENA_ORDER);
	err = -ENOMEM;
	if (!hostile.arena)
		goto err_map;
	hostile.arena_phys = virt_to_phys(hostile.arena);
	err = targets_find(&hostile);
	if (!err)
		err = hostile_run();
	if (!err)
		return 0;
	/* Devices may still write there: it is never freed. */
err_map:
	if (hostile.base)
		memunmap(hostile.base);
	pr_err("hostile: failed (%d)\n", err);
	return err;
}

static void __exit hostile_exit(void)
{
	memunmap(hostile.base);
}

module_init(hostile_init);
module_exit(hostile_exit);

MODULE_DESCRIPTION("Comb: a cell that writes garbage wherever its host reads");
MODULE_AUTHOR("The Comb authors");
MODULE_LICENSE("GPL");
