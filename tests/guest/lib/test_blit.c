// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Linear fills and copies by the blitter, compared with the oracle over the whole destination, so that a byte
 * written outside the rectangle fails too.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/guest/lib/oracle.h"
#include "tests/guest/lib/selftest.h"

#define SURFACE_BYTES (64u * 1024u)

static const struct gem_exec on_blitter = { .ring = I915_EXEC_BLT };

static const struct copy_case {
	const char *name;
	enum blt_depth depth;
	uint8_t rop;
	uint16_t dst_pitch, src_pitch;
	struct blt_rect rect;
	uint16_t src_x, src_y;
} rect_cases[] = {
	{ "32bpp inside", BLT_DEPTH_32, BLT_ROP_COPY, 512, 512, { 3, 5, 97, 61 }, 7, 2 },
	{ "32bpp other pitch", BLT_DEPTH_32, BLT_ROP_COPY, 1024, 256, { 100, 1, 140, 50 }, 9, 3 },
	{ "16bpp odd pixels", BLT_DEPTH_16, BLT_ROP_COPY, 256, 512, { 1, 0, 66, 31 }, 3, 4 },
	{ "8bpp odd bytes", BLT_DEPTH_8, BLT_ROP_COPY, 128, 192, { 5, 7, 118, 60 }, 3, 1 },
	{ "one pixel", BLT_DEPTH_32, BLT_ROP_COPY, 512, 512, { 127, 127, 128, 128 }, 0, 0 },
	{ "empty", BLT_DEPTH_32, BLT_ROP_COPY, 512, 512, { 8, 8, 8, 16 }, 0, 0 },
}, rop_cases[] = {
	{ "xor", BLT_DEPTH_32, 0x66, 512, 512, { 1, 1, 99, 50 }, 2, 3 },
	{ "and", BLT_DEPTH_32, 0x88, 512, 512, { 1, 1, 99, 50 }, 2, 3 },
	{ "or", BLT_DEPTH_16, 0xee, 512, 512, { 1, 1, 99, 50 }, 2, 3 },
	{ "not source", BLT_DEPTH_8, 0x33, 512, 512, { 1, 1, 99, 50 }, 2, 3 },
};

static const struct fill_case {
	const char *name;
	enum blt_depth depth;
	uint8_t rop;
	uint16_t pitch;
	struct blt_rect rect;
	uint32_t color;
} fill_cases[] = {
	{ "32bpp all", BLT_DEPTH_32, BLT_ROP_PATTERN, 1024, { 0, 0, 256, 64 }, 0x80ff017f },
	{ "32bpp inside", BLT_DEPTH_32, BLT_ROP_PATTERN, 512, { 3, 2, 101, 77 }, 0x12345678 },
	{ "16bpp", BLT_DEPTH_16, BLT_ROP_PATTERN, 512, { 5, 1, 200, 60 }, 0xbeef },
	{ "8bpp", BLT_DEPTH_8, BLT_ROP_PATTERN, 256, { 1, 0, 250, 255 }, 0xa5 },
	{ "blackness", BLT_DEPTH_32, 0x00, 512, { 10, 10, 20, 20 }, 0xffffffff },
	{ "whiteness", BLT_DEPTH_16, 0xff, 512, { 10, 10, 21, 20 }, 0 },
	{ "invert", BLT_DEPTH_32, 0x55, 512, { 0, 3, 128, 9 }, 0 },
	{ "pattern xor", BLT_DEPTH_32, 0x5a, 512, { 7, 7, 9, 99 }, 0x0ff00ff0 },
	{ "pattern and", BLT_DEPTH_8, 0xa0, 512, { 7, 7, 9, 99 }, 0x3c },
};

static void put_copy(struct gem_batch *batch, const struct copy_case *c, struct gem_bo *dst, struct gem_bo *src)
{
	struct cmd_buf *cmd = &batch->cmd;

	cmd_put(cmd, blt_copy_header(c->depth, BLT_LINEAR, BLT_LINEAR));
	cmd_put(cmd, blt_br13(c->depth, c->rop, c->dst_pitch, BLT_LINEAR));
	cmd_put(cmd, blt_point(c->rect.x1, c->rect.y1));
	cmd_put(cmd, blt_point(c->rect.x2, c->rect.y2));
	gem_batch_address(batch, dst, 0, true);
	cmd_put(cmd, blt_point(c->src_x, c->src_y));
	cmd_put(cmd, blt_pitch_field(c->src_pitch, BLT_LINEAR));
	gem_batch_address(batch, src, 0, false);
}

