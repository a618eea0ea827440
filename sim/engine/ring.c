// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * An engine's life: when it has work, when it is idle, its reset.
 */
#include <string.h>

#include "sim/engine/gpu.h"

/* A stopped engine finishes the command that it is in the middle of, and starts no other. */
static bool has_work(struct gen75 *gpu, struct engine *e)
{
	if (!(*ring_reg(gpu, e, RING_CTL) & CTL_VALID) || e->hung)
		return false;
	if (e->blit.active)
		return true;
	if (*ring_reg(gpu, e, RING_MI_MODE) & MI_MODE_STOP)
		return false;
	return e->depth || (*ring_reg(gpu, e, RING_HEAD) & HEAD_ADDR) != (*ring_reg(gpu, e, RING_TAIL) & TAIL_ADDR);
}

/**
 * gen75_engine_kick() - a ring register has changed: go to work if there is any, not before now
 */
void gen75_engine_kick(struct gen75 *gpu, struct engine *e)
{
	if (!has_work(gpu, e)) {
		e->idle = true;
		return;
	}
	if (!e->idle)
		return;
	e->idle = false;
	e->t_ns = max_u64(e->t_ns, gpu->now_ns);
}

/**
 * gen75_engine_is_idle() - what MI_MODE's idle bit says: nothing to do, and the last command is over
 */
bool gen75_engine_is_idle(struct gen75 *gpu, struct engine *e)
{
	bool valid = *ring_reg(gpu, e, RING_CTL) & CTL_VALID;

	return !has_work(gpu, e) && !(valid && e->hung) && e->t_ns <= gpu->now_ns;
}

/**
 * gen75_engine_release_wait() - software lets a waiting engine go on (it wrote a wait bit of RING_CTL)
 */
void gen75_engine_release_wait(struct gen75 *gpu, struct engine *e)
{
	if (e->blocked)
		e->released = true;
}

/**
 * gen75_engine_reset() - as GDRST does: the engine's registers at their defaults, what it was doing forgotten
 */
void gen75_engine_reset(struct gen75 *gpu, struct engine *e)
{
	enum gen75_engine_id id = e->id;
	uint32_t base = e->base;

	memset(e, 0, offsetof(struct engine, cmd));
	e->id = id;
	e->base = base;
	e->idle = true;
	e->t_ns = gpu->now_ns;
	gen75_regs_reset_engine(gpu, e);
	if (id == GEN75_RCS)
		memset(gpu->render_state, 0, RENDER_STATE_DW * 4);
}

/**
 * gen75_hwsp() - graphics address of an engine's hardware status page, in the GGTT (i915 gt/intel_ring_submission.c, set_hwsp)
 */
uint32_t gen75_hwsp(struct gen75 *gpu, const struct engine *e)
{
	static const uint32_t hws_pga[GEN75_ENGINES] = {
		[GEN75_RCS] = 0x4080,
		[GEN75_VCS] = 0x4180,
		[GEN75_BCS] = 0x4280,
		[GEN75_VECS] = 0x4380,
	};

	return *reg(gpu, hws_pga[e->id]) & 0xfffff000u;
}

/**
 * gen75_engine_name() - the name that the i915 uses for an engine, without its instance
 */
const char *gen75_engine_name(enum gen75_engine_id id)
{
	static const char *const names[GEN75_ENGINES] = {
		[GEN75_RCS] = "rcs",
		[GEN75_VCS] = "vcs",
		[GEN75_BCS] = "bcs",
		[GEN75_VECS] = "vecs",
	};

	return (unsigned int)id < GEN75_ENGINES ? names[id] : "none";
}
