// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Who runs next on an engine: the vGPU that has received the least of it for its weight.
 *
 * Virtual time of a vGPU grows by the engine time that it was measured to use, divided by its weight. Whoever waits with the least
 * is picked. Somebody who comes back from idling starts at the virtual time of the last pick at the earliest: idling earns
 * nothing. Whoever has the engine keeps it for a turn, if it has work, since to change hands takes time that nobody
 * gets. Engines are scheduled on their own. Lock: the GPU's.
 */
#include "core.h"
#include "sched.h"

/* Virtual nanoseconds of one at weight 1. Virtual times wrap, so that only their differences mean something. */
#define VTIME_ONE 1000u

/* Nobody is ahead of the last pick by more than what a hang takes: whoever seems to be has not run for ages. */
#define VTIME_AHEAD_MAX (4 * VGPU_HANG_MAX_NS * VTIME_ONE)

static bool before(u64 a, u64 b)
{
	return (s64)(a - b) < 0;
}

/**
 * vgpu_sched_add() - a vGPU has work for an engine that it does not run now; no effect if it waits there already
 */
void vgpu_sched_add(struct vgpu *v, enum vgpu_engine_id e, u64 now_ns)
{
	struct vgpu_hw_engine *eng = &v->gpu->engine[e];
	struct vgpu_ring *ring = &v->ring[e];

	if (ring->queued || eng->queued == VGPU_MAX)
		return;
	ring->queued = true;
	ring->since_ns = now_ns;
	if (ring->vtime - eng->vtime > VTIME_AHEAD_MAX)
		ring->vtime = eng->vtime;
	eng->queue[eng->queued++] = v;
}

/**
 * vgpu_sched_remove() - it waits no longer, because it runs now or has nothing to run; what it waited is counted
 */
void vgpu_sched_remove(struct vgpu *v, enum vgpu_engine_id e, u64 now_ns)
{
	struct vgpu_hw_engine *eng = &v->gpu->engine[e];
	struct vgpu_ring *ring = &v->ring[e];
	u32 i;

	for (i = 0; i < eng->queued; i++) {
		if (eng->queue[i] != v)
			continue;
		eng->queue[i] = eng->queue[--eng->queued];
		ring->queued = false;
		if (now_ns > ring->since_ns)
			v->stats.engine[e].wait_ns += now_ns - ring->since_ns;
		return;
	}
}

/**
 * vgpu_sched_pick() - the waiting vGPU that is next, NULL if none waits; it stays in the queue
 */
struct vgpu *vgpu_sched_pick(struct vgpu_gpu *gpu, enum vgpu_engine_id e)
{
	struct vgpu_hw_engine *eng = &gpu->engine[e];
	bool keeps = eng->last && eng->last->ring[e].queued && eng->turn_ns < gpu->turn_ns;
	struct vgpu *best = NULL;
	u32 i;

	if (keeps)
		best = eng->last;
	for (i = 0; !keeps && i < eng->queued; i++) {
		struct vgpu *v = eng->queue[i];

		/* The id makes the choice among equals the same every time. */
		if (!best || before(v->ring[e].vtime, best->ring[e].vtime) ||
		    (v->ring[e].vtime == best->ring[e].vtime && v->id < best->id))
			best = v;
	}
	if (best)
		vgpu_sched_chosen(best, e);
	return best;
}

/**
 * vgpu_sched_chosen() - it is its turn, or still is: whoever comes back from idling after this starts from there
 */
void vgpu_sched_chosen(struct vgpu *v, enum vgpu_engine_id e)
{
	struct vgpu_hw_engine *eng = &v->gpu->engine[e];

	if (before(eng->vtime, v->ring[e].vtime))
		eng->vtime = v->ring[e].vtime;
}

/**
 * vgpu_sched_charge() - it has used @busy_ns of the engine
 */
void vgpu_sched_charge(struct vgpu *v, enum vgpu_engine_id e, u64 busy_ns)
{
	v->ring[e].vtime += busy_ns * VTIME_ONE / v->share.weight;
}
