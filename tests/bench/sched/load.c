// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The loads. All but two are open: when work comes does not depend on when earlier work is done, so that it is the same for every
 * scheduler. All randomness is a function of what it is for.
 */
#include <stdlib.h>

#include "tests/bench/sched/load.h"

static u64 mix(u64 x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9ull;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

/* From @min to @max, by two numbers. */
static u64 between(u64 min, u64 max, u32 a, u32 b)
{
	return min + mix(((u64)a << 32 | b) + 0x9e3779b97f4a7c15ull) % (max - min + 1);
}

/**
 * load_batch_ns() - how long a vGPU's batch takes
 * @number: its first is 0
 */
u64 load_batch_ns(const struct load *load, u32 vgpu, u32 number)
{
	const struct load_vgpu *v = &load->vgpu[vgpu];

	return between(v->busy_min_ns, v->busy_max_ns, vgpu, number);
}

static void *grow(void *array, u32 count, size_t size)
{
	/* By powers of two. */
	if (count & (count - 1))
		return array;
	array = realloc(array, (count ? 2 * (size_t)count : 1) * size);
	if (!array)
		abort();
	return array;
}

static void arrive(struct load *load, u64 at_ns, u32 vgpu, u64 busy_ns)
{
	load->arrival = grow(load->arrival, load->arrivals, sizeof(*load->arrival));
	load->arrival[load->arrivals++] = (struct load_arrival) { .at_ns = at_ns, .vgpu = vgpu, .busy_ns = busy_ns };
}

static void change(struct load *load, u64 at_ns, u32 vgpu, u32 weight)
{
	load->change = grow(load->change, load->changes, sizeof(*load->change));
	load->change[load->changes++] = (struct load_change) { .at_ns = at_ns, .vgpu = vgpu, .weight = weight };
}

static void set(struct load *load, u32 vgpu, u32 weight, u64 busy_min_ns, u64 busy_max_ns, bool always)
{
	load->vgpu[vgpu] = (struct load_vgpu) {
		.share = { .weight = weight, .cap_pct = 100 },
		.busy_min_ns = busy_min_ns,
		.busy_max_ns = busy_max_ns,
		.always = always,
	};
}

/* Work of @busy_ns every @period_ns or so, from somewhere in the first one on. */
static void frames(struct load *load, u32 vgpu, u64 period_ns, u64 busy_ns)
{
	u64 at_ns = between(0, period_ns, vgpu, 1u << 31);

	for (u32 n = 0; at_ns < LOAD_NS; n++) {
		arrive(load, at_ns, vgpu, busy_ns);
		at_ns += between(period_ns * 19 / 20, period_ns * 21 / 20, vgpu, 1u << 30 | n);
	}
}

static const u32 weights[] = { 100, 200, 400, 100, 800, 100 };

static void make_steady(struct load *load)
{
	for (u32 i = 0; i < load->vgpus; i++)
		set(load, i, weights[i % VGPU_ARRAY_SIZE(weights)], MS, 3 * MS, true);
}

/* Half of them work all the time, the others for a while now and then, for two thirds of the engine in all. */
static void make_bursty(struct load *load)
{
	u32 bursty = load->vgpus / 2;

	for (u32 i = 0; i < load->vgpus; i++)
		set(load, i, weights[i % VGPU_ARRAY_SIZE(weights)], MS / 2, 2 * MS, i % 2 == 0);
	for (u32 i = 1; i < load->vgpus; i += 2)
		frames(load, i, 150 * MS * (bursty < 8 ? 1 : bursty / 8), 100 * MS / (bursty < 8 ? bursty : 8));
}

/* One of four works all the time; the others draw 60 frames a second, for 60 % of the engine in all, and want them soon. */
static void make_interactive(struct load *load)
{
	u64 frame_ns = 16667000ull * 6 / 10 / (load->vgpus - (load->vgpus + 3) / 4);
	u64 period_ns = 16667000ull;

	/* A frame is no shorter than 2 ms: then there are fewer. */
	if (frame_ns < 2 * MS) {
		period_ns = period_ns * (2 * MS) / frame_ns;
		frame_ns = 2 * MS;
	}
	for (u32 i = 0; i < load->vgpus; i++) {
		set(load, i, 100, i % 4 ? frame_ns : MS, i % 4 ? frame_ns : 3 * MS, i % 4 == 0);
		if (i % 4 == 0)
			continue;
		load->vgpu[i].share.latency_us = 8000;
		frames(load, i, period_ns, frame_ns);
	}
}

/* All but one compute in long batches; he draws frames for a tenth of the engine, if his share is as much. */
static void make_batch_heavy(struct load *load)
{
	set(load, 0, 100, MS, MS, false);
	frames(load, 0, 16667000ull, 16667000ull / (load->vgpus < 10 ? 10 : load->vgpus));
	load->vgpu[0].busy_min_ns = load->arrival[0].busy_ns < MS ? load->arrival[0].busy_ns : MS;
	load->vgpu[0].busy_max_ns = load->vgpu[0].busy_min_ns;
	for (u32 i = 1; i < load->vgpus; i++)
		set(load, i, weights[i % VGPU_ARRAY_SIZE(weights)], 8 * MS, 12 * MS, true);
}

/* Every other one's batches are each several turns long; the others' are short. */
static void make_overrun(struct load *load)
{
	for (u32 i = 0; i < load->vgpus; i++)
		set(load, i, 100, i % 2 ? 18 * MS : MS / 2, i % 2 ? 22 * MS : MS, true);
}

/* Every other one rests, comes back with much at once, and wants twice its share: just after credits are reset, if there are any. */
static void make_gaming(struct load *load)
{
	u64 share_ns = 250 * MS / load->vgpus;

	for (u32 i = 0; i < load->vgpus; i++)
		set(load, i, 100, i % 2 ? 9 * MS : MS / 2, i % 2 ? 11 * MS : 2 * MS, i % 2 == 0);
	for (u64 at_ns = MS; at_ns < LOAD_NS; at_ns += 250 * MS)
		for (u32 i = 1; i < load->vgpus; i += 2)
			arrive(load, at_ns, i, 2 * share_ns);
}

/* The same by the millisecond: work for 5 ms, a moment after each period of a scheduler's tick. */
static void make_waking(struct load *load)
{
	u64 period_ns = (load->vgpus < 4 ? 2 : load->vgpus / 2) * 4 * MS;

	for (u32 i = 0; i < load->vgpus; i++)
		set(load, i, 100, i % 2 ? 5 * MS : MS / 2, i % 2 ? 5 * MS : 2 * MS, i % 2 == 0);
	for (u64 at_ns = MS + 10000; at_ns < LOAD_NS; at_ns += period_ns)
		for (u32 i = 1; i < load->vgpus; i += 2)
			arrive(load, at_ns, i, 5 * MS);
}

/* Steady, but who is worth what changes every 700 ms. */
static void make_weights(struct load *load)
{
	make_steady(load);
	for (u64 at_ns = 700 * MS; at_ns < LOAD_NS; at_ns += 700 * MS)
		for (u32 i = 0; i < load->vgpus; i++)
			change(load, at_ns, i, (u32)between(1, 10, i, (u32)(at_ns / MS)) * 100);
}

/* All are busy, one of three may have at most a part of what its weight would give it. */
static void make_caps(struct load *load)
{
	make_steady(load);
	for (u32 i = 1; i < load->vgpus; i += 3)
		load->vgpu[i].share.cap_pct = load->vgpus < 50 ? 50 / load->vgpus + 1 : 1;
}

/* A single batch is a fifth of a second. */
static void make_endless(struct load *load)
{
	for (u32 i = 0; i < load->vgpus; i++)
		set(load, i, 100, i % 2 ? 200 * MS : MS / 2, i % 2 ? 200 * MS : MS, true);
}

/* Every other one waits for the end of each request of 2 ms before it makes the next. */
static void make_waiting(struct load *load)
{
	for (u32 i = 0; i < load->vgpus; i++) {
		set(load, i, 100, i % 2 ? 2 * MS : MS, i % 2 ? 2 * MS : 3 * MS, i % 2 == 0);
		load->vgpu[i].think_ns = i % 2 ? MS / 20 : 0;
	}
}

/* And has said that it wants to be served soon. */
static void make_wishing(struct load *load)
{
	make_waiting(load);
	for (u32 i = 1; i < load->vgpus; i += 2)
		load->vgpu[i].share.latency_us = 2000;
}

/* One of all has work. */
static void make_idle(struct load *load)
{
	for (u32 i = 0; i < load->vgpus; i++)
		set(load, i, 100, MS, 3 * MS, i == 0);
}

#define KIND(_name, _what, _make, ...)                                     \
	{                                                                  \
		.name = _name, .what = _what, .make = _make, ##__VA_ARGS__ \
	}

const struct load_kind load_kinds[] = {
	KIND("steady", "all are busy, weights 1 to 8", make_steady),
	KIND("idle", "all but one are idle", make_idle),
	KIND("bursty", "half are busy, half now and then", make_bursty),
	KIND("interactive", "one of four is busy, the others draw frames", make_interactive),
	KIND("batch-heavy", "batches of 8 to 12 ms, beside one that draws frames", make_batch_heavy),
	KIND("overrun", "half have batches of 18 to 22 ms, half of 0.5 to 1 ms", make_overrun),
	KIND("gaming", "half rest, then want twice their share at once", make_gaming),
	KIND("waking", "half wake for 5 ms just after a tick", make_waking),
	KIND("weights", "all are busy, all weights change every 700 ms", make_weights),
	KIND("caps", "all are busy, one of three is capped", make_caps),
	KIND("long batches", "half have batches of 200 ms", make_endless, .apart = true),
	KIND("waiting", "half wait for each of their requests of 2 ms", make_waiting, .apart = true, .small = true),
	KIND("wishing", "the same, and wish to be served within 2 ms", make_wishing, .apart = true, .small = true),
};
const u32 load_kinds_count = VGPU_ARRAY_SIZE(load_kinds);

static int by_time(const void *a, const void *b)
{
	const struct load_arrival *x = a, *y = b;

	if (x->at_ns != y->at_ns)
		return x->at_ns < y->at_ns ? -1 : 1;
	return x->vgpu < y->vgpu ? -1 : x->vgpu > y->vgpu;
}

/**
 * load_create() - make a load of a kind
 * @vgpus: at least 2
 */
struct load *load_create(const struct load_kind *kind, u32 vgpus)
{
	struct load *load = calloc(1, sizeof(*load));

	if (!load)
		abort();
	load->name = kind->name;
	load->vgpus = vgpus;
	load->vgpu = calloc(vgpus, sizeof(*load->vgpu));
	if (!load->vgpu)
		abort();
	kind->make(load);
	for (u32 i = 0; i < vgpus; i++)
		load->thinks |= load->vgpu[i].think_ns != 0;
	qsort(load->arrival, load->arrivals, sizeof(*load->arrival), by_time);
	return load;
}

/** load_destroy() - and free it */
void load_destroy(struct load *load)
{
	free(load->vgpu);
	free(load->arrival);
	free(load->change);
	free(load);
}
