// SPDX-License-Identifier: GPL-2.0-only
/*
 * bridge.c - bridges: RAM that cells and the host share
 *
 * A bridge is made by the first who opens it and ends with its last user, be it
 * a file or a cell, so nothing ever has to be revoked: who can reach its RAM
 * holds a reference.
 *
 * Devices are opened with the lock of misc devices held, below which
 * windows_lock must not be taken: there a user is added without it, unless the
 * bridge is about to end.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "internal.h"

static DEFINE_MUTEX(windows_lock);
static LIST_HEAD(windows);
static unsigned int windows_count;
static struct kobject *windows_dir;

/* ---- sysfs ---- */

struct window_attribute {
	struct attribute attr;
	ssize_t (*show)(struct comb_window *window, char *buf);
};

static ssize_t size_show(struct comb_window *window, char *buf)
{
	return sysfs_emit(buf, "%llu\n", window->is.bytes);
}

static ssize_t range_show(struct comb_window *window, char *buf)
{
	return sysfs_emit(buf, "%#llx-%#llx\n", window->is.start,
			  window->is.start + window->is.bytes - 1);
}

static ssize_t node_show(struct comb_window *window, char *buf)
{
	return sysfs_emit(buf, "%u\n", window->is.node);
}

static ssize_t cells_show(struct comb_window *window, char *buf)
{
	return sysfs_emit(buf, "%d\n", atomic_read(&window->cells));
}

/* comb_window_files() - how many of its users are files */
unsigned int comb_window_files(struct comb_window *window)
{
	int cells = atomic_read(&window->cells), users = refcount_read(&window->users);

	/* The two are not read at one moment. */
	return max(users - cells, 0);
}

static ssize_t files_show(struct comb_window *window, char *buf)
{
	return sysfs_emit(buf, "%u\n", comb_window_files(window));
}

