// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The core's struct vgpu_host_ops on Linux: registers, memory, interrupts. The guest's pages are in pin.c.
 *
 * Lock: the GPU's lock is held around all of it, since only the core calls here.
 */
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "glue.h"
#include "trace.h"

static u32 reg_read(void *gpu, u32 offset)
{
	struct vgpu_gpu_dev *gd = gpu;

	cond_resched(); /* the core polls */
	gd->register_accesses++;
	return readl(gd->regs + offset);
}

static void reg_write(void *gpu, u32 offset, u32 value)
{
	struct vgpu_gpu_dev *gd = gpu;

	gd->register_accesses++;
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

static void irq(void *guest)
{
	vgpu_irq_trigger(guest, VGPU_TRIGGER_MSI);
}

static void event(void *guest, enum vgpu_event event, u32 engine, u64 a, u64 b)
{
	switch (event) {
	case VGPU_EVENT_SUBMIT:
		trace_vgpu_submit(guest, engine, a, b);
		break;
	case VGPU_EVENT_COMPLETE:
		trace_vgpu_complete(guest, engine, a, b);
		break;
	case VGPU_EVENT_SWITCH:
		trace_vgpu_switch(guest, engine, a);
		break;
	case VGPU_EVENT_REFUSE:
		trace_vgpu_refuse(guest, engine, a, b);
		break;
	case VGPU_EVENT_HANG:
		trace_vgpu_hang(guest, engine, a, b);
		break;
	}
}

const struct vgpu_host_ops vgpu_host_ops = {
	.reg_read = reg_read,
	.reg_write = reg_write,
	.pte_write = ggtt_write,
	.alloc = mem_alloc,
	.free = mem_free,
	.dma_alloc = dma_alloc,
	.dma_free = dma_free,
	.guest_read = vgpu_pin_read,
	.pin = vgpu_pin,
	.unpin = vgpu_unpin,
	.irq = irq,
	.track = vgpu_track_add,
	.untrack = vgpu_track_remove,
	.sync = vgpu_reconcile_soon,
	.event = event,
};
