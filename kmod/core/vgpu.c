// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A vGPU's life: made, given its share, opened by a guest, reset, closed, gone.
 *
 * What a guest leaves is gone before the next one comes: its GGTT entries, fences and registers are cleared when it closes,
 * not when the next one opens. Lock: the GPU's.
 */
#include "core.h"
#include "config.h"
#include "engine.h"
#include "fence.h"
#include "ggtt.h"
#include "hang.h"
#include "submit.h"
#include "switch.h"

static const struct vgpu_share share_default = { .weight = 100, .cap_pct = 100 };

/** vgpu_init() - see core.h */
int vgpu_init(struct vgpu *v, struct vgpu_gpu *gpu, void *guest)
{
	u32 slot = 0, e;

	while (slot < VGPU_MAX && gpu->slot_used[slot])
		slot++;
	if (slot == VGPU_MAX)
		return -ENOSPC;
	memset(v, 0, sizeof(*v));
	v->gpu = gpu;
	v->guest = guest;
	v->slot = slot;
	gpu->slot_used[slot] = true;
	v->id = ++gpu->next_id;
	v->share = share_default;
	for (e = 0; e < VGPU_ENGINES; e++)
		vgpu_sched_entity_init(&v->sched[e], v, v->id, &v->share);
	gpu->vgpus++;
	return 0;
}

/** vgpu_fini() - see core.h */
void vgpu_fini(struct vgpu *v, u64 now_ns)
{
	u32 r, e;

	vgpu_close(v, now_ns);
	for (e = 0; e < VGPU_ENGINES; e++)
		vgpu_sched_remove(&v->gpu->engine[e].sched, &v->sched[e], now_ns);
	vgpu_submit_dispatch_all(v->gpu, now_ns);
	for (r = 0; r < VGPU_RESOURCES; r++) {
		if (v->own[r].size)
			vgpu_partition_release(&v->gpu->space[r], v->own[r].base);
	}
	v->gpu->slot_used[v->slot] = false;
	v->gpu->vgpus--;
}

/** vgpu_set_size() - see core.h */
int vgpu_set_size(struct vgpu *v, enum vgpu_resource r, u64 amount)
{
	struct vgpu_partition *space = &v->gpu->space[r];
	struct vgpu_range old = v->own[r], range = { 0 };
	int err = 0;

	if (v->was_opened)
		return -EBUSY;
	if (r != VGPU_FENCES && amount & (VGPU_PAGE_BYTES - 1))
		return -EINVAL;
	if (old.size)
		vgpu_partition_release(space, old.base);
	if (amount)
		err = vgpu_partition_claim(space, amount, &range);
	if (!err)
		v->own[r] = range;
	else if (old.size)
		vgpu_partition_restore(space, &old);
	return err;
}

/** vgpu_get_range() - see core.h */
void vgpu_get_range(const struct vgpu *v, enum vgpu_resource r, struct vgpu_range *ret_range)
{
	*ret_range = v->own[r];
}

/* In force on all engines, and whoever may go on by that goes on. */
static int set_share(struct vgpu *v, const struct vgpu_share *share, u64 now_ns)
{
	u32 e;

	if (!share->weight || share->weight > VGPU_WEIGHT_MAX || !share->cap_pct || share->cap_pct > 100 ||
	    share->latency_us > VGPU_LATENCY_MAX_US)
		return -EINVAL;
	v->share = *share;
	for (e = 0; e < VGPU_ENGINES; e++)
		vgpu_sched_set(&v->gpu->engine[e].sched, &v->sched[e], share, now_ns);
	vgpu_submit_dispatch_all(v->gpu, now_ns);
	return 0;
}

/** vgpu_set_weight() - see core.h */
int vgpu_set_weight(struct vgpu *v, u32 weight, u64 now_ns)
{
	struct vgpu_share share = v->share;

	share.weight = weight;
	return set_share(v, &share, now_ns);
}

/** vgpu_set_cap() - see core.h */
int vgpu_set_cap(struct vgpu *v, u32 cap_pct, u64 now_ns)
{
	struct vgpu_share share = v->share;

	share.cap_pct = cap_pct;
	return set_share(v, &share, now_ns);
}

/** vgpu_set_latency() - see core.h */
int vgpu_set_latency(struct vgpu *v, u32 latency_us, u64 now_ns)
{
	struct vgpu_share share = v->share;

	share.latency_us = latency_us;
	return set_share(v, &share, now_ns);
}

/** vgpu_get_share() - see core.h */
void vgpu_get_share(const struct vgpu *v, struct vgpu_share *ret_share)
{
	*ret_share = v->share;
}

static bool has_all_sizes(const struct vgpu *v)
{
	u32 r;

	for (r = 0; r < VGPU_RESOURCES; r++) {
		if (!v->own[r].size)
			return false;
	}
	return true;
}

