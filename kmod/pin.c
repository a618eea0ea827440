// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The guest's pages that the GPU can reach: pinned, looked up and given back.
 *
 * vfio's functions that pin and unpin take locks of the container, and fault guest memory in. Its owner can hold that up for as long
 * as he likes, and two of his threads that unmap at a time while a third one pins lock each other up for good (type 1 takes its
 * device_list_lock inside of the lock that unpinning takes). So none is called with the GPU's lock held, which is everybody's: a
 * page is pinned before the core is called that will want it, and what the core unpins, whenever it does, is collected. Whoever holds
 * pin_lock gives it back when he drops that, or if nobody does, the sync work.
 *
 * Pages are pinned one by one: iommufd wants them unpinned in the very ranges in which they were pinned.
 *
 * Locks: vgpu_dev.pin_lock around all that pins or unpins for vfio, outside of the GPU's. A page enters vgpu_dev.pins with pin_lock
 * held and leaves it with both, so it may be looked up under either. What the core counts is the GPU's lock's.
 */
#include <linux/dma-mapping.h>
#include <linux/highmem.h>
#include <linux/iommu.h>
#include <linux/ktime.h>
#include <linux/slab.h>

#include "glue.h"
#include "trace.h"

/**
 * struct pin - a page
 * @page: as vfio pinned it
 * @dma: its bus address
 * @gfn: its number
 * @count: (lock) how often the core has pinned it
 * @unpinned: (lock) in vgpu_dev.unpinned, if that is 0
 *
 * vfio would count pins itself, but each dma_map_page() behind an IOMMU makes a new address; a page has one here.
 */
struct pin {
	struct page *page;
	dma_addr_t dma;
	u64 gfn;
	unsigned int count;
	struct list_head unpinned;
};

static int pin_new(struct vgpu_dev *vd, u64 gfn, struct pin **ret_pin)
{
	struct device *dev = &vd->gd->pdev->dev;
	struct pin *p;
	int ret;

	p = kzalloc(sizeof(*p), GFP_KERNEL_ACCOUNT);
	if (!p)
		return -ENOMEM;
	p->gfn = gfn;

	ret = vfio_pin_pages(&vd->vdev, gfn << PAGE_SHIFT, 1, IOMMU_READ | IOMMU_WRITE, &p->page);
	if (ret != 1) {
		ret = ret == -ENOMEM ? -ENOMEM : -EFAULT;
		goto free_pin;
	}
	p->dma = dma_map_page(dev, p->page, 0, PAGE_SIZE, DMA_BIDIRECTIONAL);
	if (dma_mapping_error(dev, p->dma)) {
		ret = -ENOMEM;
		goto unpin_page;
	}
	ret = xa_err(xa_store(&vd->pins, gfn, p, GFP_KERNEL_ACCOUNT));
	if (ret)
		goto unmap_page;
	*ret_pin = p;
	return 0;

unmap_page:
	dma_unmap_page(dev, p->dma, PAGE_SIZE, DMA_BIDIRECTIONAL);
unpin_page:
	vfio_unpin_pages(&vd->vdev, gfn << PAGE_SHIFT, 1);
free_pin:
	kfree(p);
	return ret;
}

static void pin_free(struct vgpu_dev *vd, struct pin *p)
{
	trace_vgpu_unpin(vd, p->gfn, 0);
	dma_unmap_page(&vd->gd->pdev->dev, p->dma, PAGE_SIZE, DMA_BIDIRECTIONAL);
	vfio_unpin_pages(&vd->vdev, p->gfn << PAGE_SHIFT, 1);
	kfree(p);
}

/**
 * vgpu_pin_lock() - lock a vGPU and its GPU, for a call into the core that may unpin pages
 * @vd: the vGPU; neither is locked
 */
void vgpu_pin_lock(struct vgpu_dev *vd)
{
	mutex_lock(&vd->pin_lock);
	vgpu_pin_lock_gpu(vd);
}

/**
 * vgpu_pin_lock_gpu() - lock the GPU, too; what the core unpins from here on waits for vgpu_pin_unlock()
 * @vd: the vGPU, whose pin_lock is held
 */
void vgpu_pin_lock_gpu(struct vgpu_dev *vd)
{
	vgpu_gpu_dev_lock(vd->gd);
	vd->pinner = true;
}

