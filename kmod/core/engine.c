// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The hardware's engines: their description, and starting, stopping and resetting the module's own ring on them.
 *
 * Guests' rings never run: what they hold is audited and copied into the module's ring, in the part of the GGTT that no guest's
 * partition reaches. The hardware's PPGTT (RING_MODE bit 9) is on while it executes for a guest that has its own on, and then walks
 * that guest's shadow tables; it is off otherwise, so that an address in an audited command is a GGTT address and nothing
 * else. Lock: the GPU's.
 */
#include "core.h"
#include "engine.h"
#include "ggtt.h"
#include "hw.h"
#include "reserve.h"

/* Register reads to wait for the hardware: each takes it a microsecond or so, and there is no clock here. */
#define POLLS 2000u
#define WORK_POLLS 200000u /* for the module's own commands to be executed: microseconds, unless the GPU is a slow one */

/*
 * Sources: i915 gt/intel_engine_cs.c (bases, reset domains), gt/intel_gt_regs.h (HWS_PGA, GDRST), i915_reg.h (interrupt bits).
 */
/* clang-format off */
const struct vgpu_engine vgpu_engines[VGPU_ENGINES] = {
	[VGPU_RCS] = { .name = "rcs", .base = 0x2000, .hws_pga = 0x4080, .hws_slot = VGPU_REG_RENDER_HWS_PGA,
		       .reset = BIT(1), .group = VGPU_IRQ_GT, .user = BIT(0), .error = BIT(3) },
	[VGPU_VCS] = { .name = "vcs", .base = 0x12000, .hws_pga = 0x4180, .hws_slot = VGPU_REG_BSD_HWS_PGA,
		       .reset = BIT(2), .group = VGPU_IRQ_GT, .user = BIT(12), .error = BIT(15) },
	[VGPU_BCS] = { .name = "bcs", .base = 0x22000, .hws_pga = 0x4280, .hws_slot = VGPU_REG_BLT_HWS_PGA,
		       .reset = BIT(3), .group = VGPU_IRQ_GT, .user = BIT(22), .error = BIT(25), },
	[VGPU_VECS] = { .name = "vecs", .base = 0x1a000, .hws_pga = 0x4380, .hws_slot = VGPU_REG_VEBOX_HWS_PGA,
			.reset = BIT(4), .group = VGPU_IRQ_PM, .user = BIT(10), .error = BIT(12) },
};
/* clang-format on */

/** vgpu_engine_name() - see core.h */
const char *vgpu_engine_name(enum vgpu_engine_id e)
{
	return (u32)e < VGPU_ENGINES ? vgpu_engines[e].name : "none";
}

static u32 reg_read(const struct vgpu_gpu *gpu, u32 offset)
{
	return gpu->ops->reg_read(gpu->ctx, offset);
}

static void reg_write(const struct vgpu_gpu *gpu, u32 offset, u32 value)
{
	gpu->ops->reg_write(gpu->ctx, offset, value);
}

static bool wait_for(const struct vgpu_gpu *gpu, u32 offset, u32 mask, u32 value)
{
	u32 i;

	for (i = 0; i < POLLS; i++) {
		if ((reg_read(gpu, offset) & mask) == value)
			return true;
	}
	return false;
}

/* The status page: 64 bytes an engine, the seqno first; the second half takes writes that nobody reads. */
static u32 status_gma(const struct vgpu_gpu *gpu)
{
	return vgpu_reserve_own_gma(gpu, OWN_STATUS);
}

/**
 * vgpu_engine_seqno_gma() - where the module's commands write the engine's sequence number
 */
u32 vgpu_engine_seqno_gma(const struct vgpu_gpu *gpu, enum vgpu_engine_id e)
{
	return status_gma(gpu) + e * 64;
}

/**
 * vgpu_engine_scratch_gma() - where the module's commands write what does not matter
 */
u32 vgpu_engine_scratch_gma(const struct vgpu_gpu *gpu, enum vgpu_engine_id e)
{
	return status_gma(gpu) + VGPU_PAGE_BYTES / 2 + e * 64;
}

/**
 * vgpu_engine_seqno() - the sequence number of the last piece of work that the engine has completed
 */
u32 vgpu_engine_seqno(const struct vgpu_gpu *gpu, enum vgpu_engine_id e)
{
	const u8 *status = vgpu_reserve_own(gpu, OWN_STATUS);

	return *(const volatile u32 *)(status + e * 64);
}

/**
 * vgpu_engine_status_page() - point the engine's HWS_PGA to @gma
 *
 * Only when the engine is idle: what it executes is then all its owner's. The flush makes it forget the old page's translation
 * (i915 gt/intel_ring_submission.c, flush_cs_tlb()).
 */
void vgpu_engine_status_page(struct vgpu_gpu *gpu, enum vgpu_engine_id e, u32 gma)
{
	const struct vgpu_engine *eng = &vgpu_engines[e];

	if (gpu->engine[e].hws_gma == gma)
		return;
	gpu->engine[e].hws_gma = gma;
	reg_write(gpu, eng->hws_pga, gma);
	reg_write(gpu, eng->base + RING_INSTPM, MASKED_SET(INSTPM_TLB_INVALIDATE | INSTPM_SYNC_FLUSH));
	wait_for(gpu, eng->base + RING_INSTPM, INSTPM_SYNC_FLUSH, 0);
}

