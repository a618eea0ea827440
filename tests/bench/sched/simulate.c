// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The simulation: an engine that serves one vGPU's batch at a time, never interrupts it, and takes a moment to change hands.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/bench/sched/simulate.h"

#define SWITCH_NS 10000u /* to change hands: some hundred registers by the command streamer */

/**
 * struct tenant - a vGPU in a run
 * @work_ns: what it has to do; @batch: how many batches it has begun
 * @thought_ns: when it has thought, LOAD_FOREVER while it does not
 * @asked_ns: since when it waits, if it has work and is not served; @turn_ns: how long a turn was meant to be then
 * @stint_ns: for how long it was served when it was last, without another between; @longest_ns: the longest of these
 * @weight: as it is now; @least_weight: as it was at least, since it waits
 * @weights: the sum of all, as it waits: what it was then, and what anybody's has grown by since
 */
struct tenant {
	u64 work_ns, thought_ns, asked_ns, turn_ns, stint_ns, longest_ns;
	u32 batch, weight, least_weight;
	double weights;
};

/**
 * struct state - of a run
 * @now_ns: until then all is done
 * @next_thought: the vGPU that will first have thought
 * @working: vGPUs that have work; @uncapped: of them, those without a cap
 * @last: who was served last
 * @weights, @stints_ns: sums over all vGPUs, for the bound
 */
struct state {
	const struct load *load;
	const struct policy *policy;
	void *p;
	struct outcome *out;
	struct tenant *tenant;
	u64 now_ns, tick_ns;
	u32 arrival, change;
	u32 next_thought;
	u32 working, uncapped;
	u32 last;
	double weights, stints_ns;
};

static bool has_cap(const struct state *s, u32 vgpu)
{
	return s->load->vgpu[vgpu].share.cap_pct < 100;
}

static u64 turn_now_ns(const struct state *s)
{
	return vgpu_sched_turn_among(&policy_limits, s->working);
}

static void begin_wait(struct state *s, u32 vgpu, u64 at_ns)
{
	struct tenant *t = &s->tenant[vgpu];

	t->asked_ns = at_ns;
	t->turn_ns = turn_now_ns(s);
	t->least_weight = t->weight;
	t->weights = s->weights;
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
	struct tenant *t = &s->tenant[c->vgpu];

	/* What it was before counts as well, for those who were waiting already. */
	for (u32 i = 0; i < s->load->vgpus && c->weight > t->weight; i++)
		s->tenant[i].weights += c->weight - t->weight;
	s->weights += (double)c->weight - t->weight;
	t->weight = c->weight;
	if (c->weight < t->least_weight)
		t->least_weight = c->weight;
	if (s->policy->set)
		s->policy->set(s->p, c->vgpu, c->weight, c->at_ns);
}

/* Only of small loads do any think: no heap. */
static void find_next_thought(struct state *s)
{
	for (u32 i = 0; s->load->thinks && i < s->load->vgpus; i++) {
		if (s->tenant[i].thought_ns < s->tenant[s->next_thought].thought_ns)
			s->next_thought = i;
	}
}

static void think(struct state *s, u32 vgpu, u64 at_ns)
{
	s->tenant[vgpu].thought_ns = at_ns;
	find_next_thought(s);
}

static void begin_batch(struct state *s, u32 vgpu, u64 at_ns)
{
	think(s, vgpu, LOAD_FOREVER);
	s->tenant[vgpu].work_ns = load_batch_ns(s->load, vgpu, s->tenant[vgpu].batch);
	begin_work(s, vgpu, at_ns);
}

static u64 next_event_ns(const struct state *s)
{
	u64 at_ns = s->tick_ns;

	if (s->tenant[s->next_thought].thought_ns < at_ns)
		at_ns = s->tenant[s->next_thought].thought_ns;
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

		if (!s->tenant[a->vgpu].work_ns) {
			s->tenant[a->vgpu].work_ns = a->busy_ns;
			begin_work(s, a->vgpu, at_ns);
		} else {
			s->tenant[a->vgpu].work_ns += a->busy_ns;
		}
	} else if (s->tenant[s->next_thought].thought_ns == at_ns) {
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
	const struct tenant *t = &s->tenant[vgpu];
	u64 turn_ns = turn_now_ns(s);

	if (turn_ns < t->turn_ns)
		turn_ns = t->turn_ns;
	if (turn_ns < t->longest_ns)
		turn_ns = t->longest_ns;
	return (double)(turn_ns + t->stint_ns) * t->weights / t->least_weight + s->stints_ns;
}

