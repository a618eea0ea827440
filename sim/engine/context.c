// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Render contexts: MI_SET_CONTEXT saves the state of the one that leaves to its image and loads that of the one that comes.
 *
 * The image's layout is this model's own: registers, then the 3D state commands; the hardware's (Haswell PRM vol. 2c,
 * "Register/State Context") differs, and no software reads either. It fits the 17 pages that i915 allocates
 * (gt/intel_engine_cs.c, HSW_CXT_TOTAL_SIZE).
 */
#include "sim/engine/gpu.h"

#define IMAGE_BYTES (17u * PAGE_BYTES)
#define IMAGE_STATE_OFFSET PAGE_BYTES
#define IMAGE_MAGIC 0x35374743u /* "CG75": this image has been saved by this model */

#define SC_RESTORE_INHIBIT (1u << 0)
#define SC_FORCE_RESTORE (1u << 1)
#define CCID_VALID 1u

static const struct {
	uint32_t start, end; /* first and last register */
	bool masked;
} saved[] = {
	{ 0x20c0, 0x20c0, true }, /* INSTPM */
	{ 0x22c8, 0x2354, false }, /* pipeline statistics */
	{ 0x2420, 0x2440, false }, /* 3DPRIM_* */
	{ 0x5200, 0x528c, false }, /* SO_* */
	{ 0x7004, 0x7004, true }, /* CACHE_MODE_1 */
};

static void save(struct gen75 *gpu, struct engine *e, uint32_t image)
{
	uint32_t at = image;

	gen75_gm_write32(gpu, e, SPACE_GGTT, at, IMAGE_MAGIC);
	for (unsigned int i = 0; i < ARRAY_COUNT(saved); i++)
		for (uint32_t offset = saved[i].start; offset <= saved[i].end; offset += 4)
			gen75_gm_write32(gpu, e, SPACE_GGTT, at += 4, gen75_reg_read(gpu, offset));
	gen75_gm_write(gpu, e, SPACE_GGTT, image + IMAGE_STATE_OFFSET, gpu->render_state, RENDER_STATE_DW * 4);
	e->cost_ns += gen75_cost_context(IMAGE_BYTES);
}

static void restore(struct gen75 *gpu, struct engine *e, uint32_t image)
{
	uint32_t at = image;

	e->cost_ns += gen75_cost_context(IMAGE_BYTES);
	if (gen75_gm_read32(gpu, e, SPACE_GGTT, at) != IMAGE_MAGIC)
		return;
	for (unsigned int i = 0; i < ARRAY_COUNT(saved); i++) {
		for (uint32_t offset = saved[i].start; offset <= saved[i].end; offset += 4) {
			uint32_t value = gen75_gm_read32(gpu, e, SPACE_GGTT, at += 4);

			gen75_reg_write(gpu, offset, saved[i].masked ? value | 0xffff0000u : value, 0xf);
		}
	}
	gen75_gm_read(gpu, e, SPACE_GGTT, image + IMAGE_STATE_OFFSET, gpu->render_state, RENDER_STATE_DW * 4);
}

/**
 * gen75_set_context() - MI_SET_CONTEXT
 *
 * Loading the context that is loaded already does nothing, unless the restore is forced. With the restore inhibited the
 * state stays that of the context that left.
 */
enum verdict gen75_set_context(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	uint32_t *ccid = ring_reg(gpu, e, RING_CCID), old = *ccid, image = cmd[1] & 0xfffff000u;
	bool same = (old & CCID_VALID) && (old & 0xfffff000u) == image;

	if (same && !(cmd[1] & SC_FORCE_RESTORE))
		return CMD_DONE;
	if (old & CCID_VALID)
		save(gpu, e, old & 0xfffff000u);
	*ccid = image | (cmd[1] & 0x10cu) | CCID_VALID;
	if (!(cmd[1] & SC_RESTORE_INHIBIT))
		restore(gpu, e, image);
	return CMD_DONE;
}
