// SPDX-License-Identifier: GPL-2.0-only
/*
 * bridge.c - bridges: RAM this cell shares with the host and other cells
 *
 * Each is an ACPI device with a range that the memory map reserves, so it is no
 * RAM of this kernel's: it has no struct page, and direct I/O to it fails. The
 * other kernels map it write-back, and so must this one.
 */
#include <linux/acpi.h>
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/minmax.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/string.h>

#include "agent.h"

/* One read() or write() copies no more: the kernel does not reschedule in between. */
#define COMB_COPY_MAX	(1UL << 20)
/* A name, with what stands in front of it */
#define COMB_PATH_SIZE	(COMB_MAILBOX_NAME_SIZE + 16)

/**
 * struct comb_bridge - one bridge
 * @misc: its device
 * @start: physical address
 * @bytes: length
 * @memory: where the kernel has mapped it; as long as that exists, nobody can
 *	map it in another way than write-back
 * @name: of the device
 * @path: its path below /dev, the same as in the host
 */
struct comb_bridge {
	struct miscdevice misc;
	phys_addr_t start;
	u64 bytes;
	void *memory;
	char name[COMB_PATH_SIZE];
	char path[COMB_PATH_SIZE];
};

/* misc_open() leaves its device there. */
static struct comb_bridge *comb_bridge_of(struct file *file)
{
	return container_of(file->private_data, struct comb_bridge, misc);
}

static ssize_t comb_bridge_read(struct file *file, char __user *to, size_t count, loff_t *at)
{
	struct comb_bridge *bridge = comb_bridge_of(file);

	return simple_read_from_buffer(to, min(count, COMB_COPY_MAX), at, bridge->memory,
				       bridge->bytes);
}

static ssize_t comb_bridge_write(struct file *file, const char __user *from, size_t count,
				 loff_t *at)
{
	struct comb_bridge *bridge = comb_bridge_of(file);

	if (count && *at >= bridge->bytes)
		return -ENOSPC;
	return simple_write_to_buffer(bridge->memory, bridge->bytes, at, from,
				      min(count, COMB_COPY_MAX));
}

static loff_t comb_bridge_llseek(struct file *file, loff_t offset, int whence)
{
	return fixed_size_llseek(file, offset, whence, comb_bridge_of(file)->bytes);
}

static int comb_bridge_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct comb_bridge *bridge = comb_bridge_of(file);
	u64 offset = (u64)vma->vm_pgoff << PAGE_SHIFT, bytes = vma->vm_end - vma->vm_start;

	/* VM_SHARED is not set for a file that is open for reading only. */
	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	if (vma->vm_pgoff > PHYS_PFN(U64_MAX) || offset > bridge->bytes ||
	    bytes > bridge->bytes - offset)
		return -EINVAL;
	return remap_pfn_range(vma, vma->vm_start, PHYS_PFN(bridge->start + offset), bytes,
			       vma->vm_page_prot);
}

static const struct file_operations comb_bridge_fops = {
	.owner = THIS_MODULE,
	.read = comb_bridge_read,
	.write = comb_bridge_write,
	.llseek = comb_bridge_llseek,
	.mmap = comb_bridge_mmap,
};

static void comb_bridge_end(void *data)
{
	struct comb_bridge *bridge = data;

	misc_deregister(&bridge->misc);
}

static int comb_bridge_register(struct device *dev, struct comb_bridge *bridge, const char *name)
{
	int err;

	snprintf(bridge->name, sizeof(bridge->name), "comb-bridge-%s", name);
	snprintf(bridge->path, sizeof(bridge->path), "comb-bridge/%s", name);
	bridge->misc = (struct miscdevice){
		.minor = MISC_DYNAMIC_MINOR,
		.name = bridge->name,
		.nodename = bridge->path,
		.fops = &comb_bridge_fops,
		.parent = dev,
		.mode = 0600,
	};
	err = misc_register(&bridge->misc);
	if (err)
		return err;
	return devm_add_action_or_reset(dev, comb_bridge_end, bridge);
}

static int comb_bridge_probe(struct platform_device *pdev)
{
	struct resource *range = platform_get_resource(pdev, IORESOURCE_MEM, 0);
	struct acpi_device *acpi = ACPI_COMPANION(&pdev->dev);
	const char *name = acpi ? acpi_device_uid(acpi) : NULL;
	struct comb_bridge *bridge;

	if (!name || !*name || strlen(name) >= COMB_MAILBOX_NAME_SIZE || strchr(name, '/'))
		return dev_err_probe(&pdev->dev, -ENODEV, "no name of a bridge in _UID\n");
	if (!range || !PAGE_ALIGNED(range->start) || !PAGE_ALIGNED(resource_size(range)))
		return dev_err_probe(&pdev->dev, -ENODEV, "no usable memory range in _CRS\n");
	bridge = devm_kzalloc(&pdev->dev, sizeof(*bridge), GFP_KERNEL);
	if (!bridge)
		return -ENOMEM;
	bridge->start = range->start;
	bridge->bytes = resource_size(range);
	bridge->memory = devm_memremap(&pdev->dev, bridge->start, bridge->bytes, MEMREMAP_WB);
	if (IS_ERR(bridge->memory))
		return PTR_ERR(bridge->memory);
	return comb_bridge_register(&pdev->dev, bridge, name);
}

static const struct acpi_device_id comb_bridge_ids[] = {
	{ COMB_ACPI_BRIDGE_HID, 0 },
	{ }
};
MODULE_DEVICE_TABLE(acpi, comb_bridge_ids);

struct platform_driver comb_bridge_driver = {
	.probe = comb_bridge_probe,
	.driver = {
		.name = "comb_bridge",
		.acpi_match_table = comb_bridge_ids,
		/* An open file keeps the module, but not the device. */
		.suppress_bind_attrs = true,
	},
};