static void waited(struct state *s, u32 vgpu)
{
	struct outcome *o = s->out;
	u64 wait_ns = s->now_ns - s->tenant[vgpu].asked_ns;
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
	struct tenant *t = &s->tenant[vgpu];
	u64 batch_ns = load_batch_ns(s->load, vgpu, t->batch++), from_ns;
	bool wants;

	waited(s, vgpu);
	if (batch_ns > t->work_ns)
		batch_ns = t->work_ns;
	from_ns = s->now_ns;
	if (vgpu != s->last) {
		t->stint_ns = 0;
		s->out->switches += s->last != POLICY_NOBODY;
		from_ns += SWITCH_NS;
	}
	s->last = vgpu;
	go_on(s, from_ns + batch_ns);
	account(s, vgpu, from_ns, s->now_ns);
	if (!s->load->vgpu[vgpu].always)
		t->work_ns -= batch_ns;
	wants = t->work_ns;
	if (!wants)
		end_work(s, vgpu);
	if (!wants && s->load->vgpu[vgpu].think_ns)
		think(s, vgpu, s->now_ns + s->load->vgpu[vgpu].think_ns);
	begin_wait(s, vgpu, s->now_ns);
	t->stint_ns += batch_ns;
	if (s->working > 1 && t->stint_ns > t->longest_ns)
		t->longest_ns = t->stint_ns;
	s->policy->stop(s->p, wants, s->now_ns);
}

/* Whoever has not been served at the end has waited, too. */
static void count_starved(struct state *s)
{
	for (u32 i = 0; i < s->load->vgpus; i++) {
		if (s->tenant[i].work_ns && i != s->last)
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

/* All weights are known before the first begins. */
static void begin(struct state *s)
{
	const struct load *load = s->load;

	for (u32 i = 0; i < load->vgpus; i++) {
		s->tenant[i].weight = load->vgpu[i].share.weight;
		s->tenant[i].thought_ns = load->vgpu[i].think_ns ? 0 : LOAD_FOREVER;
		s->weights += s->tenant[i].weight;
		s->stints_ns += (double)(policy_limits.turn_max_ns + load->vgpu[i].busy_max_ns);
	}
	for (u32 i = 0; i < load->vgpus; i++) {
		if (!load->vgpu[i].always)
			continue;
		s->tenant[i].work_ns = LOAD_FOREVER;
		begin_work(s, i, 0);
	}
	find_next_thought(s);
}

/* Nobody is served until something happens. */
static void rest(struct state *s)
{
	u64 until_ns = LOAD_NS, release_ns = s->policy->release_ns ? s->policy->release_ns(s->p) : LOAD_FOREVER;

	if (next_event_ns(s) < until_ns)
		until_ns = next_event_ns(s);
	if (release_ns < until_ns)
		until_ns = release_ns;
	go_on(s, until_ns);
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
		.tenant = numbers(load->vgpus, sizeof(*s.tenant)),
		.tick_ns = policy->tick ? 0 : LOAD_FOREVER,
		.last = POLICY_NOBODY,
	};

	memset(ret_outcome, 0, sizeof(*ret_outcome));
	ret_outcome->served_ns = numbers(load->vgpus * BINS, sizeof(double));
	begin(&s);
	while (s.now_ns < LOAD_NS) {
		u32 vgpu;

		while (next_event_ns(&s) <= s.now_ns)
			one_event(&s);
		vgpu = policy->pick(s.p, s.now_ns);
		if (vgpu == POLICY_NOBODY)
			rest(&s);
		else
			serve(&s, vgpu);
	}
	count_starved(&s);
	policy->destroy(s.p);
	free(s.tenant);
}

/** outcome_free() - what simulate() has allocated */
void outcome_free(struct outcome *o)
{
	free(o->served_ns);
	free(o->wait_ns);
}
