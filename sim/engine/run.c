// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Virtual time: lets the engines work, always the one whose next command starts first, up to the caller's now.
 *
 * An engine whose command waits (for a semaphore, for the display) is asked again whenever anything may have changed what
 * it waits for: at every call, since the CPU may have written, and after each command of another engine.
 */
#include "sim/engine/gpu.h"

#define POLL_NS 20000u /* memory changes without notice: how often a waiting engine looks */

static struct engine *next(struct gen75 *gpu, uint64_t *ret_second_ns)
{
	struct engine *first = NULL;

	*ret_second_ns = GEN75_NO_DEADLINE;
	for (unsigned int id = 0; id < GEN75_ENGINES; id++) {
		struct engine *e = &gpu->engine[id];

		if (e->idle || e->blocked)
			continue;
		if (!first || e->t_ns < first->t_ns) {
			if (first)
				*ret_second_ns = min_u64(*ret_second_ns, first->t_ns);
			first = e;
		} else {
			*ret_second_ns = min_u64(*ret_second_ns, e->t_ns);
		}
	}
	return first;
}

/* Ask the engines that wait, at time @at_ns; whoever can go on does so, not before that. */
static bool poll_blocked(struct gen75 *gpu, uint64_t at_ns)
{
	bool any = false;

	for (unsigned int id = 0; id < GEN75_ENGINES; id++) {
		struct engine *e = &gpu->engine[id];
		uint64_t since = e->t_ns;

		if (!e->blocked || e->idle)
			continue;
		if (e->t_ns > at_ns) {
			any = true;
			continue;
		}
		e->blocked = false;
		e->t_ns = at_ns;
		gen75_step(gpu, e, 1);
		if (e->blocked)
			e->t_ns = since;
		any |= e->blocked;
	}
	return any;
}

/**
 * gen75_run() - let the engines work up to @now_ns; see gen75.h
 */
uint64_t gen75_run(struct gen75 *gpu, uint64_t now_ns, uint32_t max_commands)
{
	uint64_t deadline = GEN75_NO_DEADLINE, second;
	uint32_t budget = max_commands ? max_commands : 1;
	bool waiting = poll_blocked(gpu, now_ns);
	struct engine *e;

	while ((e = next(gpu, &second))) {
		uint64_t until = min_u64(second, now_ns);

		if (e->t_ns > now_ns || !budget) {
			deadline = max_u64(e->t_ns, now_ns);
			break;
		}
		do {
			uint64_t start_ns = e->t_ns;
			uint32_t used = gen75_step(gpu, e, budget);

			budget -= min_u64(used, budget);
			waiting |= e->blocked;
			if (waiting)
				waiting = poll_blocked(gpu, start_ns);
		} while (budget && !e->idle && !e->blocked && e->t_ns <= until && !waiting);
	}
	gpu->now_ns = now_ns;
	gen75_rps_evaluate(gpu);
	return waiting ? min_u64(deadline, now_ns + POLL_NS) : deadline;
}