#define WINDOW_ATTR(file) \
	static struct window_attribute file##_attr = { \
		.attr = { .name = #file, .mode = 0444 }, .show = file##_show }

WINDOW_ATTR(size);
WINDOW_ATTR(range);
WINDOW_ATTR(node);
WINDOW_ATTR(cells);
WINDOW_ATTR(files);

static struct attribute *window_attrs[] = {
	&size_attr.attr,
	&range_attr.attr,
	&node_attr.attr,
	&cells_attr.attr,
	&files_attr.attr,
	NULL,
};
ATTRIBUTE_GROUPS(window);

static ssize_t window_show(struct kobject *kobj, struct attribute *attr, char *buf)
{
	struct comb_window *window = container_of(kobj, struct comb_window, kobj);

	return container_of(attr, struct window_attribute, attr)->show(window, buf);
}

static const struct sysfs_ops window_sysfs_ops = {
	.show = window_show,
};

static void window_release(struct kobject *kobj)
{
	kfree(container_of(kobj, struct comb_window, kobj));
}

static const struct kobj_type window_type = {
	.release = window_release,
	.sysfs_ops = &window_sysfs_ops,
	.default_groups = window_groups,
};

int comb_windows_init(struct device *device)
{
	windows_dir = kobject_create_and_add("bridges", &device->kobj);
	return windows_dir ? 0 : -ENOMEM;
}

void comb_windows_exit(void)
{
	kobject_put(windows_dir);
}

/* ---- life ---- */

static struct comb_window *window_find(const char *name)
{
	struct comb_window *window;

	lockdep_assert_held(&windows_lock);
	list_for_each_entry(window, &windows, node)
		if (!strcmp(window->is.name, name))
			return window;
	return NULL;
}

static int window_device_add(struct comb_window *window)
{
	snprintf(window->device, sizeof(window->device), "comb-bridge-%s", window->is.name);
	snprintf(window->path, sizeof(window->path), "comb-bridge/%s", window->is.name);
	window->misc = (struct miscdevice){
		.minor = MISC_DYNAMIC_MINOR,
		.name = window->device,
		.nodename = window->path,
		.fops = &comb_window_fops,
		.mode = 0600,
	};
	return misc_register(&window->misc);
}

static struct comb_window *window_new(struct comb_bridge_open *arg)
{
	struct comb_window *window;
	int err;

	if (windows_count == COMB_BRIDGES_MAX)
		return ERR_PTR(-ENOSPC);
	window = kzalloc(sizeof(*window), GFP_KERNEL);
	if (!window)
		return ERR_PTR(-ENOMEM);
	kobject_init(&window->kobj, &window_type);
	refcount_set(&window->users, 1);
	memcpy(window->is.name, arg->name, sizeof(window->is.name));
	window->is.bytes = arg->bytes;
	err = comb_memory_take_piece(arg->bytes, arg->node, &window->is.start, &arg->available);
	if (err)
		goto err_put;
	window->is.node = page_to_nid(pfn_to_page(PHYS_PFN(window->is.start)));
	err = kobject_add(&window->kobj, windows_dir, "%s", window->is.name);
	if (err)
		goto err_memory;
	err = window_device_add(window);
	if (err)
		goto err_sysfs;
	list_add_tail(&window->node, &windows);
	windows_count++;
	return window;

err_sysfs:
	kobject_del(&window->kobj);
err_memory:
	comb_memory_return_piece(window->is.start, window->is.bytes);
err_put:
	kobject_put(&window->kobj);
	return ERR_PTR(err);
}

static void window_end(struct comb_window *window)
{
	lockdep_assert_held(&windows_lock);
	list_del(&window->node);
	windows_count--;
	/* Waits for who opens the device right now and finds no user left. */
	misc_deregister(&window->misc);
	kobject_del(&window->kobj);
	comb_memory_return_piece(window->is.start, window->is.bytes);
	kobject_put(&window->kobj);
}

/**
 * comb_window_open() - the bridge of this name; made if need be
 * @arg: the request, its name and size checked; @arg->available is written
 *
 * Return: the bridge, of which the caller is a user from now on; or -ENOENT,
 * -ERANGE, -ENOMEM, -ENXIO, -ENOSPC, -EINTR as in comb.h.
 */
struct comb_window *comb_window_open(struct comb_bridge_open *arg)
{
	struct comb_window *window;

	if (mutex_lock_killable(&windows_lock))
		return ERR_PTR(-EINTR);
	window = window_find(arg->name);
	if (!window)
		window = arg->bytes ? window_new(arg) : ERR_PTR(-ENOENT);
	else if (arg->bytes && arg->bytes != window->is.bytes)
		window = ERR_PTR(-ERANGE);
	else
		refcount_inc(&window->users);
	mutex_unlock(&windows_lock);
	return window;
}

/* comb_window_get() - become a user, unless the bridge is about to end */
bool comb_window_get(struct comb_window *window)
{
	return refcount_inc_not_zero(&window->users);
}

void comb_window_put(struct comb_window *window)
{
	if (!refcount_dec_and_mutex_lock(&window->users, &windows_lock))
		return;
	window_end(window);
	mutex_unlock(&windows_lock);
}

/**
 * comb_windows_add() - a bridge for a cell
 * @cell: whose lock is held; loading
 * @window: the caller's use of it goes to the cell, but not on failure
 *
 * Return: 0, -EEXIST, -ENOSPC.
 */
int comb_windows_add(struct comb_cell *cell, struct comb_window *window)
{
	unsigned int i;

	lockdep_assert_held(&cell->lock);
	for (i = 0; i < cell->nr_windows; i++)
		if (cell->windows[i] == window)
			return -EEXIST;
	if (cell->nr_windows == COMB_CELL_BRIDGES_MAX)
		return -ENOSPC;
	atomic_inc(&window->cells);
	cell->windows[cell->nr_windows++] = window;
	return 0;
}

/* comb_windows_drop() - the reverse, for all; no CPU of the cell runs any more */
void comb_windows_drop(struct comb_cell *cell)
{
	lockdep_assert_held(&cell->lock);
	while (cell->nr_windows) {
		struct comb_window *window = cell->windows[--cell->nr_windows];

		atomic_dec(&window->cells);
		comb_window_put(window);
	}
}
