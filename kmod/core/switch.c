// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The world switch: an engine's state goes from one vGPU to another, so that neither ever sees the other's.
 *
 * What an engine holds of a guest is, besides its page tables and status page:
 *
 *	the render context: MI_SET_CONTEXT writes the image of the one that leaves and loads that of the one that comes. A guest's
 *	images are its own memory. Before it has named one, its context is an image of the module's, a copy of the state that
 *	the engine had after a reset.
 *
 *	registers that no context image holds, and that a guest can write, by a command or by MMIO: the table below. The module's
 *	commands store those of the vGPU that leaves to its home page, and load those of the one that comes.
 *
 * All of it is done by commands in the module's ring in front of the first piece of the vGPU that comes, so that it takes the CPU
 * nothing but their emission; and only when the engine changes hands. An engine has pieces of one vGPU at a time, so it is
 * idle then, and the home page of the one that comes is complete.
 *
 * The image is memory that the guest can write, and the public record does not say what hardware makes of one that was tampered with.
 * It lies in the guest's own partition, and the audit has judged its place and size, not what it holds.
 *
 * Of an engine reset nothing survives, and nobody is harmed but the vGPU that it was done for. Lock: the GPU's.
 *
 * Sources: Haswell PRM vol. 2c (registers), vol. 7 (render context); i915 gt/intel_workarounds.c, i915_cmd_parser.c, for what
 * drivers write.
 */
#include "core.h"
#include "emit.h"
#include "engine.h"
#include "ggtt.h"
#include "hw.h"
#include "reserve.h"
#include "switch.h"

#define SLICE_DW 256u /* of the home page, for each engine */
#define LRI_PAIRS 64u

/**
 * struct row - consecutive registers
 * @offset, @dwords: where and how many
 * @masked: the bits that are switched of masked-write registers, whose upper half enables writes; 0 for others
 */
struct row {
	u32 offset, dwords;
	u32 masked;
};

/* clang-format off */
static const struct row render[] = {
	{ 0x2028, 1, 0x00ff },			/* EXCC */
	{ 0x2084, 4, 0xffff },			/* 3D_CHICKEN */
	{ 0x2094, 1, 0 },			/* NOPID */
	{ 0x20a0, 1, 0 },			/* FF_THREAD_MODE */
	{ 0x20c0, 1, 0x00c0 },			/* INSTPM, less what clears itself */
	{ 0x20e0, 2, 0xffff },			/* FF_SLICE_CS_CHICKEN */
	{ 0x20ec, 1, 0xffff },			/* CS_DEBUG_MODE1 */
	{ 0x2290, 2, 0 },			/* GPGPU_THREADS_DISPATCHED */
	{ 0x2348, 4, 0 },			/* PS_INVOCATION_COUNT, PS_DEPTH_COUNT */
	{ 0x2400, 7, 0 },			/* MI_PREDICATE_SRC0, SRC1, DATA, RESULT */
	{ 0x2500, 3, 0 },			/* GPGPU_DISPATCHDIM */
	{ 0x2600, 32, 0 },			/* CS_GPR */
	{ 0x7000, 1, 0xffff },			/* CACHE_MODE_0 */
	{ 0x7008, 1, 0xffff },			/* GT_MODE */
	{ 0x7010, 3, 0xffff },			/* COMMON_SLICE_CHICKEN */
	{ 0xb010, 1, 0 },			/* L3SQCREG1 */
	{ 0xb01c, 3, 0 },			/* L3CNTLREG1 to 3 */
	{ 0xb030, 3, 0 },			/* L3_CHICKEN_MODE, L3SQCREG4, SCRATCH1 */
	{ 0xe100, 1, 0xffff },			/* HALF_SLICE_CHICKEN1 */
	{ 0xe180, 3, 0xffff },			/* HALF_SLICE_CHICKEN2, 3 */
	{ 0xe49c, 1, 0xffff },			/* ROW_CHICKEN3 */
	{ 0xe4f0, 2, 0xffff },			/* ROW_CHICKEN, ROW_CHICKEN2 */
};

static const struct row video[] = {
	{ 0x12028, 1, 0x00ff }, { 0x12094, 1, 0 }, { 0x120c0, 1, 0x00c0 },
};

static const struct row blitter[] = {
	{ 0x22028, 1, 0x00ff }, { 0x22094, 1, 0 }, { 0x220c0, 1, 0x00c0 },
	{ BCS_SWCTRL, 1, SWCTRL_SRC_Y | SWCTRL_DST_Y },
};

