// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Tiled surfaces: the blitter, a fence over the aperture and the layout that the manual gives must agree on where
 * every byte of an X-tiled and a Y-tiled surface lies.
 */
#include <string.h>

#include "tests/guest/lib/oracle.h"
#include "tests/guest/lib/selftest.h"

#define PITCH_BYTES 1024u
#define ROWS 64u
#define SURFACE_BYTES (PITCH_BYTES * ROWS)
#define WIDTH_PIXELS (PITCH_BYTES / 4)

/* More tiled objects than a GPU has fences (32), each of one tile row. */
#define STEAL_OBJECTS 40u
#define STEAL_BYTES (PITCH_BYTES * 8)

static void tile_bytes(uint8_t *tiled, const uint8_t *linear, enum blt_tiling tiling, uint32_t swizzle, size_t rows)
{
	for (size_t y = 0; y < rows; y++)
		for (size_t x = 0; x < PITCH_BYTES; x++)
			tiled[oracle_tile_offset(tiling, swizzle, PITCH_BYTES, x, y)] = linear[y * PITCH_BYTES + x];
}

/* The parser lets user batches set BCS_SWCTRL (i915 i915_cmd_parser.c, gen7_blt_regs); it has to be put back. */
static void put_swctrl(struct cmd_buf *cmd, uint32_t bits)
{
	cmd_put(cmd, MI_NOOP); /* a register load needs a no-op before it (i915 gt/intel_gpu_commands.h) */
	cmd_load_reg(cmd, BCS_SWCTRL, MASKED_FIELD(BCS_SWCTRL_SRC_Y | BCS_SWCTRL_DST_Y, bits));
	cmd_flush(cmd);
}

static int copy_surface(struct selftest *t, struct gem_bo *code, struct gem_bo *dst, enum blt_tiling dst_tiling,
			struct gem_bo *src, enum blt_tiling src_tiling)
{
	const struct gem_exec exec = { .ring = I915_EXEC_BLT };
	uint32_t y_bits = (src_tiling == BLT_TILED_Y ? BCS_SWCTRL_SRC_Y : 0) | (dst_tiling == BLT_TILED_Y ? BCS_SWCTRL_DST_Y : 0);
	struct gem_batch batch;

	gem_batch_init(&batch, code);
	if (y_bits)
		put_swctrl(&batch.cmd, y_bits);
	cmd_put(&batch.cmd, blt_copy_header(BLT_DEPTH_32, dst_tiling, src_tiling));
	cmd_put(&batch.cmd, blt_br13(BLT_DEPTH_32, BLT_ROP_COPY, PITCH_BYTES, dst_tiling));
	cmd_put(&batch.cmd, blt_point(0, 0));
	cmd_put(&batch.cmd, blt_point(WIDTH_PIXELS, ROWS));
	gem_batch_address(&batch, dst, 0, true);
	cmd_put(&batch.cmd, blt_point(0, 0));
	cmd_put(&batch.cmd, blt_pitch_field(PITCH_BYTES, src_tiling));
	gem_batch_address(&batch, src, 0, false);
	if (y_bits) {
		cmd_flush(&batch.cmd);
		put_swctrl(&batch.cmd, 0);
	}
	gem_batch_end(&batch);
	return selftest_run(t, &batch, &exec);
}

static int open_aperture(struct selftest *t, struct gem_bo *bo, bool write)
{
	int ret = gem_bo_map_aperture(t->fd, bo);

	if (!ret)
		ret = gem_bo_wait(t->fd, bo, SELFTEST_WAIT_NS);
	if (!ret)
		ret = gem_bo_set_domain(t->fd, bo, I915_GEM_DOMAIN_GTT, write);
	return ret ? selftest_fail(t, "map through the aperture: %s", strerror(-ret)) : 0;
}

static int expect_aperture(struct selftest *t, struct gem_bo *bo, const uint8_t *want)
{
	ptrdiff_t at;

	if (open_aperture(t, bo, false))
		return -1;
	at = oracle_mismatch(bo->aperture, want, bo->size_bytes);
	if (at >= 0)
		return selftest_fail(t, "through the fence, row %tu byte %#tx is %02x, not %02x", at / PITCH_BYTES,
				     at % PITCH_BYTES, ((uint8_t *)bo->aperture)[at], want[at]);
	return 0;
}

/**
 * test_tiled_blit() - blit linear to tiled, read it by CPU and through a fence, and blit it back
 * @t: test
 * @tiling: enum blt_tiling
 *
 * Return: 0 or -1
 */
