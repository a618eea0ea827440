// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What each vGPU should get: an engine that serves all at once, each by its weight, none above its cap, and gives to the others what
 * one has no use for. Done in small steps, in the plainest way, to be compared with what schedulers do.
 */
#include <stdlib.h>

#include "tests/bench/sched/simulate.h"

#define STEP_NS 200000u

struct tank {
	double backlog_ns, weight, cap_ns;
	u64 next_ns; /* of one that thinks */
	u32 batch;
};

/* One that thinks is about to begin when it has nothing left, and begins when it has thought. */
static void think(const struct load *load, struct tank *t, u32 vgpu, u64 now_ns)
{
	if (!load->vgpu[vgpu].think_ns || t->backlog_ns > 0)
		return;
	if (!t->next_ns)
		t->next_ns = now_ns + (t->batch ? load->vgpu[vgpu].think_ns : 0);
	if (now_ns < t->next_ns)
		return;
	t->backlog_ns = (double)load_batch_ns(load, vgpu, t->batch++);
	t->next_ns = 0;
}

/* Shares out one step among those that @list names, of whom it forgets those who are content. */
static void pour(struct tank *tank, u32 *list, u32 count, double *served_ns, u64 bin)
{
	double left_ns = STEP_NS, weights = 0;
	bool content = true;

	for (u32 k = 0; k < count; k++)
		weights += tank[list[k]].weight;
	while (content && count) {
		double unit = left_ns / weights;

		content = false;
		for (u32 k = 0; k < count;) {
			struct tank *t = &tank[list[k]];
			double most_ns = t->backlog_ns < t->cap_ns ? t->backlog_ns : t->cap_ns;

			if (unit * t->weight < most_ns) {
				k++;
				continue;
			}
			served_ns[list[k] * BINS + bin] += most_ns;
			t->backlog_ns -= most_ns;
			left_ns -= most_ns;
			weights -= t->weight;
			list[k] = list[--count];
			content = true;
		}
	}
	for (u32 k = 0; k < count; k++) {
		double part_ns = left_ns / weights * tank[list[k]].weight;

		served_ns[list[k] * BINS + bin] += part_ns;
		tank[list[k]].backlog_ns -= part_ns;
	}
}

/**
 * fluid() - what each vGPU of a load should get in each bin, as struct outcome.served_ns; to be freed
 */
double *fluid(const struct load *load)
{
	double *served_ns = calloc(load->vgpus * BINS, sizeof(double));
	struct tank *tank = calloc(load->vgpus, sizeof(*tank));
	u32 *list = calloc(load->vgpus, sizeof(*list));
	u32 arrival = 0, change = 0;

	if (!served_ns || !tank || !list)
		abort();
	for (u32 i = 0; i < load->vgpus; i++) {
		tank[i].weight = load->vgpu[i].share.weight;
		tank[i].cap_ns = STEP_NS / 100.0 * load->vgpu[i].share.cap_pct;
		tank[i].backlog_ns = load->vgpu[i].always ? 1e18 : 0;
	}
	for (u64 now_ns = 0; now_ns < LOAD_NS; now_ns += STEP_NS) {
		u32 count = 0;

		for (; arrival < load->arrivals && load->arrival[arrival].at_ns <= now_ns; arrival++)
			tank[load->arrival[arrival].vgpu].backlog_ns += load->arrival[arrival].busy_ns;
		for (; change < load->changes && load->change[change].at_ns <= now_ns; change++)
			tank[load->change[change].vgpu].weight = load->change[change].weight;
		for (u32 i = 0; i < load->vgpus; i++) {
			think(load, &tank[i], i, now_ns);
			if (tank[i].backlog_ns > 0)
				list[count++] = i;
		}
		pour(tank, list, count, served_ns, now_ns / BIN_NS);
	}
	free(tank);
	free(list);
	return served_ns;
}
