// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The scheduler alone: what sched.c says that it guarantees, on entities that are served without an engine, and its inner order after
 * each of many random calls. What it makes of loads, and how it compares, `make bench-sched` shows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "kmod/core/sched.h"

#define MS 1000000ull
#define MAX 16u

static const struct vgpu_sched_limits limits = { .turn_min_ns = MS, .turn_max_ns = 6 * MS, .round_ns = 24 * MS };

/**
 * struct rig - an engine and who wants it
 * @busy_ns: what each has received
 * @picked_ns: when each was picked last
 */
struct rig {
	struct vgpu_sched sched;
	struct vgpu_sched_entity *slots[VGPU_SCHED_HEAPS * MAX];
	struct vgpu_sched_entity entity[MAX];
	unsigned long long now_ns, busy_ns[MAX], picked_ns[MAX];
};

static void rig_init(struct rig *r, uint32_t count, uint32_t weight)
{
	const struct vgpu_share share = { .weight = weight, .cap_pct = 100 };

	memset(r, 0, sizeof(*r));
	vgpu_sched_init(&r->sched, &limits, r->slots, MAX);
	for (uint32_t i = 0; i < count; i++)
		vgpu_sched_entity_init(&r->entity[i], r, i, &share);
	r->now_ns = 1000 * MS;
}

static void want(struct rig *r, uint32_t i)
{
	vgpu_sched_want(&r->sched, &r->entity[i], r->now_ns);
}

static void set(struct rig *r, uint32_t i, uint32_t weight, uint32_t cap_pct, uint32_t latency_us)
{
	vgpu_sched_set(&r->sched, &r->entity[i],
		       &(struct vgpu_share) { .weight = weight, .cap_pct = cap_pct, .latency_us = latency_us }, r->now_ns);
}

static struct vgpu_sched_counts counts(struct rig *r, uint32_t i)
{
	struct vgpu_sched_counts c;

	vgpu_sched_get_counts(&r->sched, &r->entity[i], r->now_ns, &c);
	return c;
}

/* Serves whoever is next for @busy_ns. Return: who it was; MAX if nobody, then no time has passed. */
static uint32_t serve(struct rig *r, uint64_t busy_ns, bool wants)
{
	struct vgpu_sched_entity *e = vgpu_sched_pick(&r->sched, r->now_ns);

	if (!e)
		return MAX;
	r->picked_ns[e->id] = r->now_ns;
	r->now_ns += busy_ns;
	r->busy_ns[e->id] += busy_ns;
	vgpu_sched_stop(&r->sched, wants, r->now_ns);
	return e->id;
}

/* All that want go on wanting; while nobody may be served, time goes on to when somebody may. */
static void run(struct rig *r, uint64_t for_ns, uint64_t busy_ns)
{
	uint64_t until_ns = r->now_ns + for_ns;

	while (r->now_ns < until_ns) {
		if (serve(r, busy_ns, true) == MAX) {
			assert_true(vgpu_sched_release_ns(&r->sched) != VGPU_SCHED_NEVER);
			assert_true(vgpu_sched_release_ns(&r->sched) > r->now_ns);
			r->now_ns = vgpu_sched_release_ns(&r->sched);
		}
	}
}

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

/* --- guarantees -------------------------------------------------------------------------------------------------------------- */

