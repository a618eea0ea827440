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
 * The guest's view is its own to write, at any time, if the host maps it there. A page of it that may have been written to is copied,
 * and the copy compared with what is in force, entry by entry; so it does not matter how a write came. A trapped
 * write does nothing but store, too. Entries outside of the partition are compared as well, to be counted once.
 *
 * The order that makes unpinning safe: entry rewritten, TLB flushed, nothing of the vGPU's in flight, page unpinned (pins.c).
 * Lock: the GPU's.
 */
#include "core.h"
#include "ggtt.h"
#include "hw.h"
#include "pins.h"
#include "ppgtt.h"
#include "sync.h"

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

static u32 scratch_entry(const struct vgpu *v)
{
	return vgpu_ggtt_encode(v->scratch.dma[0], PTE_WB_LLC);
}

static u32 table_pages(const struct vgpu *v)
{
	return (v->gpu->info.ggtt_entries + VGPU_TABLE_ENTRIES - 1) / VGPU_TABLE_ENTRIES;
}

static size_t table_bytes(const struct vgpu *v)
{
	return (size_t)table_pages(v) * VGPU_PAGE_BYTES;
}

static void set_bit(u32 *bits, u32 n)
{
	bits[n / 32] |= BIT(n % 32);
}

static void clear_bit(u32 *bits, u32 n)
{
	bits[n / 32] &= ~BIT(n % 32);
}

static void give_back(struct vgpu *v)
{
	struct vgpu_gpu *gpu = v->gpu;

	vgpu_sync_close(v);
	vgpu_pins_close(v);
	if (v->scratch.cpu)
		gpu->ops->dma_free(gpu->ctx, &v->scratch);
	memset(&v->scratch, 0, sizeof(v->scratch));
	gpu->ops->free(gpu->ctx, v->view, table_bytes(v));
	gpu->ops->free(gpu->ctx, v->seen, table_bytes(v));
	gpu->ops->free(gpu->ctx, v->pin, own_entries(v) * sizeof(*v->pin));
	v->view = NULL;
	v->seen = NULL;
	v->pin = NULL;
}

/**
 * vgpu_ggtt_open() - memory for a guest's page tables, all its hardware entries at its own scratch page, no PPGTT
 * Return: 0 or -ENOMEM, then nothing is held.
 */
int vgpu_ggtt_open(struct vgpu *v)
{
	struct vgpu_gpu *gpu = v->gpu;

	v->view = gpu->ops->alloc(gpu->ctx, table_bytes(v));
	v->seen = gpu->ops->alloc(gpu->ctx, table_bytes(v));
	v->pin = gpu->ops->alloc(gpu->ctx, own_entries(v) * sizeof(*v->pin));
	if (!v->view || !v->seen || !v->pin || vgpu_pins_open(v) || vgpu_sync_open(v) ||
	    gpu->ops->dma_alloc(gpu->ctx, 1, &v->scratch) || vgpu_ppgtt_open(v)) {
		give_back(v);
		return -ENOMEM;
	}
	vgpu_ggtt_clear(v, v->scratch.dma[0]);
	return 0;
}

/**
 * vgpu_ggtt_clear() - all own entries to the page at @dma, no PPGTT, all pages unpinned, the guest's view and scratch page zeroed
 *
 * Nothing of the vGPU's is in flight.
 */
void vgpu_ggtt_clear(struct vgpu *v, u64 dma)
{
	u32 slot, n = own_entries(v);

	for (slot = 0; slot < n; slot++) {
		write_entry(v->gpu, slot_index(v, slot), vgpu_ggtt_encode(dma, PTE_WB_LLC));
		vgpu_pins_doom(&v->pin[slot], 0, ~0ull);
	}
	vgpu_ppgtt_clear(v); /* flushes */
	vgpu_pins_unpin_doomed(v, v->pin, n);
	vgpu_pins_unpin_dropped(v);
	memset(v->view, 0, table_bytes(v));
	memset(v->seen, 0, table_bytes(v));
	memset(v->ggtt_dirty, 0, sizeof(v->ggtt_dirty));
	memset(v->ggtt_lost, 0, sizeof(v->ggtt_lost));
	memset(v->scratch.cpu, 0, VGPU_PAGE_BYTES);
	vgpu_sync_clear(v);
}

