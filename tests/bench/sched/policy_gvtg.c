// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Credits, as GVT-g has them (Linux, drivers/gpu/drm/i915/gvt/sched_policy.c, of which this is a model, not a copy).
 *
 * Every 100 ms each vGPU gets its weight's part of 100 ms, whether it has work or not; every tenth time what it has is set to that.
 * Every millisecond whoever has the engine is charged for it, and the one that was chosen longest ago, of those that have work and
 * credit, is chosen; nobody, if there is none. It gets the engine when that is idle. Weights never change.
 */
#include <stdlib.h>

#include "tests/bench/sched/policy.h"

#define NOBODY POLICY_NOBODY /* who gets the engine while there is nobody to choose */
#define UNDECIDED (~1u)
#define BALANCE_TICKS 100u
#define STAGES 10u

struct gvtg_vgpu {
	bool work;
	s64 left_ns, allocated_ns;
	u32 weight, newer, older; /* in the order in which they were chosen: a ring around index vgpus */
};

struct gvtg {
	u32 vgpus, current, next, ticks;
	u64 since_ns, weights;
	bool served;
	struct gvtg_vgpu vgpu[];
};

static void *create(const struct load *load)
{
	struct gvtg *p = calloc(1, sizeof(*p) + (load->vgpus + 1) * sizeof(p->vgpu[0]));

	if (!p)
		abort();
	p->vgpus = load->vgpus;
	p->current = NOBODY;
	p->next = UNDECIDED;
	for (u32 i = 0; i <= load->vgpus; i++) {
		p->vgpu[i].newer = i == load->vgpus ? 0 : i + 1;
		p->vgpu[i].older = i ? i - 1 : load->vgpus;
	}
	for (u32 i = 0; i < load->vgpus; i++) {
		p->vgpu[i].weight = load->vgpu[i].share.weight;
		p->weights += p->vgpu[i].weight;
	}
	return p;
}

static void wake(void *policy, u32 vgpu, u64 now_ns)
{
	struct gvtg *p = policy;

	p->vgpu[vgpu].work = true;
}

static void balance(struct gvtg *p)
{
	bool reset = p->ticks / BALANCE_TICKS % STAGES == 0;

	for (u32 i = 0; i < p->vgpus; i++) {
		struct gvtg_vgpu *v = &p->vgpu[i];

		v->allocated_ns = BALANCE_TICKS * MS * v->weight / p->weights;
		v->left_ns = reset ? v->allocated_ns : v->left_ns + v->allocated_ns;
	}
}

static void make_newest(struct gvtg *p, u32 i)
{
	struct gvtg_vgpu *v = &p->vgpu[i], *end = &p->vgpu[p->vgpus];

	p->vgpu[v->older].newer = v->newer;
	p->vgpu[v->newer].older = v->older;
	v->older = end->older;
	v->newer = p->vgpus;
	p->vgpu[end->older].newer = i;
	end->older = i;
}

static void charge(struct gvtg *p, u64 now_ns)
{
	if (p->current != NOBODY)
		p->vgpu[p->current].left_ns -= (s64)(now_ns - p->since_ns);
	p->since_ns = now_ns;
}

static void hand_over(struct gvtg *p, u64 now_ns)
{
	if (p->next == UNDECIDED || p->served)
		return;
	charge(p, now_ns);
	p->current = p->next;
	p->next = UNDECIDED;
}

static void tick(void *policy, u64 now_ns)
{
	struct gvtg *p = policy;
	u32 i;

	charge(p, now_ns);
	if (p->ticks % BALANCE_TICKS == 0)
		balance(p);
	p->ticks++;
	if (p->next == UNDECIDED) {
		for (i = p->vgpu[p->vgpus].newer; i != p->vgpus; i = p->vgpu[i].newer) {
			if (p->vgpu[i].work && p->vgpu[i].left_ns > 0)
				break;
		}
		p->next = i == p->vgpus ? NOBODY : i;
		if (p->next != NOBODY)
			make_newest(p, i);
		if (p->next == p->current)
			p->next = UNDECIDED;
	}
	hand_over(p, now_ns);
}

static u32 pick(void *policy, u64 now_ns)
{
	struct gvtg *p = policy;

	hand_over(p, now_ns);
	if (p->current == NOBODY || !p->vgpu[p->current].work)
		return POLICY_NOBODY;
	p->served = true;
	return p->current;
}

static void stop(void *policy, bool wants, u64 now_ns)
{
	struct gvtg *p = policy;

	p->served = false;
	p->vgpu[p->current].work = wants;
}

const struct policy policy_gvtg = {
	.name = "credits",
	.prefix = "gvtg_",
	.create = create,
	.destroy = free,
	.wake = wake,
	.pick = pick,
	.stop = stop,
	.tick = tick,
	.tick_ns = MS,
};