/* Whatever the weights, and however long what is served is: the error is a turn and a batch, not more with time. */
static void shares_follow_weights(void **state)
{
	static const struct {
		uint32_t weight[4];
		uint64_t batch_ns, seconds;
	} rows[] = {
		{ { 1, 1 }, MS, 1 },
		{ { 1, 2, 4 }, MS, 1 },
		{ { 1, 2, 4 }, 50 * MS, 10 },
		{ { 1, 10000 }, MS, 20 },
		{ { 9999, 10000 }, MS / 10, 1 },
		{ { 1, 1, 1, 1 }, 100, 1 },
		{ { 100, 300, 100, 100 }, 3 * MS, 1 },
	};

	for (uint32_t row = 0; row < VGPU_ARRAY_SIZE(rows); row++) {
		uint64_t weights = 0, all_ns = rows[row].seconds * 1000 * MS;
		struct rig r;

		rig_init(&r, 4, 1);
		for (uint32_t i = 0; i < 4 && rows[row].weight[i]; i++) {
			set(&r, i, rows[row].weight[i], 100, 0);
			weights += rows[row].weight[i];
			want(&r, i);
		}
		run(&r, all_ns, rows[row].batch_ns);
		for (uint32_t i = 0; i < 4 && rows[row].weight[i]; i++) {
			uint64_t fair_ns = all_ns * rows[row].weight[i] / weights;

			assert_true(distance(r.busy_ns[i], fair_ns) <= limits.turn_max_ns + 2 * rows[row].batch_ns);
			assert_true(distance(counts(&r, i).entitled_ns, fair_ns) <= limits.turn_max_ns + 2 * rows[row].batch_ns);
		}
	}
}

/*
 * Who is served for 2 ms as soon as he comes, and comes back 1 ms later, again and again, would have two thirds if what he owes were
 * forgotten while he rests.
 */
static void resting_settles_no_debt(void **state)
{
	uint64_t back_ns = 0, end_ns;
	struct rig r;

	rig_init(&r, 2, 100);
	want(&r, 0);
	end_ns = r.now_ns + 1000 * MS;
	while (r.now_ns < end_ns) {
		if (r.now_ns >= back_ns)
			want(&r, 1);
		if (vgpu_sched_pick(&r.sched, r.now_ns) == &r.entity[1]) {
			r.busy_ns[1] += 2 * MS;
			r.now_ns += 2 * MS;
			back_ns = r.now_ns + MS;
			vgpu_sched_stop(&r.sched, false, r.now_ns);
		} else {
			r.busy_ns[0] += MS / 2;
			r.now_ns += MS / 2;
			vgpu_sched_stop(&r.sched, true, r.now_ns);
		}
	}
	assert_true(r.busy_ns[1] <= 500 * MS + 2 * MS);
	assert_true(r.busy_ns[1] > 380 * MS); /* 2 of 5 ms: on the ideal engine, 2 ms of work take 4, and then it rests for 1 */
}

/*
 * One that waits for the end of each request before it makes the next gets its share as well, against one that always has more and whose
 * turn it is each time that it is back: its requests are known to be short, and so are to be done before the other's turn is.
 */
static void requests_one_by_one_get_their_share(void **state)
{
	static const struct {
		uint64_t request_ns, think_ns, least_ns; /* of a second */
	} rows[] = { { 5 * MS, MS / 20, 485 * MS },
		     { 2 * MS, MS / 20, 470 * MS },
		     { MS, MS / 20, 460 * MS },
		     { 2 * MS, 4 * MS, 240 * MS } };

	for (uint32_t row = 0; row < VGPU_ARRAY_SIZE(rows); row++) {
		uint64_t back_ns = 0, end_ns;
		struct rig r;

		rig_init(&r, 2, 100);
		want(&r, 0);
		end_ns = r.now_ns + 1000 * MS;
		while (r.now_ns < end_ns) {
			uint64_t begin_ns = r.now_ns;
			const struct vgpu_sched_entity *e;

			if (r.now_ns >= back_ns)
				want(&r, 1);
			e = vgpu_sched_pick(&r.sched, r.now_ns);
			r.now_ns += e->id ? rows[row].request_ns : MS / 2;
			r.busy_ns[e->id] += r.now_ns - begin_ns;
			if (e->id)
				back_ns = r.now_ns + rows[row].think_ns;
			vgpu_sched_stop(&r.sched, !e->id, r.now_ns);
		}
		if (r.busy_ns[1] < rows[row].least_ns || r.busy_ns[1] > 510 * MS)
			fail_msg("row %u: %llu ms of a second", row, r.busy_ns[1] / MS);
	}
}

