// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Who runs next on an engine, and for how long: weighted fair sharing of measured engine time.
 *
 * Virtual time passes at 1/W of the engine's busy time, where W is the sum of the weights that count. An entity's own clock, @start,
 * passes at 1/weight of what it is served. If the engine could serve all at once, each at weight/W of its speed, the two
 * would always agree. It cannot, so one is served ahead of the other, and what follows bounds by how much:
 *
 *  - Only an entity whose clock is not ahead of virtual time is due. Of those that are due, the one with the earliest deadline is next:
 *    its clock when it has had what it is expected to take at once, so that this comes round once in W/weight of its length. (That is
 *    earliest eligible virtual deadline first; Stoica and Abdel-Wahab, 1995.) Then it has the engine for a turn, since to change hands
 *    takes time that nobody gets; unless one becomes due whose deadline is earlier, as is that of one which waits for the end of each
 *    of its short requests. A wish for latency shortens the turn to what the weight allows in that time, and brings the deadline
 *    forward for one that is known to keep the engine for not much longer.
 *  - One that has no work counts until virtual time has reached its clock: whatever takes more than its share and then rests to be
 *    forgiven is not, and takes nothing from the others either when it is back in time. Then it is out, and costs nothing.
 *  - One that comes back starts at virtual time: resting earns nothing. One that leaves with time still due leaves that to the others.
 *  - The engine never idles while anybody waits who is below its cap: if nobody is due, virtual time goes forward to where somebody is.
 *    When nobody waits, all debts are settled, as they would be on the ideal engine, which has done the same work by then.
 *  - What is served is never interrupted. Its time is measured, not guessed, and all of it is charged.
 *  - A cap is a debt in real time: an entity waits until what it has had is no more than the cap allows since it began.
 *    It does not count meanwhile, so that the others share what it leaves.
 *
 * What that guarantees. Let q be the longest time that an entity keeps the engine at once: its turn and what it overruns it by.
 *
 *  - Share: while it has work and no cap in its way, an entity is never ahead of the ideal engine by more than its own q, as long as all
 *    stay busy, and so never behind by more than the sum of the others' q. That sum is for those who overrun their turns for the first
 *    time: what they take is expected of them then, and it is one or two of the largest q. Others that come and go add as much again.
 *  - Wait: at most (its own last q + its longest q lately) * W / weight + the sum of everybody's q. For virtual time needs q * W / weight
 *    to reach its clock. Then, until it is served, only such are as have earlier deadlines. Each of them begins its last turn before that
 *    deadline D by its own clock, so that all of them together are served no more than brings all clocks to D, which is
 *    W * (D - virtual time), and their last turns, a q each. Each wish for latency that is more than a share allows in turns of
 *    turn_min_ns can add such a turn for as often as it comes round.
 *  - Cap: over any time T no more than cap * (T + turn_max_ns + round_ns) + q.
 *
 * A decision costs a few steps in heaps, and each entity moves a bounded number of times for each time that it is served, so all
 * of it is O(log n). Engines are scheduled on their own. Lock: the GPU's.
 */
#include "sched.h"
#include "sched_heap.h"

/* Virtual nanoseconds in a nanosecond, at weight 1. Virtual times wrap, so that only their differences mean something. */
#define ONE 1024u

#define NS_PER_US 1000u

static bool before(u64 a, u64 b)
{
	return (s64)(a - b) < 0;
}

static u64 elapsed(u64 since_ns, u64 now_ns)
{
	return now_ns > since_ns ? now_ns - since_ns : 0;
}

static bool waits(const struct vgpu_sched_entity *e)
{
	return e->wants && (e->place == VGPU_SCHED_READY || e->place == VGPU_SCHED_LATER);
}

static bool in_heap(const struct vgpu_sched_entity *e)
{
	return e->place < VGPU_SCHED_HEAPS;
}

/* Whether it counts for virtual time. */
static bool matters(const struct vgpu_sched_entity *e)
{
	return e->place != VGPU_SCHED_OUT && e->place != VGPU_SCHED_CAPPED;
}

