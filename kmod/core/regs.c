// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A guest's accesses to registers, as the table says. Default deny: what is not in the table does not exist.
 *
 * No guest write reaches the hardware from here but to registers that are switched (switch.c); the few others that must (fences, TLB
 * flush, engine resets) do so in their hooks, after validation. Lock: the GPU's.
 */
#include "core.h"
#include "engine.h"
#include "hw.h"
#include "switch.h"

/* The row that covers @offset, by binary search, or NULL. */
static const struct vgpu_reg *search(const struct vgpu_reg *table, u32 rows, u32 offset)
{
	u32 low = 0, high = rows;

	while (low < high) {
		u32 middle = low + (high - low) / 2;
		const struct vgpu_reg *reg = &table[middle];

		if (offset < reg->offset)
			high = middle;
		else if (offset >= reg->offset + 4 * reg->dwords)
			low = middle + 1;
		else
			return reg;
	}
	return NULL;
}

/**
 * vgpu_regs_find() - the table's row for the register at @offset, a multiple of 4
 * @ret_engine: the engine that it belongs to, VGPU_ENGINES for a common one
 * Return: NULL if there is none; @ret_engine is untouched then.
 */
const struct vgpu_reg *vgpu_regs_find(u32 offset, enum vgpu_engine_id *ret_engine)
{
	const struct vgpu_reg *reg;
	u32 e;

	for (e = 0; e < VGPU_ENGINES; e++) {
		if (offset < vgpu_engines[e].base)
			continue;
		reg = search(vgpu_engine_regs, vgpu_engine_regs_rows, offset - vgpu_engines[e].base);
		if (reg) {
			*ret_engine = (enum vgpu_engine_id)e;
			return reg;
		}
	}
	reg = search(vgpu_common_regs, vgpu_common_regs_rows, offset);
	if (reg)
		*ret_engine = VGPU_ENGINES;
	return reg;
}

static bool look_up(struct vgpu *v, u32 offset, u64 now_ns, struct vgpu_reg_access *ret_access)
{
	struct vgpu_reg_access a = { .v = v, .offset = offset, .now_ns = now_ns };

	a.reg = vgpu_regs_find(offset, &a.engine);
	if (!a.reg)
		return false;
	if (a.engine == VGPU_ENGINES) {
		a.index = (offset - a.reg->offset) / 4;
		a.stored = &v->regs.common[a.reg->slot + a.index];
	} else {
		a.index = (offset - vgpu_engines[a.engine].base - a.reg->offset) / 4;
		a.stored = &v->regs.engine[a.engine][a.reg->slot + a.index];
	}
	*ret_access = a;
	return true;
}

/**
 * vgpu_regs_read() - what the guest reads from the register at @offset, a multiple of 4
 * Return: false if the table has no such register.
 */
bool vgpu_regs_read(struct vgpu *v, u32 offset, u64 now_ns, u32 *ret_value)
{
	struct vgpu_reg_access a;

	if (!look_up(v, offset, now_ns, &a))
		return false;
	if (!vgpu_switch_read(v, offset, ret_value))
		*ret_value = a.reg->read ? a.reg->read(&a) : *a.stored;
	return true;
}

/**
 * vgpu_regs_write() - the guest writes @value to those bits of the register at @offset, a multiple of 4, that are set in @bits
 *
 * A write of fewer than 32 bits leaves the others alone: not enabled in a masked-write register, not cleared in a
 * write-1-to-clear one. Return: false if the table has no such register.
 */
bool vgpu_regs_write(struct vgpu *v, u32 offset, u32 value, u32 bits, u64 now_ns)
{
	struct vgpu_reg_access a;
	const struct vgpu_reg *reg;
	u32 next, writable;

	if (!look_up(v, offset, now_ns, &a))
		return false;
	reg = a.reg;
	a.old = *a.stored;
	a.written = value & bits;
	writable = ~reg->ro & ~reg->w1c & bits;
	if (reg->masked)
		writable = ~reg->ro & bits & (a.written >> 16);
	next = (a.old & ~writable) | (value & writable);
	next &= ~(value & bits & reg->w1c);
	*a.stored = next;
	vgpu_switch_written(v, offset, next);
	if (reg->write)
		reg->write(&a);
	return true;
}

static void reset_rows(const struct vgpu_reg *table, u32 rows, u32 *stored)
{
	u32 i, k;

	for (i = 0; i < rows; i++) {
		for (k = 0; k < table[i].dwords; k++)
			stored[table[i].slot + k] = table[i].reset;
	}
}

/**
 * vgpu_regs_reset_engine() - an engine's registers at their defaults, as GDRST leaves them
 */
void vgpu_regs_reset_engine(struct vgpu_reg_file *f, enum vgpu_engine_id e)
{
	reset_rows(vgpu_engine_regs, vgpu_engine_regs_rows, f->engine[e]);
}

/**
 * vgpu_regs_reset() - all registers at their defaults
 */
void vgpu_regs_reset(struct vgpu_reg_file *f)
{
	u32 e;

	for (e = 0; e < VGPU_ENGINES; e++)
		vgpu_regs_reset_engine(f, (enum vgpu_engine_id)e);
	reset_rows(vgpu_common_regs, vgpu_common_regs_rows, f->common);
	memset(f->sbi, 0, sizeof(f->sbi));
	memset(f->ring_freq, 0, sizeof(f->ring_freq));
}

/**
 * vgpu_regs_hardware() - read hook: what the hardware's register holds; only for what tells a guest nothing of others
 */
u32 vgpu_regs_hardware(const struct vgpu_reg_access *a)
{
	return a->v->gpu->ops->reg_read(a->v->gpu->ctx, a->offset);
}

/**
 * vgpu_regs_forcewake_ack() - read hook: the guest's request, granted at once
 *
 * The module holds the hardware awake for as long as it owns it, so that a guest's requests need not reach it.
 */
u32 vgpu_regs_forcewake_ack(const struct vgpu_reg_access *a)
{
	return a->v->regs.common[VGPU_REG_FORCEWAKE_MT];
}

/**
 * vgpu_regs_pp_dir_read() - read hook of the engine's second window on PP_DIR_BASE (i915 gt/intel_engine_regs.h)
 */
u32 vgpu_regs_pp_dir_read(const struct vgpu_reg_access *a)
{
	return a->v->regs.engine[a->engine][VGPU_ER_RING_PP_DIR_BASE];
}
