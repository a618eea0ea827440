// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A guest's GGTT: its own view of all entries, and the hardware's entries of its partition.
 *
 * Why no graphics address is ever translated: the guest's driver reserves all that PVINFO does not give it (ballooning), so that the
 * addresses it uses are the hardware's. Why nothing outside can be reached all the same: an entry outside of the
 * partition stays in the view and never becomes the hardware's; an entry inside either points to a page of the
 * guest's that is pinned for as long as the hardware can see it, or to the guest's own scratch page. Not a common one: what
 * one guest writes there, another could read.
 *
 * The order that makes unpinning safe: entry rewritten, TLB flushed, page unpinned. Lock: the GPU's.
 */
#include "core.h"
#include "ggtt.h"
#include "hw.h"

/*
 * What each own entry has pinned: the guest's page number, 27 bits. The view does not tell it, because pinning may have
 * failed, and the guest's memory may have gone since.
 */
#define PIN_HELD BIT(31)
#define PIN_DOOMED BIT(30) /* no longer in the hardware's entry; to be unpinned after the flush */
#define PIN_GFN ((1u << (VGPU_DMA_BITS - VGPU_PAGE_SHIFT)) - 1)
#define OUTSIDE (~0u)

static u32 pages(const struct vgpu_range *r)
{
	return (u32)(r->size >> VGPU_PAGE_SHIFT);
}

static u32 first(const struct vgpu_range *r)
{
	return (u32)(r->base >> VGPU_PAGE_SHIFT);
}

static u32 own_entries(const struct vgpu *v)
{
	return pages(&v->own[VGPU_APERTURE]) + pages(&v->own[VGPU_HIDDEN]);
}

/* An entry's place in v->pin: the aperture's, then the hidden ones. OUTSIDE for what is not the vGPU's. */
static u32 own_slot(const struct vgpu *v, u32 index)
{
	const struct vgpu_range *aperture = &v->own[VGPU_APERTURE], *hidden = &v->own[VGPU_HIDDEN];

	if (index - first(aperture) < pages(aperture))
		return index - first(aperture);
	if (index - first(hidden) < pages(hidden))
		return pages(aperture) + index - first(hidden);
	return OUTSIDE;
}

static u32 slot_index(const struct vgpu *v, u32 slot)
{
	u32 low = pages(&v->own[VGPU_APERTURE]);

	return slot < low ? first(&v->own[VGPU_APERTURE]) + slot : first(&v->own[VGPU_HIDDEN]) + slot - low;
}

/**
 * vgpu_ggtt_encode() - the valid entry for the page at @dma, below 2^39, with the cacheability bits of @cache
 */
u32 vgpu_ggtt_encode(u64 dma, u32 cache)
{
	return (u32)(dma & 0xfffff000u) | (u32)(dma >> 28 & 0x7f0) | (cache & PTE_CACHE) | PTE_VALID;
}

static u32 entry_gfn(u32 pte)
{
	u64 gpa = (pte & 0xfffff000u) | (u64)(pte & 0x7f0) << 28;

	return (u32)(gpa >> VGPU_PAGE_SHIFT);
}

static void write_entry(const struct vgpu_gpu *gpu, u32 index, u32 pte)
{
	gpu->ops->pte_write(gpu->ctx, index, pte);
}

/**
 * vgpu_ggtt_flush() - what was written to entries before is what the GPU uses afterwards
 *
 * The read makes sure that the write has arrived (as i915 gt/intel_ggtt.c, gen6_ggtt_invalidate()).
 */
void vgpu_ggtt_flush(struct vgpu_gpu *gpu)
{
	gpu->ops->reg_write(gpu->ctx, GFX_FLSH_CNTL, GFX_FLSH_EN);
	gpu->ops->reg_read(gpu->ctx, GFX_FLSH_CNTL);
}

static void unpin(struct vgpu *v, u32 pin)
{
	v->gpu->ops->unpin(v->guest, pin & PIN_GFN);
	v->stats.pinned_pages--;
}

/* Second half of taking entries away: after one flush for all of them, the pages go. */
static void unpin_doomed(struct vgpu *v)
{
	u32 slot, n = own_entries(v);

	vgpu_ggtt_flush(v->gpu);
	for (slot = 0; slot < n; slot++) {
		if (v->pin[slot] & PIN_DOOMED) {
			unpin(v, v->pin[slot]);
			v->pin[slot] = 0;
		}
	}
}

