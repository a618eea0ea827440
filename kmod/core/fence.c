// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Fences: registers that detile a range of the aperture for the CPU.
 *
 * A guest's fence i is the hardware's fence base + i, for the fences of its claim. The hardware applies a fence to
 * whoever accesses the range, so one over another guest's memory would scramble that guest's view: a fence
 * reaches the hardware only if its whole range is the guest's own aperture, and if it detiles into nothing else.
 * Engines do not use fences from Gen4 on, so only CPU accesses are concerned. Lock: the GPU's.
 */
#include "core.h"
#include "fence.h"
#include "ggtt.h"
#include "hw.h"

/* Low dword: start 31:12, Y tiling 1, valid 0. High: address of the last page 31:12, pitch (i915 gt/intel_ggtt_fencing.c). */
#define FENCE_PAGE 0xfffff000u
#define FENCE_TILE_Y 2u
#define FENCE_PITCH 0x7ffu /* of 128 bytes, less one */
#define FENCE_LOW_BITS (FENCE_PAGE | FENCE_TILE_Y | FENCE_VALID)
#define FENCE_HIGH_BITS (FENCE_PAGE | FENCE_PITCH)

static u32 hardware_fence(const struct vgpu *v, u32 i)
{
	return FENCE0 + 8 * (u32)(v->own[VGPU_FENCES].base + i);
}

/* Off first and on last, so that no half of an old fence and half of a new one is ever in force. */
static void program(const struct vgpu *v, u32 i, u32 low, u32 high)
{
	const struct vgpu_gpu *gpu = v->gpu;
	u32 reg = hardware_fence(v, i);

	gpu->ops->reg_write(gpu->ctx, reg, 0);
	gpu->ops->reg_write(gpu->ctx, reg + 4, high & FENCE_HIGH_BITS);
	gpu->ops->reg_write(gpu->ctx, reg, low & FENCE_LOW_BITS);
}

static bool own_range(const struct vgpu *v, u32 low, u32 high)
{
	const struct vgpu_range *own = &v->own[VGPU_APERTURE];
	u64 start = low & FENCE_PAGE, end = (u64)(high & FENCE_PAGE) + VGPU_PAGE_BYTES;

	return start >= own->base && end <= own->base + own->size && start < end;
}

/*
 * Whether the range consists of whole rows of whole tiles. In a row that is not whole, detiling leads to tiles behind the
 * end of the range: to a neighbour. i915 has no others (gem/i915_gem_tiling.c, i915_gem_fence_size(), i915_tiling_ok()).
 */
static bool whole_tiles(u32 low, u32 high)
{
	bool tile_y = low & FENCE_TILE_Y;
	u32 pitch = ((high & FENCE_PITCH) + 1) * 128, width = tile_y ? 128 : 512, height = tile_y ? 32 : 8;
	u32 bytes = (high & FENCE_PAGE) + VGPU_PAGE_BYTES - (low & FENCE_PAGE);

	return pitch % width == 0 && bytes % (pitch * height) == 0;
}

/**
 * vgpu_fence_read() - read hook: what the guest wrote; fences that it does not have read as zeros
 */
u32 vgpu_fence_read(const struct vgpu_reg_access *a)
{
	return a->index / 2 < a->v->own[VGPU_FENCES].size ? *a->stored : 0;
}

/**
 * vgpu_fence_written() - write hook
 */
void vgpu_fence_written(const struct vgpu_reg_access *a)
{
	struct vgpu *v = a->v;
	const u32 *pair = &v->regs.common[VGPU_REG_FENCE + (a->index & ~1u)];

	if (a->index / 2 >= v->own[VGPU_FENCES].size) {
		v->stats.reject_mmio++;
		return;
	}
	if (!(pair[0] & FENCE_VALID)) {
		program(v, a->index / 2, 0, 0);
	} else if (own_range(v, pair[0], pair[1]) && whole_tiles(pair[0], pair[1])) {
		program(v, a->index / 2, pair[0], pair[1]);
	} else {
		program(v, a->index / 2, 0, 0);
		v->stats.reject_address++;
	}
}

/**
 * vgpu_fence_clear() - the hardware's fences of a vGPU off
 */
void vgpu_fence_clear(struct vgpu *v)
{
	u32 i;

	for (i = 0; i < v->own[VGPU_FENCES].size; i++)
		program(v, i, 0, 0);
}
