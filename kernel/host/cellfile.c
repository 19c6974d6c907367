// SPDX-License-Identifier: GPL-2.0-only
/*
 * cellfile.c - the open file of a cell and every request on it
 */
#include <linux/capability.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "internal.h"

/**
 * struct comb_file - one open cell file
 * @cell: a reference
 * @owner: it came from COMB_CELL_CREATE
 * @seen_events: number of events at the last COMB_CELL_GET
 * @events: its eventfds, see event.c
 */
struct comb_file {
	struct comb_cell *cell;
	bool owner;
	u64 seen_events;
	struct list_head events;
};

static int cell_lock(struct comb_cell *cell)
{
	if (mutex_lock_killable(&cell->lock))
		return -EINTR;
	if (cell->phase == PHASE_DEAD) {
		mutex_unlock(&cell->lock);
		return -ENODEV;
	}
	return 0;
}

static int cell_lock_loading(struct comb_cell *cell)
{
	int err = cell_lock(cell);

	if (!err && cell->phase != PHASE_LOADING) {
		mutex_unlock(&cell->lock);
		err = -EINPROGRESS;
	}
	return err;
}

static int cpus_add(struct comb_cell *cell, const u32 *list, struct comb_cell_cpus *arg)
{
	int err;

	err = cell_lock_loading(cell);
	if (err)
		return err;
	if (arg->nr > COMB_CELL_CPUS_MAX - cell->nr_cpus) {
		err = -EINVAL;
		goto out;
	}
	err = comb_low_take(cell, cell->nr_cpus + arg->nr, arg->flags & COMB_CPUS_OWN_LOW);
	if (err)
		goto out;
	err = comb_cpus_take(cell, list, arg->nr, arg->flags, &arg->culprit);
	if (err)
		comb_low_shrink(cell, cell->nr_cpus);
out:
	mutex_unlock(&cell->lock);
	return err;
}

static long cell_add_cpus(struct comb_file *cf, unsigned int cmd, void __user *user)
{
	struct comb_cell_cpus arg;
	u32 *list;
	int err;

	err = comb_arg_get(&arg, sizeof(arg), cmd, user);
	if (err)
		return err;
	if (!arg.nr || arg.nr > COMB_CELL_CPUS_MAX || arg.reserved ||
	    arg.flags & ~(COMB_CPUS_SPLIT_CORES | COMB_CPUS_OWN_LOW))
		return -EINVAL;
	list = memdup_user(u64_to_user_ptr(arg.cpus), array_size(arg.nr, sizeof(*list)));
	if (IS_ERR(list))
		return PTR_ERR(list);
	arg.culprit = list[0];
	err = cpus_add(cf->cell, list, &arg);
	kfree(list);
	if (put_user(arg.culprit, &((struct comb_cell_cpus __user *)user)->culprit) && !err)
		err = -EFAULT;
	return err;
}

static long cell_add_memory(struct comb_file *cf, unsigned int cmd, void __user *user)
{
	struct comb_cell_memory arg;
	int err;

	err = comb_arg_get(&arg, sizeof(arg), cmd, user);
	if (err)
		return err;
	if (arg.flags || arg.reserved)
		return -EINVAL;
	err = cell_lock_loading(cf->cell);
	if (err)
		return err;
	err = comb_memory_take(cf->cell, &arg);
	mutex_unlock(&cf->cell->lock);
	if (put_user(arg.available, &((struct comb_cell_memory __user *)user)->available) && !err)
		err = -EFAULT;
	return err;
}

static long cell_add_bridge(struct comb_file *cf, unsigned int cmd, void __user *user)
{
	struct comb_cell_bridge arg;
	struct comb_window *window;
	int err;

	err = comb_arg_get(&arg, sizeof(arg), cmd, user);
	if (err)
		return err;
	if (arg.flags)
		return -EINVAL;
	window = comb_window_of(arg.fd);
	if (IS_ERR(window))
		return PTR_ERR(window);
	err = cell_lock_loading(cf->cell);
	if (!err) {
		err = comb_windows_add(cf->cell, window);
		mutex_unlock(&cf->cell->lock);
	}
	if (err)
		comb_window_put(window);
	return err;
}

static int members_put(struct comb_cell *cell, struct comb_cpu __user *to, u32 capacity)
{
	u32 i;

	for (i = 0; i < min(capacity, cell->nr_cpus); i++)
		if (copy_to_user(&to[i], &cell->members[i].id, sizeof(to[i])))
			return -EFAULT;
	return 0;
}

