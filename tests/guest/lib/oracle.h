/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What the blitter should have done, computed by the CPU one pixel at a time: slow, obvious, and sharing no code
 * with the simulator. Test patterns and comparison live here as well.
 */
#ifndef TESTS_GUEST_LIB_ORACLE_H
#define TESTS_GUEST_LIB_ORACLE_H

#include <stddef.h>
#include <stdint.h>

#include "tests/guest/lib/cmd.h"

/** enum oracle_swizzle - which address bits are folded into bit 6; the values are I915_BIT_6_SWIZZLE_*. */
enum oracle_swizzle {
	SWIZZLE_NONE = 0,
	SWIZZLE_9 = 1,
	SWIZZLE_9_10 = 2,
};

void oracle_pattern(void *buf, size_t size_bytes, uint32_t seed);
ptrdiff_t oracle_mismatch(const void *got, const void *want, size_t size_bytes);
size_t oracle_tile_offset(enum blt_tiling tiling, enum oracle_swizzle swizzle, size_t pitch_bytes, size_t x_bytes, size_t y);
uint8_t oracle_rop(uint8_t rop, uint8_t pattern, uint8_t source, uint8_t dest);
void oracle_fill(void *dst, size_t pitch_bytes, enum blt_depth depth, const struct blt_rect *rect, uint8_t rop, uint32_t color);
void oracle_copy(void *dst, size_t dst_pitch_bytes, const struct blt_rect *rect, const void *src, size_t src_pitch_bytes,
		 unsigned int src_x, unsigned int src_y, enum blt_depth depth, uint8_t rop);

#endif
