// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The guest's pages that the hardware's page tables lead to: pinned as an entry comes into force, unpinned when nothing can reach
 * them by it any more.
 *
 * An entry that is rewritten while commands of the vGPU's run does not end what they have begun with its old page, nor does it
 * empty the TLBs that they fill. So the page goes into limbo: it stays pinned until all is done that was in flight then. What is
 * given to an engine later begins with a TLB invalidation. A guest may keep its engines busy for any time, so pages do not
 * wait for it to be idle; but there are two lots only, those that wait for what was in flight at one time, and those that came
 * since. Limbo has a fixed size, allocated when the guest opens the vGPU, and sync.c begins with no page of a table that it
 * might not take. Lock: the GPU's.
 */
#include "core.h"
#include "engine.h"
#include "ggtt.h"
#include "hw.h"
#include "pins.h"

#define LIMBO_BYTES (VGPU_LIMBO_PINS * sizeof(u32))

/**
 * vgpu_pins_open() - memory for limbo. Return: 0 or -ENOMEM.
 */
int vgpu_pins_open(struct vgpu *v)
{
	v->limbo.pin = v->gpu->ops->alloc(v->gpu->ctx, LIMBO_BYTES);
	v->limbo.count = 0;
	v->limbo.old = 0;
	return v->limbo.pin ? 0 : -ENOMEM;
}

/**
 * vgpu_pins_close() - and back, when it is empty
 */
void vgpu_pins_close(struct vgpu *v)
{
	v->gpu->ops->free(v->gpu->ctx, v->limbo.pin, LIMBO_BYTES);
	v->limbo.pin = NULL;
}

/**
 * vgpu_pins_room() - how many pins limbo takes
 */
u32 vgpu_pins_room(const struct vgpu *v)
{
	return VGPU_LIMBO_PINS - v->limbo.count;
}

/**
 * vgpu_pins_gfn() - the guest's page that an entry points to
 */
u32 vgpu_pins_gfn(u32 pte)
{
	u64 gpa = (pte & 0xfffff000u) | (u64)(pte & 0x7f0) << 28;

	return (u32)(gpa >> VGPU_PAGE_SHIFT);
}

/**
 * vgpu_pins_want() - name an entry's page to the host, which has room for those of a table; not twice in a row
 */
void vgpu_pins_want(struct vgpu_sync_want *want, u32 pte)
{
	u32 gfn = vgpu_pins_gfn(pte);

	if (!want->count || want->gfn[want->count - 1] != gfn)
		want->gfn[want->count++] = gfn;
}

/**
 * vgpu_pins_take() - pin the page of a valid entry
 * Return: the pin, with the hardware's entry; 0 if it cannot be, and @ret_entry is untouched.
 */
u32 vgpu_pins_take(struct vgpu *v, u32 pte, u32 *ret_entry)
{
	u32 gfn = vgpu_pins_gfn(pte);
	u64 dma;

	if (v->gpu->ops->pin(v->guest, gfn, &dma))
		return 0;
	if (dma >> VGPU_DMA_BITS) {
		v->gpu->ops->unpin(v->guest, gfn);
		return 0;
	}
	v->stats.pinned_pages++;
	*ret_entry = vgpu_ggtt_encode(dma, pte);
	return PIN_HELD | gfn;
}

static void unpin(struct vgpu *v, u32 pin)
{
	v->gpu->ops->unpin(v->guest, pin & PIN_GFN);
	v->stats.pinned_pages--;
}

/**
 * vgpu_pins_drop() - into limbo, which has room; @pin as an entry had it, 0 for nothing
 */
void vgpu_pins_drop(struct vgpu *v, u32 pin)
{
	if (pin & PIN_HELD)
		v->limbo.pin[v->limbo.count++] = pin;
}

static bool in_range(u32 pin, u64 gfn, u64 pages)
{
	return pin & PIN_HELD && (pin & PIN_GFN) >= gfn && (pin & PIN_GFN) - gfn < pages;
}

/**
 * vgpu_pins_dropped() - whether one of [@gfn, @gfn + @pages) is in limbo
 */
bool vgpu_pins_dropped(const struct vgpu *v, u64 gfn, u64 pages)
{
	u32 i;

	for (i = 0; i < v->limbo.count; i++) {
		if (in_range(v->limbo.pin[i], gfn, pages))
			return true;
	}
	return false;
}

/**
 * vgpu_pins_unpin_dropped() - limbo is over: nothing of the vGPU's is in flight, and the TLB was flushed
 */
void vgpu_pins_unpin_dropped(struct vgpu *v)
{
	while (v->limbo.count)
		unpin(v, v->limbo.pin[--v->limbo.count]);
	v->limbo.old = 0;
}

/* Whether all is done that was in flight when the old lot was closed. */
static bool old_is_over(const struct vgpu *v)
{
	const struct vgpu_limbo *l = &v->limbo;
	u32 e;

	for (e = 0; e < VGPU_ENGINES; e++) {
		if (l->waits[e] && v->gpu->engine[e].vgpu == v &&
		    (s32)(vgpu_engine_seqno(v->gpu, (enum vgpu_engine_id)e) - l->seqno[e]) < 0)
			return false;
	}
	return true;
}

/**
 * vgpu_pins_age() - unpin what was dropped before all that is in flight, if anything; what has been dropped since is the next lot
 */
void vgpu_pins_age(struct vgpu *v)
{
	struct vgpu_limbo *l = &v->limbo;
	u32 i, e;

	if (!l->count || !old_is_over(v))
		return;
	if (l->old)
		vgpu_ggtt_flush(v->gpu);
	for (i = 0; i < l->old; i++)
		unpin(v, l->pin[i]);
	l->count -= l->old;
	memmove(l->pin, l->pin + l->old, l->count * sizeof(*l->pin));
	l->old = l->count;
	for (e = 0; e < VGPU_ENGINES; e++) {
		l->waits[e] = v->gpu->engine[e].vgpu == v;
		l->seqno[e] = v->gpu->engine[e].seqno;
	}
}

/**
 * vgpu_pins_doom() - mark what an entry has pinned if it is one of [@gfn, @gfn + @pages); the entry is to be rewritten then
 * Return: whether it is.
 */
bool vgpu_pins_doom(u32 *pin, u64 gfn, u64 pages)
{
	if (!in_range(*pin, gfn, pages))
		return false;
	*pin |= PIN_DOOMED;
	return true;
}

/**
 * vgpu_pins_unpin_doomed() - unpin what is marked among @n entries' pins, as vgpu_pins_unpin_dropped()
 */
void vgpu_pins_unpin_doomed(struct vgpu *v, u32 *pin, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++) {
		if (pin[i] & PIN_DOOMED) {
			unpin(v, pin[i]);
			pin[i] = 0;
		}
	}
}
