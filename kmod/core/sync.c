// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Bringing a guest's page tables into force, a page at a time: first the GGTT's pages, then the PPGTT's directory, which is in them,
 * then its tables, which it names.
 *
 * A step is two calls: vgpu_sync_next() copies a page and names the guest's pages that it needs, which the host pins meanwhile,
 * perhaps without the lock; vgpu_sync_apply() works on the copy. What changes in between is the next sync's matter: a page is
 * marked clean before it is copied. Work of the vGPU's goes on all the while, on tables of which a part is new already, as
 * on hardware. New work waits for the whole sync, since it is begun before the write that starts the work.
 *
 * A page taken out of a table while the vGPU has work in flight stays pinned until that is done (pins.c). When there is no room for
 * a whole table page's worth of such, the sync ends early: vgpu_sync_full() then, which keeps new work from being started, so
 * that the vGPU becomes idle, vgpu_sync_idle() empties limbo, and the host runs a complete sync. No work ever starts on a
 * table that lacks what the guest has changed before. Lock: the GPU's.
 */
#include "core.h"
#include "engine.h"
#include "ggtt.h"
#include "hw.h"
#include "pins.h"
#include "ppgtt.h"
#include "submit.h"
#include "sync.h"

#define RETRY_SYNCS_MAX 1024u /* so many syncs at most between two attempts to pin what could not be pinned */

/**
 * vgpu_sync_open() - memory for a copy of a page. Return: 0 or -ENOMEM.
 */
int vgpu_sync_open(struct vgpu *v)
{
	v->sync.copy = v->gpu->ops->alloc(v->gpu->ctx, VGPU_PAGE_BYTES);
	if (!v->sync.copy)
		return -ENOMEM;
	vgpu_sync_clear(v);
	return 0;
}

/**
 * vgpu_sync_clear() - no sync is under way, and nothing has to be synced
 */
void vgpu_sync_clear(struct vgpu *v)
{
	v->sync = (struct vgpu_sync_state) { .copy = v->sync.copy, .retry_in = 1, .retry_every = 1 };
}

/**
 * vgpu_sync_close() - memory given back
 */
void vgpu_sync_close(struct vgpu *v)
{
	v->gpu->ops->free(v->gpu->ctx, v->sync.copy, VGPU_PAGE_BYTES);
	memset(&v->sync, 0, sizeof(v->sync));
}

/* Of an engine's registers, those that may start its ring, and the one that names the directory. */
static enum vgpu_sync engine_point(u32 offset)
{
	switch (offset) {
	case RING_TAIL:
	case RING_HEAD:
	case RING_START:
	case RING_CTL:
	case RING_MI_MODE:
		return VGPU_SYNC_SUBMIT;
	case RING_PP_DIR_BASE:
		return VGPU_SYNC_ENTRIES;
	}
	return VGPU_SYNC_NONE;
}

static enum vgpu_sync dword_point(u32 offset)
{
	enum vgpu_sync what = offset == GFX_FLSH_CNTL ? VGPU_SYNC_ENTRIES : VGPU_SYNC_NONE;
	u32 e;

	for (e = 0; e < VGPU_ENGINES && !what; e++)
		what = engine_point(offset - vgpu_engines[e].base);
	return what;
}

/** vgpu_sync_point() - see core.h */
enum vgpu_sync vgpu_sync_point(const struct vgpu *v, u32 offset)
{
	enum vgpu_sync low = dword_point(offset & ~7u), high = dword_point((offset & ~7u) + 4);

	return low > high ? low : high;
}

/* What lost its page is tried again, at ever longer distance, since what cannot be pinned costs the host each time. */
static void retry(struct vgpu *v)
{
	struct vgpu_sync_state *s = &v->sync;

	if (!s->lost || --s->retry_in)
		return;
	s->lost = vgpu_ggtt_retry(v);
	s->lost |= vgpu_ppgtt_retry(v);
	s->retry_every = !s->lost ? 1 : s->retry_every < RETRY_SYNCS_MAX ? 2 * s->retry_every : RETRY_SYNCS_MAX;
	s->retry_in = s->retry_every;
}

/** vgpu_sync_begin() - see core.h */
void vgpu_sync_begin(struct vgpu *v, enum vgpu_sync what)
{
	struct vgpu_sync_state *s = &v->sync;

	if (!v->open || !what)
		return;
	s->active = true;
	s->what = what;
	s->page = 0;
	s->table = 0;
	s->directory = false;
	s->short_of = false;
	s->step = VGPU_STEP_NONE;
	retry(v);
}

/* Limbo is over if nothing is in flight; what was before may have filled TLBs. */
static void settle(struct vgpu *v)
{
	if (vgpu_submit_in_flight(v)) {
		vgpu_pins_age(v);
		return;
	}
	if (!v->limbo.count && !v->ppgtt.unused)
		return;
	vgpu_ggtt_flush(v->gpu);
	vgpu_pins_unpin_dropped(v);
	vgpu_ppgtt_free_unused(v);
}

/* The host has to run a complete sync before the vGPU's next work; when nothing is in flight, so that there is room. */
static void ask_for_sync(struct vgpu *v)
{
	v->sync.stopped = true;
	if (!vgpu_submit_in_flight(v))
		v->gpu->ops->sync(v->guest);
}