static const struct row enhancement[] = {
	{ 0x1a028, 1, 0x00ff }, { 0x1a094, 1, 0 }, { 0x1a0c0, 1, 0x00c0 },
};
/* clang-format on */

static const struct {
	const struct row *row;
	u32 rows;
} list[VGPU_ENGINES] = {
	[VGPU_RCS] = { render, VGPU_ARRAY_SIZE(render) },
	[VGPU_VCS] = { video, VGPU_ARRAY_SIZE(video) },
	[VGPU_BCS] = { blitter, VGPU_ARRAY_SIZE(blitter) },
	[VGPU_VECS] = { enhancement, VGPU_ARRAY_SIZE(enhancement) },
};

/* A register on the list: its place in the engine's slice of the home page. */
struct place {
	enum vgpu_engine_id engine;
	u32 index, masked;
};

static bool find(u32 offset, struct place *ret_place)
{
	u32 e, i, index;

	for (e = 0; e < VGPU_ENGINES; e++) {
		for (i = 0, index = 0; i < list[e].rows; index += list[e].row[i++].dwords) {
			const struct row *row = &list[e].row[i];

			if (offset < row->offset || offset >= row->offset + 4 * row->dwords)
				continue;
			*ret_place = (struct place) {
				.engine = (enum vgpu_engine_id)e,
				.index = index + (offset - row->offset) / 4,
				.masked = row->masked,
			};
			return true;
		}
	}
	return false;
}

/**
 * vgpu_switch_registers() - the registers of an engine that are switched
 * @ret_offset: VGPU_SWITCHED_MAX of them at most, in ascending order
 * Return: how many.
 */
u32 vgpu_switch_registers(enum vgpu_engine_id e, u32 *ret_offset)
{
	u32 i, k, n = 0;

	for (i = 0; i < list[e].rows; i++) {
		for (k = 0; k < list[e].row[i].dwords && n < VGPU_SWITCHED_MAX; k++)
			ret_offset[n++] = list[e].row[i].offset + 4 * k;
	}
	return n;
}

static u32 *slice(const struct vgpu *v, enum vgpu_engine_id e)
{
	return (u32 *)((u8 *)v->home.cpu + HOME_REGISTERS * VGPU_PAGE_BYTES) + e * SLICE_DW;
}

/* Between the emission of the switch and its end, the engine holds what is the last one's still, or of both. */
static bool loaded(const struct vgpu *v, enum vgpu_engine_id e)
{
	const struct vgpu_hw_engine *eng = &v->gpu->engine[e];

	return eng->last == v && (s32)(vgpu_engine_seqno(v->gpu, e) - eng->arrival) >= 0;
}

/**
 * vgpu_switch_capture() - keep what the engines hold after a reset: every vGPU begins with that
 *
 * Engines run, nobody's commands have. The render engine writes its state to the golden image when another context, whose
 * image then takes what nobody needs, comes. Return: 0, -EIO if it does not.
 */
int vgpu_switch_capture(struct vgpu_gpu *gpu)
{
	static const u32 page[] = { OWN_CONTEXT_GOLDEN, OWN_CONTEXT_PARK };
	u32 e, i, n, offset[VGPU_SWITCHED_MAX];

	for (e = 0; e < VGPU_ENGINES; e++) {
		n = vgpu_switch_registers((enum vgpu_engine_id)e, offset);
		for (i = 0; i < n; i++)
			gpu->engine[e].pristine[i] = gpu->ops->reg_read(gpu->ctx, offset[i]);
	}
	for (i = 0; i < VGPU_ARRAY_SIZE(page); i++) {
		vgpu_emit(gpu, VGPU_RCS, MI_SET_CONTEXT);
		vgpu_emit(gpu, VGPU_RCS, vgpu_reserve_own_gma(gpu, page[i]) | CONTEXT_GGTT | CONTEXT_INHIBIT);
		vgpu_emit(gpu, VGPU_RCS, MI_NOOP);
		vgpu_emit(gpu, VGPU_RCS, MI_NOOP);
	}
	vgpu_emit_breadcrumb(gpu, VGPU_RCS, ++gpu->engine[VGPU_RCS].seqno);
	vgpu_emit_submit(gpu, VGPU_RCS);
	return vgpu_engine_wait(gpu, VGPU_RCS);
}

static void map_home(struct vgpu *v, bool on)
{
	struct vgpu_gpu *gpu = v->gpu;
	u32 i, index = vgpu_reserve_home_gma(v, 0) >> VGPU_PAGE_SHIFT;

	for (i = 0; i < HOME_PAGES; i++)
		gpu->ops->pte_write(gpu->ctx, index + i, vgpu_ggtt_encode(on ? v->home.dma[i] : gpu->scratch.dma[0], PTE_WB_LLC));
	vgpu_ggtt_flush(gpu);
}

