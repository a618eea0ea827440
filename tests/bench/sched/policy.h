/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * A scheduler as the simulation sees it: ours, and the two before it.
 */
#ifndef TESTS_BENCH_SCHED_POLICY_H
#define TESTS_BENCH_SCHED_POLICY_H

#include "tests/bench/sched/load.h"

#define POLICY_NOBODY (~0u)

/* How long turns are, as the module's defaults are. */
extern const struct vgpu_sched_limits policy_limits;

/**
 * struct policy - what a scheduler does
 * @create: with all the load's vGPUs, none of which has work; never fails
 * @wake: a vGPU that had no work has some
 * @pick: the engine is idle; whom it is to serve now, POLICY_NOBODY for nobody
 * @stop: it has served whom @pick said, who @wants more
 * @tick: of a scheduler that has a clock, every @tick_ns; also while somebody is served; NULL if it has none
 * @release_ns: when @pick will say something else, if nothing happens until then; NULL for never
 * @set: change a weight; NULL if it cannot
 */
struct policy {
	const char *name, *prefix;
	void *(*create)(const struct load *load);
	void (*destroy)(void *p);
	void (*wake)(void *p, u32 vgpu, u64 now_ns);
	u32 (*pick)(void *p, u64 now_ns);
	void (*stop)(void *p, bool wants, u64 now_ns);
	void (*tick)(void *p, u64 now_ns);
	u64 tick_ns;
	u64 (*release_ns)(void *p);
	void (*set)(void *p, u32 vgpu, u32 weight, u64 now_ns);
};

extern const struct policy policy_vgpu, policy_rr, policy_gvtg;

#endif
