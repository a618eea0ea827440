// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The regions of a vGPU: config space, registers and aperture, by read, write and mmap of the vfio device.
 *
 * The bytes are cut into accesses of at most one buffer; the user's memory is touched between them, never with the lock held.
 * Lock: the GPU's, for the core. The aperture's bytes need none: the slice is constant while the device is open.
 */
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/ktime.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "glue.h"
#include "trace.h"

/* A region's index stands above its offset in the device file's; the aperture is far smaller. */
#define REGION_SHIFT 40
#define REGION_OFFSET_MASK (BIT_ULL(REGION_SHIFT) - 1)

#define MAX_ACCESS VGPU_CONFIG_BYTES

/**
 * struct region - what can be done with one region
 * @access: one access of @len bytes, inside of the region
 * @max_access: how long one may be; a power of 2, and each is aligned to its own length if that is one too
 * @bytes: its size; 0 for the aperture, whose size is the hardware's
 * @flags: VFIO_REGION_INFO_FLAG_*
 */
struct region {
	int (*access)(struct vgpu_dev *vd, u32 offset, void *buf, u32 len, bool write);
	u32 max_access;
	u32 bytes;
	u32 flags;
};

static int access_config(struct vgpu_dev *vd, u32 offset, void *buf, u32 len, bool write)
{
	int err;

	vgpu_gpu_dev_lock(vd->gd);
	err = write ? vgpu_config_write(&vd->core, offset, buf, len) : vgpu_config_read(&vd->core, offset, buf, len);
	vgpu_gpu_dev_unlock(vd->gd);
	return err;
}

static int access_bar0(struct vgpu_dev *vd, u32 offset, void *buf, u32 len, bool write)
{
	if (write)
		return vgpu_reconcile_write(vd, offset, buf, len);

	vgpu_gpu_dev_lock(vd->gd);
	vgpu_bar0_read(&vd->core, offset, buf, len, ktime_get_ns());
	vgpu_gpu_dev_unlock(vd->gd);
	return 0;
}

/* What was not mapped, or could not be: a page partly outside of a mapping, a debugger, QEMU without mmap. */
static int access_aperture(struct vgpu_dev *vd, u32 offset, void *buf, u32 len, bool write)
{
	void __iomem *mem = vd->gd->aperture + offset;
	bool own;

	vgpu_gpu_dev_lock(vd->gd);
	own = vgpu_aperture_admit(&vd->core, offset, len);
	vgpu_gpu_dev_unlock(vd->gd);

	if (!own) {
		if (!write)
			memset(buf, 0xff, len);
	} else if (write) {
		memcpy_toio(mem, buf, len);
		wmb(); /* out of the write-combining buffers before the guest goes on, perhaps on another CPU */
	} else {
		memcpy_fromio(buf, mem, len);
	}
	return 0;
}

/* I/O ports of a real one; nothing is behind them. */
static int access_zeros(struct vgpu_dev *vd, u32 offset, void *buf, u32 len, bool write)
{
	if (!write)
		memset(buf, 0, len);
	return 0;
}

#define RW (VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE)

/* No others: no ROM, no VGA. */
static const struct region regions[VFIO_PCI_NUM_REGIONS] = {
	[VFIO_PCI_CONFIG_REGION_INDEX] = { access_config, MAX_ACCESS, VGPU_CONFIG_BYTES, RW },
	[VFIO_PCI_BAR0_REGION_INDEX] = { access_bar0, 8, VGPU_BAR0_BYTES, RW | VFIO_REGION_INFO_FLAG_MMAP },
	[VFIO_PCI_BAR2_REGION_INDEX] = { access_aperture, 64, 0, RW | VFIO_REGION_INFO_FLAG_MMAP },
	[VFIO_PCI_BAR4_REGION_INDEX] = { access_zeros, 8, VGPU_BAR4_BYTES, RW },
};

static u64 region_bytes(const struct vgpu_dev *vd, u32 index)
{
	return index == VFIO_PCI_BAR2_REGION_INDEX ? vd->gd->info.aperture_bytes : regions[index].bytes;
}

/* The part of a region that may be mapped; none if that is empty. */
static void mappable(const struct vgpu_dev *vd, u32 index, struct vgpu_range *ret_range)
{
	struct vgpu_range table = { VGPU_MMIO_BYTES, (u64)vd->table_pages << PAGE_SHIFT };

	*ret_range = index == VFIO_PCI_BAR0_REGION_INDEX ? table : vd->slice;
}

static int add_sparse_mmap(const struct vgpu_range *range, struct vfio_info_cap *caps)
{
	struct vfio_region_info_cap_sparse_mmap *cap;
	const size_t bytes = struct_size(cap, areas, 1);
	int err;

	cap = kzalloc(bytes, GFP_KERNEL);
	if (!cap)
		return -ENOMEM;

	cap->header.id = VFIO_REGION_INFO_CAP_SPARSE_MMAP;
	cap->header.version = 1;
	cap->nr_areas = 1;
	cap->areas[0].offset = range->base;
	cap->areas[0].size = range->size;
	err = vfio_info_add_capability(caps, &cap->header, bytes);
	kfree(cap);
	return err;
}

/**
 * vgpu_region_info() - describe a region
 * @vdev: the vGPU, open
 * @info: its index says which
 * @caps: gets the part of it that may be mapped, if any
 *
 * Return: 0, -EINVAL, -ENOMEM. May sleep; without the lock.
 */