static int ranges_put(struct comb_cell *cell, struct comb_range __user *to, u32 capacity)
{
	size_t nr = min(capacity, cell->nr_ranges);

	return copy_to_user(to, cell->ranges, nr * sizeof(*to)) ? -EFAULT : 0;
}

static int bridges_put(struct comb_cell *cell, struct comb_bridge __user *to, u32 capacity)
{
	u32 i;

	for (i = 0; i < min(capacity, cell->nr_windows); i++)
		if (copy_to_user(&to[i], &cell->windows[i]->is, sizeof(to[i])))
			return -EFAULT;
	return 0;
}

/* Everything but the arrays. */
static void cell_describe(struct comb_cell *cell, struct comb_cell_get *arg)
{
	/* Before the state: what changes from here on is news. */
	arg->events = atomic64_read(&cell->events);
	arg->id = cell->id;
	arg->state = comb_cell_state(cell);
	arg->flags = comb_low_shared(cell) ? COMB_CELL_LOW_SHARED : 0;
	if (cell->started_ns && cell->phase != PHASE_LOADING)
		arg->flags |= COMB_CELL_STARTED;
	arg->nr_cpus = cell->nr_cpus;
	arg->nr_ranges = cell->nr_ranges;
	arg->nr_bridges = cell->nr_windows;
	arg->low_start = cell->slice ? cell->slice->start : 0;
	arg->low_bytes = cell->slice ? COMB_LOW_SIZE : 0;
	arg->memory_bytes = cell->bytes;
	arg->mailbox_offset = cell->mailbox_offset;
	arg->started_ns = cell->started_ns;
	memcpy(arg->name, cell->name, sizeof(arg->name));
}

static long cell_get(struct comb_file *cf, unsigned int cmd, void __user *user)
{
	struct comb_cell *cell = cf->cell;
	u32 cpus, ranges, bridges;
	struct comb_cell_get arg;
	int err;

	err = comb_arg_get(&arg, sizeof(arg), cmd, user);
	if (err)
		return err;
	if ((!arg.cpus && arg.nr_cpus) || (!arg.ranges && arg.nr_ranges) ||
	    (!arg.bridges && arg.nr_bridges))
		return -EINVAL;
	cpus = arg.nr_cpus;
	ranges = arg.nr_ranges;
	bridges = arg.nr_bridges;
	err = cell_lock(cell);
	if (err)
		return err;
	cell_describe(cell, &arg);
	err = members_put(cell, u64_to_user_ptr(arg.cpus), cpus);
	if (!err)
		err = ranges_put(cell, u64_to_user_ptr(arg.ranges), ranges);
	if (!err)
		err = bridges_put(cell, u64_to_user_ptr(arg.bridges), bridges);
	mutex_unlock(&cell->lock);
	if (!err)
		err = comb_arg_put(&arg, sizeof(arg), user);
	if (!err)
		WRITE_ONCE(cf->seen_events, arg.events);
	return err;
}

static long cell_start(struct comb_file *cf, unsigned int cmd, void __user *user)
{
	struct comb_cell_start arg;
	int err;

	err = comb_arg_get(&arg, sizeof(arg), cmd, user);
	if (err)
		return err;
	err = cell_lock(cf->cell);
	if (err)
		return err;
	err = comb_cell_start(cf->cell, &arg);
	mutex_unlock(&cf->cell->lock);
	return err;
}

static int command_get(unsigned int cmd, void __user *user, u32 *argument)
{
	struct comb_cell_command arg;
	int err;

	err = comb_arg_get(&arg, sizeof(arg), cmd, user);
	if (err)
		return err;
	if (arg.flags || (!argument && arg.argument))
		return -EINVAL;
	if (argument)
		*argument = arg.argument;
	return 0;
}

static long cell_stop(struct comb_file *cf, unsigned int cmd, void __user *user)
{
	int err;

	err = command_get(cmd, user, NULL);
	if (!err)
		err = cell_lock(cf->cell);
	if (err)
		return err;
	err = comb_cell_stop(cf->cell);
	mutex_unlock(&cf->cell->lock);
	return err;
}

static long cell_destroy(struct comb_file *cf, unsigned int cmd, void __user *user)
{
	int err = command_get(cmd, user, NULL);

	return err ?: comb_cell_destroy(cf->cell, false);
}

