// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * From a guest's ring to the hardware and back.
 *
 * A piece of the ring is copied to memory that the guest cannot reach, the copy is audited, and the same copy is executed, so
 * that nothing the guest writes meanwhile matters. It runs from the module's own ring, between the module's own commands:
 *
 *	before: flush and forget translations, set the register state that outlives a submission
 *	after: flush, write the sequence number, interrupt
 *
 * One piece runs on an engine at a time. That costs an interrupt's latency per piece, and gives an exact account of
 * engine time, a state to switch in which the engine is idle, and a culprit for every hang. A piece is at most
 * VGPU_SUBMIT_MAX_DW dwords and moves at most VGPU_SUBMIT_MAX_BYTES bytes, which bounds how long the others wait.
 *
 * A piece with one bad command is not executed at all: its driver then finds the ring standing in front of it.
 * Lock: the GPU's.
 */
#include "core.h"
#include "audit.h"
#include "engine.h"
#include "ggtt.h"
#include "hw.h"
#include "irq.h"
#include "ring.h"
#include "sched.h"
#include "submit.h"

/*
 * A seqno written by MI_FLUSH_DW alone may not be visible yet when the interrupt is; i915 found that 32 more stores in between
 * make it so on Gen7's engines other than render (gt/gen6_engine_cs.c, gen7_emit_breadcrumb_xcs()).
 */
#define SEQNO_STORES 32u

#define BEFORE_DW 8u
#define AFTER_DW (1u + 3u + SEQNO_STORES * 4u + 3u + 2u)

/* In the module's ring; the caller has made sure that it does not wrap. */
static void emit(struct vgpu_gpu *gpu, enum vgpu_engine_id e, u32 dw)
{
	u32 *ring = (u32 *)gpu->own.cpu + e * VGPU_RING_DW;

	ring[gpu->engine[e].tail++] = dw;
}

/*
 * The ring is empty whenever this is called, so there is room; only a command must not be cut by its end. What is left
 * there is filled with MI_NOOP.
 */
static void make_room(struct vgpu_gpu *gpu, enum vgpu_engine_id e, u32 dw)
{
	struct vgpu_hw_engine *eng = &gpu->engine[e];

	if (eng->tail + dw < VGPU_RING_DW)
		return;
	while (eng->tail < VGPU_RING_DW)
		emit(gpu, e, MI_NOOP);
	eng->tail = 0;
}

/*
 * TLB invalidation is only done along with a post-sync write. BCS_SWCTRL decides how tiled surfaces are addressed, so another
 * vGPU's must not be in force.
 */
static void emit_before(struct vgpu_gpu *gpu, enum vgpu_engine_id e, u32 swctrl)
{
	emit(gpu, e, MI_FLUSH_DW | FLUSH_TLB | FLUSH_OP_IMM);
	emit(gpu, e, vgpu_engine_scratch_gma(gpu, e) | FLUSH_GGTT);
	emit(gpu, e, 0);
	emit(gpu, e, MI_NOOP);
	emit(gpu, e, MI_LOAD_REGISTER_IMM);
	emit(gpu, e, BCS_SWCTRL);
	emit(gpu, e, MASKED(SWCTRL_SRC_Y | SWCTRL_DST_Y, swctrl));
	emit(gpu, e, MI_NOOP);
}

