// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * From a guest's ring to the hardware and back.
 *
 * A piece of the ring is copied to memory that the guest cannot reach, the copy is audited, and the same copy is executed, so
 * that nothing the guest writes meanwhile matters; so are the privileged batches that it starts (batch.c). It runs from the
 * module's own ring, between the module's own commands:
 *
 *	before: the page directory; flush and forget translations; if the engine changes hands, the world switch (switch.c)
 *	after: flush, write the sequence number, interrupt
 *
 * A piece ends at a request's end, and holds as many requests as are expected to take TARGET_NS by what they took lately: a
 * vGPU whose requests are short is not held up by an interrupt for each, one whose requests are long does not hold up the
 * others by more than one. An engine has up to VGPU_INFLIGHT pieces, of one vGPU, so that it need not idle while the first
 * one's interrupt is served. It goes to another vGPU when it has none: that gives an exact account of engine time, a
 * state to switch in which the engine is idle, and a culprit for every hang.
 *
 * A piece with one bad command is not executed at all: its driver then finds the ring standing in front of it.
 * Lock: the GPU's.
 */
#include "core.h"
#include "audit.h"
#include "batch.h"
#include "emit.h"
#include "engine.h"
#include "ggtt.h"
#include "hw.h"
#include "irq.h"
#include "ppgtt.h"
#include "reserve.h"
#include "ring.h"
#include "sched.h"
#include "submit.h"
#include "switch.h"
#include "sync.h"

#define BEFORE_DW (VGPU_EMIT_SWITCH_DW + VGPU_EMIT_DIRECTORY_DW + VGPU_EMIT_INVALIDATE_DW + 4u)
#define TARGET_NS 2000000ull
#define REQUESTS_MAX 64u

/**
 * vgpu_submit_first() - the piece that an engine executes now, NULL if none
 */
struct vgpu_run *vgpu_submit_first(struct vgpu_gpu *gpu, enum vgpu_engine_id e)
{
	struct vgpu_hw_engine *eng = &gpu->engine[e];

	return eng->runs ? &eng->run[eng->next] : NULL;
}

/**
 * vgpu_submit_in_flight() - whether an engine has a piece of the vGPU, and so may use its page tables
 */
bool vgpu_submit_in_flight(const struct vgpu *v)
{
	u32 e;

	for (e = 0; e < VGPU_ENGINES; e++) {
		if (v->gpu->engine[e].vgpu == v)
			return true;
	}
	return false;
}

static struct vgpu_run *last_run(struct vgpu_hw_engine *eng)
{
	return &eng->run[(eng->next + eng->runs - 1) % VGPU_INFLIGHT];
}

static enum vgpu_fault copy_ring(struct vgpu *v, const struct vgpu_ring_span *span, u32 *buf, u32 dw)
{
	u32 to_end = (span->bytes - span->head) / 4;
	u32 straight = dw < to_end ? dw : to_end;

	if (vgpu_gm_read(v, (u64)span->start + span->head, buf, 4 * straight) ||
	    vgpu_gm_read(v, span->start, buf + straight, 4 * (dw - straight)))
		return VGPU_FAULT_RING;
	return VGPU_FAULT_NONE;
}

static bool guest_ppgtt(const struct vgpu *v, enum vgpu_engine_id e)
{
	return v->regs.engine[e][VGPU_ER_RING_GFX_MODE] & PPGTT_ENABLE;
}

static u32 requests_of_piece(const struct vgpu *v, enum vgpu_engine_id e)
{
	u64 one_ns = v->ring[e].request_ns, n;

	if (!one_ns || one_ns >= TARGET_NS)
		return 1;
	n = TARGET_NS / one_ns;
	return n < REQUESTS_MAX ? (u32)n : REQUESTS_MAX;
}

