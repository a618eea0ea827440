/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What vGPUs want from an engine, made beforehand, so that each scheduler is given the same; see load.c.
 */
#ifndef TESTS_BENCH_SCHED_LOAD_H
#define TESTS_BENCH_SCHED_LOAD_H

#include "kmod/core/sched.h"

#define MS 1000000ull
#define SECOND (1000 * MS)
#define LOAD_NS (12 * SECOND) /* how long a load is */
#define LOAD_FOREVER (~0ull)

/**
 * struct load_vgpu - one vGPU
 * @share: at the beginning
 * @busy_min_ns, @busy_max_ns: of one of its batches
 * @always: it has work all the time; else what struct load_arrival says
 * @think_ns: or, if that is not 0, one batch, and the next one so long after that has ended
 */
struct load_vgpu {
	struct vgpu_share share;
	u64 busy_min_ns, busy_max_ns;
	bool always;
	u64 think_ns;
};

/** struct load_arrival - at @at_ns, @vgpu gets work for @busy_ns, in batches of its size */
struct load_arrival {
	u64 at_ns, busy_ns;
	u32 vgpu;
};

/** struct load_change - at @at_ns, @vgpu's weight is changed */
struct load_change {
	u64 at_ns;
	u32 vgpu, weight;
};

struct load {
	const char *name;
	u32 vgpus;
	bool thinks; /* some of them do */
	struct load_vgpu *vgpu;
	u32 arrivals, changes;
	struct load_arrival *arrival; /* in the order of time */
	struct load_change *change;
};

/** struct load_kind - a load that can be made for any number of vGPUs */
struct load_kind {
	const char *name, *what;
	void (*make)(struct load *load);
	bool apart; /* beyond what any scheduler can do that does not interrupt: not in the sum */
	bool small; /* for few vGPUs only */
};

extern const struct load_kind load_kinds[];
extern const u32 load_kinds_count;

struct load *load_create(const struct load_kind *kind, u32 vgpus);
void load_destroy(struct load *load);
u64 load_batch_ns(const struct load *load, u32 vgpu, u32 number);

#endif