/**
 * vgpu_ggtt_close() - the hardware's entries to the common scratch page, all pages unpinned, memory given back
 */
void vgpu_ggtt_close(struct vgpu *v)
{
	vgpu_ggtt_clear(v, v->gpu->scratch.dma[0]);
	vgpu_ppgtt_close(v);
	give_back(v);
}

/* An entry of the view; the guest may be writing it, so it is loaded once. */
static u32 load(const struct vgpu *v, u32 index)
{
	return ((const volatile u32 *)v->view)[index];
}

/**
 * vgpu_ggtt_read() - the entry as the guest wrote it; @index as it comes
 */
u32 vgpu_ggtt_read(const struct vgpu *v, u32 index)
{
	return index < v->gpu->info.ggtt_entries ? load(v, index) : 0;
}

/**
 * vgpu_ggtt_write() - the guest writes an entry; @index as it comes. It comes into force at the next sync.
 */
void vgpu_ggtt_write(struct vgpu *v, u32 index, u32 pte)
{
	if (index >= v->gpu->info.ggtt_entries) {
		v->stats.reject_pte++;
		return;
	}
	((volatile u32 *)v->view)[index] = pte;
	set_bit(v->ggtt_dirty, index / VGPU_TABLE_ENTRIES);
}

/** vgpu_ggtt_table() - see core.h */
void *vgpu_ggtt_table(const struct vgpu *v)
{
	return v->open ? v->view : NULL;
}

/** vgpu_ggtt_dirty() - see core.h */
void vgpu_ggtt_dirty(struct vgpu *v, u32 page)
{
	if (v->open && page < table_pages(v))
		set_bit(v->ggtt_dirty, page);
}

/**
 * vgpu_ggtt_next() - the first page from @page on that may have changed; VGPU_GGTT_PAGES if there is none
 */
u32 vgpu_ggtt_next(const struct vgpu *v, u32 page)
{
	while (page < VGPU_GGTT_PAGES && !(v->ggtt_dirty[page / 32] >> page % 32 & 1))
		page += v->ggtt_dirty[page / 32] >> page % 32 ? 1 : 32 - page % 32;
	return page;
}

/* Whether the entry, as copied, needs a page that it has not. */
static bool wants(const struct vgpu *v, u32 index, u32 pte)
{
	u32 slot = own_slot(v, index);

	return slot != OUTSIDE && pte & PTE_VALID && (pte != v->seen[index] || !(v->pin[slot] & PIN_HELD));
}

/**
 * vgpu_ggtt_copy() - take a page of the view to v->sync.copy, and name what its entries need; from now on it has not changed
 */
void vgpu_ggtt_copy(struct vgpu *v, u32 page, struct vgpu_sync_want *ret_want)
{
	u32 first_entry = page * VGPU_TABLE_ENTRIES, i;

	clear_bit(v->ggtt_dirty, page);
	for (i = 0; i < VGPU_TABLE_ENTRIES; i++)
		v->sync.copy[i] = load(v, first_entry + i);
	ret_want->count = 0;
	for (i = 0; i < VGPU_TABLE_ENTRIES; i++) {
		if (wants(v, first_entry + i, v->sync.copy[i]))
			vgpu_pins_want(ret_want, v->sync.copy[i]);
	}
}

/* A valid entry has no page: it is tried again. */
static void lose(struct vgpu *v, u32 index)
{
	set_bit(v->ggtt_lost, index / VGPU_TABLE_ENTRIES);
	v->sync.lost = true;
}

/*
 * An own entry comes into force. A driver writes valid entries outside of its partition as a matter of course (at resume, i915
 * points the whole table to its scratch page): they stay in its view, and are counted. So is an entry whose page cannot be pinned.
 * Return: whether the hardware's has changed.
 */
static bool apply_own(struct vgpu *v, u32 index, u32 slot, u32 pte, bool changed)
{
	u32 old = v->pin[slot], entry = scratch_entry(v), pin = 0;

	if (pte & PTE_VALID) {
		pin = vgpu_pins_take(v, pte, &entry);
		if (!pin)
			lose(v, index);
		if (!pin && changed)
			v->stats.reject_pte++;
	}
	if (!pin && !old)
		return false;
	v->pin[slot] = pin;
	write_entry(v->gpu, index, entry);
	vgpu_pins_drop(v, old);
	vgpu_ppgtt_entry_changed(v, index);
	return true;
}