static void prepare(struct vgpu *v, enum vgpu_engine_id e, const struct vgpu_ring_span *span, struct vgpu_audit *a, u32 *copy)
{
	const struct vgpu_hw_engine *eng = &v->gpu->engine[e];
	u32 user = vgpu_engines[e].user;

	*a = (struct vgpu_audit) {
		.vgpu = v,
		.engine = e,
		.ppgtt = guest_ppgtt(v, e),
		.dw = copy,
		.dwords = span->left_dw < VGPU_SUBMIT_MAX_DW ? span->left_dw : VGPU_SUBMIT_MAX_DW,
		.more = span->left_dw > VGPU_SUBMIT_MAX_DW,
		.max_requests = requests_of_piece(v, e),
		.wanted = vgpu_irq_open(v, e, user),
		.swctrl = v->regs.common[VGPU_REG_BLT_SWCTRL],
		.ccid = v->ccid,
		.room = a->room,
	};
	if (eng->runs) {
		const struct vgpu_run *before = &eng->run[(eng->next + eng->runs - 1) % VGPU_INFLIGHT];

		a->swctrl = before->swctrl;
		a->ccid = before->ccid;
	}
}

/*
 * Copies and audits the next piece. The status page, to which commands may write by an index, must be the guest's, too.
 * Return: the fault, with the address and, once they are the guest's, the header of the command at which it is.
 */
static enum vgpu_fault audit_piece(struct vgpu *v, enum vgpu_engine_id e, struct vgpu_audit *a, u32 *copy,
				   struct vgpu_ring_span *span, u32 *ret_gma, u32 *ret_header)
{
	u32 hws = v->regs.common[vgpu_engines[e].hws_slot];
	enum vgpu_fault fault;

	*ret_gma = v->regs.engine[e][VGPU_ER_RING_START];
	*ret_header = 0;
	if (v->gpu->engine[e].dead)
		return VGPU_FAULT_ENGINE;
	if (!vgpu_ring_span(v, e, span) || hws & (VGPU_PAGE_BYTES - 1) || !vgpu_ggtt_mapped(v, hws))
		return VGPU_FAULT_RING;
	*ret_gma = span->start + span->head;
	prepare(v, e, span, a, copy);
	fault = copy_ring(v, span, copy, a->dwords);
	if (fault)
		return fault;
	fault = vgpu_audit_run(a);
	if (fault && a->fault_gma) {
		*ret_gma = a->fault_gma;
		*ret_header = a->fault_header;
	} else if (fault) {
		*ret_gma = span->start + (span->head + 4 * a->passed_dw) % span->bytes;
		*ret_header = a->dw[a->passed_dw];
	}
	return fault;
}

/*
 * The directory and the invalidation come first, as in i915 (gt/intel_ring_submission.c, switch_context()): the image of the context
 * that leaves is not written by a translation that is no longer in force, perhaps to a page that its guest has got back, and
 * what the other one has the hardware fetch when it is loaded comes from its own page tables.
 *
 * BCS_SWCTRL decides how tiled surfaces are addressed; if the audit is to judge them, it has to be what the audit takes it for. So
 * it is set here, and what a guest writes to it by MMIO counts from its next piece on.
 */
static void emit_before(struct vgpu *v, enum vgpu_engine_id e, const struct vgpu_audit *a, u32 swctrl, u32 ccid)
{
	struct vgpu_gpu *gpu = v->gpu;

	if (gpu->engine[e].last != v) {
		v->stats.switches += gpu->engine[e].last != NULL;
		vgpu_event(v, VGPU_EVENT_SWITCH, e, gpu->engine[e].seqno + 1, 0);
	}
	if (a->ppgtt)
		vgpu_emit_directory(gpu, e, vgpu_ppgtt_base(v));
	vgpu_emit_invalidate(gpu, e);
	vgpu_switch_emit(v, e, ccid);
	if (e != VGPU_BCS)
		return;
	vgpu_emit(gpu, e, MI_LOAD_REGISTER_IMM);
	vgpu_emit(gpu, e, BCS_SWCTRL);
	vgpu_emit(gpu, e, MASKED(SWCTRL_SRC_Y | SWCTRL_DST_Y, swctrl));
	vgpu_emit(gpu, e, MI_NOOP);
}