static bool is_capped(const struct vgpu_sched_entity *e, u64 now_ns)
{
	return e->share.cap_pct < 100 && before(now_ns, e->paid_ns);
}

/* --- how long a turn is ---------------------------------------------------------------------------------------------------------- */

/**
 * vgpu_sched_runnable() - how many have work, and may be served or are
 */
u32 vgpu_sched_runnable(const struct vgpu_sched *s)
{
	return s->waiting + (s->served != NULL);
}

/**
 * vgpu_sched_turn_among() - how long a turn is meant to be when @runnable have work, in ns
 */
u64 vgpu_sched_turn_among(const struct vgpu_sched_limits *l, u32 runnable)
{
	u64 turn_ns = runnable ? l->round_ns / runnable : l->turn_max_ns;

	if (turn_ns < l->turn_min_ns)
		return l->turn_min_ns;
	return turn_ns < l->turn_max_ns ? turn_ns : l->turn_max_ns;
}

/**
 * vgpu_sched_turn_ns() - how long a turn is meant to be, with as many as have work now
 */
u64 vgpu_sched_turn_ns(const struct vgpu_sched *s)
{
	return vgpu_sched_turn_among(s->limits, vgpu_sched_runnable(s));
}

/* Of one that counts: so short that a turn for each time that it wishes for is no more than its share. */
static u64 turn_of(const struct vgpu_sched *s, const struct vgpu_sched_entity *e)
{
	u64 turn_ns = vgpu_sched_turn_ns(s), fair_ns;

	if (!e->share.latency_us)
		return turn_ns;
	fair_ns = (u64)e->share.latency_us * NS_PER_US * e->share.weight / s->weight;
	if (fair_ns < s->limits->turn_min_ns)
		fair_ns = s->limits->turn_min_ns;
	return fair_ns < turn_ns ? fair_ns : turn_ns;
}

/* What it is expected to take at once: what it took lately, a turn while that is not known. */
static u64 expected(const struct vgpu_sched *s, const struct vgpu_sched_entity *e, u64 turn_ns)
{
	if (!e->stint_ns)
		return turn_ns;
	return e->stint_ns > s->limits->turn_min_ns ? e->stint_ns : s->limits->turn_min_ns;
}

static u64 deadline_of(const struct vgpu_sched *s, const struct vgpu_sched_entity *e)
{
	u64 turn_ns = turn_of(s, e), expected_ns = expected(s, e, turn_ns);
	u64 deadline = e->start + expected_ns * ONE / e->share.weight;
	u64 wish = s->vtime + (u64)e->share.latency_us * NS_PER_US * ONE / s->weight;

	/* One that wishes to be first, and is not known to be short, would have the others wait for what it takes. */
	if (!e->share.latency_us || !e->stint_ns || e->stint_ns > 2 * turn_ns)
		return deadline;
	return before(wish, deadline) ? wish : deadline;
}

/* --- places ---------------------------------------------------------------------------------------------------------------------- */

static void push(struct vgpu_sched *s, struct vgpu_sched_entity *e, enum vgpu_sched_place place, u64 key)
{
	e->place = place;
	vgpu_sched_heap_push(&s->heap[place], e, key);
	s->waiting += waits(e);
}

static void take(struct vgpu_sched *s, struct vgpu_sched_entity *e)
{
	s->waiting -= waits(e);
	vgpu_sched_heap_remove(&s->heap[e->place], e);
}

static void count_entitlement(const struct vgpu_sched *s, struct vgpu_sched_entity *e)
{
	e->counts.entitled_ns += (s->vtime - e->from) * e->share.weight / ONE;
	e->from = s->vtime;
}

/* From now on it counts. */
static void enter(struct vgpu_sched *s, struct vgpu_sched_entity *e)
{
	e->start = s->vtime;
	e->rest = 0;
	e->from = s->vtime;
	s->weight += e->share.weight;
}