/* However long it rested, it starts where the others are, and takes nothing back. */
static void resting_earns_nothing(void **state)
{
	uint64_t before_ns;
	struct rig r;

	rig_init(&r, 2, 100);
	want(&r, 0);
	run(&r, 5000 * MS, MS);
	before_ns = r.busy_ns[0];
	want(&r, 1);
	run(&r, 100 * MS, MS);
	assert_true(distance(r.busy_ns[0] - before_ns, 50 * MS) <= limits.turn_max_ns + MS);
}

/* What one has no use for, the other has. */
static void nobody_waits_for_the_idle(void **state)
{
	struct rig r;

	rig_init(&r, 3, 100);
	set(&r, 1, 10000, 100, 0);
	set(&r, 2, 10000, 100, 50);
	want(&r, 0);
	for (uint32_t n = 0; n < 1000; n++)
		assert_int_equal(serve(&r, MS, true), 0);
	assert_int_equal(vgpu_sched_turn_ns(&r.sched), limits.turn_max_ns);
	assert_int_equal(counts(&r, 0).wait_ns, 0);
	assert_true(distance(counts(&r, 0).entitled_ns, 1000 * MS) < 1000);
}

/* An idle engine forgives: all that was asked for has been done. */
static void idle_engine_settles_debts(void **state)
{
	struct rig r;

	rig_init(&r, 2, 100);
	want(&r, 0);
	want(&r, 1);
	assert_int_equal(serve(&r, 500 * MS, false), 0);
	assert_int_equal(serve(&r, MS, false), 1);
	assert_int_equal(serve(&r, MS, false), MAX);
	assert_int_equal(r.sched.weight, 0);
	want(&r, 0);
	assert_int_equal(serve(&r, MS, true), 0);
}

static void caps_hold(void **state)
{
	static const struct {
		uint32_t cap_pct[2]; /* 0: it is not there */
		uint64_t batch_ns, want_pct[2];
	} rows[] = {
		{ { 30 }, MS, { 30 } },		 { { 30 }, 40 * MS, { 30 } },	      { { 1 }, MS, { 1 } },
		{ { 30, 100 }, MS, { 30, 70 } }, { { 70, 100 }, MS, { 50, 50 } },     { { 20, 30 }, MS, { 20, 30 } },
		{ { 99, 100 }, MS, { 50, 50 } }, { { 100, 10 }, 7 * MS, { 90, 10 } },
	};

	for (uint32_t row = 0; row < VGPU_ARRAY_SIZE(rows); row++) {
		unsigned long long begin_ns, all_ns;
		struct rig r;

		rig_init(&r, 2, 100);
		for (uint32_t i = 0; i < 2 && rows[row].cap_pct[i]; i++) {
			set(&r, i, 100, rows[row].cap_pct[i], 0);
			want(&r, i);
		}
		begin_ns = r.now_ns;
		run(&r, 20000 * MS, rows[row].batch_ns);
		all_ns = r.now_ns - begin_ns;
		for (uint32_t i = 0; i < 2; i++)
			if (distance(r.busy_ns[i], all_ns * rows[row].want_pct[i] / 100) > all_ns / 200)
				fail_msg("row %u: entity %u got %llu of %llu ms", row, i, r.busy_ns[i] / MS, all_ns / MS);
	}
}