/* All that a guest sees, as at power-on; page tables and what engines hold apart. */
static void defaults(struct vgpu *v)
{
	u32 e;

	vgpu_config_reset(v);
	vgpu_regs_reset(&v->regs);
	memset(v->pv_guest, 0, sizeof(v->pv_guest));
	for (e = 0; e < VGPU_ENGINES; e++)
		v->ring[e] = (struct vgpu_ring) { .request_ns = 0 };
	memset(&v->fault, 0, sizeof(v->fault));
	v->irq_pending = false;
	v->stopped = false;
	v->submitted = false;
	v->syncing = false;
	v->hangs = 0;
}

/*
 * Nothing of the guest's is on the hardware any more, and whoever waited for that goes on. An engine that holds its state is reset:
 * it would write the render context's image, the next time that it changes hands, to memory that is no longer the guest's.
 */
static void quiesce(struct vgpu *v, u64 now_ns)
{
	struct vgpu_gpu *gpu = v->gpu;
	u32 e;

	v->syncing = true; /* so that nothing follows what ends */
	for (e = 0; e < VGPU_ENGINES; e++) {
		vgpu_hang_drain(v, (enum vgpu_engine_id)e, now_ns);
		if (gpu->engine[e].last == v)
			vgpu_engine_reset(gpu, (enum vgpu_engine_id)e);
		vgpu_submit_dispatch(gpu, (enum vgpu_engine_id)e, now_ns);
	}
	vgpu_fence_clear(v);
}

/** vgpu_open() - see core.h */
int vgpu_open(struct vgpu *v)
{
	int err;

	if (v->open)
		return -EBUSY;
	if (!has_all_sizes(v))
		return -EINVAL;
	err = vgpu_switch_open(v);
	if (err)
		return err;
	err = vgpu_ggtt_open(v);
	if (err) {
		vgpu_switch_close(v);
		return err;
	}
	defaults(v);
	v->open = true;
	v->was_opened = true;
	return 0;
}

/** vgpu_close() - see core.h */
void vgpu_close(struct vgpu *v, u64 now_ns)
{
	if (!v->open)
		return;
	v->open = false;
	quiesce(v, now_ns);
	vgpu_ggtt_close(v);
	vgpu_switch_close(v);
	defaults(v);
}

/** vgpu_reset() - see core.h */
void vgpu_reset(struct vgpu *v, u64 now_ns)
{
	if (!v->open)
		return;
	quiesce(v, now_ns);
	vgpu_ggtt_clear(v, v->scratch.dma[0]);
	vgpu_switch_clear(v);
	defaults(v);
}

/** vgpu_state() - see core.h */
enum vgpu_state vgpu_state(const struct vgpu *v, u64 now_ns)
{
	u32 e;

	if (!v->open)
		return has_all_sizes(v) ? VGPU_STATE_READY : VGPU_STATE_NEW;
	if (v->stopped)
		return VGPU_STATE_STOPPED;
	for (e = 0; e < VGPU_ENGINES; e++) {
		if (v->sched[e].wants)
			return VGPU_STATE_RUNNING;
	}
	if (v->submitted && (now_ns < v->submit_ns || now_ns - v->submit_ns < VGPU_ACTIVE_NS))
		return VGPU_STATE_RUNNING;
	return VGPU_STATE_OPEN;
}

/** vgpu_state_name() - see core.h */
const char *vgpu_state_name(enum vgpu_state s)
{
	static const char *const names[] = {
		[VGPU_STATE_NEW] = "new",	  [VGPU_STATE_READY] = "ready",	    [VGPU_STATE_OPEN] = "open",
		[VGPU_STATE_RUNNING] = "running", [VGPU_STATE_STOPPED] = "stopped",
	};

	return (u32)s < VGPU_ARRAY_SIZE(names) ? names[s] : "unknown";
}

/** vgpu_get_stats() - see core.h */
void vgpu_get_stats(const struct vgpu *v, u64 now_ns, struct vgpu_stats *ret_stats)
{
	u32 e;

	*ret_stats = v->stats;
	for (e = 0; e < VGPU_ENGINES; e++) {
		struct vgpu_engine_stats *s = &ret_stats->engine[e];
		struct vgpu_sched_counts counts;

		if (v->gpu->engine[e].vgpu == v)
			s->busy_ns += vgpu_submit_running_ns(v->gpu, (enum vgpu_engine_id)e, now_ns);
		vgpu_sched_get_counts(&v->gpu->engine[e].sched, &v->sched[e], now_ns, &counts);
		s->entitled_ns = counts.entitled_ns;
		s->wait_ns = counts.wait_ns;
		s->capped_ns = counts.capped_ns;
		memcpy(s->waits, counts.waits, sizeof(s->waits));
	}
}