/**
 * vgpu_switch_open() - memory for the state of a vGPU that an engine does not hold
 * Return: 0 or -ENOMEM, then nothing is held.
 */
int vgpu_switch_open(struct vgpu *v)
{
	if (v->gpu->ops->dma_alloc(v->gpu->ctx, HOME_PAGES, &v->home))
		return -ENOMEM;
	map_home(v, true);
	vgpu_switch_clear(v);
	return 0;
}

/**
 * vgpu_switch_reset_engine() - what a reset of its engine leaves a guest with; no engine of the hardware holds its state
 */
void vgpu_switch_reset_engine(struct vgpu *v, enum vgpu_engine_id e)
{
	memcpy(slice(v, e), v->gpu->engine[e].pristine, sizeof(v->gpu->engine[e].pristine));
	memset(v->touched[e], 0, sizeof(v->touched[e]));
	if (e != VGPU_RCS)
		return;
	v->ccid = 0;
	memcpy((u8 *)v->home.cpu + HOME_CONTEXT * VGPU_PAGE_BYTES, vgpu_reserve_own(v->gpu, OWN_CONTEXT_GOLDEN),
	       VGPU_CONTEXT_PAGES * VGPU_PAGE_BYTES);
}

/**
 * vgpu_switch_clear() - the same for all engines
 */
void vgpu_switch_clear(struct vgpu *v)
{
	u32 e;

	for (e = 0; e < VGPU_ENGINES; e++)
		vgpu_switch_reset_engine(v, (enum vgpu_engine_id)e);
}

/**
 * vgpu_switch_close() - give the memory back; no engine of the hardware holds its state
 */
void vgpu_switch_close(struct vgpu *v)
{
	if (!v->home.cpu)
		return;
	map_home(v, false);
	v->gpu->ops->dma_free(v->gpu->ctx, &v->home);
	memset(&v->home, 0, sizeof(v->home));
}

static void emit_save(struct vgpu *v, enum vgpu_engine_id e)
{
	u32 gma = vgpu_reserve_home_gma(v, HOME_REGISTERS) + e * SLICE_DW * 4;
	u32 i, n, offset[VGPU_SWITCHED_MAX];

	n = vgpu_switch_registers(e, offset);
	for (i = 0; i < n; i++) {
		vgpu_emit(v->gpu, e, MI_STORE_REGISTER_MEM | MI_USE_GGTT);
		vgpu_emit(v->gpu, e, offset[i]);
		vgpu_emit(v->gpu, e, gma + 4 * i);
	}
}

static bool is_touched(const struct vgpu *v, enum vgpu_engine_id e, u32 index)
{
	return v->touched[e][index / 32] & BIT(index % 32);
}

/* What the guest has written since the engine's state was saved counts more than that. */
static u32 stored_value(const struct vgpu *v, const struct place *p)
{
	return is_touched(v, p->engine, p->index) ? v->touch[p->engine][p->index] : slice(v, p->engine)[p->index];
}

static void emit_load(struct vgpu *v, enum vgpu_engine_id e)
{
	struct place p = { .engine = e };
	u32 i, k, left = 0, total = 0, value;

	for (i = 0; i < list[e].rows; i++)
		total += list[e].row[i].dwords;
	for (i = 0; i < list[e].rows; i++) {
		const struct row *row = &list[e].row[i];

		p.masked = row->masked;
		for (k = 0; k < row->dwords; k++, p.index++, left--) {
			if (!left) {
				left = total - p.index < LRI_PAIRS ? total - p.index : LRI_PAIRS;
				vgpu_emit(v->gpu, e, MI_LOAD_REGISTER_IMM + 2 * (left - 1));
			}
			value = stored_value(v, &p);
			slice(v, e)[p.index] = value;
			vgpu_emit(v->gpu, e, row->offset + 4 * k);
			vgpu_emit(v->gpu, e, p.masked ? MASKED(p.masked, value & p.masked) : value);
		}
	}
	memset(v->touched[e], 0, sizeof(v->touched[e]));
}