int test_tiled_blit(struct selftest *t, unsigned int tiling)
{
	static uint8_t linear[SURFACE_BYTES], tiled_bytes[SURFACE_BYTES];
	struct gem_bo *code = selftest_bo(t, GEM_BATCH_BYTES), *src = selftest_bo(t, SURFACE_BYTES);
	struct gem_bo *tiled = selftest_bo(t, SURFACE_BYTES), *back = selftest_bo(t, SURFACE_BYTES);
	uint32_t swizzle;
	int ret;

	if (!code || !src || !tiled || !back)
		return -1;
	ret = gem_bo_set_tiling(t->fd, tiled, tiling, PITCH_BYTES, &swizzle);
	if (ret)
		return selftest_fail(t, "set tiling: %s", strerror(-ret));
	oracle_pattern(linear, sizeof(linear), tiling);
	tile_bytes(tiled_bytes, linear, tiling, swizzle, ROWS);
	if (selftest_load(t, src, linear) || copy_surface(t, code, tiled, tiling, src, BLT_LINEAR))
		return -1;
	if (swizzle <= SWIZZLE_9_10 && selftest_expect(t, tiled, tiled_bytes, "tiled by the blitter"))
		return -1;
	if (expect_aperture(t, tiled, linear))
		return -1;
	if (copy_surface(t, code, back, BLT_LINEAR, tiled, tiling))
		return -1;
	return selftest_expect(t, back, linear, "blitted back to linear");
}

/**
 * test_tiled_aperture() - write a tiled surface through a fence, and look at its layout by CPU and blitter
 * @t: test
 * @tiling: enum blt_tiling
 *
 * Return: 0 or -1
 */
int test_tiled_aperture(struct selftest *t, unsigned int tiling)
{
	static uint8_t linear[SURFACE_BYTES], tiled_bytes[SURFACE_BYTES];
	struct gem_bo *code = selftest_bo(t, GEM_BATCH_BYTES);
	struct gem_bo *tiled = selftest_bo(t, SURFACE_BYTES), *back = selftest_bo(t, SURFACE_BYTES);
	uint32_t swizzle;
	int ret;

	if (!code || !tiled || !back)
		return -1;
	ret = gem_bo_set_tiling(t->fd, tiled, tiling, PITCH_BYTES, &swizzle);
	if (ret)
		return selftest_fail(t, "set tiling: %s", strerror(-ret));
	oracle_pattern(linear, sizeof(linear), 5 + tiling);
	tile_bytes(tiled_bytes, linear, tiling, swizzle, ROWS);
	if (open_aperture(t, tiled, true))
		return -1;
	memcpy(tiled->aperture, linear, sizeof(linear));
	if (swizzle <= SWIZZLE_9_10 && selftest_expect(t, tiled, tiled_bytes, "tiled by the fence"))
		return -1;
	if (copy_surface(t, code, back, BLT_LINEAR, tiled, tiling))
		return -1;
	return selftest_expect(t, back, linear, "blitted to linear");
}

/**
 * test_fence_stealing() - use more tiled maps at once than there are fences
 * @t: test
 * @arg: unused
 *
 * Return: 0 or -1
 */
int test_fence_stealing(struct selftest *t, unsigned int arg)
{
	static uint8_t linear[STEAL_BYTES], tiled_bytes[STEAL_BYTES];
	struct gem_bo *bos[STEAL_OBJECTS];
	uint32_t swizzle = SWIZZLE_NONE;

	for (unsigned int i = 0; i < STEAL_OBJECTS; i++) {
		int ret;

		bos[i] = selftest_bo(t, STEAL_BYTES);
		if (!bos[i])
			return -1;
		ret = gem_bo_set_tiling(t->fd, bos[i], BLT_TILED_X, PITCH_BYTES, &swizzle);
		if (ret)
			return selftest_fail(t, "set tiling: %s", strerror(-ret));
		if (open_aperture(t, bos[i], true))
			return -1;
		oracle_pattern(linear, sizeof(linear), 1000 + i);
		memcpy(bos[i]->aperture, linear, sizeof(linear));
	}
	for (unsigned int i = 0; i < STEAL_OBJECTS; i++) {
		oracle_pattern(linear, sizeof(linear), 1000 + i);
		tile_bytes(tiled_bytes, linear, BLT_TILED_X, swizzle, STEAL_BYTES / PITCH_BYTES);
		if (expect_aperture(t, bos[i], linear))
			return -1;
		if (swizzle <= SWIZZLE_9_10 && selftest_expect(t, bos[i], tiled_bytes, "tiled by a stolen fence"))
			return -1;
	}
	return 0;
}
