// SPDX-License-Identifier: GPL-2.0-only
/*
 * bridgefile.c - the open file of a bridge and every request on it
 *
 * There are two ways to one, COMB_BRIDGE_OPEN and the device; what comes out is
 * the same. Pages are inserted as normal pages, as in mmap.c.
 */
#include <linux/anon_inodes.h>
#include <linux/capability.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#include "internal.h"

/* One read() or write() copies no more: the kernel does not reschedule in between. */
#define COPY_MAX	(1UL << 20)

static void *window_address(struct comb_window *window)
{
	return __va(window->is.start);
}

static int window_open(struct inode *inode, struct file *file)
{
	struct comb_window *window = container_of(file->private_data, struct comb_window, misc);

	if (!comb_window_get(window))
		return -ENXIO;
	file->private_data = window;
	return 0;
}

static int window_release(struct inode *inode, struct file *file)
{
	comb_window_put(file->private_data);
	return 0;
}

static ssize_t window_read(struct file *file, char __user *to, size_t count, loff_t *at)
{
	struct comb_window *window = file->private_data;

	return simple_read_from_buffer(to, min(count, COPY_MAX), at, window_address(window),
				       window->is.bytes);
}

static ssize_t window_write(struct file *file, const char __user *from, size_t count,
			    loff_t *at)
{
	struct comb_window *window = file->private_data;

	if (count && *at >= window->is.bytes)
		return -ENOSPC;
	return simple_write_to_buffer(window_address(window), window->is.bytes, at, from,
				      min(count, COPY_MAX));
}

static loff_t window_llseek(struct file *file, loff_t offset, int whence)
{
	struct comb_window *window = file->private_data;

	return fixed_size_llseek(file, offset, whence, window->is.bytes);
}

static unsigned long window_pages(void *owner, u64 offset, struct page **page)
{
	struct comb_window *window = owner;

	if (offset >= window->is.bytes)
		return 0;
	*page = pfn_to_page(PHYS_PFN(window->is.start + offset));
	return PHYS_PFN(window->is.bytes - offset);
}

static vm_fault_t window_fault(struct vm_fault *vmf)
{
	return comb_fault(vmf, window_pages);
}

static const struct vm_operations_struct window_vm_ops = {
	.fault = window_fault,
};

static int window_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct comb_window *window = file->private_data;

	/* VM_SHARED is not set for a file that is open for reading only. */
	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	return comb_mmap_prepare(vma, window->is.bytes, &window_vm_ops, window);
}

static long window_describe(struct comb_window *window, unsigned int cmd, void __user *user)
{
	struct comb_bridge_get arg;
	int err;

	err = comb_arg_get(&arg, sizeof(arg), cmd, user);
	if (err)
		return err;
	arg.cells = atomic_read(&window->cells);
	arg.files = comb_window_files(window);
	arg.bridge = window->is;
	return comb_arg_put(&arg, sizeof(arg), user);
}

static long window_ioctl(struct file *file, unsigned int cmd, unsigned long user)
{
	if (COMB_COMMAND(cmd) != COMB_COMMAND(COMB_BRIDGE_GET))
		return -ENOTTY;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	return window_describe(file->private_data, cmd, (void __user *)user);
}

const struct file_operations comb_window_fops = {
	.owner = THIS_MODULE,
	.open = window_open,
	.release = window_release,
	.read = window_read,
	.write = window_write,
	.llseek = window_llseek,
	.mmap = window_mmap,
	.unlocked_ioctl = window_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

/* A descriptor of an open file; the use of @window goes to the file, also on failure. */
static int window_fd(struct comb_window *window)
{
	int fd = get_unused_fd_flags(O_CLOEXEC);
	struct file *file;

	if (fd < 0) {
		comb_window_put(window);
		return fd;
	}
	file = anon_inode_getfile("[comb-bridge]", &comb_window_fops, window, O_RDWR);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		comb_window_put(window);
		return PTR_ERR(file);
	}
	/* As open() does for the device. */
	file->f_mode |= FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE;
	fd_install(fd, file);
	return fd;
}

/**
 * comb_bridge_open_fd() - COMB_BRIDGE_OPEN
 * @cmd: the request
 * @user: its argument
 *
 * Return: a file descriptor, or a negative error number.
 */
long comb_bridge_open_fd(unsigned int cmd, void __user *user)
{
	struct comb_bridge_open arg;
	struct comb_window *window;
	int err;

	err = comb_arg_get(&arg, sizeof(arg), cmd, user);
	if (err)
		return err;
	if (arg.flags || arg.reserved || !IS_ALIGNED(arg.bytes, COMB_MEMORY_UNIT) ||
	    !comb_name_is_valid(arg.name))
		return -EINVAL;
	arg.available = 0;
	window = comb_window_open(&arg);
	if (put_user(arg.available, &((struct comb_bridge_open __user *)user)->available) &&
	    !IS_ERR(window)) {
		comb_window_put(window);
		return -EFAULT;
	}
	if (IS_ERR(window))
		return PTR_ERR(window);
	return window_fd(window);
}

/* comb_window_of() - the bridge behind a file descriptor, with a use for the caller; -EBADF */
struct comb_window *comb_window_of(int fd)
{
	struct comb_window *window = ERR_PTR(-EBADF);
	struct file *file = fget(fd);

	if (!file)
		return window;
	if (file->f_op == &comb_window_fops) {
		window = file->private_data;
		/* The file is a user, so there is one. */
		comb_window_get(window);
	}
	fput(file);
	return window;
}