static void emit_after(struct vgpu_gpu *gpu, enum vgpu_engine_id e, u32 seqno)
{
	u32 gma = vgpu_engine_seqno_gma(gpu, e), i;

	emit(gpu, e, MI_ARB_ON_OFF | MI_ARB_ENABLE);
	emit(gpu, e, MI_FLUSH_DW | FLUSH_OP_IMM);
	emit(gpu, e, gma | FLUSH_GGTT);
	emit(gpu, e, seqno);
	for (i = 0; i < SEQNO_STORES; i++) {
		emit(gpu, e, MI_STORE_DATA_IMM | MI_USE_GGTT);
		emit(gpu, e, 0);
		emit(gpu, e, gma);
		emit(gpu, e, seqno);
	}
	emit(gpu, e, MI_FLUSH_DW);
	emit(gpu, e, 0);
	emit(gpu, e, 0);
	if (!(gpu->engine[e].tail & 1))
		emit(gpu, e, MI_NOOP);
	emit(gpu, e, MI_USER_INTERRUPT);
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

/*
 * Copies and audits the next piece. The status page, to which commands may write by an index, must be the guest's, too.
 * Return: the fault, with the address and, once they are the guest's, the header of the command at which it is.
 */
static enum vgpu_fault audit_piece(struct vgpu *v, enum vgpu_engine_id e, struct vgpu_audit *a, u32 *ret_gma, u32 *ret_header)
{
	struct vgpu_hw_engine *eng = &v->gpu->engine[e];
	u32 hws = v->regs.common[vgpu_engines[e].hws_slot];
	struct vgpu_ring_span span;
	enum vgpu_fault fault;

	*ret_gma = v->regs.engine[e][VGPU_ER_RING_START];
	*ret_header = 0;
	if (eng->dead)
		return VGPU_FAULT_ENGINE;
	if (!vgpu_ring_span(v, e, &span) || hws & (VGPU_PAGE_BYTES - 1) || !vgpu_ggtt_mapped(v, hws))
		return VGPU_FAULT_RING;
	*ret_gma = span.start + span.head;
	*a = (struct vgpu_audit) {
		.vgpu = v,
		.engine = e,
		.dw = eng->copy,
		.dwords = span.left_dw < VGPU_SUBMIT_MAX_DW ? span.left_dw : VGPU_SUBMIT_MAX_DW,
		.more = span.left_dw > VGPU_SUBMIT_MAX_DW,
		.swctrl = v->regs.common[VGPU_REG_BLT_SWCTRL],
	};
	fault = copy_ring(v, &span, eng->copy, a->dwords);
	if (fault)
		return fault;
	fault = vgpu_audit_run(a);
	if (fault) {
		*ret_gma = span.start + (span.head + 4 * a->passed_dw) % span.bytes;
		*ret_header = a->dw[a->passed_dw];
	}
	return fault;
}

static void execute(struct vgpu *v, enum vgpu_engine_id e, const struct vgpu_audit *a, u64 now_ns)
{
	struct vgpu_gpu *gpu = v->gpu;
	struct vgpu_hw_engine *eng = &gpu->engine[e];
	u32 i;

	/* The engine is idle: what came before has written its seqno, after which it touched no guest's memory. */
	vgpu_engine_status_page(gpu, e, v->regs.common[vgpu_engines[e].hws_slot]);
	make_room(gpu, e, BEFORE_DW + a->passed_dw + AFTER_DW);
	emit_before(gpu, e, v->regs.common[VGPU_REG_BLT_SWCTRL]);
	eng->run = (struct vgpu_run) {
		.vgpu = v,
		.start_ns = now_ns,
		.ring_first = eng->tail,
		.guest_dw = a->passed_dw,
		.swctrl = a->swctrl,
		.user_interrupt = a->user_interrupts != 0,
	};
	for (i = 0; i < a->passed_dw; i++)
		emit(gpu, e, eng->copy[i]);
	emit_after(gpu, e, ++eng->seqno);
	if (eng->last && eng->last != v)
		v->stats.switches++;
	eng->last = v;
	v->stats.audited_dwords += a->passed_dw;
	gpu->ops->reg_write(gpu->ctx, vgpu_engines[e].base + RING_TAIL, eng->tail % VGPU_RING_DW * 4);
}

static void start(struct vgpu *v, enum vgpu_engine_id e, u64 now_ns)
{
	struct vgpu_audit a = { 0 };
	enum vgpu_fault fault;
	u32 gma, header;

	if (!vgpu_ring_pending(v, e))
		return;
	fault = audit_piece(v, e, &a, &gma, &header);
	if (fault)
		vgpu_ring_wedge(v, e, fault, gma, header);
	else
		execute(v, e, &a, now_ns);
}

/**
 * vgpu_submit_dispatch() - let an idle engine work, if anybody waits for it
 */
void vgpu_submit_dispatch(struct vgpu_gpu *gpu, enum vgpu_engine_id e, u64 now_ns)
{
	struct vgpu *v;

	/* Each round takes one out of the queue. */
	while (!gpu->engine[e].run.vgpu && (v = vgpu_sched_pick(gpu, e))) {
		vgpu_sched_remove(v, e, now_ns);
		start(v, e, now_ns);
	}
}

/**
 * vgpu_submit_kick() - a guest has changed its ring: it waits for the engine now, or no longer
 */
void vgpu_submit_kick(struct vgpu *v, enum vgpu_engine_id e, u64 now_ns)
{
	if (!vgpu_ring_pending(v, e)) {
		vgpu_sched_remove(v, e, now_ns);
		return;
	}
	if (!vgpu_engines[e].offered) {
		vgpu_ring_wedge(v, e, VGPU_FAULT_ENGINE, vgpu_engines[e].base, 0);
		return;
	}
	if (v->gpu->engine[e].run.vgpu == v)
		return; /* its completion looks at the ring again */
	vgpu_sched_add(v, e, now_ns);
	vgpu_submit_dispatch(v->gpu, e, now_ns);
}

/**
 * vgpu_submit_detach() - the guest's ring is no longer the one that its running piece came from
 */
void vgpu_submit_detach(struct vgpu *v, enum vgpu_engine_id e)
{
	if (v->gpu->engine[e].run.vgpu == v)
		v->gpu->engine[e].run.detached = true;
}

/**
 * vgpu_submit_running_ns() - for how long the engine has executed what it executes now; 0 when idle
 */
u64 vgpu_submit_running_ns(const struct vgpu_gpu *gpu, enum vgpu_engine_id e, u64 now_ns)
{
	const struct vgpu_run *run = &gpu->engine[e].run;

	return run->vgpu && now_ns > run->start_ns ? now_ns - run->start_ns : 0;
}

/**
 * vgpu_submit_retire() - the engine no longer executes what it did: whose it was has used the time, however it ended
 */
void vgpu_submit_retire(struct vgpu_gpu *gpu, enum vgpu_engine_id e, u64 now_ns)
{
	struct vgpu_hw_engine *eng = &gpu->engine[e];
	u64 busy_ns = vgpu_submit_running_ns(gpu, e, now_ns);

	eng->busy_ns += busy_ns;
	eng->run.vgpu->stats.engine[e].busy_ns += busy_ns;
	vgpu_sched_charge(eng->run.vgpu, e, busy_ns);
	eng->run.vgpu = NULL;
}

/**
 * vgpu_submit_complete() - take notice if the engine has finished: the guest's head moves, and it is told if it asked
 * Return: whether it had.
 */
bool vgpu_submit_complete(struct vgpu_gpu *gpu, enum vgpu_engine_id e, u64 now_ns)
{
	struct vgpu_hw_engine *eng = &gpu->engine[e];
	struct vgpu *v = eng->run.vgpu;

	if (!v || vgpu_engine_seqno(gpu, e) != eng->seqno)
		return false;
	vgpu_submit_retire(gpu, e, now_ns);
	v->regs.common[VGPU_REG_BLT_SWCTRL] = eng->run.swctrl;
	if (!eng->run.detached)
		vgpu_ring_advance(v, e, eng->run.guest_dw);
	if (eng->run.user_interrupt)
		vgpu_irq_raise(v, e, vgpu_engines[e].user);
	if (vgpu_ring_pending(v, e))
		vgpu_sched_add(v, e, now_ns);
	return true;
}
