// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The aperture: CPU accesses to graphics memory, detiled where a fence register says so.
 *
 * Tiles are 4 KiB: X tiles 512 bytes by 8 rows, Y tiles 128 bytes by 32 rows, stored as columns of 16 bytes (Haswell PRM
 * vol. 5, Memory Views, "Tiling"). Bit-6 swizzling is off: the memory configuration registers say so to i915.
 */
#include <string.h>

#include "sim/engine/gpu.h"

#define FENCE_VALID 1u
#define FENCE_Y 2u

struct fence {
	uint32_t start, end; /* bytes; end is outside */
	uint32_t pitch_bytes;
	enum tiling tiling;
};

/**
 * gen75_tile_offset() - where a byte of a tiled surface is, from the surface's start
 * @pitch_bytes: not zero; rounded up to whole tiles
 * @x_bytes: may lie beyond the pitch, as in hardware: it lands in later tiles
 * @ret_run_bytes: how many bytes from there on are consecutive
 */
uint32_t gen75_tile_offset(enum tiling tiling, uint32_t pitch_bytes, uint32_t x_bytes, uint32_t y, uint32_t *ret_run_bytes)
{
	uint32_t tiles_per_row;

	switch (tiling) {
	case TILING_X:
		tiles_per_row = (pitch_bytes + 511) / 512;
		*ret_run_bytes = 512 - x_bytes % 512;
		return (y / 8 * tiles_per_row + x_bytes / 512) * PAGE_BYTES + y % 8 * 512 + x_bytes % 512;
	case TILING_Y:
		tiles_per_row = (pitch_bytes + 127) / 128;
		*ret_run_bytes = 16 - x_bytes % 16;
		return (y / 32 * tiles_per_row + x_bytes / 128) * PAGE_BYTES + x_bytes % 128 / 16 * 512 + y % 32 * 16 +
		       x_bytes % 16;
	default:
		*ret_run_bytes = PAGE_BYTES;
		return y * pitch_bytes + x_bytes;
	}
}

/* i915 gt/intel_ggtt_fencing.c, i965_write_fence_reg: start and flags below, last page and pitch / 128 - 1 above. */
static bool find_fence(struct gen75 *gpu, uint32_t addr, struct fence *ret_fence)
{
	for (unsigned int i = 0; i < GEN75_FENCES; i++) {
		uint32_t low = *reg(gpu, REG_FENCES + 8 * i), high = *reg(gpu, REG_FENCES + 8 * i + 4);

		if (!(low & FENCE_VALID) || addr < (low & 0xfffff000u) || addr > (high | 0xfffu))
			continue;
		*ret_fence = (struct fence) {
			.start = low & 0xfffff000u,
			.end = (high | 0xfffu) + 1,
			.pitch_bytes = ((high & 0xfff) + 1) * 128,
			.tiling = low & FENCE_Y ? TILING_Y : TILING_X,
		};
		return true;
	}
	return false;
}

/* Where a CPU access at @addr goes, and how many bytes of @len go there in one piece. */
static uint32_t detile(struct gen75 *gpu, uint32_t addr, size_t len, uint32_t *ret_bytes)
{
	struct fence fence;
	uint32_t run, x, at = addr;

	if (find_fence(gpu, addr, &fence)) {
		x = (addr - fence.start) % fence.pitch_bytes;
		at = fence.start +
		     gen75_tile_offset(fence.tiling, fence.pitch_bytes, x, (addr - fence.start) / fence.pitch_bytes, &run);
		run = min_u64(run, fence.pitch_bytes - x);
	} else {
		/* the next page may have a fence */
		run = PAGE_BYTES - addr % PAGE_BYTES;
	}
	run = min_u64(run, PAGE_BYTES - at % PAGE_BYTES);
	*ret_bytes = min_u64(run, len);
	return at;
}

/**
 * gen75_aperture_read() - read graphics memory as the CPU does through the aperture BAR; see gen75.h
 */
void gen75_aperture_read(struct gen75 *gpu, uint64_t offset, void *buf, size_t len)
{
	uint8_t *to = buf;

	gpu->stats.aperture_reads++;
	if (offset > gpu->aperture_bytes || len > gpu->aperture_bytes - offset) {
		memset(buf, 0xff, len);
		return;
	}
	while (len) {
		uint32_t n, at = detile(gpu, offset, len, &n);

		gen75_gm_read(gpu, NULL, SPACE_GGTT, at, to, n);
		to += n;
		offset += n;
		len -= n;
	}
}

/**
 * gen75_aperture_write() - write graphics memory as the CPU does through the aperture BAR; see gen75.h
 */
void gen75_aperture_write(struct gen75 *gpu, uint64_t offset, const void *buf, size_t len)
{
	const uint8_t *from = buf;

	gpu->stats.aperture_writes++;
	if (offset > gpu->aperture_bytes || len > gpu->aperture_bytes - offset)
		return;
	while (len) {
		uint32_t n, at = detile(gpu, offset, len, &n);

		gen75_gm_write(gpu, NULL, SPACE_GGTT, at, from, n);
		from += n;
		offset += n;
		len -= n;
	}
}
