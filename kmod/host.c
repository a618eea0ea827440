// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The core's struct vgpu_host_ops on Linux: registers, memory, and the guest's memory through vfio.
 *
 * Lock: the GPU's lock is held around all of it, since only the core calls here; it guards vgpu_dev.pins.
 */
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/iommu.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "glue.h"
#include "trace.h"

/**
 * struct pin - a guest's page that the GPU can reach
 * @page: as vfio pinned it
 * @dma: its bus address
 * @count: how often the core has pinned it
 *
 * vfio would count pins itself, but each dma_map_page() behind an IOMMU makes a new address; a page has one here.
 */
struct pin {
	struct page *page;
	dma_addr_t dma;
	unsigned int count;
};

static u32 reg_read(void *gpu, u32 offset)
{
	struct vgpu_gpu_dev *gd = gpu;

	cond_resched(); /* the core polls */
	return readl(gd->regs + offset);
}

static void reg_write(void *gpu, u32 offset, u32 value)
{
	struct vgpu_gpu_dev *gd = gpu;

	writel(value, gd->regs + offset);
}

static void ggtt_write(void *gpu, u32 index, u32 pte)
{
	struct vgpu_gpu_dev *gd = gpu;

	writel(pte, gd->ggtt + index * sizeof(u32));
}

/* Charged to whoever causes it: for what a guest asks for, the cgroup of its QEMU. */
static void *mem_alloc(void *gpu, size_t bytes)
{
	if (bytes < PAGE_SIZE)
		return kzalloc(bytes, GFP_KERNEL_ACCOUNT);
	return __vmalloc(bytes, GFP_KERNEL_ACCOUNT | __GFP_ZERO); /* page-aligned, which kmalloc is not for any size */
}

static void mem_free(void *gpu, void *mem, size_t bytes)
{
	kvfree(mem);
}

static void dma_free(void *gpu, struct vgpu_dma_mem *mem)
{
	struct vgpu_gpu_dev *gd = gpu;
	u32 i;

	for (i = 0; i < mem->pages; i++)
		dma_unmap_page(&gd->pdev->dev, mem->dma[i], PAGE_SIZE, DMA_BIDIRECTIONAL);
	kvfree(mem->dma);
	vfree(mem->cpu);
	memset(mem, 0, sizeof(*mem));
}

/* Ordinary pages: the GPU snoops the CPU's cache on this platform, and setup_dma() made sure that it reaches them all. */
static int dma_alloc(void *gpu, u32 pages, struct vgpu_dma_mem *ret_mem)
{
	struct vgpu_gpu_dev *gd = gpu;
	struct vgpu_dma_mem mem = {};
	dma_addr_t dma;

	mem.cpu = __vmalloc(array_size(pages, PAGE_SIZE), GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	mem.dma = kvcalloc(pages, sizeof(*mem.dma), GFP_KERNEL_ACCOUNT);
	if (!mem.cpu || !mem.dma)
		goto fail;

	for (; mem.pages < pages; mem.pages++) {
		dma = dma_map_page(&gd->pdev->dev, vmalloc_to_page(mem.cpu + (size_t)mem.pages * PAGE_SIZE), 0, PAGE_SIZE,
				   DMA_BIDIRECTIONAL);
		if (dma_mapping_error(&gd->pdev->dev, dma))
			goto fail;
		mem.dma[mem.pages] = dma;
	}
	*ret_mem = mem;
	return 0;

fail:
	dma_free(gpu, &mem);
	return -ENOMEM;
}

static int guest_rw(struct vgpu_dev *vd, u64 gpa, void *buf, size_t len, bool write)
{
	if (len > U64_MAX - gpa)
		return -EFAULT;
	return vfio_dma_rw(&vd->vdev, gpa, buf, len, write) ? -EFAULT : 0;
}

static int guest_read(void *guest, u64 gpa, void *buf, size_t len)
{
	return guest_rw(guest, gpa, buf, len, false);
}

static int guest_write(void *guest, u64 gpa, const void *buf, size_t len)
{
	return guest_rw(guest, gpa, (void *)buf, len, true);
}

static int pin_new(struct vgpu_dev *vd, u64 gfn, struct pin **ret_pin)
{
	struct device *dev = &vd->gd->pdev->dev;
	struct pin *p;
	int ret;

	p = kzalloc(sizeof(*p), GFP_KERNEL_ACCOUNT);
	if (!p)
		return -ENOMEM;

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

static void pin_free(struct vgpu_dev *vd, u64 gfn, struct pin *p)
{
	xa_erase(&vd->pins, gfn);
	dma_unmap_page(&vd->gd->pdev->dev, p->dma, PAGE_SIZE, DMA_BIDIRECTIONAL);
	vfio_unpin_pages(&vd->vdev, gfn << PAGE_SHIFT, 1);
	kfree(p);
}

static int pin(void *guest, u64 gfn, u64 *ret_dma)
{
	struct vgpu_dev *vd = guest;
	struct pin *p;
	int err;

	if (gfn > U64_MAX >> PAGE_SHIFT)
		return -EFAULT;

	p = xa_load(&vd->pins, gfn);
	if (!p) {
		err = pin_new(vd, gfn, &p);
		trace_vgpu_pin(vd, gfn, err);
		if (err)
			return err;
	} else if (p->count == UINT_MAX) {
		return -ENOSPC;
	}
	p->count++;
	*ret_dma = p->dma;
	return 0;
}

static void unpin(void *guest, u64 gfn)
{
	struct vgpu_dev *vd = guest;
	struct pin *p = xa_load(&vd->pins, gfn);

	if (!p || --p->count)
		return;
	trace_vgpu_unpin(vd, gfn, 0);
	pin_free(vd, gfn, p);
}

/**
 * vgpu_host_unpin_all() - the last resort when a vGPU closes: no page of a dead guest stays pinned
 * @vd: the vGPU
 *
 * The core has unpinned all by then. If it has not, that is its bug, and the GPU may still hold the page's address;
 * it is said aloud. Context: the lock is held, the device is still open for vfio.
 */
void vgpu_host_unpin_all(struct vgpu_dev *vd)
{
	unsigned long gfn, leaked = 0;
	struct pin *p;

	for (gfn = 0; (p = xa_find(&vd->pins, &gfn, ULONG_MAX, XA_PRESENT)); leaked++)
		pin_free(vd, gfn, p);
	if (leaked)
		dev_err_ratelimited(vd->vdev.dev, "%lu pages were still pinned at close\n", leaked);
}

static void irq(void *guest)
{
	vgpu_irq_trigger(guest, VGPU_TRIGGER_MSI);
}

const struct vgpu_host_ops vgpu_host_ops = {
	.reg_read = reg_read,
	.reg_write = reg_write,
	.pte_write = ggtt_write,
	.alloc = mem_alloc,
	.free = mem_free,
	.dma_alloc = dma_alloc,
	.dma_free = dma_free,
	.guest_read = guest_read,
	.guest_write = guest_write,
	.pin = pin,
	.unpin = unpin,
	.irq = irq,
};