int vgpu_region_info(struct vfio_device *vdev, struct vfio_region_info *info, struct vfio_info_cap *caps)
{
	struct vgpu_dev *vd = to_vgpu_dev(vdev);
	u32 index = info->index;
	struct vgpu_range range;

	if (index >= VFIO_PCI_NUM_REGIONS)
		return -EINVAL;
	index = array_index_nospec(index, VFIO_PCI_NUM_REGIONS);

	info->offset = (u64)index << REGION_SHIFT;
	info->size = region_bytes(vd, index);
	info->flags = regions[index].flags;
	if (!(info->flags & VFIO_REGION_INFO_FLAG_MMAP))
		return 0;
	mappable(vd, index, &range);
	if (range.size)
		return add_sparse_mmap(&range, caps);
	info->flags &= ~VFIO_REGION_INFO_FLAG_MMAP;
	return 0;
}

/* The longest access that starts at @offset, is naturally aligned, and goes no further than @count and the region allow. */
static u32 access_len(const struct region *region, u64 offset, u64 count)
{
	u32 len = region->max_access;

	while (len > count || offset & (len - 1))
		len >>= 1;
	return len;
}

/* Where in which region @pos is, and how much of @count bytes the region has from there. */
static int locate(const struct vgpu_dev *vd, loff_t pos, size_t count, const struct region **ret_region, u64 *ret_offset,
		  size_t *ret_count)
{
	u64 index = (u64)pos >> REGION_SHIFT, offset = pos & REGION_OFFSET_MASK, bytes;

	if (index >= VFIO_PCI_NUM_REGIONS)
		return -EINVAL;
	index = array_index_nospec(index, VFIO_PCI_NUM_REGIONS);
	bytes = region_bytes(vd, index);
	if (!regions[index].access || offset >= bytes)
		return -EINVAL;

	*ret_region = &regions[index];
	*ret_offset = offset;
	*ret_count = min_t(u64, count, bytes - offset);
	return 0;
}

/**
 * vgpu_region_read() - read(2)
 * @vdev: the vGPU, open; its GPU is not locked
 * @buf: of user space
 * @count: bytes that it has
 * @ppos: region and offset
 * Return: bytes read, or -EINVAL, -EFAULT, -EINTR.
 */
ssize_t vgpu_region_read(struct vfio_device *vdev, char __user *buf, size_t count, loff_t *ppos)
{
	struct vgpu_dev *vd = to_vgpu_dev(vdev);
	u8 tmp[MAX_ACCESS] __aligned(8) = {};
	const struct region *region;
	size_t done = 0;
	u64 offset;
	int err;

	err = locate(vd, *ppos, count, &region, &offset, &count);
	for (; !err && done < count; cond_resched()) {
		u32 len = access_len(region, offset + done, count - done);

		err = region->access(vd, offset + done, tmp, len, false);
		if (err)
			break;
		trace_vgpu_trap(vd, region - regions, offset + done, len, tmp, false);
		if (copy_to_user(buf + done, tmp, len))
			err = -EFAULT;
		else
			done += len;
		if (!err && fatal_signal_pending(current))
			err = -EINTR;
	}
	*ppos += done;
	return done ?: err;
}

/**
 * vgpu_region_write() - write(2)
 * @vdev: the vGPU, open; its GPU is not locked
 * @buf: of user space
 * @count: bytes that it has
 * @ppos: region and offset
 * Return: bytes written, or -EINVAL, -EFAULT, -EINTR.
 */
ssize_t vgpu_region_write(struct vfio_device *vdev, const char __user *buf, size_t count, loff_t *ppos)
{
	struct vgpu_dev *vd = to_vgpu_dev(vdev);
	u8 tmp[MAX_ACCESS] __aligned(8);
	const struct region *region;
	size_t done = 0;
	u64 offset;
	int err;

	err = locate(vd, *ppos, count, &region, &offset, &count);
	for (; !err && done < count; cond_resched()) {
		u32 len = access_len(region, offset + done, count - done);

		if (copy_from_user(tmp, buf + done, len)) {
			err = -EFAULT;
			break;
		}
		trace_vgpu_trap(vd, region - regions, offset + done, len, tmp, true);
		err = region->access(vd, offset + done, tmp, len, true);
		if (!err)
			done += len;
		if (!err && fatal_signal_pending(current))
			err = -EINTR;
	}
	*ppos += done;
	return done ?: err;
}

/**
 * vgpu_region_mmap() - map a part of the vGPU's slice of the aperture, or of its table of GGTT entries
 * @vdev: the vGPU, open
 * @vma: its offset says where
 *
 * The slice's pages are the hardware's: what the guest does there costs no trap. The mapping needs no revocation: it
 * holds the file, the file keeps the vGPU open, and an open vGPU keeps its slice and the GPU its power.
 *
 * Return: 0, -EINVAL for anything else, -errno. Context: mmap_lock held, so not the GPU's.
 */
int vgpu_region_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	struct vgpu_dev *vd = to_vgpu_dev(vdev);
	u64 offset = ((u64)vma->vm_pgoff << PAGE_SHIFT) & REGION_OFFSET_MASK;
	u64 index = (u64)vma->vm_pgoff >> (REGION_SHIFT - PAGE_SHIFT);
	u64 bytes = vma->vm_end - vma->vm_start;

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (index == VFIO_PCI_BAR0_REGION_INDEX)
		return vgpu_table_mmap(vd, vma, offset, bytes);
	if (index != VFIO_PCI_BAR2_REGION_INDEX)
		return -EINVAL;
	if (offset < vd->slice.base || bytes > vd->slice.size || offset - vd->slice.base > vd->slice.size - bytes)
		return -EINVAL;

	vma->vm_page_prot = pgprot_writecombine(vma->vm_page_prot); /* as our own mapping: one memory type a page */
	return io_remap_pfn_range(vma, vma->vm_start, (vd->gd->aperture_phys + offset) >> PAGE_SHIFT, bytes, vma->vm_page_prot);
}