/* What the guest has written while the switch to it was on its way. */
static void emit_touched(struct vgpu *v, enum vgpu_engine_id e)
{
	u32 i, k, index = 0, value;

	for (i = 0; i < list[e].rows; i++) {
		const struct row *row = &list[e].row[i];

		for (k = 0; k < row->dwords; k++, index++) {
			if (!is_touched(v, e, index))
				continue;
			value = v->touch[e][index];
			vgpu_emit(v->gpu, e, MI_LOAD_REGISTER_IMM);
			vgpu_emit(v->gpu, e, row->offset + 4 * k);
			vgpu_emit(v->gpu, e, row->masked ? MASKED(row->masked, value & row->masked) : value);
		}
	}
	memset(v->touched[e], 0, sizeof(v->touched[e]));
}

static void emit_context(struct vgpu *v, u32 ccid)
{
	u32 image = vgpu_reserve_home_gma(v, HOME_CONTEXT) | CONTEXT_RS_SAVE | CONTEXT_RS_RESTORE;

	if (ccid & CCID_VALID)
		image = ccid & (CCID_ADDR | CONTEXT_RS_SAVE | CONTEXT_RS_RESTORE);
	vgpu_emit(v->gpu, VGPU_RCS, MI_SET_CONTEXT);
	vgpu_emit(v->gpu, VGPU_RCS, image | CONTEXT_GGTT | CONTEXT_FORCE);
	vgpu_emit(v->gpu, VGPU_RCS, MI_NOOP);
	vgpu_emit(v->gpu, VGPU_RCS, MI_NOOP);
}

/*
 * The blitter's set-up commands (colours, pattern, clipping) leave what no command reads back. A program sets it before it uses
 * it, since natively, too, others come in between; so it is overwritten, and not kept.
 */
static void emit_blitter_setup(struct vgpu *v)
{
	u32 i;

	vgpu_emit(v->gpu, VGPU_BCS, XY_SETUP_MONO_PATTERN_SL_BLT);
	for (i = 0; i < 8; i++)
		vgpu_emit(v->gpu, VGPU_BCS, 0);
	vgpu_emit(v->gpu, VGPU_BCS, MI_NOOP);
}

/**
 * vgpu_switch_emit() - if the engine does not hold the state of @v, have it do so; VGPU_EMIT_SWITCH_DW dwords at most
 * @ccid: its render context, as the guest's register CCID holds it
 *
 * Arbitration is off around MI_SET_CONTEXT, as on Gen7 it has to be (i915 gt/intel_ring_submission.c, mi_set_context()).
 */
void vgpu_switch_emit(struct vgpu *v, enum vgpu_engine_id e, u32 ccid)
{
	struct vgpu_hw_engine *eng = &v->gpu->engine[e];

	if (eng->last == v) {
		emit_touched(v, e);
		return;
	}
	vgpu_emit(v->gpu, e, MI_ARB_ON_OFF);
	if (eng->last)
		emit_save(eng->last, e);
	if (e == VGPU_RCS)
		emit_context(v, ccid);
	if (e == VGPU_BCS)
		emit_blitter_setup(v);
	emit_load(v, e);
	vgpu_emit(v->gpu, e, MI_ARB_ON_OFF | MI_ARB_ENABLE);
	eng->last = v;
	eng->arrival = eng->seqno + 1;
}

/**
 * vgpu_switch_read() - what a guest reads from a register that is switched
 *
 * While another vGPU's first piece has not ended, this is what was saved before, and while its own first piece since has not,
 * what that began with: a driver that reads such a register by MMIO waits for its own commands first.
 * Return: false if it is not one; @ret_value is untouched then.
 */
bool vgpu_switch_read(const struct vgpu *v, u32 offset, u32 *ret_value)
{
	struct place p;

	if (offset == BCS_SWCTRL || !find(offset, &p))
		return false;
	if (loaded(v, p.engine) && !is_touched(v, p.engine, p.index))
		*ret_value = v->gpu->ops->reg_read(v->gpu->ctx, offset);
	else
		*ret_value = stored_value(v, &p);
	return true;
}

/**
 * vgpu_switch_written() - a guest has written a register by MMIO, which holds @value now; no effect if it is not switched
 */
void vgpu_switch_written(struct vgpu *v, u32 offset, u32 value)
{
	struct place p;

	if (!find(offset, &p))
		return;
	/* Every piece begins by setting it; those in flight were audited for what it is, so it may not change under them. */
	if (offset == BCS_SWCTRL)
		return;
	if (loaded(v, p.engine)) {
		v->gpu->ops->reg_write(v->gpu->ctx, offset, p.masked ? MASKED(p.masked, value & p.masked) : value);
		v->touched[p.engine][p.index / 32] &= ~BIT(p.index % 32);
		return;
	}
	v->touch[p.engine][p.index] = value;
	v->touched[p.engine][p.index / 32] |= BIT(p.index % 32);
}
