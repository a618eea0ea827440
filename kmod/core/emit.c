// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The module's own commands in its own rings: what stands before and behind every piece of a guest's.
 *
 * An engine has at most VGPU_INFLIGHT pieces, two, each shorter than half of the ring, so that there is always room; what has
 * to be seen to is only that no command is cut by the ring's end. Lock: the GPU's.
 */
#include "core.h"
#include "emit.h"
#include "engine.h"
#include "hw.h"
#include "reserve.h"

/*
 * A seqno written by MI_FLUSH_DW alone may not be visible yet when the interrupt is; i915 found that 32 more stores in between
 * make it so on Gen7's engines other than render (gt/gen6_engine_cs.c, gen7_emit_breadcrumb_xcs()).
 */
#define SEQNO_STORES 32u

/**
 * vgpu_emit() - one dword into the module's ring; the caller has made room
 */
void vgpu_emit(struct vgpu_gpu *gpu, enum vgpu_engine_id e, u32 dw)
{
	u32 *ring = vgpu_reserve_own(gpu, OWN_RING(e));

	ring[gpu->engine[e].tail++] = dw;
}

/**
 * vgpu_emit_copy() - @n dwords, likewise
 */
void vgpu_emit_copy(struct vgpu_gpu *gpu, enum vgpu_engine_id e, const u32 *dw, u32 n)
{
	u32 *ring = vgpu_reserve_own(gpu, OWN_RING(e));

	memcpy(ring + gpu->engine[e].tail, dw, n * sizeof(*dw));
	gpu->engine[e].tail += n;
}

/**
 * vgpu_emit_room() - the next @dw dwords, less than half of the ring, are not cut by its end: what is left there is MI_NOOP
 */
void vgpu_emit_room(struct vgpu_gpu *gpu, enum vgpu_engine_id e, u32 dw)
{
	struct vgpu_hw_engine *eng = &gpu->engine[e];

	if (eng->tail + dw < VGPU_RING_DW)
		return;
	while (eng->tail < VGPU_RING_DW)
		vgpu_emit(gpu, e, MI_NOOP);
	eng->tail = 0;
}

static void pipe_control(struct vgpu_gpu *gpu, enum vgpu_engine_id e, u32 flags, u32 gma, u32 value)
{
	vgpu_emit(gpu, e, PIPE_CONTROL);
	vgpu_emit(gpu, e, flags);
	vgpu_emit(gpu, e, gma);
	vgpu_emit(gpu, e, value);
}

/**
 * vgpu_emit_invalidate() - what follows sees page tables and memory as they are now
 *
 * TLBs are invalidated only along with a post-sync write; on the render engine a stall has to come first (i915
 * gt/gen6_engine_cs.c, gen7_stall_cs(), gen7_emit_flush_rcs()).
 */
void vgpu_emit_invalidate(struct vgpu_gpu *gpu, enum vgpu_engine_id e)
{
	u32 scratch = vgpu_engine_scratch_gma(gpu, e);

	if (e == VGPU_RCS) {
		pipe_control(gpu, e, PC_CS_STALL | PC_STALL_AT_SCOREBOARD, 0, 0);
		pipe_control(gpu, e, PC_CS_STALL | PC_OP_IMM | PC_GGTT | PC_INVALIDATE, scratch, 0);
		return;
	}
	vgpu_emit(gpu, e, MI_FLUSH_DW | FLUSH_TLB | FLUSH_OP_IMM | (e == VGPU_VCS ? FLUSH_BSD : 0));
	vgpu_emit(gpu, e, scratch | FLUSH_GGTT);
	vgpu_emit(gpu, e, 0);
	vgpu_emit(gpu, e, MI_NOOP);
}

/**
 * vgpu_emit_directory() - the engine's PPGTT is the one whose directory @pp_dir_base names
 *
 * The store makes the loads complete before the TLB is invalidated (i915 gt/intel_ring_submission.c, load_pd_dir()).
 */
void vgpu_emit_directory(struct vgpu_gpu *gpu, enum vgpu_engine_id e, u32 pp_dir_base)
{
	u32 base = vgpu_engines[e].base;

	vgpu_emit(gpu, e, MI_LOAD_REGISTER_IMM);
	vgpu_emit(gpu, e, base + RING_PP_DIR_DCLV);
	vgpu_emit(gpu, e, PP_DIR_DCLV_2G);
	vgpu_emit(gpu, e, MI_LOAD_REGISTER_IMM);
	vgpu_emit(gpu, e, base + RING_PP_DIR_BASE);
	vgpu_emit(gpu, e, pp_dir_base);
	vgpu_emit(gpu, e, MI_STORE_REGISTER_MEM | MI_USE_GGTT);
	vgpu_emit(gpu, e, base + RING_PP_DIR_BASE);
	vgpu_emit(gpu, e, vgpu_engine_scratch_gma(gpu, e));
	vgpu_emit(gpu, e, MI_LOAD_REGISTER_IMM);
	vgpu_emit(gpu, e, base + RING_INSTPM);
	vgpu_emit(gpu, e, MASKED_SET(INSTPM_TLB_INVALIDATE));
}

static void breadcrumb_rcs(struct vgpu_gpu *gpu, u32 gma, u32 seqno)
{
	pipe_control(gpu, VGPU_RCS, PC_CS_STALL | PC_OP_IMM | PC_GGTT | PC_FLUSH, gma, seqno);
}

static void breadcrumb_xcs(struct vgpu_gpu *gpu, enum vgpu_engine_id e, u32 gma, u32 seqno)
{
	u32 i;

	vgpu_emit(gpu, e, MI_FLUSH_DW | FLUSH_OP_IMM);
	vgpu_emit(gpu, e, gma | FLUSH_GGTT);
	vgpu_emit(gpu, e, seqno);
	for (i = 0; i < SEQNO_STORES; i++) {
		vgpu_emit(gpu, e, MI_STORE_DATA_IMM | MI_USE_GGTT);
		vgpu_emit(gpu, e, 0);
		vgpu_emit(gpu, e, gma);
		vgpu_emit(gpu, e, seqno);
	}
	vgpu_emit(gpu, e, MI_FLUSH_DW);
	vgpu_emit(gpu, e, 0);
	vgpu_emit(gpu, e, 0);
}

/**
 * vgpu_emit_breadcrumb() - caches are written back, the sequence number is, and the engine interrupts; ends at a quadword
 */
void vgpu_emit_breadcrumb(struct vgpu_gpu *gpu, enum vgpu_engine_id e, u32 seqno)
{
	u32 gma = vgpu_engine_seqno_gma(gpu, e);

	/* A batch may have left the predicate set, by which commands are skipped: none of these. */
	if (e == VGPU_RCS)
		vgpu_emit(gpu, e, MI_SET_PREDICATE);
	vgpu_emit(gpu, e, MI_ARB_ON_OFF | MI_ARB_ENABLE);
	if (e == VGPU_RCS)
		breadcrumb_rcs(gpu, gma, seqno);
	else
		breadcrumb_xcs(gpu, e, gma, seqno);
	if (!(gpu->engine[e].tail & 1))
		vgpu_emit(gpu, e, MI_NOOP);
	vgpu_emit(gpu, e, MI_USER_INTERRUPT);
}

/**
 * vgpu_emit_submit() - the engine is to execute what was emitted
 */
void vgpu_emit_submit(struct vgpu_gpu *gpu, enum vgpu_engine_id e)
{
	gpu->ops->reg_write(gpu->ctx, vgpu_engines[e].base + RING_TAIL, gpu->engine[e].tail % VGPU_RING_DW * 4);
}
