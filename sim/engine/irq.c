// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Interrupts: four banks of ISR, IMR, IIR, IER, the master enable, and one message-signalled interrupt.
 *
 * An event sets its IIR bit unless IMR masks it; IIR bits stay until software clears them. The line is up while an enabled
 * bit is set and DEIER bit 31 is; the message is sent as it rises. i915 turns the master enable off and on around its
 * handler, so what was left pending raises the line again (i915 i915_irq.c, ilk_irq_handler).
 */
#include "sim/engine/gpu.h"

#define IMR 4
#define IIR 8
#define IER 12
#define DE_MASTER (1u << 31)
#define DE_PCH_EVENT (1u << 28)

/* The bit of each engine's user interrupt, in its own IMR and in its bank (i915 i915_reg.h, GT_*_INTERRUPT). */
static const struct {
	uint32_t isr, user_bit;
} engine_irq[GEN75_ENGINES] = {
	[GEN75_RCS] = { REG_GT_ISR, 1u << 0 },
	[GEN75_VCS] = { REG_GT_ISR, 1u << 12 },
	[GEN75_BCS] = { REG_GT_ISR, 1u << 22 },
	[GEN75_VECS] = { REG_PM_ISR, 1u << 10 },
};

static uint32_t pending(struct gen75 *gpu, uint32_t isr)
{
	return *reg(gpu, isr + IIR) & *reg(gpu, isr + IER);
}

/**
 * gen75_irq_update() - look at all banks again, after one of their registers has changed
 */
void gen75_irq_update(struct gen75 *gpu)
{
	uint32_t *de_isr = reg(gpu, REG_DE_ISR);
	bool line;

	/* the south display's interrupts arrive as one level-triggered bit of the north's */
	if (pending(gpu, REG_SDE_ISR)) {
		if (!(*de_isr & DE_PCH_EVENT))
			*reg(gpu, REG_DE_ISR + IIR) |= DE_PCH_EVENT & ~*reg(gpu, REG_DE_ISR + IMR);
		*de_isr |= DE_PCH_EVENT;
	} else {
		*de_isr &= ~DE_PCH_EVENT;
	}

	line = (*reg(gpu, REG_DE_ISR + IER) & DE_MASTER) &&
	       ((pending(gpu, REG_DE_ISR) & ~DE_MASTER) || pending(gpu, REG_GT_ISR) || pending(gpu, REG_PM_ISR));
	if (line && !gpu->irq_line) {
		gpu->irq_line = true;
		gen75_event(gpu, GEN75_EV_IRQ, -1, 0, 0);
		gpu->ops.msi(gpu->ctx);
	}
	gpu->irq_line = line;
}

/**
 * gen75_irq_raise() - an event of the bank whose ISR register is @isr
 */
void gen75_irq_raise(struct gen75 *gpu, uint32_t isr, uint32_t bits)
{
	*reg(gpu, isr + IIR) |= bits & ~*reg(gpu, isr + IMR);
	gen75_irq_update(gpu);
}

/**
 * gen75_irq_engine() - an event of an engine: its own IMR first, then its bank's
 */
void gen75_irq_engine(struct gen75 *gpu, const struct engine *e, uint32_t bits)
{
	gen75_irq_raise(gpu, engine_irq[e->id].isr, bits & ~*ring_reg(gpu, e, RING_IMR));
}

/**
 * gen75_irq_user() - MI_USER_INTERRUPT on an engine
 */
void gen75_irq_user(struct gen75 *gpu, const struct engine *e)
{
	gpu->stats.engine[e->id].user_interrupts++;
	gen75_irq_engine(gpu, e, engine_irq[e->id].user_bit);
}
