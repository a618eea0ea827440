// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A guest's PPGTT, shadowed: the hardware walks a directory and tables of the module's, which the guest cannot write.
 *
 * The guest's directory is 512 entries in slots of its own part of the GGTT (i915 gt/gen6_ppgtt.c). They have the form of GGTT
 * entries, so ggtt.c has pinned the pages that they point to: the guest's tables. The hardware's directory is in slots of
 * the module's reserve, and each of its entries leads to a shadow of the guest's table, or to one table in which nothing is mapped.
 * An entry of a shadow leads to a page of the guest's that is pinned, or to the guest's scratch page: no walk ever faults, and
 * none leads anywhere else. Entries of the directory that name the same page share its shadow, since i915 points all
 * that it does not use to one table full of entries for its scratch page.
 *
 * What a sync costs: the directory is compared if an entry of the GGTT in its place has changed, 512 comparisons, and a search of
 * at most 512 tables for each that differs. A table is copied and compared, 4 KiB, if the host has told that the guest wrote to
 * it; where the host cannot tell, at each sync that is for a submission, so at most 512 tables, usually as many as the guest has.
 * Only entries that differ are pinned and written. An entry that was and is not valid costs nothing but the comparison.
 *
 * The hardware keeps directory entries in its context until PP_DIR_BASE is loaded (gt/gen6_ppgtt.c, gen6_ppgtt_clear_range()). So a
 * table that no entry leads to any more stays as it is, with its pages, until nothing of the vGPU's is in flight; and each
 * piece of a guest's work has to load PP_DIR_BASE. Lock: the GPU's.
 */
#include "core.h"
#include "ggtt.h"
#include "hw.h"
#include "pins.h"
#include "ppgtt.h"
#include "reserve.h"
#include "sync.h"

#define TABLES VGPU_PPGTT_TABLES
#define NO_TABLE TABLES

/* The register holds the offset in bytes of the directory's first slot, shifted left by 10 (i915 gt/gen6_ppgtt.c, pd_vma_bind()). */
#define BASE_SHIFT 12
#define BASE_SLOTS 0xffff0000u /* in units of a cache line, 16 slots */

static u32 scratch_entry(const struct vgpu *v)
{
	return vgpu_ggtt_encode(v->scratch.dma[0], PTE_WB_LLC);
}

static u32 base_of(u32 slot)
{
	return slot << BASE_SHIFT;
}

static u32 slot_of(u32 base)
{
	return base >> BASE_SHIFT;
}

/* A directory entry has 40 bits of address, bits 39:32 of it in 11:4 (i915 gt/intel_gtt.h, GEN6_PDE_ADDR_ENCODE). */
static u32 encode_pde(u64 dma)
{
	return (u32)(dma & 0xfffff000u) | (u32)(dma >> 28 & 0xff0) | PTE_VALID;
}

static void write_pde(const struct vgpu *v, u32 i, u32 pde)
{
	v->gpu->ops->pte_write(v->gpu->ctx, vgpu_reserve_directory(v) + i, pde);
}

static u32 *shadow(const struct vgpu_dma_mem *mem)
{
	return mem->cpu;
}

/* One store: the hardware may be walking it. */
static void write_shadow(const struct vgpu_table *t, u32 i, u32 pte)
{
	((volatile u32 *)t->shadow.cpu)[i] = pte;
}

static void fill(const struct vgpu_dma_mem *mem, u32 pte)
{
	u32 i;

	for (i = 0; i < VGPU_TABLE_ENTRIES; i++)
		shadow(mem)[i] = pte;
}

/* --- tables ---------------------------------------------------------------------------------------------------------------- */

static bool exists(const struct vgpu_table *t)
{
	return t->seen;
}

/* Return: the new table, without users; NO_TABLE if there is no memory. */
static u32 create(struct vgpu *v, u32 at, u32 gfn)
{
	struct vgpu_gpu *gpu = v->gpu;
	struct vgpu_table *t = &v->ppgtt.table[at];
	u32 *entries = gpu->ops->alloc(gpu->ctx, 2 * VGPU_PAGE_BYTES);

	memset(t, 0, sizeof(*t));
	if (!entries || gpu->ops->dma_alloc(gpu->ctx, 1, &t->shadow)) {
		gpu->ops->free(gpu->ctx, entries, 2 * VGPU_PAGE_BYTES);
		return NO_TABLE;
	}
	fill(&t->shadow, scratch_entry(v));
	t->seen = entries;
	t->pin = entries + VGPU_TABLE_ENTRIES;
	t->gfn = gfn;
	v->ppgtt.unused++;
	if (at == v->ppgtt.slots)
		v->ppgtt.slots++;
	return at;
}

