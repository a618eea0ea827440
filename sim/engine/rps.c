// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Render P-states: tells i915 by interrupt how busy the GPU was in the intervals that it asked for (i915 gt/intel_rps.c,
 * rps_set_power). The frequency itself is what software requests (RPSTAT1); the cost model does not follow it.
 *
 * Evaluated while the engines are called to run: an idle GPU is in RC6, in which nothing is counted.
 */
#include "sim/engine/gpu.h"

#define REG_RP_CONTROL 0xa024
#define REG_RP_UP_THRESHOLD 0xa02c
#define REG_RP_DOWN_THRESHOLD 0xa030
#define REG_RP_UP_EI 0xa068
#define REG_RP_DOWN_EI 0xa06c
#define REG_PMINTRMSK 0xa168
#define RP_ENABLE (1u << 7)
#define UNIT_NS 1280u /* of thresholds and intervals */

#define PM_UP_THRESHOLD (1u << 5)
#define PM_DOWN_THRESHOLD (1u << 4)
#define PM_UP_EI (1u << 2)
#define PM_DOWN_EI (1u << 1)

static uint64_t busy_ns(const struct gen75 *gpu)
{
	uint64_t most = 0;

	for (unsigned int id = 0; id < GEN75_ENGINES; id++)
		most = max_u64(most, gpu->stats.engine[id].busy_ns);
	return most;
}

/* True when the interval is over; how much of it was busy goes to *ret_busy_ns. */
static bool interval_over(struct gen75 *gpu, uint32_t ei_reg, uint64_t *since_ns, uint64_t *since_busy_ns, uint64_t *ret_busy_ns)
{
	uint64_t ei_ns = (uint64_t)*reg(gpu, ei_reg) * UNIT_NS, elapsed = gpu->now_ns - *since_ns, busy = busy_ns(gpu);

	if (!ei_ns || elapsed < ei_ns)
		return false;
	/* this late a call makes the interval longer than it was meant to be: scale it */
	*ret_busy_ns = (busy - *since_busy_ns) / (elapsed / ei_ns);
	*since_ns = gpu->now_ns;
	*since_busy_ns = busy;
	return true;
}

/**
 * gen75_rps_restart() - begin new intervals: software has written RP_CONTROL
 */
void gen75_rps_restart(struct gen75 *gpu)
{
	gpu->rps.up_since_ns = gpu->now_ns;
	gpu->rps.down_since_ns = gpu->now_ns;
	gpu->rps.up_busy_ns = busy_ns(gpu);
	gpu->rps.down_busy_ns = busy_ns(gpu);
}

/**
 * gen75_rps_evaluate() - close the evaluation intervals that are over by now
 */
void gen75_rps_evaluate(struct gen75 *gpu)
{
	uint32_t bits = 0;
	uint64_t busy;

	if (!(*reg(gpu, REG_RP_CONTROL) & RP_ENABLE))
		return;
	if (interval_over(gpu, REG_RP_UP_EI, &gpu->rps.up_since_ns, &gpu->rps.up_busy_ns, &busy)) {
		bits |= PM_UP_EI;
		if (busy >= (uint64_t)*reg(gpu, REG_RP_UP_THRESHOLD) * UNIT_NS)
			bits |= PM_UP_THRESHOLD;
	}
	if (interval_over(gpu, REG_RP_DOWN_EI, &gpu->rps.down_since_ns, &gpu->rps.down_busy_ns, &busy)) {
		bits |= PM_DOWN_EI;
		if (busy < (uint64_t)*reg(gpu, REG_RP_DOWN_THRESHOLD) * UNIT_NS)
			bits |= PM_DOWN_THRESHOLD;
	}
	bits &= ~*reg(gpu, REG_PMINTRMSK);
	if (bits)
		gen75_irq_raise(gpu, REG_PM_ISR, bits);
}