static void execute(struct vgpu *v, enum vgpu_engine_id e, const struct vgpu_audit *a, u32 head, u64 now_ns)
{
	struct vgpu_gpu *gpu = v->gpu;
	struct vgpu_hw_engine *eng = &gpu->engine[e];
	u32 swctrl = eng->runs ? last_run(eng)->swctrl : v->regs.common[VGPU_REG_BLT_SWCTRL];
	u32 ccid = eng->runs ? last_run(eng)->ccid : v->ccid;
	struct vgpu_run *run;

	if (!eng->runs) {
		/* The engine is idle: what came before has written its seqno, after which it touched no guest's memory. */
		vgpu_engine_status_page(gpu, e, v->regs.common[vgpu_engines[e].hws_slot]);
		vgpu_engine_ppgtt(gpu, e, a->ppgtt);
		eng->detached = false;
		eng->look_ns = now_ns + gpu->look_ns;
	}
	vgpu_emit_room(gpu, e, BEFORE_DW + a->passed_dw + VGPU_EMIT_BREADCRUMB_DW);
	emit_before(v, e, a, swctrl, ccid);
	eng->vgpu = v;
	eng->runs++;
	run = last_run(eng);
	run->given_ns = now_ns;
	run->start_ns = now_ns;
	run->seen_ns = now_ns;
	run->seen_head = ~0u;
	run->ring_first = eng->tail;
	run->guest_dw = a->passed_dw;
	run->requests = a->requests ? a->requests : 1;
	run->seqno = ++eng->seqno;
	run->swctrl = a->swctrl;
	run->ccid = a->ccid;
	run->user_interrupt = a->user_interrupts != 0;
	run->head = head;
	vgpu_emit_copy(gpu, e, run->copy, a->passed_dw);
	vgpu_emit_breadcrumb(gpu, e, run->seqno);
	v->stats.audited_dwords += a->passed_dw + a->batch_dw;
	vgpu_event(v, VGPU_EVENT_SUBMIT, e, run->seqno, a->passed_dw + a->batch_dw);
	vgpu_emit_submit(gpu, e);
}

/*
 * The guest's ring loads another directory than the one that is shadowed. Nothing of the guest's may run meanwhile, and its pages are
 * to be pinned, which is not for here: a sync is asked for, and vgpu_sync_done() goes on. Return: false if it is no directory.
 */
static bool load_directory(struct vgpu *v, u32 pp_dir)
{
	if (vgpu_submit_in_flight(v))
		return true; /* the end of what is in flight comes here again */
	if (vgpu_ppgtt_load(v, pp_dir))
		return false;
	v->syncing = true;
	v->gpu->ops->sync(v->guest);
	return true;
}

/*
 * Takes the next piece of the ring. Behind one that is in flight, what stops it is left for later: it is found again when the ring
 * has come to it, and not looked for at every event until then, since an audit may take long.
 */
static void start(struct vgpu *v, enum vgpu_engine_id e, u64 now_ns)
{
	struct vgpu_hw_engine *eng = &v->gpu->engine[e];
	u32 slot = (eng->next + eng->runs) % VGPU_INFLIGHT;
	struct vgpu_batch_room room = {
		.dw = vgpu_reserve_own(v->gpu, OWN_BATCH(e, slot)),
		.gma = vgpu_reserve_own_gma(v->gpu, OWN_BATCH(e, slot)),
	};
	struct vgpu_audit a = { .room = &room };
	struct vgpu_ring_span span;
	enum vgpu_fault fault;
	u32 gma, header;

	fault = audit_piece(v, e, &a, eng->run[slot].copy, &span, &gma, &header);
	if (!fault && (!a.pp_dir_loaded || vgpu_ppgtt_is(v, a.pp_dir))) {
		execute(v, e, &a, span.head, now_ns);
		return;
	}
	if (!fault && !load_directory(v, a.pp_dir))
		fault = VGPU_FAULT_ADDRESS;
	eng->stuck = eng->runs;
	if (fault && !eng->runs)
		vgpu_ring_wedge(v, e, fault, gma, header);
}

/* Whether the vGPU may have a piece executed now, apart from who else wants the engine. */
static bool ready(const struct vgpu *v, enum vgpu_engine_id e)
{
	return vgpu_ring_pending(v, e) && !v->syncing && !vgpu_sync_full(v);
}

