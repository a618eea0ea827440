// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Work that does not end by itself: time limits, and taking the engine away from a guest that resets it or is gone.
 *
 * The others lose time only: one piece runs on an engine at a time, and a reset of one engine leaves the rest alone.
 * Lock: the GPU's.
 */
#include "core.h"
#include "engine.h"
#include "hang.h"
#include "hw.h"
#include "ring.h"
#include "sched.h"
#include "submit.h"

/* Looks at the engine before it is reset on a guest's behalf; a register read takes a microsecond or so. */
#define DRAIN_POLLS 2000u

/* Where in the guest's ring the hardware stands, by the distance of its own head from the copy's beginning. */
static u32 position_dw(const struct vgpu_gpu *gpu, enum vgpu_engine_id e)
{
	const struct vgpu_run *run = &gpu->engine[e].run;
	u32 head = gpu->ops->reg_read(gpu->ctx, vgpu_engines[e].base + RING_HEAD) & HEAD_ADDR;
	u32 at = head / 4 - run->ring_first;

	return at < run->guest_dw ? at : 0;
}

static void count_hang(struct vgpu *v, u64 now_ns)
{
	if (v->hangs && now_ns - v->hang_ns > VGPU_HANG_FORGET_NS)
		v->hangs = 0;
	v->hang_ns = now_ns;
	v->stats.resets++;
	if (++v->hangs >= VGPU_HANGS_MAX)
		v->stopped = true;
}

/**
 * vgpu_hang_check() - end what has run for too long; the caller has looked whether it is complete
 *
 * Its guest finds its ring hung, as it would on hardware of its own. If it has turned to another ring since, it
 * does not notice.
 */
void vgpu_hang_check(struct vgpu_gpu *gpu, enum vgpu_engine_id e, u64 now_ns)
{
	struct vgpu_run *run = &gpu->engine[e].run;
	struct vgpu *v = run->vgpu;
	struct vgpu_ring_span span;
	u32 at, gma = 0;

	if (!v || vgpu_submit_running_ns(gpu, e, now_ns) < VGPU_HANG_NS)
		return;
	at = position_dw(gpu, e);
	if (vgpu_ring_span(v, e, &span))
		gma = span.start + (span.head + 4 * at) % span.bytes;
	vgpu_submit_retire(gpu, e, now_ns);
	vgpu_engine_reset(gpu, e);
	count_hang(v, now_ns);
	if (!run->detached)
		vgpu_ring_wedge(v, e, VGPU_FAULT_HANG, gma, gpu->engine[e].copy[at]);
	else if (vgpu_ring_pending(v, e))
		vgpu_sched_add(v, e, now_ns);
}

/**
 * vgpu_hang_abort() - whatever the vGPU runs on the engine ends now, by a reset unless it just has
 */
void vgpu_hang_abort(struct vgpu *v, enum vgpu_engine_id e, u64 now_ns)
{
	struct vgpu_gpu *gpu = v->gpu;

	if (gpu->engine[e].run.vgpu != v)
		return;
	if (vgpu_submit_complete(gpu, e, now_ns)) {
		vgpu_sched_remove(v, e, now_ns);
		return;
	}
	vgpu_submit_retire(gpu, e, now_ns);
	vgpu_engine_reset(gpu, e);
}

/**
 * vgpu_hang_drain() - the guest is gone: nothing of it waits, and what runs is given a moment to end, then aborted
 *
 * A moment, because a reset is the ruder way for the hardware; not longer, because the others wait. Counted in register reads
 * for want of a clock: about two milliseconds.
 */
void vgpu_hang_drain(struct vgpu *v, enum vgpu_engine_id e, u64 now_ns)
{
	struct vgpu_gpu *gpu = v->gpu;
	u32 i;

	vgpu_sched_remove(v, e, now_ns);
	vgpu_submit_detach(v, e);
	for (i = 0; i < DRAIN_POLLS && gpu->engine[e].run.vgpu == v; i++) {
		if (vgpu_submit_complete(gpu, e, now_ns))
			vgpu_sched_remove(v, e, now_ns);
		else
			gpu->ops->reg_read(gpu->ctx, vgpu_engines[e].base + RING_HEAD);
	}
	if (gpu->engine[e].run.vgpu == v)
		v->stats.resets++;
	vgpu_hang_abort(v, e, now_ns);
}