/**
 * vgpu_engine_ppgtt() - turn the hardware's PPGTT on or off; only when the engine is idle
 */
void vgpu_engine_ppgtt(struct vgpu_gpu *gpu, enum vgpu_engine_id e, bool on)
{
	if (gpu->engine[e].ppgtt == on)
		return;
	gpu->engine[e].ppgtt = on;
	reg_write(gpu, vgpu_engines[e].base + RING_MODE, on ? MASKED_SET(PPGTT_ENABLE) : MASKED_CLEAR(PPGTT_ENABLE));
}

/**
 * vgpu_engine_wait() - wait until the engine has executed all that it was given; for the module's own work alone
 * Return: 0, -EIO if it takes more than some tenths of a second.
 */
int vgpu_engine_wait(struct vgpu_gpu *gpu, enum vgpu_engine_id e)
{
	u32 i;

	for (i = 0; i < WORK_POLLS; i++) {
		if (vgpu_engine_seqno(gpu, e) == gpu->engine[e].seqno)
			return 0;
		reg_read(gpu, vgpu_engines[e].base + RING_HEAD); /* takes its time */
	}
	return -EIO;
}

/*
 * What nobody needs: interrupts, the words that the engine writes to its status page along with them, and the PPGTT. Whether a reset
 * clears what a BIOS or an earlier driver has set there, the public record does not say.
 */
static void disable_extras(struct vgpu_gpu *gpu, enum vgpu_engine_id e)
{
	u32 base = vgpu_engines[e].base;

	reg_write(gpu, base + RING_IMR, ~0u);
	reg_write(gpu, base + RING_HWSTAM, ~0u);
	reg_write(gpu, base + RING_MODE, MASKED_CLEAR(PPGTT_ENABLE));
	gpu->engine[e].ppgtt = false;
}

/**
 * vgpu_engine_start() - start the module's empty ring on an engine that does nothing, and holds nobody's state
 *
 * No engine may sleep while the render engine changes contexts (i915 gt/intel_ring_submission.c, mi_set_context()): with the
 * hardware kept awake, none ever does. Return: 0, -EIO if the engine does not take it.
 */
int vgpu_engine_start(struct vgpu_gpu *gpu, enum vgpu_engine_id e)
{
	u32 base = vgpu_engines[e].base;

	reg_write(gpu, base + RING_CTL, 0);
	reg_write(gpu, base + RING_HEAD, 0);
	reg_write(gpu, base + RING_TAIL, 0);
	disable_extras(gpu, e);
	gpu->engine[e].hws_gma = ~0u;
	vgpu_engine_status_page(gpu, e, status_gma(gpu));
	reg_write(gpu, base + RING_PSMI_CTL, MASKED_SET(PSMI_SLEEP_MSG_DISABLE));
	reg_write(gpu, base + RING_IMR, ~vgpu_engines[e].user);
	reg_write(gpu, base + RING_START, vgpu_reserve_own_gma(gpu, OWN_RING(e)));
	reg_write(gpu, base + RING_CTL, (VGPU_RING_BYTES - VGPU_PAGE_BYTES) | RING_VALID);
	reg_write(gpu, base + RING_MI_MODE, MASKED_CLEAR(STOP_RING));
	gpu->engine[e].tail = 0;
	gpu->engine[e].last = NULL;
	if (!wait_for(gpu, base + RING_CTL, RING_VALID, RING_VALID) || reg_read(gpu, base + RING_HEAD) & HEAD_ADDR)
		return -EIO;
	return 0;
}

/**
 * vgpu_engine_stop() - no new command starts, no interrupt comes
 */
void vgpu_engine_stop(struct vgpu_gpu *gpu, enum vgpu_engine_id e)
{
	u32 base = vgpu_engines[e].base;

	reg_write(gpu, base + RING_MI_MODE, MASKED_SET(STOP_RING));
	wait_for(gpu, base + RING_MI_MODE, MODE_IDLE, MODE_IDLE);
	reg_write(gpu, base + RING_CTL, 0);
	disable_extras(gpu, e);
}

static int reset(struct vgpu_gpu *gpu, u32 domains)
{
	reg_write(gpu, GDRST, domains);
	return wait_for(gpu, GDRST, domains, 0) ? 0 : -EIO;
}

/**
 * vgpu_engine_reset() - reset one engine, which drops what it executes, and start the module's ring on it again
 * Return: 0, -EIO if it did not come back; it is dead from then on.
 */
int vgpu_engine_reset(struct vgpu_gpu *gpu, enum vgpu_engine_id e)
{
	int err;

	reg_write(gpu, vgpu_engines[e].base + RING_MI_MODE, MASKED_SET(STOP_RING));
	err = reset(gpu, vgpu_engines[e].reset);
	if (!err)
		err = vgpu_engine_start(gpu, e);
	gpu->engine[e].dead = err != 0;
	return err;
}

/**
 * vgpu_engine_reset_all() - everything that renders back to its defaults, no ring running
 * Return: 0, -EIO.
 */
int vgpu_engine_reset_all(struct vgpu_gpu *gpu)
{
	return reset(gpu, GDRST_FULL);
}
