// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Work that does not end by itself: time limits, and taking the engine away from a guest that resets it or is gone.
 *
 * The others lose time only: an engine has pieces of one vGPU at a time, and its reset leaves the other engines alone.
 * Lock: the GPU's.
 */
#include "core.h"
#include "engine.h"
#include "ggtt.h"
#include "hang.h"
#include "hw.h"
#include "ring.h"
#include "sched.h"
#include "submit.h"

/* Looks at the engine before it is reset on a guest's behalf; a register read takes a microsecond or so. */
#define DRAIN_POLLS 2000u

/**
 * vgpu_hang_init() - a hang is found within @hang_ns
 *
 * A tenth of that lies between two looks at an engine. What gets ahead, but has others wait for nearly twice as long, hangs as well.
 */
void vgpu_hang_init(struct vgpu_gpu *gpu, u64 hang_ns)
{
	gpu->look_ns = hang_ns / 10;
	gpu->stuck_ns = hang_ns - gpu->look_ns;
	gpu->hold_ns = 2 * gpu->stuck_ns;
}

/* Where in the piece the hardware stands, by the distance of its own head from the copy's beginning. */
static u32 position_dw(const struct vgpu_run *run, u32 head)
{
	u32 at = (head & HEAD_ADDR) / 4 - run->ring_first;

	return at < run->guest_dw ? at : 0;
}

static void count_hang(struct vgpu *v, u64 now_ns)
{
	if (v->hangs && now_ns - v->hang_ns > VGPU_HANG_FORGET_NS)
		v->hangs = 0;
	v->hang_ns = now_ns;
	if (++v->hangs >= VGPU_HANGS_MAX)
		v->stopped = true;
}

/* The engine stands still: its vGPU's pieces end here, the first one as if its ring had hung on hardware of its own. */
static void hang(struct vgpu_gpu *gpu, enum vgpu_engine_id e, const struct vgpu_run *run, u32 head, u64 now_ns)
{
	struct vgpu_hw_engine *eng = &gpu->engine[e];
	u32 at = position_dw(run, head), header = run->copy[at], acthd;
	struct vgpu *v = eng->vgpu;
	bool detached = eng->detached;
	struct vgpu_ring_span span;

	/* In a batch it is at an address of the guest's, unless it is in the copy of one. */
	acthd = gpu->ops->reg_read(gpu->ctx, vgpu_engines[e].base + RING_ACTHD);
	if (!vgpu_ggtt_owns(v, acthd, 4)) {
		acthd = v->regs.engine[e][VGPU_ER_RING_START];
		if (vgpu_ring_span(v, e, &span))
			acthd = span.start + (run->head + 4 * at) % span.bytes;
	}
	v->stats.resets++;
	vgpu_event(v, VGPU_EVENT_HANG, e, run->seqno, header);
	vgpu_submit_drop(gpu, e, now_ns);
	vgpu_engine_reset(gpu, e);
	if (!detached) {
		vgpu_ring_advance(v, e, at);
		vgpu_ring_wedge(v, e, VGPU_FAULT_HANG, acthd, header);
	}
	vgpu_submit_kick(v, e, now_ns);
}

/* For how long somebody has waited for what the engine has now, a piece that it was given or the one behind. */
static u64 held_ns(const struct vgpu_hw_engine *eng, const struct vgpu_run *run, u64 now_ns)
{
	u64 since_ns = vgpu_sched_waiting_since_ns(&eng->sched);

	if (since_ns < run->given_ns)
		since_ns = run->given_ns;
	return since_ns < now_ns ? now_ns - since_ns : 0;
}

/**
 * vgpu_hang_check() - end what gets no further; the caller has looked whether it is complete
 *
 * A piece may hold many requests, so it is not its time that counts, but how long the engine has stood at the same command of
 * it: that is read at every look_ns, and one that was not seen to move for stuck_ns hangs. Its guest finds its ring
 * hung, as it would on hardware of its own. If it has turned to another ring since, it does not notice.
 *
 * How long that takes in all is the guest's to choose: a piece is taken for short because its requests were lately, and of one that holds
 * many, each may take almost that long; so may each of a thousand batches with no request's end in between. So there is
 * a limit to how long others wait for the pieces that an engine has, some hundred times of what these are expected to take.
 */
