// SPDX-License-Identifier: GPL-2.0-only
/*
 * sysfs.c - what the module has lent, to be read by anyone (docs/sysfs.md)
 */
#include <linux/cpumask.h>
#include <linux/device.h>
#include <linux/kobject.h>
#include <linux/sysfs.h>

#include "internal.h"

static struct kobject *cells_dir;

static ssize_t lent_cpus_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	cpumask_var_t mask;
	ssize_t n;

	if (!zalloc_cpumask_var(&mask, GFP_KERNEL))
		return -ENOMEM;
	comb_cpus_lent(mask);
	n = sysfs_emit(buf, "%*pbl\n", cpumask_pr_args(mask));
	free_cpumask_var(mask);
	return n;
}
static DEVICE_ATTR_RO(lent_cpus);

static ssize_t lent_memory_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", comb_memory_lent());
}
static DEVICE_ATTR_RO(lent_memory);

static ssize_t limbo_memory_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", comb_limbo_bytes());
}
static DEVICE_ATTR_RO(limbo_memory);

static ssize_t low_slices_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	unsigned int total, unused;

	comb_low_count(&total, &unused);
	return sysfs_emit(buf, "%u\n", total);
}
static DEVICE_ATTR_RO(low_slices);

static ssize_t low_slices_free_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	unsigned int total, unused;

	comb_low_count(&total, &unused);
	return sysfs_emit(buf, "%u\n", unused);
}
static DEVICE_ATTR_RO(low_slices_free);

static struct attribute *device_attrs[] = {
	&dev_attr_lent_cpus.attr,
	&dev_attr_lent_memory.attr,
	&dev_attr_limbo_memory.attr,
	&dev_attr_low_slices.attr,
	&dev_attr_low_slices_free.attr,
	NULL,
};

static const struct attribute_group device_group = {
	.attrs = device_attrs,
};

const struct attribute_group *comb_device_groups[] = {
	&device_group,
	NULL,
};

/* One file of a cell: the function writes it with cell->lock held. */
struct cell_attribute {
	struct attribute attr;
	ssize_t (*show)(struct comb_cell *cell, char *buf);
};

static ssize_t id_show(struct comb_cell *cell, char *buf)
{
	return sysfs_emit(buf, "%u\n", cell->id);
}

static ssize_t state_show(struct comb_cell *cell, char *buf)
{
	return sysfs_emit(buf, "%s\n", comb_state_name(comb_cell_state(cell)));
}

static ssize_t cpus_show(struct comb_cell *cell, char *buf)
{
	cpumask_var_t mask;
	unsigned int i;
	ssize_t n;

	if (!zalloc_cpumask_var(&mask, GFP_KERNEL))
		return -ENOMEM;
	for (i = 0; i < cell->nr_cpus; i++)
		cpumask_set_cpu(cell->members[i].id.cpu, mask);
	n = sysfs_emit(buf, "%*pbl\n", cpumask_pr_args(mask));
	free_cpumask_var(mask);
	return n;
}

static ssize_t memory_show(struct comb_cell *cell, char *buf)
{
	return sysfs_emit(buf, "%llu\n", cell->bytes);
}

static ssize_t ranges_show(struct comb_cell *cell, char *buf)
{
	unsigned int i;
	int n = 0;

	for (i = 0; i < cell->nr_ranges; i++)
		n += sysfs_emit_at(buf, n, "%#llx-%#llx\n", cell->ranges[i].start,
				   cell->ranges[i].start + cell->ranges[i].bytes - 1);
	return n;
}

static ssize_t bridges_show(struct comb_cell *cell, char *buf)
{
	unsigned int i;
	int n = 0;

	for (i = 0; i < cell->nr_windows; i++)
		n += sysfs_emit_at(buf, n, "%s\n", cell->windows[i]->is.name);
	return n;
}

static ssize_t low_memory_show(struct comb_cell *cell, char *buf)
{
	if (!cell->slice)
		return 0;
	return sysfs_emit(buf, "%#llx-%#llx\n", (u64)cell->slice->start,
			  (u64)cell->slice->start + COMB_LOW_SIZE - 1);
}

static ssize_t started_ns_show(struct comb_cell *cell, char *buf)
{
	return sysfs_emit(buf, "%llu\n", cell->started_ns);
}

static ssize_t events_show(struct comb_cell *cell, char *buf)
{
	return sysfs_emit(buf, "%llu\n", (u64)atomic64_read(&cell->events));
}

#define CELL_ATTR(file) \
	static struct cell_attribute file##_attr = { \
		.attr = { .name = #file, .mode = 0444 }, .show = file##_show }

CELL_ATTR(id);
CELL_ATTR(state);
CELL_ATTR(cpus);
CELL_ATTR(memory);
CELL_ATTR(ranges);
CELL_ATTR(bridges);
CELL_ATTR(low_memory);
CELL_ATTR(started_ns);
CELL_ATTR(events);

static struct attribute *cell_attrs[] = {
	&id_attr.attr,
	&state_attr.attr,
	&cpus_attr.attr,
	&memory_attr.attr,
	&ranges_attr.attr,
	&bridges_attr.attr,
	&low_memory_attr.attr,
	&started_ns_attr.attr,
	&events_attr.attr,
	NULL,
};
ATTRIBUTE_GROUPS(cell);

static ssize_t cell_show(struct kobject *kobj, struct attribute *attr, char *buf)
{
	struct comb_cell *cell = container_of(kobj, struct comb_cell, kobj);
	ssize_t n;

	if (mutex_lock_interruptible(&cell->lock))
		return -EINTR;
	n = container_of(attr, struct cell_attribute, attr)->show(cell, buf);
	mutex_unlock(&cell->lock);
	return n;
}

static const struct sysfs_ops cell_sysfs_ops = {
	.show = cell_show,
};

const struct kobj_type comb_cell_type = {
	.release = comb_cell_release,
	.sysfs_ops = &cell_sysfs_ops,
	.default_groups = cell_groups,
};

/* comb_sysfs_add() - the cell's directory; 0 or a negative error number */
int comb_sysfs_add(struct comb_cell *cell)
{
	int err;

	err = kobject_add(&cell->kobj, cells_dir, "%s", cell->name);
	if (err)
		return err;
	cell->state_node = sysfs_get_dirent(cell->kobj.sd, "state");
	return 0;
}

/* comb_sysfs_remove() - the reverse; waits for readers, so not with cell->lock held */
void comb_sysfs_remove(struct comb_cell *cell)
{
	sysfs_put(cell->state_node);
	cell->state_node = NULL;
	kobject_del(&cell->kobj);
}

int comb_sysfs_init(struct device *device)
{
	int err;

	err = comb_windows_init(device);
	if (err)
		return err;
	cells_dir = kobject_create_and_add("cells", &device->kobj);
	if (!cells_dir) {
		comb_windows_exit();
		return -ENOMEM;
	}
	return 0;
}

void comb_sysfs_exit(void)
{
	kobject_put(cells_dir);
	comb_windows_exit();
}
