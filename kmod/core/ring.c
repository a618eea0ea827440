// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A guest's rings as it sees them: head, tail, start, size, stopping, faults and resets. What they hold is submit.c's matter.
 *
 * A guest's ring never runs on the hardware, so these registers are the guest's own, and what is in them is checked
 * at each use, not when it is written: drivers write them in any order. Lock: the GPU's.
 */
#include "core.h"
#include "engine.h"
#include "ggtt.h"
#include "hang.h"
#include "hw.h"
#include "irq.h"
#include "reject.h"
#include "ring.h"
#include "sched.h"
#include "submit.h"
#include "switch.h"

static u32 ring_bytes(const u32 *r)
{
	return (r[VGPU_ER_RING_CTL] & RING_NR_PAGES) + VGPU_PAGE_BYTES;
}

/* The offset up to which the ring has been taken: its head, or the end of the pieces that are in flight. */
static u32 taken(const struct vgpu *v, enum vgpu_engine_id e)
{
	const struct vgpu_hw_engine *eng = &v->gpu->engine[e];
	const u32 *r = v->regs.engine[e];
	u32 head = r[VGPU_ER_RING_HEAD] & ~HEAD_WRAP_COUNT, i;

	if (eng->vgpu != v || eng->detached)
		return head;
	for (i = 0; i < eng->runs; i++)
		head += 4 * eng->run[(eng->next + i) % VGPU_INFLIGHT].guest_dw;
	return head % ring_bytes(r);
}

/**
 * vgpu_ring_pending() - whether hardware would execute something from this ring now that it has not been given yet
 */
bool vgpu_ring_pending(const struct vgpu *v, enum vgpu_engine_id e)
{
	const u32 *r = v->regs.engine[e];

	return v->open && !v->stopped && !v->ring[e].wedged && r[VGPU_ER_RING_CTL] & RING_VALID &&
	       !(r[VGPU_ER_RING_MI_MODE] & STOP_RING) && taken(v, e) != r[VGPU_ER_RING_TAIL];
}

/**
 * vgpu_ring_span() - what of a ring is to be executed, besides what is in flight
 * Return: false if the registers make no sense: reserved bits, offsets past the end, memory that is not the vGPU's.
 */
bool vgpu_ring_span(const struct vgpu *v, enum vgpu_engine_id e, struct vgpu_ring_span *ret_span)
{
	const u32 *r = v->regs.engine[e];
	u32 start = r[VGPU_ER_RING_START], tail = r[VGPU_ER_RING_TAIL];
	u32 bytes = ring_bytes(r), head = taken(v, e);

	if (start & ~RING_START_ADDR || head & ~HEAD_ADDR || tail & ~TAIL_ADDR || head >= bytes || tail >= bytes ||
	    !vgpu_ggtt_owns(v, start, bytes))
		return false;
	*ret_span = (struct vgpu_ring_span) {
		.start = start,
		.bytes = bytes,
		.head = head,
		.left_dw = (tail >= head ? tail - head : tail + bytes - head) / 4,
	};
	return true;
}

/**
 * vgpu_ring_advance() - @dw dwords from the head on are done
 */
void vgpu_ring_advance(struct vgpu *v, enum vgpu_engine_id e, u32 dw)
{
	u32 *head = &v->regs.engine[e][VGPU_ER_RING_HEAD];
	u32 bytes = ring_bytes(v->regs.engine[e]);
	u32 at = (*head & HEAD_ADDR) + 4 * dw, wraps = *head & HEAD_WRAP_COUNT;

	if (at >= bytes) {
		at -= bytes;
		wraps += HEAD_WRAP_ONE;
	}
	*head = wraps | at;
}

/**
 * vgpu_ring_wedge() - a ring stops at the command @header, at graphics address @gma, until the guest resets the engine
 *
 * What hardware shows of a command streamer that cannot go on, so that the driver's own recovery sets in: HEAD stands still in
 * front of what was not executed, ACTHD points to the command, IPEHR holds its header; a command that was refused
 * also sets the instruction error in ESR, and in EIR unless EMR masks it, which is an interrupt of the engine. A hang
 * sets no error bit on hardware either. Software notices by its own time limit and resets the engine.
 */