/* The table of a page of the guest's, made if there is none. */
static u32 find(struct vgpu *v, u32 gfn, bool *ret_full)
{
	u32 i, room = v->ppgtt.slots;

	for (i = 0; i < v->ppgtt.slots; i++) {
		const struct vgpu_table *t = &v->ppgtt.table[i];

		if (exists(t) && t->gfn == gfn)
			return i;
		if (!exists(t) && i < room)
			room = i;
	}
	if (room == TABLES) {
		*ret_full = true;
		return NO_TABLE;
	}
	return create(v, room, gfn);
}

static void get(struct vgpu *v, u32 at)
{
	struct vgpu_table *t = &v->ppgtt.table[at];

	if (at == NO_TABLE || t->users++)
		return;
	v->ppgtt.unused--;
	t->dirty = true;
}

static void put(struct vgpu *v, u32 at)
{
	struct vgpu_table *t = &v->ppgtt.table[at];

	if (at == NO_TABLE || --t->users)
		return;
	v->ppgtt.unused++;
	if (t->tracked)
		v->gpu->ops->untrack(v->guest, at, t->gfn);
	t->tracked = false;
}

/* Directory entry @i leads to table @at from now on, or to none. */
static void lead(struct vgpu *v, u32 i, u32 at)
{
	struct vgpu_ppgtt *p = &v->ppgtt;
	u32 old = p->to[i];

	get(v, at);
	p->to[i] = (u16)at;
	write_pde(v, i, encode_pde(at == NO_TABLE ? p->none.dma[0] : p->table[at].shadow.dma[0]));
	put(v, old);
}

/**
 * vgpu_ppgtt_free_unused() - free the tables that nothing leads to; nothing of the vGPU's is in flight, and the TLB was flushed
 */
void vgpu_ppgtt_free_unused(struct vgpu *v)
{
	struct vgpu_gpu *gpu = v->gpu;
	u32 at, i;

	for (at = 0; at < v->ppgtt.slots && v->ppgtt.unused; at++) {
		struct vgpu_table *t = &v->ppgtt.table[at];

		if (!exists(t) || t->users)
			continue;
		for (i = 0; i < VGPU_TABLE_ENTRIES; i++)
			vgpu_pins_doom(&t->pin[i], 0, ~0ull);
		vgpu_pins_unpin_doomed(v, t->pin, VGPU_TABLE_ENTRIES);
		gpu->ops->dma_free(gpu->ctx, &t->shadow);
		gpu->ops->free(gpu->ctx, t->seen, 2 * VGPU_PAGE_BYTES);
		memset(t, 0, sizeof(*t));
		v->ppgtt.unused--;
	}
	while (v->ppgtt.slots && !exists(&v->ppgtt.table[v->ppgtt.slots - 1]))
		v->ppgtt.slots--;
}

/* --- open to close --------------------------------------------------------------------------------------------------------- */

static void drop_directory(struct vgpu *v)
{
	u32 i;

	for (i = 0; i < TABLES; i++)
		lead(v, i, NO_TABLE);
	vgpu_ggtt_flush(v->gpu);
}

static void give_back(struct vgpu *v)
{
	struct vgpu_gpu *gpu = v->gpu;

	if (v->ppgtt.none.cpu)
		gpu->ops->dma_free(gpu->ctx, &v->ppgtt.none);
	gpu->ops->free(gpu->ctx, v->ppgtt.table, TABLES * sizeof(*v->ppgtt.table));
	memset(&v->ppgtt, 0, sizeof(v->ppgtt));
}

/**
 * vgpu_ppgtt_open() - memory for a guest's PPGTT; its scratch page is there. No directory is loaded, and nothing mapped.
 * Return: 0 or -ENOMEM, then nothing is held.
 */
int vgpu_ppgtt_open(struct vgpu *v)
{
	struct vgpu_gpu *gpu = v->gpu;
	u32 i;

	memset(&v->ppgtt, 0, sizeof(v->ppgtt));
	v->ppgtt.table = gpu->ops->alloc(gpu->ctx, TABLES * sizeof(*v->ppgtt.table));
	if (!v->ppgtt.table || gpu->ops->dma_alloc(gpu->ctx, 1, &v->ppgtt.none)) {
		give_back(v);
		return -ENOMEM;
	}
	fill(&v->ppgtt.none, scratch_entry(v));
	for (i = 0; i < TABLES; i++)
		v->ppgtt.to[i] = NO_TABLE;
	drop_directory(v);
	return 0;
}

/**
 * vgpu_ppgtt_clear() - as vgpu_ppgtt_open() made it; nothing of the vGPU's is in flight
 */
void vgpu_ppgtt_clear(struct vgpu *v)
{
	drop_directory(v);
	vgpu_ppgtt_free_unused(v);
	v->ppgtt.loaded = false;
	v->ppgtt.dirty = false;
	v->ppgtt.lost = false;
	v->ppgtt.base = 0;
}