/* A cap that is lifted, or raised, lets go on at once who waited for it. */
static void caps_change_at_once(void **state)
{
	struct rig r;

	rig_init(&r, 1, 100);
	set(&r, 0, 100, 10, 0);
	want(&r, 0);
	assert_int_equal(serve(&r, 100 * MS, true), 0);
	assert_int_equal(serve(&r, MS, true), MAX);
	assert_true(vgpu_sched_release_ns(&r.sched) > r.now_ns + 800 * MS);
	set(&r, 0, 100, 50, 0);
	assert_true(vgpu_sched_release_ns(&r.sched) < r.now_ns + 200 * MS);
	assert_int_equal(serve(&r, MS, true), MAX);
	r.now_ns += 20 * MS;
	assert_int_equal(counts(&r, 0).capped_ns, 20 * MS);
	set(&r, 0, 100, 100, 0);
	assert_int_equal(vgpu_sched_release_ns(&r.sched), r.now_ns);
	vgpu_sched_advance(&r.sched, r.now_ns);
	assert_int_equal(vgpu_sched_release_ns(&r.sched), VGPU_SCHED_NEVER);
	assert_int_equal(serve(&r, MS, true), 0);
	assert_int_equal(counts(&r, 0).capped_ns, 20 * MS);
}

/* A new weight holds for what comes, not for what was: nobody pays for his old one. */
static void weights_change_at_once(void **state)
{
	uint64_t before_ns[2];
	struct rig r;

	rig_init(&r, 2, 100);
	want(&r, 0);
	want(&r, 1);
	run(&r, 1000 * MS, MS);
	set(&r, 1, 900, 100, 0);
	before_ns[0] = r.busy_ns[0];
	before_ns[1] = r.busy_ns[1];
	run(&r, 1000 * MS, MS);
	assert_true(distance(r.busy_ns[0] - before_ns[0], 100 * MS) <= 2 * limits.turn_max_ns);
	assert_true(distance(r.busy_ns[1] - before_ns[1], 900 * MS) <= 2 * limits.turn_max_ns);
}

/* Among eight that are busy, one that draws a frame now and then has it begun after what is served, not after a round of them. */
static void latency_is_kept(void **state)
{
	static const struct {
		uint32_t latency_us;
		uint64_t most_ns;
	} rows[] = { { 2000, 2 * MS }, { 0, 24 * MS } };
	uint64_t worst_ns[2] = { 0 };

	for (uint32_t row = 0; row < VGPU_ARRAY_SIZE(rows); row++) {
		uint64_t next_ns, asked_ns = 0;
		struct rig r;

		rig_init(&r, 9, 100);
		set(&r, 8, 100, 100, rows[row].latency_us);
		for (uint32_t i = 0; i < 8; i++)
			want(&r, i);
		next_ns = r.now_ns;
		for (uint32_t n = 0; n < 5000; n++) {
			struct vgpu_sched_entity *e;

			if (r.now_ns >= next_ns && !r.entity[8].wants) {
				asked_ns = r.now_ns;
				want(&r, 8);
			}
			e = vgpu_sched_pick(&r.sched, r.now_ns);
			if (e->id == 8) {
				if (r.now_ns - asked_ns > worst_ns[row])
					worst_ns[row] = r.now_ns - asked_ns;
				next_ns = r.now_ns + 20 * MS;
			}
			r.now_ns += MS;
			vgpu_sched_stop(&r.sched, e->id != 8, r.now_ns);
		}
		assert_true(worst_ns[row] <= rows[row].most_ns);
	}
	assert_true(worst_ns[0] < worst_ns[1]);
}

/*
 * By how much the first one falls behind what its weight is worth at most, in any time after @skip_ns. All @count are busy; it is served
 * for @mine_ns at once, the others for @others_ns.
 */
static uint64_t worst_lag_ns(struct rig *r, uint32_t count, uint64_t mine_ns, uint64_t others_ns, uint64_t skip_ns,
			     uint64_t for_ns)
{
	uint64_t begin_ns = r->now_ns, weights = 0;
	int64_t least = 0, worst = 0;

	for (uint32_t i = 0; i < count; i++) {
		weights += r->entity[i].share.weight;
		want(r, i);
	}
	while (r->now_ns < begin_ns + for_ns) {
		const struct vgpu_sched_entity *e = vgpu_sched_pick(&r->sched, r->now_ns);
		uint64_t ns = e->id ? others_ns : mine_ns;
		int64_t lag;

		r->now_ns += ns;
		r->busy_ns[e->id] += ns;
		vgpu_sched_stop(&r->sched, true, r->now_ns);
		lag = (int64_t)((r->now_ns - begin_ns) * r->entity[0].share.weight / weights) - (int64_t)r->busy_ns[0];
		if (r->now_ns < begin_ns + skip_ns || lag < least)
			least = lag;
		if (lag - least > worst)
			worst = lag - least;
	}
	return (uint64_t)worst;
}

