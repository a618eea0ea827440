// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Creates, resets and destroys a GPU.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/engine/gpu.h"

#define ROW_BYTES (65536u * 4u) /* the blitter's longest row: 16 bits of width, 4 bytes a pixel */
#define ROW_SLACK 64u /* row operations work in 8-byte words */

/* i915 gt/intel_engine_cs.c, intel_engines[] */
static const uint32_t engine_base[GEN75_ENGINES] = {
	[GEN75_RCS] = 0x2000,
	[GEN75_VCS] = 0x12000,
	[GEN75_BCS] = 0x22000,
	[GEN75_VECS] = 0x1a000,
};

static bool config_ok(const struct gen75_config *c)
{
	return (c->aperture_bytes == 0 || c->aperture_bytes == 128ull << 20 || c->aperture_bytes == 256ull << 20 ||
		c->aperture_bytes == 512ull << 20) &&
	       c->speed_pct <= 1000000;
}

/**
 * gen75_destroy() - free a GPU; NULL is fine
 */
void gen75_destroy(struct gen75 *gpu)
{
	if (!gpu)
		return;
	for (unsigned int i = 0; i < ARRAY_COUNT(gpu->row); i++)
		free(gpu->row[i]);
	free(gpu->mmio);
	free(gpu->reg_index);
	free(gpu->render_state);
	free(gpu);
}

static int allocate(struct gen75 *gpu)
{
	gpu->mmio = calloc(1, GEN75_MMIO_BYTES);
	gpu->reg_index = calloc(GEN75_MMIO_BYTES / 4, sizeof(*gpu->reg_index));
	gpu->render_state = calloc(RENDER_STATE_DW, 4);
	for (unsigned int i = 0; i < ARRAY_COUNT(gpu->row); i++) {
		gpu->row[i] = calloc(1, ROW_BYTES + ROW_SLACK);
		if (!gpu->row[i])
			return -ENOMEM;
	}
	return gpu->mmio && gpu->reg_index && gpu->render_state ? 0 : -ENOMEM;
}

/**
 * gen75_create() - make a GPU in its power-on state; see gen75.h
 */
int gen75_create(const struct gen75_config *config, const struct gen75_ops *ops, void *ctx, uint32_t *ggtt,
		 struct gen75 **ret_gpu)
{
	struct gen75 *gpu;
	uint32_t state_dw;
	int r;

	if (!config_ok(config) || !ops->dma || !ops->msi || !ggtt)
		return -EINVAL;
	gpu = calloc(1, sizeof(*gpu));
	if (!gpu)
		return -ENOMEM;
	gpu->ops = *ops;
	gpu->ctx = ctx;
	gpu->ggtt = ggtt;
	gpu->aperture_bytes = config->aperture_bytes ? config->aperture_bytes : 256ull << 20;
	gpu->speed_pct = config->speed_pct ? config->speed_pct : 100;
	for (unsigned int id = 0; id < GEN75_ENGINES; id++) {
		gpu->engine[id].id = id;
		gpu->engine[id].base = engine_base[id];
	}
	r = allocate(gpu);
	if (!r)
		r = gen75_regs_init(gpu);
	state_dw = gen75_render_state_layout(gpu->render_slot);
	if (!r && (!state_dw || state_dw > RENDER_STATE_DW))
		r = -EINVAL;
	if (r) {
		gen75_destroy(gpu);
		return r;
	}
	gen75_reset(gpu, 0);
	memset(&gpu->stats, 0, sizeof(gpu->stats));
	*ret_gpu = gpu;
	return 0;
}

/**
 * gen75_reset() - power-on or function-level reset; see gen75.h
 */
void gen75_reset(struct gen75 *gpu, uint64_t now_ns)
{
	gpu->now_ns = now_ns;
	memset(gpu->ggtt, 0, GEN75_GGTT_ENTRIES * 4);
	gen75_regs_reset(gpu);
	for (unsigned int id = 0; id < GEN75_ENGINES; id++)
		gen75_engine_reset(gpu, &gpu->engine[id]);
	gen75_rps_restart(gpu);
	gpu->irq_line = false;
}

/**
 * gen75_trace() - whether the trace hook is told of every command and register access, too
 */
void gen75_trace(struct gen75 *gpu, bool on)
{
	gpu->tracing = on;
}

/**
 * gen75_stats() - counters since gen75_create(); valid as long as the GPU is
 */
const struct gen75_stats *gen75_stats(const struct gen75 *gpu)
{
	return &gpu->stats;
}
