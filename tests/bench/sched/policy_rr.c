// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Plain round robin: who has the engine keeps it for 15 ms, busy or not, then the next one gets it who has work then. No weights.
 *
 * So did the system that was shown in 2014, as far as is on record; that a turn is not given up early is how a period is taken here.
 */
#include <stdlib.h>

#include "tests/bench/sched/policy.h"

struct rr {
	u32 vgpus, owner;
	bool served, over;
	bool work[];
};

static void *create(const struct load *load)
{
	struct rr *p = calloc(1, sizeof(*p) + load->vgpus * sizeof(p->work[0]));

	if (!p)
		abort();
	p->vgpus = load->vgpus;
	p->over = true;
	return p;
}

static void wake(void *policy, u32 vgpu, u64 now_ns)
{
	struct rr *p = policy;

	p->work[vgpu] = true;
}

static u32 pick(void *policy, u64 now_ns)
{
	struct rr *p = policy;

	for (u32 i = 1; p->over && i <= p->vgpus; i++) {
		if (!p->work[(p->owner + i) % p->vgpus])
			continue;
		p->owner = (p->owner + i) % p->vgpus;
		p->over = false;
	}
	return p->work[p->owner] ? p->owner : POLICY_NOBODY;
}

static void stop(void *policy, bool wants, u64 now_ns)
{
	struct rr *p = policy;

	p->work[p->owner] = wants;
}

static void tick(void *policy, u64 now_ns)
{
	struct rr *p = policy;

	p->over = true;
}

const struct policy policy_rr = {
	.name = "round robin",
	.prefix = "rr_",
	.create = create,
	.destroy = free,
	.wake = wake,
	.pick = pick,
	.stop = stop,
	.tick = tick,
	.tick_ns = 15 * MS,
};