/* It counts no longer. What it was still to have is the others', by weight; settle_due() is to follow. */
static void leave(struct vgpu_sched *s, struct vgpu_sched_entity *e, enum vgpu_sched_place place)
{
	count_entitlement(s, e);
	s->weight -= e->share.weight;
	e->place = place;
	if (before(e->start, s->vtime) && s->weight)
		s->vtime += (s->vtime - e->start) * e->share.weight / s->weight;
}

/* One that counts, and is in no heap now, gets its place. */
static void settle(struct vgpu_sched *s, struct vgpu_sched_entity *e, u64 now_ns)
{
	if (before(s->vtime, e->start)) {
		push(s, e, VGPU_SCHED_LATER, e->start);
		return;
	}
	if (!e->wants) {
		leave(s, e, VGPU_SCHED_OUT);
		return;
	}
	if (is_capped(e, now_ns)) {
		leave(s, e, VGPU_SCHED_CAPPED);
		e->counts.wait_ns += elapsed(e->since_ns, now_ns);
		e->since_ns = now_ns;
		push(s, e, VGPU_SCHED_CAPPED, e->paid_ns);
		return;
	}
	push(s, e, VGPU_SCHED_READY, deadline_of(s, e));
}

/* One that does not count, and is in no heap, has work. */
static void admit(struct vgpu_sched *s, struct vgpu_sched_entity *e, u64 now_ns)
{
	if (is_capped(e, now_ns)) {
		push(s, e, VGPU_SCHED_CAPPED, e->paid_ns);
		return;
	}
	enter(s, e);
	settle(s, e, now_ns);
}

/* Those whose clock virtual time has reached. */
static void settle_due(struct vgpu_sched *s, u64 now_ns)
{
	struct vgpu_sched_entity *e;

	while ((e = vgpu_sched_heap_top(&s->heap[VGPU_SCHED_LATER])) && !before(s->vtime, e->start)) {
		take(s, e);
		settle(s, e, now_ns);
	}
}

/* Those who have waited for their cap for long enough. */
static void release(struct vgpu_sched *s, u64 now_ns)
{
	struct vgpu_sched_entity *e;

	while ((e = vgpu_sched_heap_top(&s->heap[VGPU_SCHED_CAPPED])) && !is_capped(e, now_ns)) {
		take(s, e);
		e->counts.capped_ns += elapsed(e->since_ns, now_ns);
		e->since_ns = now_ns;
		e->asked_ns = now_ns;
		enter(s, e);
		settle(s, e, now_ns);
	}
}

/* --- time ------------------------------------------------------------------------------------------------------------------------ */

/* The engine has been busy for @busy_ns. On the way, some may come to count no longer, from which on it passes faster. */
static void pass(struct vgpu_sched *s, u64 busy_ns, u64 now_ns)
{
	u64 left = busy_ns * ONE + s->rest;
	struct vgpu_sched_entity *e;

	while ((e = vgpu_sched_heap_top(&s->heap[VGPU_SCHED_LATER])) && !before(s->vtime + left / s->weight, e->start)) {
		left -= (e->start - s->vtime) * s->weight;
		s->vtime = e->start;
		settle_due(s, now_ns);
	}
	s->vtime += left / s->weight;
	s->rest = left % s->weight;
}

/*
 * When a capped entity that is served for @busy_ns will have been entitled to it. What it left unused before it had work is good for
 * a turn, so that a late release is made up for, as is what it waited for others since, for a round; no more is saved.
 */
static u64 paid_after(const struct vgpu_sched *s, const struct vgpu_sched_entity *e, u64 busy_ns)
{
	u64 oldest_ns = e->asked_ns > s->limits->turn_max_ns ? e->asked_ns - s->limits->turn_max_ns : 0;

	return (before(e->paid_ns, oldest_ns) ? oldest_ns : e->paid_ns) +
	       (busy_ns * 100 + e->share.cap_pct - 1) / e->share.cap_pct;
}

static void receive(const struct vgpu_sched *s, struct vgpu_sched_entity *e, u64 busy_ns)
{
	u64 received = busy_ns * ONE + e->rest;

	e->start += received / e->share.weight;
	e->rest = received % e->share.weight;
	if (e->share.cap_pct < 100)
		e->paid_ns = paid_after(s, e, busy_ns);
}