void vgpu_ring_wedge(struct vgpu *v, enum vgpu_engine_id e, enum vgpu_fault fault, u32 gma, u32 header)
{
	u32 *r = v->regs.engine[e];

	vgpu_reject_count(v, e, fault, header);
	v->fault = (struct vgpu_fault_record) { .fault = fault, .engine = e, .gma = gma, .header = header };
	v->ring[e].wedged = true;
	v->ring[e].acthd = gma;
	r[VGPU_ER_RING_IPEHR] = header;
	if (fault == VGPU_FAULT_HANG)
		return;
	r[VGPU_ER_RING_ESR] |= ERROR_INSTRUCTION;
	if (r[VGPU_ER_RING_EMR] & ERROR_INSTRUCTION)
		return;
	r[VGPU_ER_RING_EIR] |= ERROR_INSTRUCTION;
	vgpu_irq_raise(v, e, vgpu_engines[e].error);
}

/**
 * vgpu_ring_reset() - the guest resets an engine: what it runs there ends, its registers are at their defaults
 */
void vgpu_ring_reset(struct vgpu *v, enum vgpu_engine_id e, u64 now_ns)
{
	vgpu_hang_abort(v, e, now_ns);
	if (v->gpu->engine[e].last == v)
		vgpu_engine_reset(v->gpu, e);
	vgpu_regs_reset_engine(&v->regs, e);
	vgpu_switch_reset_engine(v, e);
	if (e == VGPU_BCS)
		v->regs.common[VGPU_REG_BLT_SWCTRL] = 0;
	v->ring[e].wedged = false;
	v->ring[e].request_ns = 0;
	vgpu_submit_dispatch_all(v->gpu, now_ns);
}

/**
 * vgpu_ring_tail_written() - write hook: the guest submits
 */
void vgpu_ring_tail_written(const struct vgpu_reg_access *a)
{
	if (vgpu_ring_pending(a->v, a->engine)) {
		a->v->stats.engine[a->engine].submissions++;
		a->v->submitted = true;
		a->v->submit_ns = a->now_ns;
	}
	vgpu_submit_kick(a->v, a->engine, a->now_ns);
}

/**
 * vgpu_ring_head_written() - write hook of HEAD and START: the ring is another one now
 */
void vgpu_ring_head_written(const struct vgpu_reg_access *a)
{
	vgpu_submit_detach(a->v, a->engine);
	vgpu_submit_kick(a->v, a->engine, a->now_ns);
}

/**
 * vgpu_ring_ctl_written() - write hook: the ring is enabled, disabled or resized
 */
void vgpu_ring_ctl_written(const struct vgpu_reg_access *a)
{
	if ((a->old ^ *a->stored) & (RING_VALID | RING_NR_PAGES))
		vgpu_submit_detach(a->v, a->engine);
	vgpu_submit_kick(a->v, a->engine, a->now_ns);
}

/**
 * vgpu_ring_mode_written() - write hook: the ring may have been stopped, or let go on
 */
void vgpu_ring_mode_written(const struct vgpu_reg_access *a)
{
	vgpu_submit_kick(a->v, a->engine, a->now_ns);
}

/**
 * vgpu_ring_mode_read() - read hook: idle unless the guest's work is running, or stuck
 */
u32 vgpu_ring_mode_read(const struct vgpu_reg_access *a)
{
	bool busy =
		a->v->gpu->engine[a->engine].vgpu == a->v || a->v->ring[a->engine].wedged || vgpu_ring_pending(a->v, a->engine);

	return busy ? *a->stored : *a->stored | MODE_IDLE;
}

/**
 * vgpu_ring_acthd_read() - read hook: the address that the engine is at
 */
u32 vgpu_ring_acthd_read(const struct vgpu_reg_access *a)
{
	const u32 *r = a->v->regs.engine[a->engine];

	if (a->v->ring[a->engine].wedged)
		return a->v->ring[a->engine].acthd;
	return r[VGPU_ER_RING_START] + (r[VGPU_ER_RING_HEAD] & HEAD_ADDR);
}

/**
 * vgpu_ring_ccid_read() - read hook of CCID: the render context; that of the render engine alone
 */
u32 vgpu_ring_ccid_read(const struct vgpu_reg_access *a)
{
	return a->engine == VGPU_RCS ? a->v->ccid : *a->stored;
}

/**
 * vgpu_ring_reset_written() - write hook of GDRST: the guest resets its engines, and no one else's
 */
void vgpu_ring_reset_written(const struct vgpu_reg_access *a)
{
	u32 e;

	*a->stored = 0;
	if (a->written)
		a->v->stats.resets++;
	for (e = 0; e < VGPU_ENGINES; e++) {
		if (a->written & (GDRST_FULL | vgpu_engines[e].reset))
			vgpu_ring_reset(a->v, (enum vgpu_engine_id)e, a->now_ns);
	}
}