static long cell_ring(struct comb_file *cf, unsigned int cmd, void __user *user)
{
	u32 which;
	int err;

	err = command_get(cmd, user, &which);
	if (!err)
		err = cell_lock(cf->cell);
	if (err)
		return err;
	err = comb_doorbell_ring(cf->cell, which);
	mutex_unlock(&cf->cell->lock);
	return err;
}

static long cell_set_event(struct comb_file *cf, unsigned int cmd, void __user *user)
{
	struct comb_cell_event arg;
	int err = comb_arg_get(&arg, sizeof(arg), cmd, user);

	return err ?: comb_event_set(cf->cell, &cf->events, &arg);
}

static long cell_ioctl(struct file *file, unsigned int cmd, unsigned long user)
{
	static const struct {
		unsigned int command;
		long (*run)(struct comb_file *cf, unsigned int cmd, void __user *user);
	} requests[] = {
		{ COMB_COMMAND(COMB_CELL_ADD_CPUS), cell_add_cpus },
		{ COMB_COMMAND(COMB_CELL_ADD_MEMORY), cell_add_memory },
		{ COMB_COMMAND(COMB_CELL_GET), cell_get },
		{ COMB_COMMAND(COMB_CELL_START), cell_start },
		{ COMB_COMMAND(COMB_CELL_STOP), cell_stop },
		{ COMB_COMMAND(COMB_CELL_DESTROY), cell_destroy },
		{ COMB_COMMAND(COMB_CELL_RING), cell_ring },
		{ COMB_COMMAND(COMB_CELL_SET_EVENT), cell_set_event },
		{ COMB_COMMAND(COMB_CELL_ADD_BRIDGE), cell_add_bridge },
	};
	unsigned int i;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	for (i = 0; i < ARRAY_SIZE(requests); i++)
		if (requests[i].command == COMB_COMMAND(cmd))
			return requests[i].run(file->private_data, cmd, (void __user *)user);
	return -ENOTTY;
}

static int cell_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct comb_file *cf = file->private_data;

	return comb_mmap(cf->cell, vma);
}

static __poll_t cell_poll(struct file *file, poll_table *table)
{
	struct comb_file *cf = file->private_data;
	struct comb_cell *cell = cf->cell;

	poll_wait(file, &cell->wait, table);
	if (READ_ONCE(cell->phase) == PHASE_DEAD)
		return EPOLLHUP | EPOLLERR;
	if (atomic64_read(&cell->events) != READ_ONCE(cf->seen_events))
		return EPOLLIN | EPOLLRDNORM;
	return 0;
}

static loff_t cell_llseek(struct file *file, loff_t offset, int whence)
{
	struct comb_file *cf = file->private_data;

	return fixed_size_llseek(file, offset, whence, i_size_read(cf->cell->inode));
}

static int cell_release(struct inode *inode, struct file *file)
{
	struct comb_file *cf = file->private_data;
	struct comb_cell *cell = cf->cell;

	comb_events_end(&cf->events);
	if (cf->owner)
		comb_cell_destroy(cell, true);
	comb_cell_put(cell);
	kfree(cf);
	return 0;
}

static const struct file_operations cell_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = cell_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = cell_mmap,
	.poll = cell_poll,
	.llseek = cell_llseek,
	.release = cell_release,
};

/**
 * comb_cell_open() - a file descriptor for a cell
 * @cell: the caller's reference goes to the file, also on failure
 * @owner: closing it before the start destroys the cell
 *
 * Return: the descriptor, or a negative error number.
 */
int comb_cell_open(struct comb_cell *cell, bool owner)
{
	struct comb_file *cf;
	struct file *file;
	int fd, err;

	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0) {
		err = fd;
		goto err_cell;
	}
	cf = kzalloc(sizeof(*cf), GFP_KERNEL);
	if (!cf) {
		err = -ENOMEM;
		goto err_fd;
	}
	file = comb_file_new(cell, &cell_fops);
	if (IS_ERR(file)) {
		err = PTR_ERR(file);
		goto err_cf;
	}
	cf->cell = cell;
	cf->owner = owner;
	INIT_LIST_HEAD(&cf->events);
	file->private_data = cf;
	fd_install(fd, file);
	return fd;

err_cf:
	kfree(cf);
err_fd:
	put_unused_fd(fd);
err_cell:
	if (owner)
		comb_cell_destroy(cell, true);
	comb_cell_put(cell);
	return err;
}