/* What is served has used the time until now. */
static void charge(struct vgpu_sched *s, u64 now_ns)
{
	u64 busy_ns = s->served ? elapsed(s->mark_ns, now_ns) : 0;

	if (busy_ns) {
		receive(s, s->served, busy_ns);
		s->mark_ns = now_ns;
		s->turn_ns += busy_ns;
		if (s->waiting)
			s->contested_ns += busy_ns;
		pass(s, busy_ns, now_ns);
	}
}

/**
 * vgpu_sched_advance() - it is @now_ns: what is served has used the time until then; those whose cap allows it may be served
 *
 * These are no longer in vgpu_sched_release_ns(), so vgpu_sched_pick() is to follow unless the engine is busy. Nothing else releases any.
 */
void vgpu_sched_advance(struct vgpu_sched *s, u64 now_ns)
{
	charge(s, now_ns);
	release(s, now_ns);
}

/* --- entities come and go -------------------------------------------------------------------------------------------------------- */

/**
 * vgpu_sched_init() - an engine without entities
 * @limits: outlives it
 * @slots: VGPU_SCHED_HEAPS * @max pointers, its own for as long as it exists
 * @max: entities at most
 */
void vgpu_sched_init(struct vgpu_sched *s, const struct vgpu_sched_limits *limits, struct vgpu_sched_entity **slots, u32 max)
{
	u32 h;

	memset(s, 0, sizeof(*s));
	s->limits = limits;
	for (h = 0; h < VGPU_SCHED_HEAPS; h++)
		s->heap[h].slot = slots + (size_t)h * max;
}

/**
 * vgpu_sched_entity_init() - an entity that has no work
 * @id: unlike any other's of the engine
 * @share: within the limits of struct vgpu_share
 */
void vgpu_sched_entity_init(struct vgpu_sched_entity *e, void *owner, u32 id, const struct vgpu_share *share)
{
	memset(e, 0, sizeof(*e));
	e->owner = owner;
	e->id = id;
	e->share = *share;
	e->place = VGPU_SCHED_OUT;
}

/**
 * vgpu_sched_want() - an entity has work; no effect if it had some already
 */
void vgpu_sched_want(struct vgpu_sched *s, struct vgpu_sched_entity *e, u64 now_ns)
{
	if (e->wants)
		return;
	charge(s, now_ns);
	e->wants = true;
	e->since_ns = now_ns;
	e->asked_ns = now_ns;
	if (e->place == VGPU_SCHED_LATER)
		s->waiting++;
	else
		admit(s, e, now_ns);
}

/**
 * vgpu_sched_unwant() - an entity has no work any more; no effect if it had none, or on one that is served
 */
void vgpu_sched_unwant(struct vgpu_sched *s, struct vgpu_sched_entity *e, u64 now_ns)
{
	charge(s, now_ns);
	if (!e->wants || e->place == VGPU_SCHED_SERVED)
		return;
	if (e->place == VGPU_SCHED_CAPPED)
		e->counts.capped_ns += elapsed(e->since_ns, now_ns);
	else
		e->counts.wait_ns += elapsed(e->since_ns, now_ns);
	take(s, e);
	e->wants = false;
	if (matters(e))
		settle(s, e, now_ns);
	else
		e->place = VGPU_SCHED_OUT;
	settle_due(s, now_ns);
}

/**
 * vgpu_sched_remove() - nothing points to an entity any more, on return
 */
void vgpu_sched_remove(struct vgpu_sched *s, struct vgpu_sched_entity *e, u64 now_ns)
{
	if (s->served == e)
		vgpu_sched_stop(s, false, now_ns);
	vgpu_sched_unwant(s, e, now_ns);
	if (in_heap(e)) {
		take(s, e);
		leave(s, e, VGPU_SCHED_OUT);
	}
	if (s->holder == e)
		s->holder = NULL;
}

