// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmap.c - the cell file and its mappings
 *
 * Each cell has an inode of its own, as DRM devices have, so that revoking its
 * mappings touches nobody else's. Pages are inserted as normal pages: back
 * ends do direct I/O to them, and get_user_pages() fails on PFN mappings.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/pseudo_fs.h>
#include <linux/slab.h>

#include "compat.h"
#include "internal.h"

#define COMB_FS_MAGIC	0x434f4d42	/* "COMB" */

static struct vfsmount *fs_mount;
static int fs_users;

static int fs_init_context(struct fs_context *fc)
{
	return init_pseudo(fc, COMB_FS_MAGIC) ? 0 : -ENOMEM;
}

static struct file_system_type fs_type = {
	.name = "comb",
	.owner = THIS_MODULE,
	.init_fs_context = fs_init_context,
	.kill_sb = kill_anon_super,
};

/* comb_inode_new() - an inode for a cell, or ERR_PTR() */
struct inode *comb_inode_new(void)
{
	struct inode *inode;
	int err;

	err = simple_pin_fs(&fs_type, &fs_mount, &fs_users);
	if (err)
		return ERR_PTR(err);
	inode = alloc_anon_inode(fs_mount->mnt_sb);
	if (IS_ERR(inode))
		simple_release_fs(&fs_mount, &fs_users);
	return inode;
}

void comb_inode_free(struct inode *inode)
{
	iput(inode);
	simple_release_fs(&fs_mount, &fs_users);
}

/* comb_file_new() - an open file of the cell, or ERR_PTR() */
struct file *comb_file_new(struct comb_cell *cell, const struct file_operations *fops)
{
	struct file *file;

	/* Closing the file gives both back. */
	__module_get(fops->owner);
	ihold(cell->inode);
	file = alloc_file_pseudo(cell->inode, fs_mount, cell->name, O_RDWR, fops);
	if (IS_ERR(file)) {
		iput(cell->inode);
		module_put(fops->owner);
	}
	return file;
}

/* The cell's pages. */
static unsigned long cell_pages(void *owner, u64 offset, struct page **page)
{
	struct comb_cell *cell = owner;
	unsigned int i;

	for (i = 0; i < cell->nr_ranges; i++) {
		const struct comb_range *range = &cell->ranges[i];
		u64 inside = offset - range->offset;

		if (offset < range->offset || inside >= range->bytes)
			continue;
		*page = pfn_to_page(PHYS_PFN(range->start + inside));
		return PHYS_PFN(range->bytes - inside);
	}
	return 0;
}

/* Map the 2 MiB around the fault at once; a page that is there already ends it. */
static void fault_around(struct vm_fault *vmf, comb_pages_at_fn *pages_at)
{
	struct vm_area_struct *vma = vmf->vma;
	unsigned long start = max(round_down(vmf->address, COMB_MEMORY_UNIT), vma->vm_start);
	unsigned long nr = min(round_down(vmf->address, COMB_MEMORY_UNIT) + COMB_MEMORY_UNIT,
			       (u64)vma->vm_end) - start, i;
	struct page **pages, *first;
	u64 offset;

	nr >>= PAGE_SHIFT;
	offset = ((u64)vma->vm_pgoff << PAGE_SHIFT) + (start - vma->vm_start);
	nr = min(nr, pages_at(vma->vm_private_data, offset, &first));
	pages = kmalloc_array(nr, sizeof(*pages), GFP_KERNEL | __GFP_NOWARN);
	if (!pages)
		return;
	for (i = 0; i < nr; i++)
		pages[i] = first + i;
	/* On failure the fault itself is still served alone. */
	if (nr)
		vm_insert_pages(vma, start, pages, &nr);
	kfree(pages);
}

/**
 * comb_fault() - serve a page fault with normal pages
 * @vmf: the fault, in a mapping that comb_mmap_prepare() has set up
 * @pages_at: what there is to be mapped
 */
vm_fault_t comb_fault(struct vm_fault *vmf, comb_pages_at_fn *pages_at)
{
	struct page *page;
	int err;

	if (!pages_at(vmf->vma->vm_private_data, (u64)vmf->pgoff << PAGE_SHIFT, &page))
		return VM_FAULT_SIGBUS;
	fault_around(vmf, pages_at);
	err = vm_insert_page(vmf->vma, vmf->address & PAGE_MASK, page);
	/* EBUSY: it is there, by ourselves or by another thread. */
	if (!err || err == -EBUSY)
		return VM_FAULT_NOPAGE;
	return err == -ENOMEM ? VM_FAULT_OOM : VM_FAULT_SIGBUS;
}

/**
 * comb_mmap_prepare() - the part of mmap() that all files share
 * @vma: a new mapping
 * @bytes: size of the file
 * @ops: its fault handler calls comb_fault()
 * @owner: for the function that finds pages
 *
 * Return: 0, or -EINVAL beyond the end of the file.
 */
int comb_mmap_prepare(struct vm_area_struct *vma, u64 bytes,
		      const struct vm_operations_struct *ops, void *owner)
{
	u64 offset = (u64)vma->vm_pgoff << PAGE_SHIFT, length = vma->vm_end - vma->vm_start;

	if (vma->vm_pgoff > PHYS_PFN(U64_MAX) || offset > bytes || length > bytes - offset)
		return -EINVAL;
	/* Set here: page faults may not change the flags. */
	compat_vm_flags_set(vma, VM_MIXEDMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_private_data = owner;
	vma->vm_ops = ops;
	return 0;
}

static vm_fault_t cell_fault(struct vm_fault *vmf)
{
	struct comb_cell *cell = vmf->vma->vm_private_data;
	vm_fault_t ret;

	down_read(&cell->map_lock);
	ret = comb_fault(vmf, cell_pages);
	up_read(&cell->map_lock);
	return ret;
}

static const struct vm_operations_struct cell_vm_ops = {
	.fault = cell_fault,
};

/**
 * comb_mmap() - mmap() of the cell file
 * @cell: the cell; every mapping's file keeps a reference
 * @vma: must be shared and within the cell's RAM
 */
int comb_mmap(struct comb_cell *cell, struct vm_area_struct *vma)
{
	int err;

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (READ_ONCE(cell->phase) == PHASE_DEAD)
		return -ENODEV;
	down_read(&cell->map_lock);
	err = comb_mmap_prepare(vma, cell->bytes, &cell_vm_ops, cell);
	up_read(&cell->map_lock);
	return err;
}
