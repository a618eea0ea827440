// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Interrupts: acknowledging the hardware's, and each guest's own interrupt registers.
 *
 * A guest sees what the hardware would show it: an event of an engine passes the engine's IMR, then its group's, is latched in
 * IIR, and interrupts while IER and the display's master bit let it. The guest gets an MSI when "any pending" turns
 * from no to yes. Lock: the GPU's.
 */
#include "core.h"
#include "engine.h"
#include "hw.h"
#include "irq.h"

static void reg_write(const struct vgpu_gpu *gpu, u32 offset, u32 value)
{
	gpu->ops->reg_write(gpu->ctx, offset, value);
}

static void mask_all(struct vgpu_gpu *gpu)
{
	static const u32 ier[] = { DEIER, GTIER, PMIER, SDEIER };
	static const u32 imr[] = { DEIMR, GTIMR, PMIMR };
	static const u32 iir[] = { DEIIR, GTIIR, PMIIR };
	u32 i;

	for (i = 0; i < VGPU_ARRAY_SIZE(ier); i++)
		reg_write(gpu, ier[i], 0);
	for (i = 0; i < VGPU_ARRAY_SIZE(imr); i++)
		reg_write(gpu, imr[i], ~0u);
	for (i = 0; i < VGPU_ARRAY_SIZE(iir); i++)
		reg_write(gpu, iir[i], ~0u);
}

/**
 * vgpu_irq_start() - the user interrupts of all engines, and nothing else
 */
void vgpu_irq_start(struct vgpu_gpu *gpu)
{
	u32 e, bits[2] = { 0, 0 };

	mask_all(gpu);
	for (e = 0; e < VGPU_ENGINES; e++) {
		bits[vgpu_engines[e].group] |= vgpu_engines[e].user;
	}
	reg_write(gpu, GTIMR, ~bits[VGPU_IRQ_GT]);
	reg_write(gpu, PMIMR, ~bits[VGPU_IRQ_PM]);
	reg_write(gpu, GTIER, bits[VGPU_IRQ_GT]);
	reg_write(gpu, PMIER, bits[VGPU_IRQ_PM]);
	reg_write(gpu, DEIER, DE_MASTER);
}

/**
 * vgpu_irq_stop() - no interrupt from here on
 */
void vgpu_irq_stop(struct vgpu_gpu *gpu)
{
	mask_all(gpu);
}

/**
 * vgpu_irq_acknowledge() - clear what the hardware has latched
 *
 * The master is off meanwhile, so that an event that comes after IIR was read interrupts again when it is on
 * (i915 i915_irq.c, ilk_irq_handler()). Return: BIT(engine) for each engine with a user interrupt.
 */
u32 vgpu_irq_acknowledge(struct vgpu_gpu *gpu)
{
	static const u32 iir[] = { [VGPU_IRQ_GT] = GTIIR, [VGPU_IRQ_PM] = PMIIR };
	u32 bits[VGPU_ARRAY_SIZE(iir)];
	u32 i, e, engines = 0;

	reg_write(gpu, DEIER, 0);
	for (i = 0; i < VGPU_ARRAY_SIZE(iir); i++) {
		bits[i] = gpu->ops->reg_read(gpu->ctx, iir[i]);
		if (bits[i])
			reg_write(gpu, iir[i], bits[i]);
	}
	reg_write(gpu, DEIER, DE_MASTER);
	for (e = 0; e < VGPU_ENGINES; e++) {
		if (bits[vgpu_engines[e].group] & vgpu_engines[e].user)
			engines |= BIT(e);
	}
	return engines;
}

/* Sends the guest an MSI if something has become pending that was not. */
static void update(struct vgpu *v)
{
	const u32 *r = v->regs.common;
	bool pending = r[VGPU_REG_DE_IER] & DE_MASTER &&
		       ((r[VGPU_REG_GT_IIR] & r[VGPU_REG_GT_IER]) || (r[VGPU_REG_PM_IIR] & r[VGPU_REG_PM_IER]) ||
			(r[VGPU_REG_DE_IIR] & r[VGPU_REG_DE_IER] & ~DE_MASTER));

	if (pending && !v->irq_pending) {
		v->stats.interrupts++;
		v->gpu->ops->irq(v->guest);
	}
	v->irq_pending = pending;
}

static const struct {
	enum vgpu_common_reg imr, iir;
} group[] = {
	[VGPU_IRQ_GT] = { VGPU_REG_GT_IMR, VGPU_REG_GT_IIR },
	[VGPU_IRQ_PM] = { VGPU_REG_PM_IMR, VGPU_REG_PM_IIR },
};

/**
 * vgpu_irq_open() - whether an event of engine @e would reach a guest: @bit of the engine's group is masked nowhere
 */
bool vgpu_irq_open(const struct vgpu *v, enum vgpu_engine_id e, u32 bit)
{
	return !(v->regs.engine[e][VGPU_ER_RING_IMR] & bit) && !(v->regs.common[group[vgpu_engines[e].group].imr] & bit);
}

/**
 * vgpu_irq_raise() - an event of engine @e happens for a guest: @bit of the engine's group
 */
void vgpu_irq_raise(struct vgpu *v, enum vgpu_engine_id e, u32 bit)
{
	if (!vgpu_irq_open(v, e, bit))
		return;
	v->regs.common[group[vgpu_engines[e].group].iir] |= bit;
	update(v);
}

/**
 * vgpu_irq_written() - write hook of the guest's IER and IIR
 */
void vgpu_irq_written(const struct vgpu_reg_access *a)
{
	update(a->v);
}