/* What it is ahead or behind by, it stays, in time served. */
static void set_weight(struct vgpu_sched *s, struct vgpu_sched_entity *e, u32 weight)
{
	s64 lead = (s64)(e->start - s->vtime) * e->share.weight;

	count_entitlement(s, e);
	s->weight += (u64)weight - e->share.weight;
	e->start = s->vtime + (u64)(lead / (s64)weight);
	e->rest = 0;
}

/**
 * vgpu_sched_set() - change an entity's share; in force from now on, but vgpu_sched_advance() is to follow if its cap was raised
 * @share: within the limits of struct vgpu_share
 */
void vgpu_sched_set(struct vgpu_sched *s, struct vgpu_sched_entity *e, const struct vgpu_share *share, u64 now_ns)
{
	bool moves;

	charge(s, now_ns);
	moves = in_heap(e);
	if (moves)
		take(s, e);
	if (matters(e))
		set_weight(s, e, share->weight);
	if (share->cap_pct == 100)
		e->paid_ns = now_ns;
	else if (before(now_ns, e->paid_ns))
		e->paid_ns = now_ns + (e->paid_ns - now_ns) * e->share.cap_pct / share->cap_pct;
	e->share = *share;
	if (moves && matters(e))
		settle(s, e, now_ns);
	else if (moves)
		push(s, e, VGPU_SCHED_CAPPED, e->paid_ns);
	settle_due(s, now_ns);
}

/* --- serving --------------------------------------------------------------------------------------------------------------------- */

/* Whether one waits that is due, and is to be done before what the holder was given its turn for. */
static bool is_urgent(const struct vgpu_sched *s)
{
	const struct vgpu_sched_entity *e = vgpu_sched_heap_top(&s->heap[VGPU_SCHED_READY]);

	return e && e != s->holder && before(e->key, s->deadline);
}

static bool holder_keeps(const struct vgpu_sched *s, u64 now_ns)
{
	const struct vgpu_sched_entity *e = s->holder;

	return e && waits(e) && !is_capped(e, now_ns) && s->turn_ns < turn_of(s, e) && !is_urgent(s);
}

/* The one with the earliest deadline of those that are due, or will be first. */
static struct vgpu_sched_entity *first(struct vgpu_sched *s, u64 now_ns)
{
	struct vgpu_sched_entity *e;

	while (!s->heap[VGPU_SCHED_READY].count && (e = vgpu_sched_heap_top(&s->heap[VGPU_SCHED_LATER]))) {
		s->vtime = e->start;
		s->rest = 0;
		settle_due(s, now_ns);
	}
	return vgpu_sched_heap_top(&s->heap[VGPU_SCHED_READY]);
}

static void count_wait(struct vgpu_sched_entity *e, u64 now_ns)
{
	static const u64 limit_ns[] = {
#define X(name, ns) ns,
		VGPU_WAITS(X)
#undef X
	};
	u64 wait_ns = elapsed(e->asked_ns, now_ns);
	u32 i = 0;

	while (i < VGPU_ARRAY_SIZE(limit_ns) - 1 && wait_ns > limit_ns[i])
		i++;
	e->counts.waits[i]++;
}

static void begin_turn(struct vgpu_sched *s, struct vgpu_sched_entity *e)
{
	s->holder = e;
	s->deadline = e->key;
	s->turn_ns = 0;
	s->contested_ns = 0;
}

/* What one is expected to take rises at once, and falls slowly when it had no more to do; it may have been interrupted before that. */
static void learn(const struct vgpu_sched *s, struct vgpu_sched_entity *e, bool wants)
{
	if (!s->contested_ns)
		return;
	if (s->contested_ns > e->stint_ns)
		e->stint_ns = s->contested_ns;
	else if (!wants)
		e->stint_ns -= (e->stint_ns - s->contested_ns) / 8;
}

/**
 * vgpu_sched_pick() - the engine is idle: what is to be served now
 *
 * It is, as far as time goes, from now until vgpu_sched_stop(). What had the engine last keeps it for its turn, if it has work, since to change
 * hands takes time that nobody gets.
 *
 * Return: the entity, NULL if nobody has work and may have it done.
 */
struct vgpu_sched_entity *vgpu_sched_pick(struct vgpu_sched *s, u64 now_ns)
{
	struct vgpu_sched_entity *e = s->holder;
	bool keeps;