/* What others wish for is not taken from one who has no wish: with 1 us, of which nobody's share is worth a turn, nobody is first. */
static void wishes_cost_no_share(void **state)
{
	struct rig r;

	rig_init(&r, MAX, 1);
	set(&r, 0, 10000, 100, 0);
	for (uint32_t i = 1; i < MAX; i++)
		set(&r, i, 1, 100, 1);
	assert_true(worst_lag_ns(&r, MAX, MS, 20 * MS, 0, 2000 * MS) <= limits.turn_max_ns + 20 * MS);
}

/* What all others' pieces overrun their turns by falls behind by no more than one of them does, once that is known of them. */
static void overruns_do_not_add_up(void **state)
{
	struct rig r;

	rig_init(&r, MAX, 100);
	set(&r, 0, 2500, 100, 0);
	assert_true(worst_lag_ns(&r, MAX, 16 * MS, 200 * MS, 20000 * MS, 150000 * MS) <= 2 * (limits.turn_max_ns + 200 * MS));
}

/* A capped one that had to wait for others for long does not have all that at once. */
static void waits_save_no_cap(void **state)
{
	uint64_t begin_ns;
	struct rig r;

	rig_init(&r, 2, 1);
	set(&r, 0, 10000, 100, 0);
	set(&r, 1, 1, 10, 0);
	want(&r, 0);
	want(&r, 1);
	for (uint32_t n = 0; n < 4000; n++) {
		const struct vgpu_sched_entity *e = vgpu_sched_pick(&r.sched, r.now_ns);

		r.now_ns += 6 * MS;
		vgpu_sched_stop(&r.sched, n < 3999 || e->id, r.now_ns);
	}
	assert_ptr_equal(vgpu_sched_pick(&r.sched, r.now_ns), &r.entity[1]);
	begin_ns = r.now_ns;
	while (vgpu_sched_goes_on(&r.sched, MS, r.now_ns)) {
		r.now_ns += MS;
		vgpu_sched_advance(&r.sched, r.now_ns);
	}
	assert_true(r.now_ns - begin_ns <= limits.round_ns);
}

static void turns_adapt(void **state)
{
	static const struct {
		uint32_t runnable;
		uint64_t turn_ns;
	} rows[] = { { 0, 6 * MS }, { 1, 6 * MS },  { 2, 6 * MS },	 { 4, 6 * MS },
		     { 8, 3 * MS }, { 12, 2 * MS }, { 16, 24 * MS / 16 } };

	for (uint32_t row = 0; row < VGPU_ARRAY_SIZE(rows); row++) {
		uint32_t who;
		struct rig r;

		rig_init(&r, MAX, 100);
		for (uint32_t i = 0; i < rows[row].runnable; i++)
			want(&r, i);
		assert_int_equal(vgpu_sched_turn_ns(&r.sched), rows[row].turn_ns);
		if (rows[row].runnable < 2)
			continue;
		/* The turn is served by one, then it is another's. */
		who = serve(&r, MS / 2, true);
		for (uint64_t used_ns = MS / 2; used_ns < rows[row].turn_ns; used_ns += MS / 2)
			assert_int_equal(serve(&r, MS / 2, true), who);
		assert_int_not_equal(serve(&r, MS / 2, true), who);
	}
}