static bool end(struct vgpu *v, bool complete)
{
	struct vgpu_sync_state *s = &v->sync;

	s->active = false;
	if (!complete)
		ask_for_sync(v);
	else if (s->what == VGPU_SYNC_SUBMIT)
		s->stopped = false;
	return false;
}

static bool step(struct vgpu *v, enum vgpu_sync_step step, u32 at)
{
	v->sync.step = step;
	v->sync.at = at;
	return true;
}

static bool next_of_ppgtt(struct vgpu *v, struct vgpu_sync_want *ret_want)
{
	struct vgpu_sync_state *s = &v->sync;

	if (!s->directory) {
		s->directory = true;
		if (v->ppgtt.dirty) {
			ret_want->count = 0;
			return step(v, VGPU_STEP_DIRECTORY, 0);
		}
	}
	while (s->table < v->ppgtt.slots) {
		if (vgpu_ppgtt_copy(v, s->table++, ret_want))
			return step(v, VGPU_STEP_TABLE, s->table - 1);
	}
	return false;
}

/** vgpu_sync_next() - see core.h */
bool vgpu_sync_next(struct vgpu *v, struct vgpu_sync_want *ret_want)
{
	struct vgpu_sync_state *s = &v->sync;

	if (!v->open)
		return false;
	if (!s->active)
		vgpu_sync_begin(v, VGPU_SYNC_SUBMIT);
	s->step = VGPU_STEP_NONE;
	settle(v);
	if (vgpu_pins_room(v) < VGPU_TABLE_ENTRIES)
		return end(v, false);
	s->page = vgpu_ggtt_next(v, s->page);
	if (s->page < VGPU_GGTT_PAGES) {
		vgpu_ggtt_copy(v, s->page, ret_want);
		return step(v, VGPU_STEP_GGTT, s->page++);
	}
	if (s->what == VGPU_SYNC_SUBMIT && v->ppgtt.loaded && next_of_ppgtt(v, ret_want))
		return true;
	return end(v, !s->short_of);
}

/** vgpu_sync_apply() - see core.h */
void vgpu_sync_apply(struct vgpu *v, u64 now_ns)
{
	struct vgpu_sync_state *s = &v->sync;

	if (!v->open)
		return;
	switch (s->step) {
	case VGPU_STEP_NONE:
		return;
	case VGPU_STEP_GGTT:
		vgpu_ggtt_apply(v, s->at);
		break;
	case VGPU_STEP_DIRECTORY:
		s->short_of |= !vgpu_ppgtt_directory(v);
		break;
	case VGPU_STEP_TABLE:
		vgpu_ppgtt_apply(v, s->at);
		break;
	}
	s->step = VGPU_STEP_NONE;
	settle(v);
}

/** vgpu_ppgtt_dirty() - see core.h */
void vgpu_ppgtt_dirty(struct vgpu *v, u32 table)
{
	if (!v->open || table >= VGPU_PPGTT_TABLES)
		return;
	v->ppgtt.table[table].dirty = true;
	v->ppgtt.table[table].tracked = false;
}

/**
 * vgpu_sync_restart() - another directory was loaded: no work of the vGPU's is to start before a sync
 *
 * One may be under way, whose host has let go of the lock to pin pages: perhaps of the other directory's tables.
 */
void vgpu_sync_restart(struct vgpu *v)
{
	if (v->sync.step != VGPU_STEP_GGTT)
		v->sync.step = VGPU_STEP_NONE;
	v->sync.short_of = true;
	ask_for_sync(v);
}

/** vgpu_sync_full() - see core.h */
bool vgpu_sync_full(const struct vgpu *v)
{
	return v->sync.stopped;
}

/**
 * vgpu_sync_idle() - nothing of the vGPU's is in flight any more
 */
void vgpu_sync_idle(struct vgpu *v)
{
	if (!v->open)
		return;
	settle(v);
	if (v->sync.stopped)
		v->gpu->ops->sync(v->guest);
}

/** vgpu_dma_unmap() - see core.h */
void vgpu_dma_unmap(struct vgpu *v, u64 iova, u64 len, u64 now_ns)
{
	u64 gfn = iova >> VGPU_PAGE_SHIFT, last, pages;
	bool any;

	if (!v->open || !len)
		return;
	last = (len - 1 > ~0ull - iova ? ~0ull : iova + len - 1) >> VGPU_PAGE_SHIFT;
	pages = last - gfn + 1;
	any = vgpu_ggtt_doom(v, gfn, pages);
	any |= vgpu_ppgtt_doom(v, gfn, pages);
	if (!any && !vgpu_pins_dropped(v, gfn, pages))
		return;
	v->sync.retry_in = 1;
	v->sync.retry_every = 1;
	vgpu_ggtt_flush(v->gpu);
	vgpu_submit_drain(v, now_ns);
	vgpu_ggtt_flush(v->gpu);
	vgpu_ggtt_unpin_doomed(v);
	vgpu_ppgtt_unpin_doomed(v);
	vgpu_pins_unpin_dropped(v);
	vgpu_ppgtt_free_unused(v);
}