/* What the pieces that the engine has will still take, as far as can be known. */
static u64 expected_ns(const struct vgpu_gpu *gpu, enum vgpu_engine_id e, u64 now_ns)
{
	const struct vgpu_hw_engine *eng = &gpu->engine[e];
	u64 done_ns = vgpu_submit_running_ns(gpu, e, now_ns), all_ns = 0;
	u32 i;

	for (i = 0; i < eng->runs; i++)
		all_ns += eng->run[(eng->next + i) % VGPU_INFLIGHT].requests * eng->vgpu->ring[e].request_ns;
	return all_ns > done_ns ? all_ns - done_ns : 0;
}

/* Whether the next piece of the vGPU that has the engine may follow its last one without a pause. */
static bool may_follow(const struct vgpu_gpu *gpu, enum vgpu_engine_id e, u64 now_ns)
{
	const struct vgpu_hw_engine *eng = &gpu->engine[e];
	const struct vgpu *v = eng->vgpu;

	return eng->runs < VGPU_INFLIGHT && !eng->detached && !eng->stuck && ready(v, e) && guest_ppgtt(v, e) == eng->ppgtt &&
	       v->regs.common[vgpu_engines[e].hws_slot] == eng->hws_gma &&
	       vgpu_sched_goes_on(&eng->sched, expected_ns(gpu, e, now_ns), now_ns);
}

/**
 * vgpu_submit_dispatch() - let an engine work that has nothing to do, or will have before it can tell
 */
void vgpu_submit_dispatch(struct vgpu_gpu *gpu, enum vgpu_engine_id e, u64 now_ns)
{
	struct vgpu_hw_engine *eng = &gpu->engine[e];
	struct vgpu_sched_entity *next;

	vgpu_sched_advance(&eng->sched, now_ns);
	/* Each round there is one less who wants it. */
	while (!eng->vgpu && (next = vgpu_sched_pick(&eng->sched, now_ns))) {
		if (ready(next->owner, e))
			start(next->owner, e, now_ns);
		if (!eng->vgpu)
			vgpu_sched_stop(&eng->sched, false, now_ns);
	}
	if (eng->vgpu && may_follow(gpu, e, now_ns))
		start(eng->vgpu, e, now_ns);
}

/**
 * vgpu_submit_dispatch_all() - likewise all engines: what has ended on one may let a vGPU go on on any
 */
void vgpu_submit_dispatch_all(struct vgpu_gpu *gpu, u64 now_ns)
{
	u32 e;

	for (e = 0; e < VGPU_ENGINES; e++)
		vgpu_submit_dispatch(gpu, (enum vgpu_engine_id)e, now_ns);
}

/** vgpu_sync_done() - see core.h */
void vgpu_sync_done(struct vgpu *v, u64 now_ns)
{
	u32 e;

	v->syncing = false;
	for (e = 0; e < VGPU_ENGINES; e++)
		vgpu_submit_kick(v, (enum vgpu_engine_id)e, now_ns);
}

/**
 * vgpu_submit_kick() - a guest has changed its ring: it waits for the engine now, or no longer
 */
void vgpu_submit_kick(struct vgpu *v, enum vgpu_engine_id e, u64 now_ns)
{
	struct vgpu_hw_engine *eng = &v->gpu->engine[e];

	if (eng->vgpu != v) {
		if (ready(v, e))
			vgpu_sched_want(&eng->sched, &v->sched[e], now_ns);
		else
			vgpu_sched_unwant(&eng->sched, &v->sched[e], now_ns);
	}
	vgpu_submit_dispatch(v->gpu, e, now_ns);
}

/**
 * vgpu_submit_detach() - the guest's ring is no longer the one that its pieces came from
 */
void vgpu_submit_detach(struct vgpu *v, enum vgpu_engine_id e)
{
	if (v->gpu->engine[e].vgpu == v)
		v->gpu->engine[e].detached = true;
}

/**
 * vgpu_submit_running_ns() - for how long the engine has executed what it executes now; 0 when idle
 */