/**
 * vgpu_pin_unlock() - unlock both; on return no page is pinned for vfio that is not for the core
 * @vd: the vGPU
 */
void vgpu_pin_unlock(struct vgpu_dev *vd)
{
	struct pin *p, *next;
	LIST_HEAD(unpinned);

	list_splice_init(&vd->unpinned, &unpinned);
	list_for_each_entry(p, &unpinned, unpinned)
	{
		xa_erase(&vd->pins, p->gfn);
		cond_resched();
	}
	vd->pinner = false;
	vgpu_gpu_dev_unlock(vd->gd);
	list_for_each_entry_safe(p, next, &unpinned, unpinned)
	{
		pin_free(vd, p);
		cond_resched();
	}
	mutex_unlock(&vd->pin_lock);
}

/**
 * vgpu_pin_wanted() - pin for vfio what a sync wants, as far as it is not yet
 * @vd: the vGPU; its pin_lock is held, its GPU is not locked
 * @want: from vgpu_sync_next()
 * @pinned: gets the new ones, for vgpu_dev.unpinned: they are given back unless the core takes them
 *
 * A page that cannot be pinned is the core's matter.
 *
 * Return: how many are new. May sleep.
 */
u32 vgpu_pin_wanted(struct vgpu_dev *vd, const struct vgpu_sync_want *want, struct list_head *pinned)
{
	u32 i, fresh = 0;
	struct pin *p;
	int err;

	for (i = 0; i < want->count; i++) {
		if (xa_load(&vd->pins, want->gfn[i]))
			continue;
		err = pin_new(vd, want->gfn[i], &p);
		trace_vgpu_pin(vd, want->gfn[i], err);
		if (!err) {
			list_add_tail(&p->unpinned, pinned);
			fresh++;
		}
		cond_resched();
	}
	return fresh;
}

/** vgpu_pin() - see struct vgpu_host_ops; pinned for vfio already, by vgpu_pin_wanted() */
int vgpu_pin(void *guest, u64 gfn, u64 *ret_dma)
{
	struct vgpu_dev *vd = guest;
	struct pin *p = xa_load(&vd->pins, gfn);

	if (!p)
		return -EFAULT;
	if (!p->count++)
		list_del(&p->unpinned);
	*ret_dma = p->dma;
	return 0;
}

/** vgpu_unpin() - see struct vgpu_host_ops; also from the interrupt's thread, when what has used the page ends */
void vgpu_unpin(void *guest, u64 gfn)
{
	struct vgpu_dev *vd = guest;
	struct pin *p = xa_load(&vd->pins, gfn);

	if (!p || !p->count || --p->count)
		return;
	list_add_tail(&p->unpinned, &vd->unpinned);
	if (!vd->pinner)
		queue_work(vd->gd->sync_wq, &vd->work);
}

/** vgpu_pin_read() - see struct vgpu_host_ops */
int vgpu_pin_read(void *guest, u64 gpa, void *buf, size_t len)
{
	struct vgpu_dev *vd = guest;
	size_t done, part;

	for (done = 0; done < len; done += part) {
		struct pin *p = xa_load(&vd->pins, (gpa + done) >> PAGE_SHIFT);

		if (!p || !p->count)
			return -EFAULT;
		part = min_t(size_t, len - done, PAGE_SIZE - offset_in_page(gpa + done));
		memcpy_from_page(buf + done, p->page, offset_in_page(gpa + done), part);
	}
	return 0;
}

/**
 * vgpu_pin_forget_all() - the last resort when a vGPU closes: no page of a dead guest stays pinned
 * @vd: the vGPU; locked by vgpu_pin_lock(), and still open for vfio
 *
 * The core has unpinned all by then. If it has not, that is its bug, and the GPU may still hold the page's address;
 * it is said aloud.
 */
void vgpu_pin_forget_all(struct vgpu_dev *vd)
{
	unsigned long gfn, leaked = 0;
	struct pin *p;

	xa_for_each(&vd->pins, gfn, p)
	{
		if (!p->count)
			continue;
		p->count = 0;
		list_add_tail(&p->unpinned, &vd->unpinned);
		leaked++;
	}
	if (leaked)
		dev_err_ratelimited(vd->vdev.dev, "%lu pages were still pinned at close\n", leaked);
}
