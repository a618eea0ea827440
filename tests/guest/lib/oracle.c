// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The naive model of fills, copies and tiled layouts that the GPU's results are compared with. Pure functions.
 */
#include "tests/guest/lib/oracle.h"

/**
 * oracle_pattern() - fill a buffer with bytes that depend on their address and on @seed
 * @buf: buffer
 * @size_bytes: its size
 * @seed: another seed gives another buffer
 *
 * A shifted, repeated or swapped page shows, because no two dwords of a buffer under 16 GiB are equal (an odd
 * multiplier permutes the 32-bit numbers).
 */
void oracle_pattern(void *buf, size_t size_bytes, uint32_t seed)
{
	uint8_t *byte = buf;

	for (size_t i = 0; i < size_bytes; i++) {
		uint32_t dword = ((uint32_t)(i / 4) + seed) * 2654435761u;

		byte[i] = (uint8_t)(dword >> 8 * (i % 4));
	}
}

/**
 * oracle_mismatch() - find the first byte that differs
 * @got: buffer
 * @want: buffer
 * @size_bytes: size of both
 *
 * Return: its offset, or -1 when the buffers are equal
 */
ptrdiff_t oracle_mismatch(const void *got, const void *want, size_t size_bytes)
{
	const uint8_t *a = got, *b = want;

	for (size_t i = 0; i < size_bytes; i++)
		if (a[i] != b[i])
			return (ptrdiff_t)i;
	return -1;
}

/**
 * oracle_tile_offset() - where a byte of a surface lies in memory
 * @tiling: layout
 * @swizzle: bits folded into bit 6, as I915_GEM_SET_TILING reports them
 * @pitch_bytes: row pitch; of a tiled surface a multiple of the tile's width
 * @x_bytes: byte in the row
 * @y: row
 *
 * An X tile is 8 rows of 512 bytes; a Y tile is 8 columns of 32 16-byte rows (Haswell PRM vol. 5, Tiling).
 *
 * Return: byte offset from the surface's start
 */
size_t oracle_tile_offset(enum blt_tiling tiling, enum oracle_swizzle swizzle, size_t pitch_bytes, size_t x_bytes, size_t y)
{
	size_t offset;

	switch (tiling) {
	case BLT_TILED_X:
		offset = y / 8 * pitch_bytes * 8 + x_bytes / 512 * 4096 + y % 8 * 512 + x_bytes % 512;
		break;
	case BLT_TILED_Y:
		offset = y / 32 * pitch_bytes * 32 + x_bytes / 128 * 4096 + x_bytes % 128 / 16 * 512 + y % 32 * 16 + x_bytes % 16;
		break;
	default:
		return y * pitch_bytes + x_bytes;
	}
	if (swizzle != SWIZZLE_NONE)
		offset ^= (offset >> 9 & 1) << 6;
	if (swizzle == SWIZZLE_9_10)
		offset ^= (offset >> 10 & 1) << 6;
	return offset;
}

/**
 * oracle_rop() - a ternary raster operation on eight pixels' bits
 * @rop: truth table, indexed by pattern << 2 | source << 1 | destination
 * @pattern: pattern bits
 * @source: source bits
 * @dest: destination bits
 *
 * Return: the new destination
 */
uint8_t oracle_rop(uint8_t rop, uint8_t pattern, uint8_t source, uint8_t dest)
{
	uint8_t result = 0;

	for (int bit = 0; bit < 8; bit++) {
		int index = (pattern >> bit & 1) << 2 | (source >> bit & 1) << 1 | (dest >> bit & 1);

		result |= (uint8_t)((rop >> index & 1) << bit);
	}
	return result;
}

/**
 * oracle_fill() - XY_COLOR_BLT on a linear surface
 * @dst: surface
 * @pitch_bytes: row pitch
 * @depth: colour depth
 * @rect: pixels to fill
 * @rop: raster operation of pattern and destination
 * @color: pattern colour
 */
void oracle_fill(void *dst, size_t pitch_bytes, enum blt_depth depth, const struct blt_rect *rect, uint8_t rop, uint32_t color)
{
	const size_t bytes = blt_depth_bytes(depth);

	for (size_t y = rect->y1; y < rect->y2; y++) {
		uint8_t *row = (uint8_t *)dst + y * pitch_bytes;

		for (size_t x = rect->x1 * bytes; x < rect->x2 * bytes; x++)
			row[x] = oracle_rop(rop, (uint8_t)(color >> 8 * (x % bytes)), 0, row[x]);
	}
}

/**
 * oracle_copy() - XY_SRC_COPY_BLT between linear surfaces that do not overlap
 * @dst: destination surface
 * @dst_pitch_bytes: its pitch
 * @rect: pixels of the destination
 * @src: source surface
 * @src_pitch_bytes: its pitch
 * @src_x: source pixel of @rect's left edge
 * @src_y: source row of @rect's upper edge
 * @depth: colour depth
 * @rop: raster operation of source and destination
 */
void oracle_copy(void *dst, size_t dst_pitch_bytes, const struct blt_rect *rect, const void *src, size_t src_pitch_bytes,
		 unsigned int src_x, unsigned int src_y, enum blt_depth depth, uint8_t rop)
{
	const size_t bytes = blt_depth_bytes(depth);
	const size_t width = (size_t)(rect->x2 - rect->x1) * bytes;

	for (size_t y = rect->y1; y < rect->y2; y++) {
		const uint8_t *in = (const uint8_t *)src + (src_y + y - rect->y1) * src_pitch_bytes + src_x * bytes;
		uint8_t *out = (uint8_t *)dst + y * dst_pitch_bytes + rect->x1 * bytes;

		for (size_t x = 0; x < width; x++)
			out[x] = oracle_rop(rop, 0, in[x], out[x]);
	}
}
