// SPDX-License-Identifier: GPL-2.0-only
/*
 * chardev.c - /dev/comb, the cell files, and every request on them
 */
#include <linux/capability.h>
#include <linux/ctype.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <asm/apic.h>
#include <asm/tsc.h>

#include "compat.h"
#include "internal.h"

/**
 * struct comb_file - one open cell file
 * @cell: a reference
 * @owner: it came from COMB_CELL_CREATE
 * @seen_events: number of events at the last COMB_CELL_GET
 */
struct comb_file {
	struct comb_cell *cell;
	bool owner;
	u64 seen_events;
};

static const struct file_operations cell_fops;

/*
 * Copy an argument whose first words are its size and version. Callers built
 * with a newer header may pass more, if the rest is zero (E2BIG otherwise).
 */
static int arg_get(void *arg, size_t size, unsigned int cmd, void __user *from)
{
	u32 head[2];
	int err;

	if (copy_from_user(head, from, sizeof(head)))
		return -EFAULT;
	if (head[0] < size || head[0] != _IOC_SIZE(cmd) || head[1] != COMB_ABI_VERSION)
		return -EINVAL;
	err = copy_struct_from_user(arg, size, from, head[0]);
	if (err)
		return err;
	/* The head may have changed in between. */
	memcpy(arg, head, sizeof(head));
	return 0;
}

static int arg_put(const void *arg, size_t size, void __user *to)
{
	return copy_to_user(to, arg, size) ? -EFAULT : 0;
}

static bool name_is_valid(const char *name)
{
	size_t len = strnlen(name, COMB_NAME_SIZE), i;

	if (!len || len == COMB_NAME_SIZE || memchr_inv(name + len, 0, COMB_NAME_SIZE - len))
		return false;
	for (i = 0; i < len; i++) {
		bool alnum = isascii(name[i]) && isalnum(name[i]);

		if (!alnum && (!i || !strchr("_.-", name[i])))
			return false;
	}
	return true;
}

static long info_get(unsigned int cmd, void __user *user)
{
	struct comb_info info, out;
	int err;

	err = arg_get(&info, sizeof(info), cmd, user);
	if (err)
		return err;
	if (memchr_inv(info.reserved, 0, sizeof(info.reserved)))
		return -EINVAL;
	out = (struct comb_info){
		.size = info.size,
		.version = COMB_ABI_VERSION,
		.flags = x2apic_mode ? COMB_INFO_X2APIC : 0,
		.boot_apic_id = boot_cpu_physical_apicid,
		.tsc_khz = tsc_khz,
		.lapic_address = compat_rdmsr(MSR_IA32_APICBASE) & MSR_IA32_APICBASE_BASE,
		.cells = comb_cells_count(),
		.doorbells = COMB_HOST_DOORBELLS,
	};
	comb_low_count(&out.low_slices, &out.low_slices_free);
	return arg_put(&out, sizeof(out), user);
}

/* The caller's reference to the cell goes to the file, also on failure. */
static int cell_open(struct comb_cell *cell, bool owner)
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

static long name_command(unsigned int cmd, void __user *user, bool create)
{
	struct comb_cell_name arg;
	struct comb_cell *cell;
	int err;

	err = arg_get(&arg, sizeof(arg), cmd, user);
	if (err)
		return err;
	if (!name_is_valid(arg.name))
		return -EINVAL;
	cell = create ? comb_cell_create(arg.name) : comb_cell_find(arg.name);
	if (IS_ERR(cell))
		return PTR_ERR(cell);
	return cell_open(cell, create);
}

/* Requests are told apart without the size of their argument, see arg_get(). */
#define COMMAND(cmd)	((cmd) & ~(_IOC_SIZEMASK << _IOC_SIZESHIFT))

static long control_ioctl(struct file *file, unsigned int cmd, unsigned long user)
{
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	switch (COMMAND(cmd)) {
	case COMMAND(COMB_GET_INFO):
		return info_get(cmd, (void __user *)user);
	case COMMAND(COMB_CELL_CREATE):
		return name_command(cmd, (void __user *)user, true);
	case COMMAND(COMB_CELL_OPEN):
		return name_command(cmd, (void __user *)user, false);
	}
	return -ENOTTY;
}

static int control_open(struct inode *inode, struct file *file)
{
	return capable(CAP_SYS_ADMIN) ? 0 : -EPERM;
}

static const struct file_operations control_fops = {
	.owner = THIS_MODULE,
	.open = control_open,
	.unlocked_ioctl = control_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
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
	err = comb_low_take(cell, cell->nr_cpus + arg->nr);
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

	err = arg_get(&arg, sizeof(arg), cmd, user);
	if (err)
		return err;
	if (!arg.nr || arg.nr > COMB_CELL_CPUS_MAX || arg.flags & ~COMB_CPUS_SPLIT_CORES ||
	    arg.reserved)
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

	err = arg_get(&arg, sizeof(arg), cmd, user);
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
	u32 cpus, ranges;
	struct comb_cell_get arg;
	int err;

	err = arg_get(&arg, sizeof(arg), cmd, user);
	if (err)
		return err;
	if (arg.reserved || (!arg.cpus && arg.nr_cpus) || (!arg.ranges && arg.nr_ranges))
		return -EINVAL;
	cpus = arg.nr_cpus;
	ranges = arg.nr_ranges;
	err = cell_lock(cell);
	if (err)
		return err;
	cell_describe(cell, &arg);
	err = members_put(cell, u64_to_user_ptr(arg.cpus), cpus);
	if (!err)
		err = ranges_put(cell, u64_to_user_ptr(arg.ranges), ranges);
	mutex_unlock(&cell->lock);
	if (!err)
		err = arg_put(&arg, sizeof(arg), user);
	if (!err)
		WRITE_ONCE(cf->seen_events, arg.events);
	return err;
}

static long cell_start(struct comb_file *cf, unsigned int cmd, void __user *user)
{
	struct comb_cell_start arg;
	int err;

	err = arg_get(&arg, sizeof(arg), cmd, user);
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

	err = arg_get(&arg, sizeof(arg), cmd, user);
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

static long cell_ioctl(struct file *file, unsigned int cmd, unsigned long user)
{
	static const struct {
		unsigned int command;
		long (*run)(struct comb_file *cf, unsigned int cmd, void __user *user);
	} requests[] = {
		{ COMMAND(COMB_CELL_ADD_CPUS), cell_add_cpus },
		{ COMMAND(COMB_CELL_ADD_MEMORY), cell_add_memory },
		{ COMMAND(COMB_CELL_GET), cell_get },
		{ COMMAND(COMB_CELL_START), cell_start },
		{ COMMAND(COMB_CELL_STOP), cell_stop },
		{ COMMAND(COMB_CELL_DESTROY), cell_destroy },
		{ COMMAND(COMB_CELL_RING), cell_ring },
	};
	unsigned int i;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	for (i = 0; i < ARRAY_SIZE(requests); i++)
		if (requests[i].command == COMMAND(cmd))
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

static struct miscdevice misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "comb",
	.fops = &control_fops,
	.mode = 0600,
	.groups = comb_device_groups,
};

int comb_chardev_init(void)
{
	int err;

	err = misc_register(&misc);
	if (err)
		return err;
	err = comb_sysfs_init(misc.this_device);
	if (err)
		misc_deregister(&misc);
	return err;
}

void comb_chardev_exit(void)
{
	comb_sysfs_exit();
	misc_deregister(&misc);
}