	vgpu_sched_advance(s, now_ns);
	keeps = holder_keeps(s, now_ns);
	if (!keeps) {
		e = first(s, now_ns);
		if (!e)
			return NULL;
		begin_turn(s, e);
	}
	take(s, e);
	e->counts.wait_ns += elapsed(e->since_ns, now_ns);
	if (!keeps || before(e->asked_ns, now_ns))
		count_wait(e, now_ns);
	/* See paid_after(). */
	if (elapsed(e->asked_ns, now_ns) > s->limits->round_ns)
		e->asked_ns = now_ns - s->limits->round_ns;
	e->place = VGPU_SCHED_SERVED;
	s->served = e;
	s->mark_ns = now_ns;
	return e;
}

/**
 * vgpu_sched_goes_on() - whether more of the same entity's work may follow without a pause
 * @expected_ns: what it has been given already, and not finished, will take
 *
 * If nobody waits, somebody may come: what is expected to keep the engine busy for a turn has nothing queued behind it.
 */
bool vgpu_sched_goes_on(const struct vgpu_sched *s, u64 expected_ns, u64 now_ns)
{
	const struct vgpu_sched_entity *e = s->served;

	if (!e)
		return false;
	if (e->share.cap_pct < 100 && before(now_ns, paid_after(s, e, expected_ns)))
		return false;
	if (!s->waiting)
		return expected_ns < turn_of(s, e);
	return s->turn_ns + expected_ns < turn_of(s, e) && !is_urgent(s);
}

/**
 * vgpu_sched_stop() - the engine is idle again
 * @wants: what was served has more work
 */
void vgpu_sched_stop(struct vgpu_sched *s, bool wants, u64 now_ns)
{
	struct vgpu_sched_entity *e = s->served;

	if (!e)
		return;
	charge(s, now_ns);
	s->served = NULL;
	learn(s, e, wants);
	e->wants = wants;
	e->since_ns = now_ns;
	e->asked_ns = now_ns;
	settle(s, e, now_ns);
	settle_due(s, now_ns);
}

/* --- what others ask ------------------------------------------------------------------------------------------------------------- */

/**
 * vgpu_sched_release_ns() - when the next one's cap lets it go on, VGPU_SCHED_NEVER if none waits for that
 */
u64 vgpu_sched_release_ns(const struct vgpu_sched *s)
{
	const struct vgpu_sched_entity *e = vgpu_sched_heap_top(&s->heap[VGPU_SCHED_CAPPED]);

	return e ? e->paid_ns : VGPU_SCHED_NEVER;
}

/**
 * vgpu_sched_waiting_since_ns() - since when the first of those waits that may be served, VGPU_SCHED_NEVER if none does; O(n)
 */
u64 vgpu_sched_waiting_since_ns(const struct vgpu_sched *s)
{
	u64 since_ns = VGPU_SCHED_NEVER;
	u32 h, i;

	for (h = VGPU_SCHED_READY; h <= VGPU_SCHED_LATER; h++) {
		for (i = 0; i < s->heap[h].count; i++) {
			const struct vgpu_sched_entity *e = s->heap[h].slot[i];

			if (waits(e) && e->since_ns < since_ns)
				since_ns = e->since_ns;
		}
	}
	return since_ns;
}

/**
 * vgpu_sched_get_counts() - what an entity was given and had to wait for, complete to @now_ns
 */
void vgpu_sched_get_counts(struct vgpu_sched *s, const struct vgpu_sched_entity *e, u64 now_ns,
			   struct vgpu_sched_counts *ret_counts)
{
	charge(s, now_ns);
	*ret_counts = e->counts;
	if (matters(e))
		ret_counts->entitled_ns += (s->vtime - e->from) * e->share.weight / ONE;
	if (waits(e))
		ret_counts->wait_ns += elapsed(e->since_ns, now_ns);
	else if (e->place == VGPU_SCHED_CAPPED)
		ret_counts->capped_ns += elapsed(e->since_ns, now_ns);
}