/**
 * vgpu_ggtt_apply() - what vgpu_ggtt_copy() has copied of page @page comes into force
 */
void vgpu_ggtt_apply(struct vgpu *v, u32 page)
{
	u32 index = page * VGPU_TABLE_ENTRIES, i, pte, slot;
	bool written = false, changed;

	clear_bit(v->ggtt_lost, page);
	for (i = 0; i < VGPU_TABLE_ENTRIES; i++, index++) {
		pte = v->sync.copy[i];
		slot = own_slot(v, index);
		changed = pte != v->seen[index];
		if (!changed && !wants(v, index, pte))
			continue;
		v->stats.ggtt_synced_entries += changed;
		v->seen[index] = pte;
		if (slot != OUTSIDE)
			written |= apply_own(v, index, slot, pte, changed);
		else if (pte & PTE_VALID)
			v->stats.reject_pte++;
	}
	if (written)
		vgpu_ggtt_flush(v->gpu);
}

/**
 * vgpu_ggtt_retry() - entries whose pages could not be pinned are looked at again
 * Return: whether there are any.
 */
bool vgpu_ggtt_retry(struct vgpu *v)
{
	bool any = false;
	u32 i;

	for (i = 0; i < VGPU_ARRAY_SIZE(v->ggtt_lost); i++) {
		v->ggtt_dirty[i] |= v->ggtt_lost[i];
		any |= v->ggtt_lost[i] != 0;
	}
	return any;
}

/**
 * vgpu_ggtt_doom() - the guest's pages [@gfn, @gfn + @n) go away: no hardware entry points to them any more; not flushed, still pinned
 *
 * The view keeps what the guest wrote; the entry works again when the memory is back.
 * Return: whether there was one.
 */
bool vgpu_ggtt_doom(struct vgpu *v, u64 gfn, u64 n)
{
	u32 slot, own = own_entries(v), index;
	bool any = false;

	for (slot = 0; slot < own; slot++) {
		if (!vgpu_pins_doom(&v->pin[slot], gfn, n))
			continue;
		index = slot_index(v, slot);
		write_entry(v->gpu, index, scratch_entry(v));
		lose(v, index);
		vgpu_ppgtt_entry_changed(v, index);
		any = true;
	}
	return any;
}

/**
 * vgpu_ggtt_unpin_doomed() - second half of vgpu_ggtt_doom(), after a flush, with nothing of the vGPU's in flight
 */
void vgpu_ggtt_unpin_doomed(struct vgpu *v)
{
	vgpu_pins_unpin_doomed(v, v->pin, own_entries(v));
}

/**
 * vgpu_ggtt_gfn() - the guest's page behind an entry that is in force; @index as it comes
 * Return: false if it is not the vGPU's or has none.
 */
bool vgpu_ggtt_gfn(const struct vgpu *v, u32 index, u32 *ret_gfn)
{
	u32 slot = index < v->gpu->info.ggtt_entries ? own_slot(v, index) : OUTSIDE;

	if (slot == OUTSIDE || !vgpu_pins_held(v->pin[slot]))
		return false;
	*ret_gfn = v->pin[slot] & PIN_GFN;
	return true;
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
	u32 gfn;

	return gma >> VGPU_PAGE_SHIFT < v->gpu->info.ggtt_entries && vgpu_ggtt_gfn(v, (u32)(gma >> VGPU_PAGE_SHIFT), &gfn);
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
		u32 in_page = (u32)(at & (VGPU_PAGE_BYTES - 1)), gfn;

		part = VGPU_PAGE_BYTES - in_page;
		if (part > len - done)
			part = len - done;
		if (at >> 32 || !vgpu_ggtt_gfn(v, (u32)(at >> VGPU_PAGE_SHIFT), &gfn) ||
		    v->gpu->ops->guest_read(v->guest, (u64)gfn << VGPU_PAGE_SHIFT | in_page, (u8 *)buf + done, part))
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