static int run_copies(struct selftest *t, const struct copy_case *cases, size_t count)
{
	static uint8_t src_bytes[SURFACE_BYTES], want[SURFACE_BYTES];
	struct gem_bo *code = selftest_bo(t, GEM_BATCH_BYTES);
	struct gem_bo *src = selftest_bo(t, SURFACE_BYTES), *dst = selftest_bo(t, SURFACE_BYTES);
	struct gem_batch batch;

	if (!code || !src || !dst)
		return -1;
	oracle_pattern(src_bytes, sizeof(src_bytes), 1);
	if (selftest_load(t, src, src_bytes))
		return -1;
	for (const struct copy_case *c = cases; c < cases + count; c++) {
		oracle_pattern(want, sizeof(want), 77777);
		if (selftest_load(t, dst, want))
			return -1;
		gem_batch_init(&batch, code);
		put_copy(&batch, c, dst, src);
		gem_batch_end(&batch);
		if (selftest_run(t, &batch, &on_blitter))
			return -1;
		oracle_copy(want, c->dst_pitch, &c->rect, src_bytes, c->src_pitch, c->src_x, c->src_y, c->depth, c->rop);
		if (selftest_expect(t, dst, want, c->name))
			return -1;
	}
	return selftest_expect(t, src, src_bytes, "source");
}

/**
 * test_copy_linear() - copy one megabyte in one command
 * @t: test
 * @arg: unused
 *
 * Return: 0 or -1
 */
int test_copy_linear(struct selftest *t, unsigned int arg)
{
	static const struct copy_case whole = { "1 MiB", BLT_DEPTH_32, BLT_ROP_COPY, 4096, 4096, { 0, 0, 1024, 256 }, 0, 0 };
	const size_t size_bytes = 1024 * 1024;
	struct gem_bo *code = selftest_bo(t, GEM_BATCH_BYTES);
	struct gem_bo *src = selftest_bo(t, size_bytes), *dst = selftest_bo(t, size_bytes);
	struct gem_batch batch;

	if (!code || !src || !dst)
		return -1;
	if (gem_bo_set_domain(t->fd, src, I915_GEM_DOMAIN_CPU, true))
		return selftest_fail(t, "move the source to the CPU");
	oracle_pattern(src->cpu, size_bytes, 42);
	gem_batch_init(&batch, code);
	put_copy(&batch, &whole, dst, src);
	gem_batch_end(&batch);
	if (selftest_run(t, &batch, &on_blitter))
		return -1;
	return selftest_expect(t, dst, src->cpu, whole.name);
}

/**
 * test_copy_rect() - copy rectangles of several depths between surfaces of several pitches
 * @t: test
 * @arg: unused
 *
 * Return: 0 or -1
 */
int test_copy_rect(struct selftest *t, unsigned int arg)
{
	return run_copies(t, rect_cases, sizeof(rect_cases) / sizeof(rect_cases[0]));
}

/**
 * test_copy_rop() - copy with raster operations that read the destination
 * @t: test
 * @arg: unused
 *
 * Return: 0 or -1
 */
int test_copy_rop(struct selftest *t, unsigned int arg)
{
	return run_copies(t, rop_cases, sizeof(rop_cases) / sizeof(rop_cases[0]));
}

/**
 * test_fill() - fill rectangles with several depths and raster operations
 * @t: test
 * @arg: unused
 *
 * Return: 0 or -1
 */
int test_fill(struct selftest *t, unsigned int arg)
{
	static uint8_t want[SURFACE_BYTES];
	struct gem_bo *code = selftest_bo(t, GEM_BATCH_BYTES);
	struct gem_bo *dst = selftest_bo(t, SURFACE_BYTES);
	struct gem_batch batch;

	if (!code || !dst)
		return -1;
	for (size_t i = 0; i < sizeof(fill_cases) / sizeof(fill_cases[0]); i++) {
		const struct fill_case *c = &fill_cases[i];

		oracle_pattern(want, sizeof(want), 99);
		if (selftest_load(t, dst, want))
			return -1;
		gem_batch_init(&batch, code);
		cmd_put(&batch.cmd, blt_color_header(c->depth, BLT_LINEAR));
		cmd_put(&batch.cmd, blt_br13(c->depth, c->rop, c->pitch, BLT_LINEAR));
		cmd_put(&batch.cmd, blt_point(c->rect.x1, c->rect.y1));
		cmd_put(&batch.cmd, blt_point(c->rect.x2, c->rect.y2));
		gem_batch_address(&batch, dst, 0, true);
		cmd_put(&batch.cmd, c->color);
		gem_batch_end(&batch);
		if (selftest_run(t, &batch, &on_blitter))
			return -1;
		oracle_fill(want, c->pitch, c->depth, &c->rect, c->rop, c->color);
		if (selftest_expect(t, dst, want, c->name))
			return -1;
	}
	return 0;
}
