// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The module's scheduler, as it is.
 */
#include <stdlib.h>

#include "kmod/core/core.h"
#include "tests/bench/sched/policy.h"

const struct vgpu_sched_limits policy_limits = {
	.turn_min_ns = VGPU_TURN_MIN_NS,
	.turn_max_ns = VGPU_TURN_MAX_NS,
	.round_ns = VGPU_ROUND_NS,
};

struct ours {
	struct vgpu_sched sched;
	struct vgpu_sched_entity **slots;
	struct vgpu_sched_entity entity[];
};

static void *create(const struct load *load)
{
	struct ours *p = calloc(1, sizeof(*p) + load->vgpus * sizeof(p->entity[0]));

	if (!p)
		abort();
	p->slots = calloc((size_t)VGPU_SCHED_HEAPS * load->vgpus, sizeof(struct vgpu_sched_entity *));
	if (!p->slots)
		abort();
	vgpu_sched_init(&p->sched, &policy_limits, p->slots, load->vgpus);
	for (u32 i = 0; i < load->vgpus; i++)
		vgpu_sched_entity_init(&p->entity[i], p, i, &load->vgpu[i].share);
	return p;
}

static void destroy(void *policy)
{
	struct ours *p = policy;

	free(p->slots);
	free(p);
}

static void wake(void *policy, u32 vgpu, u64 now_ns)
{
	struct ours *p = policy;

	vgpu_sched_want(&p->sched, &p->entity[vgpu], now_ns);
}

static u32 pick(void *policy, u64 now_ns)
{
	struct ours *p = policy;
	const struct vgpu_sched_entity *e = vgpu_sched_pick(&p->sched, now_ns);

	return e ? e->id : POLICY_NOBODY;
}

static void stop(void *policy, bool wants, u64 now_ns)
{
	struct ours *p = policy;

	vgpu_sched_stop(&p->sched, wants, now_ns);
}

static u64 release_ns(void *policy)
{
	struct ours *p = policy;

	return vgpu_sched_release_ns(&p->sched);
}

static void set(void *policy, u32 vgpu, u32 weight, u64 now_ns)
{
	struct ours *p = policy;
	struct vgpu_share share = p->entity[vgpu].share;

	share.weight = weight;
	vgpu_sched_set(&p->sched, &p->entity[vgpu], &share, now_ns);
}

const struct policy policy_vgpu = {
	.name = "vgpu",
	.prefix = "",
	.create = create,
	.destroy = destroy,
	.wake = wake,
	.pick = pick,
	.stop = stop,
	.release_ns = release_ns,
	.set = set,
};