/**
 * vgpu_ppgtt_close() - after vgpu_ppgtt_clear(): the directory's slots as those that nobody uses, memory given back
 */
void vgpu_ppgtt_close(struct vgpu *v)
{
	u32 i;

	for (i = 0; i < TABLES; i++)
		write_pde(v, i, vgpu_ggtt_encode(v->gpu->scratch.dma[0], PTE_WB_LLC));
	vgpu_ggtt_flush(v->gpu);
	give_back(v);
}

/* --- the directory --------------------------------------------------------------------------------------------------------- */

/**
 * vgpu_ppgtt_load() - the guest's directory is at @base from now on, as PP_DIR_BASE holds it
 *
 * The shadow of another one is dropped; its tables are made by the next sync that is for a submission. Until then nothing is
 * mapped, which what of the vGPU's runs on any engine meanwhile sees, and vgpu_sync_full(), so that no other work starts.
 * Return: 0, -EINVAL if it is no place for a directory, or not all of it the vGPU's; nothing has changed then.
 */
int vgpu_ppgtt_load(struct vgpu *v, u32 base)
{
	if (vgpu_ppgtt_is(v, base))
		return 0;
	if (base & ~BASE_SLOTS || !vgpu_ggtt_owns(v, (u64)slot_of(base) << VGPU_PAGE_SHIFT, (u64)TABLES << VGPU_PAGE_SHIFT))
		return -EINVAL;
	drop_directory(v);
	v->ppgtt.loaded = true;
	v->ppgtt.dirty = true;
	v->ppgtt.base = base;
	vgpu_sync_restart(v);
	return 0;
}

/**
 * vgpu_ppgtt_is() - whether the guest's directory at @base is the one that is loaded
 */
bool vgpu_ppgtt_is(const struct vgpu *v, u32 base)
{
	return v->ppgtt.loaded && v->ppgtt.base == base;
}

/**
 * vgpu_ppgtt_base() - what the hardware's PP_DIR_BASE has to hold while commands of this vGPU's run, whatever its own holds
 */
u32 vgpu_ppgtt_base(const struct vgpu *v)
{
	return base_of(vgpu_reserve_directory(v));
}

/**
 * vgpu_ppgtt_entry_changed() - entry @index of the GGTT that is in force has changed; perhaps it is one of the directory's
 */
void vgpu_ppgtt_entry_changed(struct vgpu *v, u32 index)
{
	if (v->ppgtt.loaded && index - slot_of(v->ppgtt.base) < TABLES)
		v->ppgtt.dirty = true;
}

/**
 * vgpu_ppgtt_directory() - the directory comes into force, as the GGTT's entries say that are
 * Return: false if there was no room for one of its tables, since unused ones cannot be freed yet.
 */
bool vgpu_ppgtt_directory(struct vgpu *v)
{
	struct vgpu_ppgtt *p = &v->ppgtt;
	bool changed = false, full = false;
	u32 i, at, gfn;

	p->dirty = false;
	p->lost = false;
	for (i = 0; i < TABLES; i++) {
		at = NO_TABLE;
		if (vgpu_ggtt_gfn(v, slot_of(p->base) + i, &gfn)) {
			if (p->to[i] != NO_TABLE && p->table[p->to[i]].gfn == gfn)
				continue;
			at = find(v, gfn, &full);
			if (at == NO_TABLE)
				p->lost = v->sync.lost = true;
		}
		if (at == p->to[i])
			continue;
		lead(v, i, at);
		changed = true;
	}
	if (changed)
		vgpu_ggtt_flush(v->gpu);
	if (full)
		p->dirty = true;
	return !full;
}

/* --- a table's entries ----------------------------------------------------------------------------------------------------- */

static bool wants(const struct vgpu_table *t, u32 i, u32 pte, bool again)
{
	return pte & PTE_VALID && (pte != t->seen[i] || (again && !t->pin[i]));
}

/**
 * vgpu_ppgtt_copy() - take a table that may have changed to v->sync.copy, and name what its entries need
 *
 * The host is asked to tell of writes before the copy is made, so that none is missed.
 * Return: false if it has not changed, or there is no such table.
 */