/* Whether more may follow what is served: until the turn ends, or the cap would be exceeded by what is expected. */
static void goes_on_for_a_turn(void **state)
{
	struct rig r;

	rig_init(&r, 2, 100);
	assert_false(vgpu_sched_goes_on(&r.sched, 0, r.now_ns));
	want(&r, 0);
	assert_ptr_equal(vgpu_sched_pick(&r.sched, r.now_ns), &r.entity[0]);
	assert_true(vgpu_sched_goes_on(&r.sched, 5 * MS, r.now_ns));
	assert_false(vgpu_sched_goes_on(&r.sched, 6 * MS, r.now_ns));
	r.now_ns += 20 * MS;
	vgpu_sched_advance(&r.sched, r.now_ns);
	assert_true(vgpu_sched_goes_on(&r.sched, 5 * MS, r.now_ns));
	want(&r, 1);
	assert_false(vgpu_sched_goes_on(&r.sched, 0, r.now_ns));

	rig_init(&r, 1, 100);
	set(&r, 0, 100, 50, 0);
	want(&r, 0);
	assert_ptr_equal(vgpu_sched_pick(&r.sched, r.now_ns), &r.entity[0]);
	assert_true(vgpu_sched_goes_on(&r.sched, 3 * MS, r.now_ns));
	assert_false(vgpu_sched_goes_on(&r.sched, 4 * MS, r.now_ns));
}

static void waits_are_counted(void **state)
{
	static const struct {
		uint64_t wait_ns;
		uint32_t class;
	} rows[] = { { 0, 0 },	     { 100000, 0 },    { 100001, 1 },	     { MS, 2 },
		     { 29 * MS, 5 }, { 1000 * MS, 8 }, { 1000 * MS + 1, 9 }, { ~0ull >> 2, 9 } };

	for (uint32_t row = 0; row < VGPU_ARRAY_SIZE(rows); row++) {
		struct vgpu_sched_counts c;
		struct rig r;

		rig_init(&r, 2, 100);
		want(&r, 0);
		assert_ptr_equal(vgpu_sched_pick(&r.sched, r.now_ns), &r.entity[0]);
		want(&r, 1);
		r.now_ns += rows[row].wait_ns;
		vgpu_sched_stop(&r.sched, false, r.now_ns);
		assert_int_equal(vgpu_sched_waiting_since_ns(&r.sched), 1000 * MS);
		assert_int_equal(counts(&r, 1).wait_ns, rows[row].wait_ns);
		assert_int_equal(serve(&r, MS, false), 1);
		c = counts(&r, 1);
		assert_int_equal(c.wait_ns, rows[row].wait_ns);
		for (uint32_t i = 0; i < VGPU_WAIT_CLASSES; i++)
			assert_int_equal(c.waits[i], i == rows[row].class);
	}
}

/* --- inner order ------------------------------------------------------------------------------------------------------------- */

/* Everything that can be told from the entities alone, told the slow way. */
static void check(const struct rig *r, uint32_t count)
{
	const struct vgpu_sched *s = &r->sched;
	uint64_t weight = 0;
	uint32_t waiting = 0, in[VGPU_SCHED_HEAPS] = { 0 };

	for (uint32_t i = 0; i < count; i++) {
		const struct vgpu_sched_entity *e = &r->entity[i];

		if (e->place < VGPU_SCHED_HEAPS) {
			in[e->place]++;
			assert_ptr_equal(s->heap[e->place].slot[e->at], e);
			if (e->at)
				assert_true((int64_t)(e->key - s->heap[e->place].slot[(e->at - 1) / 2]->key) >= 0);
		}
		if (e->place != VGPU_SCHED_OUT && e->place != VGPU_SCHED_CAPPED)
			weight += e->share.weight;
		if (e->place == VGPU_SCHED_READY || e->place == VGPU_SCHED_LATER)
			waiting += e->wants;
		assert_int_equal(e->place == VGPU_SCHED_READY && (int64_t)(e->start - s->vtime) > 0, 0);
		assert_int_equal(e->place == VGPU_SCHED_LATER && (int64_t)(e->start - s->vtime) <= 0, 0);
		assert_int_equal(e->place == VGPU_SCHED_OUT && e->wants, 0);
		assert_int_equal(e->place == VGPU_SCHED_SERVED, s->served == e);
	}
	assert_int_equal(s->weight, weight);
	assert_int_equal(s->waiting, waiting);
	for (uint32_t h = 0; h < VGPU_SCHED_HEAPS; h++)
		assert_int_equal(s->heap[h].count, in[h]);
}

