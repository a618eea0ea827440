/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Who runs next on an engine, and for how long; see sched.c. It knows nothing of GPUs, so that a simulation can prove it with thousands
 * of vGPUs: to it, an engine is something that serves one entity at a time, and an entity one vGPU's work for that engine.
 */
#ifndef VGPU_SCHED_H
#define VGPU_SCHED_H

#include "os.h"
#include "stats.h"

#define VGPU_SCHED_NEVER (~0ull)

/**
 * struct vgpu_sched_limits - how long turns are
 * @turn_min_ns, @turn_max_ns: no turn is meant to be shorter or longer
 * @round_ns: in between, as long as lets everybody who has work have one in that time
 */
struct vgpu_sched_limits {
	u64 turn_min_ns, turn_max_ns, round_ns;
};

/**
 * struct vgpu_share - what an entity is to get
 * @weight: 1 to 10,000, in proportion to the others' who have work
 * @cap_pct: never more than that of the engine's time, 1 to 100; 100 for no cap
 * @latency_us: how soon after it has work again it wants to be served, 0 for no wish
 */
struct vgpu_share {
	u32 weight, cap_pct, latency_us;
};

/* Where an entity is. Only those in READY, LATER and SERVED count for virtual time. */
enum vgpu_sched_place {
	VGPU_SCHED_READY, /* waits, and is due */
	VGPU_SCHED_LATER, /* has had more than its share, and perhaps no work: it is due when virtual time has reached its clock */
	VGPU_SCHED_CAPPED, /* waits, and has had what its cap allows */
	VGPU_SCHED_HEAPS,
	VGPU_SCHED_SERVED = VGPU_SCHED_HEAPS,
	VGPU_SCHED_OUT, /* has no work */
};

/**
 * struct vgpu_sched_entity - one vGPU's work for one engine; private to sched.c, but for @owner, and @wants to read
 * @owner: the vGPU
 * @share: as set
 * @id: makes the choice among equals the same every time
 * @place: see there; @at: its index in that place's heap; @key: what that is ordered by: the deadline, the
 *	clock, or when the cap lets it go on
 * @wants: it has work, or is served
 * @start: its clock, in virtual time; @rest: the remainder of its last division, for the next one
 * @from: virtual time since which its entitlement is not in @counts yet
 * @paid_ns: when, by its cap, it will have been entitled to what it has had
 * @since_ns: it waits since then
 * @asked_ns: it has work since then, and was not served
 * @stint_ns: for how long it keeps the engine from others lately, when it has it; 0 while that is not known
 */
struct vgpu_sched_entity {
	void *owner;
	struct vgpu_share share;
	u32 id;
	enum vgpu_sched_place place;
	u32 at;
	u64 key;
	bool wants;
	u64 start, from;
	u32 rest;
	u64 paid_ns, since_ns, asked_ns;
	u64 stint_ns;
	struct vgpu_sched_counts counts;
};

/** struct vgpu_sched_heap - entities, the one with the least key first */
struct vgpu_sched_heap {
	struct vgpu_sched_entity **slot;
	u32 count;
};

/**
 * struct vgpu_sched - of one engine; private to sched.c
 * @limits: shared by engines
 * @heap: by enum vgpu_sched_place
 * @weight: the sum of those that count
 * @vtime: virtual time; @rest: the remainder of its last division, for the next one
 * @waiting: entities that have work and may be served, without the one that is
 * @served: the entity that is served now, NULL when idle
 * @holder: whose turn it is or was last
 * @mark_ns: what was served until then is accounted for
 * @deadline: of @holder, when its turn began
 * @turn_ns: what @holder has used of its turn; @contested_ns: that part of it in which others waited
 */
struct vgpu_sched {
	const struct vgpu_sched_limits *limits;
	struct vgpu_sched_heap heap[VGPU_SCHED_HEAPS];
	u64 weight, vtime, rest;
	u32 waiting;
	struct vgpu_sched_entity *served, *holder;
	u64 deadline, mark_ns, turn_ns, contested_ns;
};

void vgpu_sched_init(struct vgpu_sched *s, const struct vgpu_sched_limits *limits, struct vgpu_sched_entity **slots, u32 max);
void vgpu_sched_entity_init(struct vgpu_sched_entity *e, void *owner, u32 id, const struct vgpu_share *share);
void vgpu_sched_remove(struct vgpu_sched *s, struct vgpu_sched_entity *e, u64 now_ns);
void vgpu_sched_set(struct vgpu_sched *s, struct vgpu_sched_entity *e, const struct vgpu_share *share, u64 now_ns);

void vgpu_sched_want(struct vgpu_sched *s, struct vgpu_sched_entity *e, u64 now_ns);
void vgpu_sched_unwant(struct vgpu_sched *s, struct vgpu_sched_entity *e, u64 now_ns);
struct vgpu_sched_entity *vgpu_sched_pick(struct vgpu_sched *s, u64 now_ns);
void vgpu_sched_advance(struct vgpu_sched *s, u64 now_ns);
bool vgpu_sched_goes_on(const struct vgpu_sched *s, u64 expected_ns, u64 now_ns);
void vgpu_sched_stop(struct vgpu_sched *s, bool wants, u64 now_ns);

u32 vgpu_sched_runnable(const struct vgpu_sched *s);
u64 vgpu_sched_turn_among(const struct vgpu_sched_limits *l, u32 runnable);
u64 vgpu_sched_turn_ns(const struct vgpu_sched *s);
u64 vgpu_sched_release_ns(const struct vgpu_sched *s);
u64 vgpu_sched_waiting_since_ns(const struct vgpu_sched *s);
void vgpu_sched_get_counts(struct vgpu_sched *s, const struct vgpu_sched_entity *e, u64 now_ns,
			   struct vgpu_sched_counts *ret_counts);

#endif