bool vgpu_ppgtt_copy(struct vgpu *v, u32 table, struct vgpu_sync_want *ret_want)
{
	struct vgpu_table *t = &v->ppgtt.table[table];
	const struct vgpu_host_ops *ops = v->gpu->ops;
	u32 *copy = v->sync.copy, i;

	if (!t->users || (t->tracked && !t->dirty))
		return false;
	if (!t->tracked)
		t->tracked = ops->track && !ops->track(v->guest, table, t->gfn);
	v->sync.again = t->dirty;
	t->dirty = false;
	v->stats.ppgtt_compared_tables++;
	/* Its page is pinned by the directory's entry. If it cannot be read all the same, it has no entries. */
	if (ops->guest_read(v->guest, (u64)t->gfn << VGPU_PAGE_SHIFT, copy, VGPU_PAGE_BYTES))
		memset(copy, 0, VGPU_PAGE_BYTES);
	if (!v->sync.again && !memcmp(copy, t->seen, VGPU_PAGE_BYTES))
		return false;
	ret_want->count = 0;
	for (i = 0; i < VGPU_TABLE_ENTRIES; i++) {
		if (wants(t, i, copy[i], v->sync.again))
			vgpu_pins_want(ret_want, copy[i]);
	}
	return true;
}

static void apply_entry(struct vgpu *v, struct vgpu_table *t, u32 i, u32 pte)
{
	u32 entry = scratch_entry(v), old = t->pin[i], pin = 0;

	if (pte & PTE_VALID) {
		pin = vgpu_pins_take(v, pte, &entry);
		if (!pin)
			t->lost = v->sync.lost = true;
		if (!pin && pte != t->seen[i])
			v->stats.reject_pte++;
	}
	if (!pin && !old)
		return;
	t->pin[i] = pin;
	write_shadow(t, i, entry);
	vgpu_pins_drop(v, old);
}

/**
 * vgpu_ppgtt_apply() - what vgpu_ppgtt_copy() has copied of table @table comes into force
 */
void vgpu_ppgtt_apply(struct vgpu *v, u32 table)
{
	struct vgpu_table *t = &v->ppgtt.table[table];
	const u32 *copy = v->sync.copy;
	u32 i;

	if (v->sync.again)
		t->lost = false;
	for (i = 0; i < VGPU_TABLE_ENTRIES; i++) {
		if (copy[i] == t->seen[i] && !wants(t, i, copy[i], v->sync.again))
			continue;
		v->stats.ppgtt_synced_entries += copy[i] != t->seen[i];
		apply_entry(v, t, i, copy[i]);
		t->seen[i] = copy[i];
	}
}

/**
 * vgpu_ppgtt_retry() - entries whose pages could not be pinned are looked at again, and the directory if a table could not be made
 * Return: whether there are any.
 */
bool vgpu_ppgtt_retry(struct vgpu *v)
{
	bool any = v->ppgtt.lost;
	u32 at;

	v->ppgtt.dirty |= v->ppgtt.lost;
	for (at = 0; at < v->ppgtt.slots; at++) {
		v->ppgtt.table[at].dirty |= v->ppgtt.table[at].lost;
		any |= v->ppgtt.table[at].lost;
	}
	return any;
}

/**
 * vgpu_ppgtt_doom() - as vgpu_ggtt_doom(), after it: no shadow leads to the guest's pages [@gfn, @gfn + @pages) any more, nor does
 * the directory to the shadow of a table that is in one of them
 */
bool vgpu_ppgtt_doom(struct vgpu *v, u64 gfn, u64 pages)
{
	bool any = false;
	u32 at, i;

	for (at = 0; at < v->ppgtt.slots; at++) {
		struct vgpu_table *t = &v->ppgtt.table[at];

		for (i = 0; exists(t) && i < VGPU_TABLE_ENTRIES; i++) {
			if (!vgpu_pins_doom(&t->pin[i], gfn, pages))
				continue;
			write_shadow(t, i, scratch_entry(v));
			t->lost = v->sync.lost = true;
			any = true;
		}
	}
	for (i = 0; i < TABLES; i++) {
		at = v->ppgtt.to[i];
		if (at == NO_TABLE || v->ppgtt.table[at].gfn < gfn || v->ppgtt.table[at].gfn - gfn >= pages)
			continue;
		lead(v, i, NO_TABLE);
		v->ppgtt.dirty = true;
		any = true;
	}
	return any;
}

/**
 * vgpu_ppgtt_unpin_doomed() - second half of vgpu_ppgtt_doom(), as vgpu_ggtt_unpin_doomed()
 */
void vgpu_ppgtt_unpin_doomed(struct vgpu *v)
{
	u32 at;

	for (at = 0; at < v->ppgtt.slots; at++) {
		if (exists(&v->ppgtt.table[at]))
			vgpu_pins_unpin_doomed(v, v->ppgtt.table[at].pin, VGPU_TABLE_ENTRIES);
	}
}

/**
 * vgpu_ppgtt_base_written() - write hook of PP_DIR_BASE: the guest names its directory, as it does at resume
 */
void vgpu_ppgtt_base_written(const struct vgpu_reg_access *a)
{
	if (vgpu_ppgtt_load(a->v, *a->stored))
		a->v->stats.reject_address++;
}