/**
 * vgpu_ggtt_open() - memory for a guest's view, all its hardware entries at its own scratch page
 * Return: 0 or -ENOMEM, then nothing is held.
 */
int vgpu_ggtt_open(struct vgpu *v)
{
	struct vgpu_gpu *gpu = v->gpu;

	v->view = gpu->ops->alloc(gpu->ctx, gpu->info.ggtt_entries * sizeof(*v->view));
	v->pin = gpu->ops->alloc(gpu->ctx, own_entries(v) * sizeof(*v->pin));
	if (!v->view || !v->pin || gpu->ops->dma_alloc(gpu->ctx, 1, &v->scratch)) {
		gpu->ops->free(gpu->ctx, v->view, gpu->info.ggtt_entries * sizeof(*v->view));
		gpu->ops->free(gpu->ctx, v->pin, own_entries(v) * sizeof(*v->pin));
		v->view = NULL;
		v->pin = NULL;
		return -ENOMEM;
	}
	vgpu_ggtt_clear(v, v->scratch.dma[0]);
	return 0;
}

/**
 * vgpu_ggtt_clear() - all own entries to the page at @dma, all pages unpinned, the guest's view and scratch page zeroed
 */
void vgpu_ggtt_clear(struct vgpu *v, u64 dma)
{
	u32 slot, n = own_entries(v);

	for (slot = 0; slot < n; slot++) {
		write_entry(v->gpu, slot_index(v, slot), vgpu_ggtt_encode(dma, PTE_WB_LLC));
		if (v->pin[slot] & PIN_HELD)
			v->pin[slot] |= PIN_DOOMED;
	}
	unpin_doomed(v);
	memset(v->view, 0, v->gpu->info.ggtt_entries * sizeof(*v->view));
	memset(v->scratch.cpu, 0, VGPU_PAGE_BYTES);
}

/**
 * vgpu_ggtt_close() - the hardware's entries to the common scratch page, all pages unpinned, memory given back
 */
void vgpu_ggtt_close(struct vgpu *v)
{
	struct vgpu_gpu *gpu = v->gpu;

	vgpu_ggtt_clear(v, gpu->scratch.dma[0]);
	gpu->ops->dma_free(gpu->ctx, &v->scratch);
	gpu->ops->free(gpu->ctx, v->view, gpu->info.ggtt_entries * sizeof(*v->view));
	gpu->ops->free(gpu->ctx, v->pin, own_entries(v) * sizeof(*v->pin));
	v->view = NULL;
	v->pin = NULL;
}

/**
 * vgpu_ggtt_read() - the entry as the guest wrote it; @index as it comes
 */
u32 vgpu_ggtt_read(const struct vgpu *v, u32 index)
{
	return index < v->gpu->info.ggtt_entries ? v->view[index] : 0;
}

/* Pins the page of a valid entry. Return: the pin, with the hardware's entry; 0 if it cannot be. */
static u32 pin_page(struct vgpu *v, u64 gfn, u32 pte, u32 *ret_entry)
{
	u64 dma;

	if (v->gpu->ops->pin(v->guest, gfn, &dma))
		return 0;
	if (dma >> VGPU_DMA_BITS) {
		v->gpu->ops->unpin(v->guest, gfn);
		return 0;
	}
	v->stats.pinned_pages++;
	*ret_entry = vgpu_ggtt_encode(dma, pte);
	return PIN_HELD | (u32)gfn;
}

/**
 * vgpu_ggtt_wants() - whether the guest's entry is to be the hardware's, too, so that its page has to be pinned; @index as it comes
 */
bool vgpu_ggtt_wants(const struct vgpu *v, u32 index, u32 pte, u64 *ret_gfn)
{
	if (index >= v->gpu->info.ggtt_entries || own_slot(v, index) == OUTSIDE || !(pte & PTE_VALID))
		return false;
	*ret_gfn = entry_gfn(pte);
	return true;
}

/**
 * vgpu_ggtt_write() - the guest writes an entry; @index as it comes
 *
 * A driver writes valid entries outside of its partition as a matter of course (i915 points the whole table to its scratch
 * page): they are kept in its view, and counted. So is an entry whose page cannot be pinned.
 */