static uint32_t below(uint32_t n)
{
	return (uint32_t)random() % n;
}

static void random_calls_keep_order(void **state)
{
	struct rig r;

	srandom(1);
	rig_init(&r, MAX, 100);
	for (uint32_t n = 0; n < 200000; n++) {
		uint32_t i = below(MAX);
		uint64_t vtime = r.sched.vtime;

		r.now_ns += below(2) ? below(4 * MS) : 0;
		switch (below(8)) {
		case 0:
		case 1:
			want(&r, i);
			break;
		case 2:
			vgpu_sched_unwant(&r.sched, &r.entity[i], r.now_ns);
			break;
		case 3:
			set(&r, i, 1 + below(below(2) ? 10000 : 10), below(2) ? 100 : 1 + below(100),
			    below(2) ? 0 : below(20000));
			break;
		case 4:
			if (!below(20))
				vgpu_sched_remove(&r.sched, &r.entity[i], r.now_ns);
			break;
		case 5:
			vgpu_sched_advance(&r.sched, r.now_ns);
			break;
		default:
			if (r.sched.served)
				vgpu_sched_stop(&r.sched, below(4), r.now_ns);
			else
				vgpu_sched_pick(&r.sched, r.now_ns);
			break;
		}
		assert_true((int64_t)(r.sched.vtime - vtime) >= 0);
		check(&r, MAX);
	}
}

/* An entity that is gone is nowhere, wherever it was. */
static void removed_from_everywhere(void **state)
{
	for (uint32_t where = 0; where < 5; where++) {
		struct rig r;

		rig_init(&r, 3, 100);
		set(&r, 0, 100, where == 3 ? 10 : 100, 0);
		if (where != 4)
			want(&r, 0);
		want(&r, 1);
		if (where == 1) {
			assert_ptr_equal(vgpu_sched_pick(&r.sched, r.now_ns), &r.entity[0]);
			r.now_ns += MS;
		}
		if (where == 2 || where == 3)
			assert_int_equal(serve(&r, 20 * MS, where == 3), 0);
		vgpu_sched_remove(&r.sched, &r.entity[0], r.now_ns);
		assert_int_equal(r.entity[0].place, VGPU_SCHED_OUT);
		assert_true(r.sched.holder != &r.entity[0] && r.sched.served != &r.entity[0]);
		check(&r, 3);
		assert_int_equal(serve(&r, MS, true), 1);
		assert_int_equal(serve(&r, MS, true), 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shares_follow_weights),
		cmocka_unit_test(resting_settles_no_debt),
		cmocka_unit_test(requests_one_by_one_get_their_share),
		cmocka_unit_test(resting_earns_nothing),
		cmocka_unit_test(nobody_waits_for_the_idle),
		cmocka_unit_test(idle_engine_settles_debts),
		cmocka_unit_test(caps_hold),
		cmocka_unit_test(caps_change_at_once),
		cmocka_unit_test(weights_change_at_once),
		cmocka_unit_test(latency_is_kept),
		cmocka_unit_test(turns_adapt),
		cmocka_unit_test(goes_on_for_a_turn),
		cmocka_unit_test(waits_are_counted),
		cmocka_unit_test(random_calls_keep_order),
		cmocka_unit_test(removed_from_everywhere),
		cmocka_unit_test(wishes_cost_no_share),
		cmocka_unit_test(overruns_do_not_add_up),
		cmocka_unit_test(waits_save_no_cap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