u64 vgpu_submit_running_ns(const struct vgpu_gpu *gpu, enum vgpu_engine_id e, u64 now_ns)
{
	const struct vgpu_hw_engine *eng = &gpu->engine[e];

	return eng->runs && now_ns > eng->run[eng->next].start_ns ? now_ns - eng->run[eng->next].start_ns : 0;
}

/* Rises at once and falls slowly: one who has long requests now and then is taken for one who has. */
static void learn(struct vgpu_ring *ring, u64 request_ns)
{
	ring->request_ns = request_ns > ring->request_ns ? request_ns : ring->request_ns - (ring->request_ns - request_ns) / 4;
}

/* The first piece is over, however it ended: whose it was has used the time. */
static void retire(struct vgpu *v, enum vgpu_engine_id e, u64 now_ns)
{
	struct vgpu_hw_engine *eng = &v->gpu->engine[e];
	u64 busy_ns = vgpu_submit_running_ns(v->gpu, e, now_ns);

	eng->busy_ns += busy_ns;
	v->stats.engine[e].busy_ns += busy_ns;
	vgpu_event(v, VGPU_EVENT_COMPLETE, e, eng->run[eng->next].seqno, busy_ns);
	learn(&v->ring[e], busy_ns / eng->run[eng->next].requests);
	eng->next = (eng->next + 1) % VGPU_INFLIGHT;
	eng->runs--;
	eng->stuck = false;
	if (!eng->runs) {
		eng->vgpu = NULL;
		vgpu_sched_stop(&eng->sched, ready(v, e), now_ns);
		return;
	}
	eng->run[eng->next].start_ns = now_ns;
	eng->run[eng->next].seen_ns = now_ns;
}

/* Nothing of the vGPU's is in flight any more: what waited for that goes on. */
static void idle(struct vgpu *v, u64 now_ns)
{
	u32 e;

	vgpu_sync_idle(v);
	for (e = 0; e < VGPU_ENGINES; e++) {
		if (ready(v, (enum vgpu_engine_id)e))
			vgpu_sched_want(&v->gpu->engine[e].sched, &v->sched[e], now_ns);
	}
}

/**
 * vgpu_submit_drop() - the engine no longer executes anything: it has been reset, or is about to be
 */
void vgpu_submit_drop(struct vgpu_gpu *gpu, enum vgpu_engine_id e, u64 now_ns)
{
	struct vgpu *v = gpu->engine[e].vgpu;

	while (v && gpu->engine[e].runs)
		retire(v, e, now_ns);
	if (v && !vgpu_submit_in_flight(v))
		idle(v, now_ns);
}

/* The guest's ring has come to the end of the first piece. */
static void end_piece(struct vgpu *v, enum vgpu_engine_id e, u64 now_ns)
{
	struct vgpu_hw_engine *eng = &v->gpu->engine[e];
	const struct vgpu_run *run = &eng->run[eng->next];

	if (e == VGPU_BCS)
		v->regs.common[VGPU_REG_BLT_SWCTRL] = run->swctrl;
	if (e == VGPU_RCS)
		v->ccid = run->ccid;
	if (!eng->detached)
		vgpu_ring_advance(v, e, run->guest_dw);
	if (run->user_interrupt)
		vgpu_irq_raise(v, e, vgpu_engines[e].user);
	retire(v, e, now_ns);
}

/**
 * vgpu_submit_complete() - take notice of what the engine has finished: the guest's head moves, and it is told if it asked
 * Return: whether there was something.
 */
bool vgpu_submit_complete(struct vgpu_gpu *gpu, enum vgpu_engine_id e, u64 now_ns)
{
	struct vgpu_hw_engine *eng = &gpu->engine[e];
	struct vgpu *v = eng->vgpu;
	bool any = false;

	while (v && eng->runs && (s32)(vgpu_engine_seqno(gpu, e) - eng->run[eng->next].seqno) >= 0) {
		end_piece(v, e, now_ns);
		any = true;
	}
	if (any && !vgpu_submit_in_flight(v))
		idle(v, now_ns);
	return any;
}