void vgpu_ggtt_write(struct vgpu *v, u32 index, u32 pte)
{
	u32 slot, old, pin = 0;
	u64 gfn;
	u32 entry = vgpu_ggtt_encode(v->scratch.dma[0], PTE_WB_LLC);

	if (index >= v->gpu->info.ggtt_entries) {
		v->stats.reject_pte++;
		return;
	}
	v->view[index] = pte;
	slot = own_slot(v, index);
	if (vgpu_ggtt_wants(v, index, pte, &gfn))
		pin = pin_page(v, gfn, pte, &entry);
	if (pte & PTE_VALID && !pin)
		v->stats.reject_pte++;
	if (slot == OUTSIDE)
		return;
	old = v->pin[slot];
	write_entry(v->gpu, index, entry);
	v->pin[slot] = pin;
	if (old & PIN_HELD) {
		vgpu_ggtt_flush(v->gpu);
		unpin(v, old);
	}
}

/**
 * vgpu_ggtt_unmap() - the guest's pages [@gfn, @gfn + @n) go away: no hardware entry points to them on return, and none is pinned
 *
 * The view keeps what the guest wrote; the entry works again when the guest writes it again.
 */
void vgpu_ggtt_unmap(struct vgpu *v, u64 gfn, u64 n)
{
	u32 slot, own = own_entries(v);
	bool any = false;

	for (slot = 0; slot < own; slot++) {
		u32 pin = v->pin[slot];

		if (!(pin & PIN_HELD) || (pin & PIN_GFN) < gfn || (pin & PIN_GFN) - gfn >= n)
			continue;
		write_entry(v->gpu, slot_index(v, slot), vgpu_ggtt_encode(v->scratch.dma[0], PTE_WB_LLC));
		v->pin[slot] |= PIN_DOOMED;
		any = true;
	}
	if (any)
		unpin_doomed(v);
}

static bool within(const struct vgpu_range *r, u64 gma, u64 len)
{
	return gma >= r->base && len <= r->size && gma - r->base <= r->size - len;
}

/**
 * vgpu_ggtt_owns() - whether graphics addresses [@gma, @gma + @len) lie in one range of the vGPU's
 */
bool vgpu_ggtt_owns(const struct vgpu *v, u64 gma, u64 len)
{
	return within(&v->own[VGPU_APERTURE], gma, len) || within(&v->own[VGPU_HIDDEN], gma, len);
}

/**
 * vgpu_ggtt_mapped() - whether the page at graphics address @gma is the vGPU's and has one of its guest's pages behind it
 */
bool vgpu_ggtt_mapped(const struct vgpu *v, u64 gma)
{
	u32 slot = OUTSIDE;

	if (gma >> VGPU_PAGE_SHIFT < v->gpu->info.ggtt_entries)
		slot = own_slot(v, (u32)(gma >> VGPU_PAGE_SHIFT));
	return slot != OUTSIDE && v->pin[slot] & PIN_HELD;
}

/**
 * vgpu_gm_read() - copy @len bytes at graphics address @gma, as the GPU would read them
 * Return: 0, -EFAULT if a part of it is not the vGPU's or not mapped; @buf may hold a part then.
 */
int vgpu_gm_read(const struct vgpu *v, u64 gma, void *buf, u32 len)
{
	u32 done, part;

	for (done = 0; done < len; done += part) {
		u64 at = gma + done;
		u32 in_page = (u32)(at & (VGPU_PAGE_BYTES - 1)), slot;
		u64 gpa;

		part = VGPU_PAGE_BYTES - in_page;
		if (part > len - done)
			part = len - done;
		if (!vgpu_ggtt_mapped(v, at))
			return -EFAULT;
		slot = own_slot(v, (u32)(at >> VGPU_PAGE_SHIFT));
		gpa = (u64)(v->pin[slot] & PIN_GFN) << VGPU_PAGE_SHIFT | in_page;
		if (v->gpu->ops->guest_read(v->guest, gpa, (u8 *)buf + done, part))
			return -EFAULT;
	}
	return 0;
}

/**
 * vgpu_ggtt_flush_written() - write hook of GFX_FLSH_CNTL: the guest wants its entries in force
 */
void vgpu_ggtt_flush_written(const struct vgpu_reg_access *a)
{
	*a->stored = 0;
	if (a->written & GFX_FLSH_EN)
		vgpu_ggtt_flush(a->v->gpu);
}