void vgpu_hang_check(struct vgpu_gpu *gpu, enum vgpu_engine_id e, u64 now_ns)
{
	struct vgpu_hw_engine *eng = &gpu->engine[e];
	struct vgpu_run *run = vgpu_submit_first(gpu, e);
	u32 head;

	if (!run || now_ns < eng->look_ns)
		return;
	head = gpu->ops->reg_read(gpu->ctx, vgpu_engines[e].base + RING_HEAD);
	if (head != run->seen_head) {
		/* The first look tells nothing of when the engine came there: the piece's own beginning does. */
		if (run->seen_head != ~0u)
			run->seen_ns = now_ns;
		run->seen_head = head;
	}
	if (now_ns - run->seen_ns >= gpu->stuck_ns || held_ns(eng, run, now_ns) >= gpu->hold_ns) {
		count_hang(eng->vgpu, now_ns);
		hang(gpu, e, run, head, now_ns);
		return;
	}
	eng->look_ns = now_ns + gpu->look_ns;
	if (eng->look_ns > run->seen_ns + gpu->stuck_ns)
		eng->look_ns = run->seen_ns + gpu->stuck_ns;
}

/**
 * vgpu_hang_abort() - whatever the vGPU runs on the engine ends now, by a reset unless it just has
 */
void vgpu_hang_abort(struct vgpu *v, enum vgpu_engine_id e, u64 now_ns)
{
	struct vgpu_gpu *gpu = v->gpu;

	if (gpu->engine[e].vgpu == v)
		vgpu_submit_complete(gpu, e, now_ns);
	vgpu_sched_unwant(&v->gpu->engine[e].sched, &v->sched[e], now_ns);
	if (gpu->engine[e].vgpu != v)
		return;
	vgpu_submit_drop(gpu, e, now_ns);
	vgpu_engine_reset(gpu, e);
	vgpu_sched_unwant(&v->gpu->engine[e].sched, &v->sched[e], now_ns);
}

/* A moment for what runs to end: about two milliseconds, counted in register reads for want of a clock. */
static void give_a_moment(struct vgpu *v, enum vgpu_engine_id e, u64 now_ns)
{
	struct vgpu_gpu *gpu = v->gpu;
	u32 i;

	for (i = 0; i < DRAIN_POLLS && gpu->engine[e].vgpu == v; i++) {
		if (!vgpu_submit_complete(gpu, e, now_ns))
			gpu->ops->reg_read(gpu->ctx, vgpu_engines[e].base + RING_HEAD);
	}
}

/**
 * vgpu_hang_drain() - the guest is gone: nothing of it waits, what runs is given a moment to end, then aborted
 *
 * A moment, because a reset is the ruder way for the hardware; not longer, because the others wait.
 */
void vgpu_hang_drain(struct vgpu *v, enum vgpu_engine_id e, u64 now_ns)
{
	vgpu_sched_unwant(&v->gpu->engine[e].sched, &v->sched[e], now_ns);
	vgpu_submit_detach(v, e);
	give_a_moment(v, e, now_ns);
	if (v->gpu->engine[e].vgpu == v)
		v->stats.resets++;
	vgpu_hang_abort(v, e, now_ns);
}

/**
 * vgpu_submit_drain() - nothing of the vGPU is in flight on return: what does not end in a moment hangs, as its guest finds
 *
 * For memory that is taken from a guest while its engines may use it, which no sane guest lets happen.
 */
void vgpu_submit_drain(struct vgpu *v, u64 now_ns)
{
	struct vgpu_gpu *gpu = v->gpu;
	bool held = v->syncing;
	u32 e;

	v->syncing = true; /* so that nothing follows what ends */
	for (e = 0; e < VGPU_ENGINES; e++) {
		give_a_moment(v, (enum vgpu_engine_id)e, now_ns);
		if (gpu->engine[e].vgpu == v)
			hang(gpu, (enum vgpu_engine_id)e, vgpu_submit_first(gpu, (enum vgpu_engine_id)e),
			     gpu->ops->reg_read(gpu->ctx, vgpu_engines[e].base + RING_HEAD), now_ns);
	}
	v->syncing = held;
	for (e = 0; e < VGPU_ENGINES; e++)
		vgpu_submit_kick(v, (enum vgpu_engine_id)e, now_ns);
}
