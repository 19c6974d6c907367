// SPDX-License-Identifier: GPL-2.0-only
/*
 * chardev.c - /dev/comb
 */
#include <linux/capability.h>
#include <linux/ctype.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/uaccess.h>
#include <asm/apic.h>
#include <asm/msr.h>
#include <asm/tsc.h>

#include "compat.h"
#include "internal.h"

/**
 * comb_arg_get() - copy an argument whose first words are its size and version
 * @arg: where to
 * @size: of the structure this module knows
 * @cmd: the request, which encodes the caller's size
 * @from: user address
 *
 * Callers built with a newer header may pass more, if the rest is zero.
 *
 * Return: 0, -EFAULT, -EINVAL, -E2BIG.
 */
int comb_arg_get(void *arg, size_t size, unsigned int cmd, void __user *from)
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

int comb_arg_put(const void *arg, size_t size, void __user *to)
{
	return copy_to_user(to, arg, size) ? -EFAULT : 0;
}

/* comb_name_is_valid() - as comb.h says; @name has COMB_NAME_SIZE bytes */
bool comb_name_is_valid(const char *name)
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

	err = comb_arg_get(&info, sizeof(info), cmd, user);
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
	return comb_arg_put(&out, sizeof(out), user);
}

static long name_command(unsigned int cmd, void __user *user, bool create)
{
	struct comb_cell_name arg;
	struct comb_cell *cell;
	int err;

	err = comb_arg_get(&arg, sizeof(arg), cmd, user);
	if (err)
		return err;
	if (!comb_name_is_valid(arg.name))
		return -EINVAL;
	cell = create ? comb_cell_create(arg.name) : comb_cell_find(arg.name);
	if (IS_ERR(cell))
		return PTR_ERR(cell);
	return comb_cell_open(cell, create);
}

static long control_ioctl(struct file *file, unsigned int cmd, unsigned long user)
{
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	switch (COMB_COMMAND(cmd)) {
	case COMB_COMMAND(COMB_GET_INFO):
		return info_get(cmd, (void __user *)user);
	case COMB_COMMAND(COMB_CELL_CREATE):
		return name_command(cmd, (void __user *)user, true);
	case COMB_COMMAND(COMB_CELL_OPEN):
		return name_command(cmd, (void __user *)user, false);
	case COMB_COMMAND(COMB_BRIDGE_OPEN):
		return comb_bridge_open_fd(cmd, (void __user *)user);
	}
	return -ENOTTY;
}

/* The directories in sysfs exist, to which cells and bridges are added. */
static bool ready;

static int control_open(struct inode *inode, struct file *file)
{
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	return smp_load_acquire(&ready) ? 0 : -ENODEV;
}

static const struct file_operations control_fops = {
	.owner = THIS_MODULE,
	.open = control_open,
	.unlocked_ioctl = control_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
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
	if (err) {
		misc_deregister(&misc);
		return err;
	}
	smp_store_release(&ready, true);
	return 0;
}

void comb_chardev_exit(void)
{
	comb_sysfs_exit();
	misc_deregister(&misc);
}
