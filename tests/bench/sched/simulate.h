/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * A load, a scheduler, an engine, and what came of it; see simulate.c, and fluid.c for what should have come of it.
 */
#ifndef TESTS_BENCH_SCHED_SIMULATE_H
#define TESTS_BENCH_SCHED_SIMULATE_H

#include "tests/bench/sched/policy.h"

#define BIN_NS (100 * MS)
#define BINS (LOAD_NS / BIN_NS)

/**
 * struct outcome - of one load under one scheduler
 * @served_ns: [vgpu * BINS + bin]: engine time that each got in each tenth of a second
 * @busy_ns: of the engine; @wanted_ns: time in which somebody had work that no cap was in the way of
 * @switches: times that the engine changed hands
 * @waits: how many, and how long each was, from having work to being served, without those who are capped
 * @wait_over_bound: the longest, as a part of what vgpu_sched promises
 */
struct outcome {
	double *served_ns;
	double busy_ns, wanted_ns;
	u64 switches;
	u32 waits;
	u64 *wait_ns;
	double wait_over_bound;
};

void simulate(const struct load *load, const struct policy *policy, struct outcome *ret_outcome);
void outcome_free(struct outcome *o);
double *fluid(const struct load *load);

#endif
