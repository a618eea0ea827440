// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The simulation: an engine that serves one vGPU's batch at a time, never interrupts it, and takes a moment to change hands.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/bench/sched/simulate.h"

#define SWITCH_NS 10000u /* to change hands: some hundred registers by the command streamer */

/**
 * struct state - of a run
 * @now_ns: until then all is done
 * @work_ns: by vGPU, what it has to do; @batch: how many batches it has begun
 * @asked_ns: by vGPU, since when it waits, if it has work and is not served; @turn_ns: how long a turn was meant to be then
 * @thought_ns: by vGPU that thinks, when it has, LOAD_FOREVER while it does not; @next_thought: the one that has first
 * @working: vGPUs that have work; @uncapped: of them, those without a cap
 * @last: who was served last
 * @stint_ns: by vGPU, for how long it was served when it was last, without another between; @longest_ns: the longest of these; @weight: as it is now;
 * @least_weight: as it was at least, since it waits
 * @weights, @stints_ns: sums over all vGPUs, for the bound
 */
struct state {
	const struct load *load;
	const struct policy *policy;
	void *p;
	struct outcome *out;
	u64 now_ns, tick_ns;
	u32 arrival, change;
	u64 *thought_ns;
	u32 next_thought;
	u64 *work_ns, *asked_ns, *turn_ns, *stint_ns, *longest_ns;
	u32 *batch, *weight, *least_weight;
	u32 working, uncapped;
	u32 last;
	double weights, stints_ns;
};

static bool has_cap(const struct state *s, u32 vgpu)
{
	return s->load->vgpu[vgpu].share.cap_pct < 100;
}

/* As vgpu_sched_turn_ns(), with those who have work now. */
static u64 turn_now_ns(const struct state *s)
{
	u64 turn_ns = policy_limits.round_ns / (s->working ? s->working : 1);

	if (turn_ns < policy_limits.turn_min_ns)
		return policy_limits.turn_min_ns;
	return turn_ns < policy_limits.turn_max_ns ? turn_ns : policy_limits.turn_max_ns;
}

static void begin_wait(struct state *s, u32 vgpu, u64 at_ns)
{
	s->asked_ns[vgpu] = at_ns;
	s->turn_ns[vgpu] = turn_now_ns(s);
	s->least_weight[vgpu] = s->weight[vgpu];
}

static void begin_work(struct state *s, u32 vgpu, u64 at_ns)
{
	s->working++;
	begin_wait(s, vgpu, at_ns);
	s->uncapped += !has_cap(s, vgpu);
	s->policy->wake(s->p, vgpu, at_ns);
}

static void end_work(struct state *s, u32 vgpu)
{
	s->working--;
	s->uncapped -= !has_cap(s, vgpu);
}

static void change_weight(struct state *s, const struct load_change *c)
{
	/* For the bound, what it was before counts as well, for those who were waiting already. */
	if (c->weight > s->weight[c->vgpu])
		s->weights += c->weight - s->weight[c->vgpu];
	s->weight[c->vgpu] = c->weight;
	if (c->weight < s->least_weight[c->vgpu])
		s->least_weight[c->vgpu] = c->weight;
	if (s->policy->set)
		s->policy->set(s->p, c->vgpu, c->weight, c->at_ns);
}

/* Only of small loads do any think: no heap. */
static void find_next_thought(struct state *s)
{
	for (u32 i = 0; s->load->thinks && i < s->load->vgpus; i++) {
		if (s->thought_ns[i] < s->thought_ns[s->next_thought])
			s->next_thought = i;
	}
}

static void think(struct state *s, u32 vgpu, u64 at_ns)
{
	s->thought_ns[vgpu] = at_ns;
	find_next_thought(s);
}

static void begin_batch(struct state *s, u32 vgpu, u64 at_ns)
{
	think(s, vgpu, LOAD_FOREVER);
	s->work_ns[vgpu] = load_batch_ns(s->load, vgpu, s->batch[vgpu]);
	begin_work(s, vgpu, at_ns);
}

