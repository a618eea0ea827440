// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The guest's pages that the GPU can reach: pinned, looked up and given back.
 *
 * vfio's functions that pin and unpin take locks of the container, and fault guest memory in. Its owner can hold that up for as long
 * as he likes, and two of his threads that unmap at a time while a third one pins lock each other up for good (type 1 takes its
 * device_list_lock inside of the lock that unpinning takes). So none is called with the GPU's lock held, which is everybody's: a
 * page is pinned before the core is called that will want it, and what the core unpins is collected, and given back after.
 *
 * Locks: vgpu_dev.pin_lock around all that pins or unpins, outside of the GPU's. vgpu_dev.pins and .unpinned change with both held;
 * submissions look pages up with the GPU's alone.
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
 * @count: how often the core has pinned it
 * @unpinned: in vgpu_dev.unpinned
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
	ret = xa_reserve(&vd->pins, gfn, GFP_KERNEL_ACCOUNT);
	if (ret)
		goto free_pin;

	ret = vfio_pin_pages(&vd->vdev, gfn << PAGE_SHIFT, 1, IOMMU_READ | IOMMU_WRITE, &p->page);
	if (ret != 1) {
		ret = ret == -ENOMEM ? -ENOMEM : -EFAULT;
		goto release;
	}
	p->dma = dma_map_page(dev, p->page, 0, PAGE_SIZE, DMA_BIDIRECTIONAL);
	if (dma_mapping_error(dev, p->dma)) {
		ret = -ENOMEM;
		goto unpin_page;
	}
	*ret_pin = p;
	return 0;

unpin_page:
	vfio_unpin_pages(&vd->vdev, gfn << PAGE_SHIFT, 1);
release:
	xa_release(&vd->pins, gfn);
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

static void forget(struct vgpu_dev *vd, struct pin *p)
{
	xa_erase(&vd->pins, p->gfn);
	list_add_tail(&p->unpinned, &vd->unpinned);
}

/**
 * vgpu_pin_lock() - lock a vGPU and its GPU, for a call into the core that may unpin pages
 * @vd: the vGPU; neither is locked
 */
void vgpu_pin_lock(struct vgpu_dev *vd)
{
	mutex_lock(&vd->pin_lock);
	vgpu_gpu_dev_lock(vd->gd);
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
	vgpu_gpu_dev_unlock(vd->gd);
	list_for_each_entry_safe(p, next, &unpinned, unpinned)
	{
		pin_free(vd, p);
		cond_resched();
	}
	mutex_unlock(&vd->pin_lock);
}

/**
 * vgpu_pin_write_entry() - a guest's write to a GGTT entry, with the page that it may need
 * @vd: the vGPU; neither it nor its GPU is locked
 * @offset: in BAR0
 * @buf: what is written
 * @len: 1, 2 or 4
 *
 * A page that cannot be pinned is the core's matter.
 */
void vgpu_pin_write_entry(struct vgpu_dev *vd, u32 offset, const void *buf, u32 len)
{
	struct pin *p = NULL;
	u64 gfn;
	int err;

	vgpu_pin_lock(vd);
	if (vgpu_ggtt_page(&vd->core, offset, buf, len, &gfn) && !xa_load(&vd->pins, gfn)) {
		vgpu_gpu_dev_unlock(vd->gd);
		err = pin_new(vd, gfn, &p);
		trace_vgpu_pin(vd, gfn, err);
		vgpu_gpu_dev_lock(vd->gd);
		if (p)
			xa_store(&vd->pins, gfn, p, GFP_NOWAIT); /* reserved, so it needs no memory */
	}
	vgpu_bar0_write(&vd->core, offset, buf, len, ktime_get_ns());
	if (p && !p->count)
		forget(vd, p);
	vgpu_pin_unlock(vd);
}

/** vgpu_pin() - see struct vgpu_host_ops; pinned already, by vgpu_pin_write_entry() */
int vgpu_pin(void *guest, u64 gfn, u64 *ret_dma)
{
	struct vgpu_dev *vd = guest;
	struct pin *p = xa_load(&vd->pins, gfn);

	if (!p)
		return -EFAULT;
	p->count++;
	*ret_dma = p->dma;
	return 0;
}

/** vgpu_unpin() - see struct vgpu_host_ops; the last pin of a page goes with vgpu_pin_unlock() */
void vgpu_unpin(void *guest, u64 gfn)
{
	struct vgpu_dev *vd = guest;
	struct pin *p = xa_load(&vd->pins, gfn);

	if (p && !--p->count)
		forget(vd, p);
}

/** vgpu_pin_read() - see struct vgpu_host_ops */
int vgpu_pin_read(void *guest, u64 gpa, void *buf, size_t len)
{
	struct vgpu_dev *vd = guest;
	size_t done, part;

	for (done = 0; done < len; done += part) {
		struct pin *p = xa_load(&vd->pins, (gpa + done) >> PAGE_SHIFT);

		if (!p)
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

	for (gfn = 0; (p = xa_find(&vd->pins, &gfn, ULONG_MAX, XA_PRESENT)); leaked++)
		forget(vd, p);
	if (leaked)
		dev_err_ratelimited(vd->vdev.dev, "%lu pages were still pinned at close\n", leaked);
}
