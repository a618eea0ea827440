// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The guest's table of GGTT entries, mapped to it: which of its pages it has written to by itself.
 *
 * A page is mapped read-only at first. The first write to it faults, which marks it dirty and makes the mapping writable; a sync
 * collects what is dirty and takes those pages out of all mappings again, so that the next write faults. KVM follows: it looks the
 * pages up in the process that runs the guest, as ordinary ones (in a mapping of bare page frames it would emulate each write
 * instead), and its notifier takes them from the guest, too.
 *
 * The order of the two is the page lock's: the fault marks the page dirty and returns with it locked, which it stays until the
 * mapping is writable; the sync unmarks and unmaps it in one go. So a page that can be written to is marked.
 * Whoever got hold of a page before, by get_user_pages(), may write to it unseen. That takes effect when it is next marked, and
 * harms nobody: the core relies on nothing in the table, and pages are freed when the last reference goes.
 *
 * Unmapping needs an address space of the table's own, and before 6.10 all vfio devices have one together. So a mapping is
 * not of the device's file, but of one made for it on the inode of a memory file that is otherwise empty. It holds the device's file,
 * so that here, too, a mapping keeps the vGPU open, and with it the table.
 *
 * VM_DONTEXPAND is what keeps huge pages of that inode away. Lock: the pages', none of the module's.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/vmalloc.h>

#include "compat.h"
#include "glue.h"

#define FIRST_PAGE (VGPU_MMIO_BYTES >> PAGE_SHIFT) /* of the table, in BAR0 */

static vm_fault_t fault(struct vm_fault *vmf)
{
	struct vgpu_dev *vd = vmf->vma->vm_private_data;
	pgoff_t page = vmf->pgoff - FIRST_PAGE;

	if (page >= vd->table_pages)
		return VM_FAULT_SIGBUS;
	vmf->page = vmalloc_to_page(vd->table + (page << PAGE_SHIFT));
	get_page(vmf->page);
	return 0;
}

static vm_fault_t page_mkwrite(struct vm_fault *vmf)
{
	struct vgpu_dev *vd = vmf->vma->vm_private_data;
	pgoff_t page = vmf->pgoff - FIRST_PAGE;

	if (page >= vd->table_pages)
		return VM_FAULT_SIGBUS;
	lock_page(vmf->page);
	set_bit(page, vd->table_dirty);
	atomic64_inc(&vd->table_faults);
	return VM_FAULT_LOCKED;
}

static const struct vm_operations_struct vm_ops = {
	.fault = fault,
	.page_mkwrite = page_mkwrite,
};

static int release(struct inode *inode, struct file *file)
{
	fput(file->private_data);
	return 0;
}

static const struct file_operations file_ops = {
	.owner = THIS_MODULE,
	.release = release,
};

/**
 * vgpu_table_mmap() - map a part of the table
 * @vd: the vGPU, open
 * @vma: the mapping
 * @offset: of it, in BAR0
 * @bytes: its length
 *
 * Return: 0, -EINVAL for anything else than the table, -ENOMEM and what else a new file can fail with. Context: mmap_lock held.
 */
int vgpu_table_mmap(struct vgpu_dev *vd, struct vm_area_struct *vma, u64 offset, u64 bytes)
{
	u64 table_bytes = (u64)vd->table_pages << PAGE_SHIFT;
	struct inode *inode;
	struct file *file;

	if (!vd->table_file || offset < VGPU_MMIO_BYTES || bytes > table_bytes || offset - VGPU_MMIO_BYTES > table_bytes - bytes)
		return -EINVAL;

	inode = file_inode(vd->table_file);
	ihold(inode);
	__module_get(THIS_MODULE); /* the file's, given back behind its release; the open vGPU has one already */
	file = alloc_file_pseudo(inode, vd->table_file->f_path.mnt, "[vgpu-ggtt]", O_RDWR, &file_ops);
	if (IS_ERR(file)) {
		module_put(THIS_MODULE);
		iput(inode);
		return PTR_ERR(file);
	}
	file->private_data = get_file(vma->vm_file);
	vma_set_file(vma, file);
	fput(file); /* it is the mapping's now */

	vma->vm_ops = &vm_ops;
	vma->vm_private_data = vd;
	vgpu_compat_vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP);
	return 0;
}

/* The dirty pages [@first, @last] are no longer, and no longer writable. Locked in ascending order, as nobody else locks two. */
static void collect(struct vgpu_dev *vd, u32 first, u32 last)
{
	u32 i;

	for (i = first; i <= last; i++) {
		lock_page(vmalloc_to_page(vd->table + (size_t)i * PAGE_SIZE));
		clear_bit(i, vd->table_dirty);
	}
	unmap_mapping_range(vd->table_file->f_mapping, (loff_t)(FIRST_PAGE + first) << PAGE_SHIFT,
			    (loff_t)(last - first + 1) << PAGE_SHIFT, 0);
	for (i = first; i <= last; i++)
		unlock_page(vmalloc_to_page(vd->table + (size_t)i * PAGE_SIZE));
}

/**
 * vgpu_table_collect() - which pages the guest may have written to since this was asked last
 * @vd: the vGPU, open; its pin_lock is held, its GPU is not locked
 * @ret_dirty: VGPU_GGTT_PAGES bits
 *
 * What it writes from here on is told the next time.
 *
 * Return: how many. May sleep.
 */
u32 vgpu_table_collect(struct vgpu_dev *vd, unsigned long *ret_dirty)
{
	unsigned int first, end;

	bitmap_copy(ret_dirty, vd->table_dirty, VGPU_GGTT_PAGES);
	for_each_set_bitrange(first, end, ret_dirty, VGPU_GGTT_PAGES) collect(vd, first, end - 1);
	return bitmap_weight(ret_dirty, VGPU_GGTT_PAGES);
}

/**
 * vgpu_table_open() - offer the table for mapping, unless the module's parameter says otherwise
 * @vd: the vGPU, open for the core
 * Return: 0, -ENOMEM and what else a new file can fail with.
 */
int vgpu_table_open(struct vgpu_dev *vd)
{
	const size_t bytes = vd->gd->info.ggtt_entries * sizeof(u32);
	struct file *file;

	if (vgpu_trap_ggtt)
		return 0;
	file = vgpu_compat_memory_file("vgpu-ggtt", VGPU_BAR0_BYTES);
	if (IS_ERR(file))
		return PTR_ERR(file);

	vgpu_gpu_dev_lock(vd->gd);
	vd->table = vgpu_ggtt_table(&vd->core);
	vgpu_gpu_dev_unlock(vd->gd);
	vd->table_pages = bytes >> PAGE_SHIFT;
	vd->table_file = file;
	bitmap_zero(vd->table_dirty, VGPU_GGTT_PAGES);
	return 0;
}

/**
 * vgpu_table_close() - no longer: no mapping of it is left, since it would hold the device's file
 * @vd: the vGPU; its work has ended
 */
void vgpu_table_close(struct vgpu_dev *vd)
{
	if (!vd->table_file)
		return;
	fput(vd->table_file);
	vd->table_file = NULL;
	vd->table = NULL;
	vd->table_pages = 0;
}