static u64 next_event_ns(const struct state *s)
{
	u64 at_ns = s->tick_ns;

	if (s->thought_ns[s->next_thought] < at_ns)
		at_ns = s->thought_ns[s->next_thought];
	if (s->arrival < s->load->arrivals && s->load->arrival[s->arrival].at_ns < at_ns)
		at_ns = s->load->arrival[s->arrival].at_ns;
	if (s->change < s->load->changes && s->load->change[s->change].at_ns < at_ns)
		at_ns = s->load->change[s->change].at_ns;
	return at_ns;
}

static void one_event(struct state *s)
{
	u64 at_ns = next_event_ns(s);

	if (s->change < s->load->changes && s->load->change[s->change].at_ns == at_ns) {
		change_weight(s, &s->load->change[s->change++]);
	} else if (s->arrival < s->load->arrivals && s->load->arrival[s->arrival].at_ns == at_ns) {
		const struct load_arrival *a = &s->load->arrival[s->arrival++];

		if (!s->work_ns[a->vgpu]) {
			s->work_ns[a->vgpu] = a->busy_ns;
			begin_work(s, a->vgpu, at_ns);
		} else {
			s->work_ns[a->vgpu] += a->busy_ns;
		}
	} else if (s->thought_ns[s->next_thought] == at_ns) {
		begin_batch(s, s->next_thought, at_ns);
	} else {
		s->policy->tick(s->p, at_ns);
		s->tick_ns += s->policy->tick_ns;
	}
}

/* Time goes on to @to_ns, and what happens until then happens. */
static void go_on(struct state *s, u64 to_ns)
{
	while (s->now_ns < to_ns) {
		u64 next_ns = next_event_ns(s), until_ns = next_ns < to_ns ? next_ns : to_ns;

		if (until_ns > s->now_ns) {
			s->out->wanted_ns += s->uncapped ? (double)(until_ns - s->now_ns) : 0;
			s->now_ns = until_ns;
		}
		if (next_ns > to_ns)
			break;
		one_event(s);
	}
}

/* What was served in [@from_ns, @to_ns) belongs to the bins that it lies in. */
static void account(struct state *s, u32 vgpu, u64 from_ns, u64 to_ns)
{
	if (to_ns > LOAD_NS)
		to_ns = LOAD_NS;
	while (from_ns < to_ns) {
		u64 bin = from_ns / BIN_NS, end_ns = (bin + 1) * BIN_NS;

		if (end_ns > to_ns)
			end_ns = to_ns;
		s->out->served_ns[vgpu * BINS + bin] += (double)(end_ns - from_ns);
		if (s->uncapped)
			s->out->busy_ns += (double)(end_ns - from_ns);
		from_ns = end_ns;
	}
}

/* What sched.c promises: what it had and what is expected of it, by its weight, and a last turn of everybody. */
static double bound_ns(const struct state *s, u32 vgpu)
{
	u64 turn_ns = turn_now_ns(s);

	if (turn_ns < s->turn_ns[vgpu])
		turn_ns = s->turn_ns[vgpu];
	if (turn_ns < s->longest_ns[vgpu])
		turn_ns = s->longest_ns[vgpu];
	return (double)(turn_ns + s->stint_ns[vgpu]) * s->weights / s->least_weight[vgpu] + s->stints_ns;
}

static void waited(struct state *s, u32 vgpu)
{
	struct outcome *o = s->out;
	u64 wait_ns = s->now_ns - s->asked_ns[vgpu];
	double part = (double)wait_ns / bound_ns(s, vgpu);

	if (has_cap(s, vgpu) || (vgpu == s->last && !wait_ns))
		return;
	if (!(o->waits & (o->waits - 1)))
		o->wait_ns = realloc(o->wait_ns, (o->waits ? 2 * (size_t)o->waits : 1) * sizeof(*o->wait_ns));
	if (!o->wait_ns)
		abort();
	o->wait_ns[o->waits++] = wait_ns;
	if (part > o->wait_over_bound)
		o->wait_over_bound = part;
}

static void serve(struct state *s, u32 vgpu)
{
	u64 batch_ns = load_batch_ns(s->load, vgpu, s->batch[vgpu]++), from_ns;
	bool wants;

	waited(s, vgpu);
	if (batch_ns > s->work_ns[vgpu])
		batch_ns = s->work_ns[vgpu];
	from_ns = s->now_ns;
	if (vgpu != s->last) {
		s->stint_ns[vgpu] = 0;
		s->out->switches += s->last != POLICY_NOBODY;
		from_ns += SWITCH_NS;
	}
	s->last = vgpu;
	go_on(s, from_ns + batch_ns);
	account(s, vgpu, from_ns, s->now_ns);
	if (!s->load->vgpu[vgpu].always)
		s->work_ns[vgpu] -= batch_ns;
	wants = s->work_ns[vgpu];
	if (!wants)
		end_work(s, vgpu);
	if (!wants && s->load->vgpu[vgpu].think_ns)
		think(s, vgpu, s->now_ns + s->load->vgpu[vgpu].think_ns);
	begin_wait(s, vgpu, s->now_ns);
	s->stint_ns[vgpu] += batch_ns;
	if (s->working > 1 && s->stint_ns[vgpu] > s->longest_ns[vgpu])
		s->longest_ns[vgpu] = s->stint_ns[vgpu];
	s->policy->stop(s->p, wants, s->now_ns);
}

/* Whoever has not been served at the end has waited, too. */
static void count_starved(struct state *s)
{
	for (u32 i = 0; i < s->load->vgpus; i++) {
		if (s->work_ns[i] && i != s->last)
			waited(s, i);
	}
}

static void *numbers(u32 count, size_t size)
{
	void *array = calloc(count, size);

	if (!array)
		abort();
	return array;
}

/**
 * simulate() - run a load under a scheduler for LOAD_NS
 */
void simulate(const struct load *load, const struct policy *policy, struct outcome *ret_outcome)
{
	struct state s = {
		.load = load,
		.policy = policy,
		.p = policy->create(load),
		.out = ret_outcome,
		.tick_ns = policy->tick ? 0 : LOAD_FOREVER,
		.last = POLICY_NOBODY,
		.thought_ns = numbers(load->vgpus, sizeof(u64)),
		.work_ns = numbers(load->vgpus, sizeof(u64)),
		.asked_ns = numbers(load->vgpus, sizeof(u64)),
		.turn_ns = numbers(load->vgpus, sizeof(u64)),
		.stint_ns = numbers(load->vgpus, sizeof(u64)),
		.longest_ns = numbers(load->vgpus, sizeof(u64)),
		.batch = numbers(load->vgpus, sizeof(u32)),
		.weight = numbers(load->vgpus, sizeof(u32)),
		.least_weight = numbers(load->vgpus, sizeof(u32)),
	};

	memset(ret_outcome, 0, sizeof(*ret_outcome));
	ret_outcome->served_ns = numbers(load->vgpus * BINS, sizeof(double));
	for (u32 i = 0; i < load->vgpus; i++) {
		s.weight[i] = load->vgpu[i].share.weight;
		s.weights += s.weight[i];
		s.stints_ns += (double)(policy_limits.turn_max_ns + load->vgpu[i].busy_max_ns);
	}
	for (u32 i = 0; i < load->vgpus; i++) {
		s.thought_ns[i] = load->vgpu[i].think_ns ? 0 : LOAD_FOREVER;
		if (!load->vgpu[i].always)
			continue;
		s.work_ns[i] = LOAD_FOREVER;
		begin_work(&s, i, 0);
	}
	find_next_thought(&s);
	while (s.now_ns < LOAD_NS) {
		u64 until_ns = LOAD_NS, release_ns;
		u32 vgpu;

		while (next_event_ns(&s) <= s.now_ns)
			one_event(&s);
		vgpu = policy->pick(s.p, s.now_ns);
		if (vgpu != POLICY_NOBODY) {
			serve(&s, vgpu);
			continue;
		}
		release_ns = policy->release_ns ? policy->release_ns(s.p) : LOAD_FOREVER;
		if (next_event_ns(&s) < until_ns)
			until_ns = next_event_ns(&s);
		if (release_ns < until_ns)
			until_ns = release_ns;
		go_on(&s, until_ns);
	}
	count_starved(&s);
	policy->destroy(s.p);
	free(s.thought_ns);
	free(s.work_ns);
	free(s.asked_ns);
	free(s.turn_ns);
	free(s.stint_ns);
	free(s.longest_ns);
	free(s.batch);
	free(s.weight);
	free(s.least_weight);
}

/** outcome_free() - what simulate() has allocated */
void outcome_free(struct outcome *o)
{
	free(o->served_ns);
	free(o->wait_ns);
}
