// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The audit of the blitter's commands: with the PPGTT off every byte that a blit touches is judged, with it on the forms alone.
 */
#include <string.h>

#include "tests/guest/lib/cmd.h"
#include "tests/unit/harness/audit.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#define XY(x, y) ((uint32_t)(y) << 16 | ((x)&0xffff))
#define BR(depth, rop, pitch) ((uint32_t)(depth) << 24 | (uint32_t)(rop) << 16 | ((pitch)&0xffff))
#define COLOR (XY_COLOR_BLT | BLT_WRITE_RGBA)
#define COPY (XY_SRC_COPY_BLT | BLT_WRITE_RGBA)
#define PAT BLT_CMD(0x51, 4)
#define PAT_IMM(dw) BLT_CMD(0x72, (dw)-2)
#define F32 BR(3, 0xf0, 256)
#define C32 BR(3, 0xcc, 256)

static const struct audit_where off = { .engine = VGPU_BCS }, on = { .engine = VGPU_BCS, .ppgtt = true, .batch = true },
				ring_on = { .engine = VGPU_BCS, .ppgtt = true };

static const struct audit_row ggtt[] = {
	/* XY_COLOR_BLT, linear: 64 by 4 pixels of four bytes fill four lines of 256 bytes */
	{ "fill", OK, 6, .dw = { COLOR, F32, XY(0, 0), XY(64, 4), H, 7 } },
	{ "fill the end", OK, 6, .dw = { COLOR, F32, XY(0, 0), XY(64, 4), HE - 1024, 7 } },
	{ "fill one byte over the end", ADDRESS, 6,
	  .dw = { XY_COLOR_BLT, BR(0, 0xf0, 256), XY(0, 0), XY(256, 4), HE - 1023, 7 } },
	{ "fill one line over the end", ADDRESS, 6, .dw = { COLOR, F32, XY(0, 0), XY(64, 5), HE - 1024, 7 } },
	{ "fill one pixel over the end", ADDRESS, 6, .dw = { COLOR, F32, XY(0, 0), XY(65, 4), HE - 1024, 7 } },
	{ "fill the last line, short of the pitch", OK, 6, .dw = { COLOR, F32, XY(0, 0), XY(4, 5), HE - 1024 - 16, 7 } },
	{ "fill in front", ADDRESS, 6, .dw = { COLOR, F32, XY(0, 0), XY(64, 4), H - 4, 7 } },
	{ "fill from a base in front, top left inside", OK, 6, .dw = { COLOR, F32, XY(1, 1), XY(64, 4), H - 260, 7 } },
	{ "fill from a base in front, top left outside", ADDRESS, 6, .dw = { COLOR, F32, XY(0, 1), XY(64, 4), H - 260, 7 } },
	{ "fill the aperture", OK, 6, .dw = { COLOR, F32, XY(0, 0), XY(64, 4), AE - 1024, 7 } },
	{ "fill over the end of the aperture", ADDRESS, 6, .dw = { COLOR, F32, XY(0, 0), XY(64, 4), AE - 1020, 7 } },
	{ "fill all between both ranges", ADDRESS, 6, .dw = { COLOR, BR(3, 0xf0, 0x7ffc), XY(0, 0), XY(8191, 6400), A, 7 } },
	{ "fill at the top of 32 bits", ADDRESS, 6, .dw = { COLOR, F32, XY(0, 0), XY(64, 4), 0xfffffff0, 7 } },
	{ "fill that would wrap at 32 bits", ADDRESS, 6,
	  .dw = { COLOR, BR(3, 0xf0, 0x7ffc), XY(0, 0x7000), XY(4, 0x7001), 0xd1c00000, 7 } },
	{ "fill the largest", ADDRESS, 6, .dw = { COLOR, BR(3, 0xf0, 0x7ffc), XY(0, 0), XY(0x7fff, 0x7fff), H, 7 } },
	{ "fill with pitch 0", OK, 6, .dw = { COLOR, BR(3, 0xf0, 0), XY(0, 0), XY(64, 0x7fff), H, 7 } },
	{ "fill upwards", OK, 6, .dw = { COLOR, BR(3, 0xf0, -256), XY(0, 0), XY(64, 4), H + 768, 7 } },
	{ "fill upwards past the beginning", ADDRESS, 6, .dw = { COLOR, BR(3, 0xf0, -256), XY(0, 0), XY(64, 4), H + 764, 7 } },
	{ "fill upwards over the end", ADDRESS, 6, .dw = { COLOR, BR(3, 0xf0, -256), XY(0, 0), XY(64, 4), HE - 252, 7 } },
	{ "fill upwards below zero", ADDRESS, 6, .dw = { COLOR, BR(3, 0xf0, -0x8000), XY(0, 0), XY(64, 0x7fff), 0, 7 } },
	{ "fill, one byte a pixel", OK, 6, .dw = { XY_COLOR_BLT, BR(0, 0xf0, 256), XY(0, 0), XY(256, 4), HE - 1024, 7 } },
	{ "fill, one byte a pixel, over", ADDRESS, 6,
	  .dw = { XY_COLOR_BLT, BR(0, 0xf0, 256), XY(0, 0), XY(257, 4), HE - 1024, 7 } },
	{ "fill, 565", OK, 6, .dw = { XY_COLOR_BLT, BR(1, 0xf0, 256), XY(0, 0), XY(128, 4), HE - 1024, 7 } },
	{ "fill, 565, over", ADDRESS, 6, .dw = { XY_COLOR_BLT, BR(1, 0xf0, 256), XY(0, 0), XY(129, 4), HE - 1024, 7 } },
	{ "fill, 1555, over", ADDRESS, 6, .dw = { XY_COLOR_BLT, BR(2, 0xf0, 256), XY(0, 0), XY(129, 4), HE - 1024, 7 } },
	{ "fill, pitch of no dwords", ADDRESS, 6, .dw = { COLOR, BR(3, 0xf0, 258), XY(0, 0), XY(64, 4), H, 7 } },
	{ "fill, one byte a pixel, pitch of no dwords", ADDRESS, 6,
	  .dw = { XY_COLOR_BLT, BR(0, 0xf0, 257), XY(0, 0), XY(64, 4), H, 7 } },
	{ "fill upwards, pitch of no dwords", ADDRESS, 6, .dw = { COLOR, BR(3, 0xf0, -255), XY(0, 0), XY(64, 4), H + MIB, 7 } },
	{ "fill from a base far in front, top left inside if the pitch is what it says", ADDRESS, 6,
	  .dw = { XY_COLOR_BLT, BR(0, 0xf0, 7), XY(0, 0x7000), XY(4, 0x7001), H - 7 * 0x7000, 7 } },
	{ "fill, base of no pixel", ADDRESS, 6, .dw = { COLOR, F32, XY(0, 0), XY(64, 4), H + 2, 7 } },
	{ "fill, 565, base of no pixel", ADDRESS, 6, .dw = { XY_COLOR_BLT, BR(1, 0xf0, 256), XY(0, 0), XY(64, 4), H + 1, 7 } },
	{ "fill, 565, base of a pixel", OK, 6, .dw = { XY_COLOR_BLT, BR(1, 0xf0, 256), XY(0, 0), XY(64, 4), H + 2, 7 } },
	{ "fill, one byte a pixel, any base", OK, 6, .dw = { XY_COLOR_BLT, BR(0, 0xf0, 256), XY(0, 0), XY(64, 4), H + 1, 7 } },
	{ "fill nothing, no width", ADDRESS, 6, .dw = { COLOR, F32, XY(4, 0), XY(4, 4), H, 7 } },
	{ "fill nothing, no height", ADDRESS, 6, .dw = { COLOR, F32, XY(0, 4), XY(4, 4), H, 7 } },
	{ "fill, right of left", ADDRESS, 6, .dw = { COLOR, F32, XY(8, 0), XY(4, 4), H + MIB, 7 } },
	{ "fill, bottom above top", ADDRESS, 6, .dw = { COLOR, F32, XY(0, 8), XY(4, 4), H + MIB, 7 } },
	{ "fill, negative left", ADDRESS, 6, .dw = { COLOR, F32, XY(-1, 0), XY(4, 4), H + MIB, 7 } },
	{ "fill, negative top", ADDRESS, 6, .dw = { COLOR, F32, XY(0, 0x8000), XY(4, 4), H + MIB, 7 } },
	{ "fill, negative right", ADDRESS, 6, .dw = { COLOR, F32, XY(0, 0), XY(0x8000, 4), H + MIB, 7 } },
	{ "fill with clipping", OPCODE, 6, .dw = { COLOR, F32 | 1u << 30, XY(0, 0), XY(4, 4), H, 7 } },
	{ "fill, reserved bit", OPCODE, 6, .dw = { COLOR, F32 | 1u << 26, XY(0, 0), XY(4, 4), H, 7 } },
	{ "fill that reads a source", OPCODE, 6, .dw = { COLOR, BR(3, 0xcc, 256), XY(0, 0), XY(4, 4), H, 7 } },
	{ "fill that inverts", OK, 6, .dw = { COLOR, BR(3, 0x55, 256), XY(0, 0), XY(4, 4), H, 7 } },
	{ "fill, source tiled", OPCODE, 6, .dw = { COLOR | BLT_SRC_TILED, F32, XY(0, 0), XY(4, 4), H, 7 } },
	{ "fill, too short", LENGTH, 5, .dw = { COLOR - 1, F32, XY(0, 0), XY(4, 4), H } },
	{ "fill, too long", LENGTH, 7, .dw = { COLOR + 1, F32, XY(0, 0), XY(4, 4), H, 7, 0 } },
	{ "fill, cut off by the tail", LENGTH, 5, .dw = { COLOR, F32, XY(0, 0), XY(4, 4), H } },

	/* tiled: pitch in dwords; a row of X tiles is 8 lines, of Y tiles 32 */
	{ "fill X tiles", OK, 6, .dw = { COLOR | BLT_DST_TILED, BR(3, 0xf0, 128), XY(0, 0), XY(128, 8), HE - 4096, 7 } },
	{ "fill X tiles, a line more", ADDRESS, 6,
	  .dw = { COLOR | BLT_DST_TILED, BR(3, 0xf0, 128), XY(0, 0), XY(128, 9), HE - 4096, 7 } },
	{ "fill X tiles, last line of a row", OK, 6,
	  .dw = { COLOR | BLT_DST_TILED, BR(3, 0xf0, 256), XY(0, 15), XY(4, 16), HE - 16384, 7 } },
	{ "fill X tiles from a base in front", OK, 6,
	  .dw = { COLOR | BLT_DST_TILED, BR(3, 0xf0, 128), XY(0, 8), XY(128, 16), H - 4096, 7 } },
	{ "fill X tiles from a base in front, a line too early", ADDRESS, 6,
	  .dw = { COLOR | BLT_DST_TILED, BR(3, 0xf0, 128), XY(0, 7), XY(128, 16), H - 4096, 7 } },
	{ "fill X tiles wider than the pitch", ADDRESS, 6,
	  .dw = { COLOR | BLT_DST_TILED, BR(3, 0xf0, 128), XY(0, 0), XY(129, 8), H, 7 } },
	{ "fill X tiles, pitch of no tiles", ADDRESS, 6,
	  .dw = { COLOR | BLT_DST_TILED, BR(3, 0xf0, 96), XY(0, 0), XY(64, 8), H, 7 } },
	{ "fill X tiles, pitch 0", ADDRESS, 6, .dw = { COLOR | BLT_DST_TILED, BR(3, 0xf0, 0), XY(0, 0), XY(4, 8), H, 7 } },
	{ "fill X tiles, negative pitch", ADDRESS, 6,
	  .dw = { COLOR | BLT_DST_TILED, BR(3, 0xf0, -128), XY(0, 0), XY(64, 8), H + MIB, 7 } },
	{ "fill X tiles, base of no page", ADDRESS, 6,
	  .dw = { COLOR | BLT_DST_TILED, BR(3, 0xf0, 128), XY(0, 0), XY(64, 8), H + 64, 7 } },
	{ "fill Y tiles where X tiles fit", ADDRESS, 6,
	  .dw = { COLOR | BLT_DST_TILED, BR(3, 0xf0, 128), XY(0, 0), XY(128, 8), HE - 4096, 7 }, .swctrl = 2 },
	{ "fill Y tiles", OK, 6, .dw = { COLOR | BLT_DST_TILED, BR(3, 0xf0, 128), XY(0, 0), XY(128, 32), HE - 16384, 7 },
	  .swctrl = 2 },
	{ "fill Y tiles, narrow", OK, 6, .dw = { COLOR | BLT_DST_TILED, BR(3, 0xf0, 32), XY(0, 0), XY(32, 32), HE - 4096, 7 },
	  .swctrl = 2 },
	{ "fill X tiles, narrow", ADDRESS, 6, .dw = { COLOR | BLT_DST_TILED, BR(3, 0xf0, 32), XY(0, 0), XY(32, 8), H, 7 },
	  .swctrl = 1 },
	{ "load Y tiling, fill where X tiles fit", ADDRESS, 9,
	  .dw = { MI_LOAD_REGISTER_IMM, BCS_SWCTRL, 0x20002, COLOR | BLT_DST_TILED, BR(3, 0xf0, 128), XY(0, 0), XY(128, 8),
		  HE - 4096, 7 } },

	/* XY_SRC_COPY_BLT */
	{ "copy", OK, 8, .dw = { COPY, C32, XY(0, 0), XY(64, 4), H, XY(0, 0), 256, HE - 1024 } },
	{ "copy from the aperture", OK, 8, .dw = { COPY, C32, XY(0, 0), XY(64, 4), H, XY(0, 0), 256, A } },
	{ "copy from outside", ADDRESS, 8, .dw = { COPY, C32, XY(0, 0), XY(64, 4), H, XY(0, 0), 256, 0 } },
	{ "copy from the module's part", ADDRESS, 8, .dw = { COPY, C32, XY(0, 0), XY(64, 4), H, XY(0, 0), 256, 0x7ff00000 } },
	{ "copy to outside", ADDRESS, 8, .dw = { COPY, C32, XY(0, 0), XY(64, 4), HE, XY(0, 0), 256, H } },
	{ "copy from over the end", ADDRESS, 8, .dw = { COPY, C32, XY(0, 0), XY(64, 4), H, XY(0, 0), 256, HE - 1020 } },
	{ "copy, source offset over the end", ADDRESS, 8, .dw = { COPY, C32, XY(0, 0), XY(64, 4), H, XY(0, 1), 256, HE - 1024 } },
	{ "copy, source offset into the range", OK, 8, .dw = { COPY, C32, XY(0, 0), XY(64, 4), H, XY(0, 1), 256, H - 256 } },
	{ "copy, negative source", ADDRESS, 8, .dw = { COPY, C32, XY(0, 0), XY(64, 4), H, XY(-4, 0), 256, H + MIB } },
	{ "copy, source's right edge past 16 bits", ADDRESS, 8,
	  .dw = { COPY, C32, XY(0, 0), XY(0x7fff, 1), H, XY(0x7fff, 0), 256, H } },
	{ "copy, source's pitch alone too large", ADDRESS, 8,
	  .dw = { COPY, C32, XY(0, 0), XY(64, 4), H, XY(0, 0), 0x7000, HE - 1024 } },
	{ "copy upwards", OK, 8, .dw = { COPY, C32, XY(0, 0), XY(64, 4), H, XY(0, 0), 0xff00, H + 768 } },
	{ "copy upwards past the beginning", ADDRESS, 8, .dw = { COPY, C32, XY(0, 0), XY(64, 4), H, XY(0, 0), 0xff00, H + 764 } },
	{ "copy, source's pitch of no dwords", ADDRESS, 8, .dw = { COPY, C32, XY(0, 0), XY(64, 4), H, XY(0, 0), 258, H } },
	{ "copy, source's base of no pixel", ADDRESS, 8, .dw = { COPY, C32, XY(0, 0), XY(64, 4), H, XY(0, 0), 256, H + 1 } },
	{ "copy, reserved half of the pitch", OPCODE, 8, .dw = { COPY, C32, XY(0, 0), XY(64, 4), H, XY(0, 0), 0x10100, H } },
	{ "copy X tiles to lines", OK, 8, .dw = { COPY | BLT_SRC_TILED, C32, XY(0, 0), XY(64, 8), H, XY(0, 0), 128, HE - 4096 } },
	{ "copy X tiles to lines, over the end", ADDRESS, 8,
	  .dw = { COPY | BLT_SRC_TILED, C32, XY(0, 0), XY(64, 8), H, XY(0, 1), 128, HE - 4096 } },
	{ "copy Y tiles where X tiles fit", ADDRESS, 8,
	  .dw = { COPY | BLT_SRC_TILED, C32, XY(0, 0), XY(64, 8), H, XY(0, 0), 128, HE - 4096 }, .swctrl = 1 },
	{ "copy, destination's Y tiling is not the source's", OK, 8,
	  .dw = { COPY | BLT_SRC_TILED, C32, XY(0, 0), XY(64, 8), H, XY(0, 0), 128, HE - 4096 }, .swctrl = 2 },
	{ "copy that reads a pattern", OPCODE, 8, .dw = { COPY, BR(3, 0xf0, 256), XY(0, 0), XY(64, 4), H, XY(0, 0), 256, H } },
	{ "copy with clipping", OPCODE, 8, .dw = { COPY, C32 | 1u << 30, XY(0, 0), XY(64, 4), H, XY(0, 0), 256, H } },
	{ "copy with a key", OPCODE, 8, .dw = { COPY | 1u << 17, C32, XY(0, 0), XY(64, 4), H, XY(0, 0), 256, H } },
	{ "copy, too long", LENGTH, 10, .dw = { COPY + 2, C32, XY(0, 0), XY(64, 4), H, XY(0, 0), 256, H, 0, 0 } },

	/* patterns */
	{ "pattern", OK, 6, .dw = { PAT, BR(3, 0xf0, 256), XY(0, 0), XY(64, 4), H, HE - 256 } },
	{ "pattern outside", ADDRESS, 6, .dw = { PAT, BR(3, 0xf0, 256), XY(0, 0), XY(64, 4), H, HE } },
	{ "pattern, not aligned", ADDRESS, 6, .dw = { PAT, BR(3, 0xf0, 256), XY(0, 0), XY(64, 4), H, HE - 192 } },
	{ "pattern of bytes", OK, 6, .dw = { PAT, BR(0, 0xf0, 256), XY(0, 0), XY(64, 4), H, HE - 64 } },
	{ "pattern, destination outside", ADDRESS, 6, .dw = { PAT, BR(3, 0xf0, 256), XY(0, 0), XY(64, 4), HE, H } },
	{ "immediate pattern of bytes", OK, 21, .dw = { PAT_IMM(21), BR(0, 0xf0, 256), XY(0, 0), XY(64, 4), H } },
	{ "immediate pattern of the wrong size", LENGTH, 21, .dw = { PAT_IMM(21), BR(1, 0xf0, 256), XY(0, 0), XY(64, 4), H } },
	{ "immediate pattern, destination outside", ADDRESS, 21,
	  .dw = { PAT_IMM(21), BR(0, 0xf0, 256), XY(0, 0), XY(64, 4), A - 64 } },

	/* blits that are not offered */
	{ "set-up", OPCODE, 8, .dw = { BLT_CMD(0x01, 6), F32, XY(0, 0), XY(64, 4), H, 0, 0, H } },
	{ "set-up of the clip rectangle", OPCODE, 3, .dw = { BLT_CMD(0x03, 1), 0, ~0u } },
	{ "set-up of a mono pattern", OPCODE, 9, .dw = { BLT_CMD(0x11, 7), F32, XY(0, 0), XY(64, 4), H, 0, 0, 0, 0 } },
	{ "pixel", OPCODE, 2, .dw = { BLT_CMD(0x24, 0), 0 } },
	{ "scan lines", OPCODE, 3, .dw = { BLT_CMD(0x25, 1), 0, 0 } },
	{ "text", OPCODE, 4, .dw = { BLT_CMD(0x26, 2), 0, 0, H } },
	{ "COLOR_BLT", OPCODE, 5, .dw = { BLT_CMD(0x40, 3), F32, XY(64, 4), H, 7 } },
	{ "SRC_COPY_BLT", OPCODE, 6, .dw = { BLT_CMD(0x43, 4), C32, XY(64, 4), H, 256, H } },
	{ "full blit", OPCODE, 9, .dw = { BLT_CMD(0x55, 7), C32, XY(0, 0), XY(64, 4), H, 256, 0, H, H } },
	{ "fast copy of later GPUs", OPCODE, 10, .dw = { BLT_CMD(0x42, 8), C32, XY(0, 0), XY(64, 4), H, 0, 0, 256, H, 0 } },
};

static void addresses(void **state)
{
	audit_check(&off, ggtt, VGPU_ARRAY_SIZE(ggtt));
}

/* The audit hands on what the next piece starts with, and what it found. */
static void results(void **state)
{
	uint32_t dw[] = { MI_USER_INTERRUPT, MI_LOAD_REGISTER_IMM, BCS_SWCTRL, 0x30001, COLOR, F32, XY(0, 0), XY(64, 4), H, 7 };
	struct vgpu_audit a = audit_of(&off, dw, VGPU_ARRAY_SIZE(dw));

	a.swctrl = 2;
	assert_int_equal(vgpu_audit_run(&a), VGPU_FAULT_NONE);
	assert_int_equal(a.user_interrupts, 1);
	assert_int_equal(a.swctrl, 1);
	assert_int_equal(a.moved_bytes, 1024);
	assert_int_equal(a.passed_dw, VGPU_ARRAY_SIZE(dw));
	a = audit_of(&off, dw + 4, 6);
	vgpu_audit_run(&a);
	assert_int_equal(a.user_interrupts, 0);
}

/* Blits of 16 MiB: four to a piece; one of 64 MiB and more runs alone. */
static void cut_by_bytes(void **state)
{
	const uint32_t fill[6] = { COLOR, BR(3, 0xf0, 4096), XY(0, 0), XY(1024, 4096), H, 7 };
	const uint32_t huge[6] = { COLOR, BR(3, 0xf0, 0), XY(0, 0), XY(1024, 0x7fff), H, 7 };
	const uint32_t tail[] = {
		MI_FLUSH_DW, 0, 0, MI_USER_INTERRUPT, MI_LOAD_REGISTER_IMM, BCS_SWCTRL, 0x30003, COLOR, F32, XY(0, 0),
		XY(4, 4),    H, 7, MI_USER_INTERRUPT
	};
	uint32_t dw[60];
	struct vgpu_audit a;
	unsigned int i;

	for (i = 0; i < 10; i++)
		memcpy(dw + 6 * i, fill, sizeof(fill));
	a = audit_of(&off, dw, 60);
	assert_int_equal(vgpu_audit_run(&a), VGPU_FAULT_NONE);
	assert_int_equal(a.passed_dw, 24);
	assert_int_equal(a.moved_bytes, VGPU_SUBMIT_MAX_BYTES);
	memcpy(dw, huge, sizeof(huge));
	a = audit_of(&off, dw, 60);
	assert_int_equal(vgpu_audit_run(&a), VGPU_FAULT_NONE);
	assert_int_equal(a.passed_dw, 6);
	/* What costs nothing goes along, up to the next blit; what that one would change does not count yet. */
	memcpy(dw + 6, tail, sizeof(tail));
	a = audit_of(&off, dw, 6 + VGPU_ARRAY_SIZE(tail));
	assert_int_equal(vgpu_audit_run(&a), VGPU_FAULT_NONE);
	assert_int_equal(a.passed_dw, 6 + 3 + 1 + 3);
	assert_int_equal(a.user_interrupts, 1);
	assert_int_equal(a.swctrl, 3);
	assert_false(a.drawn);

	/* A batch is not cut: what it moves is too much for one piece. */
	for (i = 0; i < 10; i++)
		memcpy(dw + 6 * i, fill, sizeof(fill));
	a = audit_of(&(struct audit_where) { .engine = VGPU_BCS, .batch = true }, dw, 60);
	assert_int_equal(vgpu_audit_run(&a), VGPU_FAULT_BUDGET);
	assert_int_equal(a.passed_dw, 24);
}

/* With the guest's PPGTT on but the hardware's off, a blit's addresses are not GGTT addresses, and are not taken for such. */
static void blits_of_the_ppgtt(void **state)
{
	uint32_t fill[6] = { COLOR, F32, XY(0, 0), XY(4, 4), H, 7 };
	struct vgpu_audit a = audit_of(&off, fill, 6);

	audit_vgpu()->regs.engine[VGPU_BCS][VGPU_ER_RING_GFX_MODE] = 1u << 9;
	assert_int_equal(vgpu_audit_run(&a), VGPU_FAULT_ADDRESS);
	audit_vgpu()->regs.engine[VGPU_BCS][VGPU_ER_RING_GFX_MODE] = 0;
	assert_int_equal(vgpu_audit_run(&a), VGPU_FAULT_NONE);
}

/* With the hardware's PPGTT on: a command of 2D, the dwords that it has, and its header's flags. */
static const struct form {
	const char *name;
	uint8_t opcode, dwords;
	uint32_t flags;
} forms[] = {
	{ "XY_SETUP_BLT", 0x01, 8, 0x300800 },
	{ "XY_SETUP_CLIP_BLT", 0x03, 3, 0 },
	{ "XY_SETUP_MONO_PATTERN_SL_BLT", 0x11, 9, 0x307f00 },
	{ "XY_PIXEL_BLT", 0x24, 2, 0x800 },
	{ "XY_SCANLINES_BLT", 0x25, 3, 0x7f00 },
	{ "XY_TEXT_BLT", 0x26, 4, 0x10800 },
	{ "XY_TEXT_IMMEDIATE_BLT", 0x31, 5, 0x10800 },
	{ "COLOR_BLT", 0x40, 5, 0x300000 },
	{ "SRC_COPY_BLT", 0x43, 6, 0x300000 },
	{ "XY_COLOR_BLT", 0x50, 6, 0x300800 },
	{ "XY_PAT_BLT", 0x51, 6, 0x307f00 },
	{ "XY_MONO_PAT_BLT", 0x52, 9, 0x307f00 },
	{ "XY_SRC_COPY_BLT", 0x53, 8, 0x308800 },
	{ "XY_MONO_SRC_COPY_BLT", 0x54, 8, 0x3e0800 },
	{ "XY_FULL_BLT", 0x55, 9, 0x30ff00 },
	{ "XY_FULL_MONO_SRC_BLT", 0x56, 9, 0x3e7f00 },
	{ "XY_FULL_MONO_PATTERN_BLT", 0x57, 12, 0x30ff00 },
	{ "XY_FULL_MONO_PATTERN_MONO_SRC_BLT", 0x58, 12, 0x3e7f00 },
	{ "XY_MONO_PAT_FIXED_BLT", 0x59, 7, 0x307f00 },
	{ "XY_MONO_SRC_COPY_IMMEDIATE_BLT", 0x71, 9, 0x3e0800 },
	{ "XY_PAT_BLT_IMMEDIATE", 0x72, 69, 0x307f00 },
	{ "XY_SRC_COPY_CHROMA_BLT", 0x73, 10, 0x3e8800 },
	{ "XY_FULL_IMMEDIATE_PATTERN_BLT", 0x74, 72, 0x30ff00 },
	{ "XY_FULL_MONO_SRC_IMMEDIATE_PATTERN_BLT", 0x75, 72, 0x3e7f00 },
	{ "XY_PAT_CHROMA_BLT", 0x76, 8, 0x3e7f00 },
	{ "XY_PAT_CHROMA_BLT_IMMEDIATE", 0x77, 71, 0x3e7f00 },
};

/* One blit of any form; its operands are nobody's, of 32 bits a pixel, with clipping. Return: the verdict. */
static enum vgpu_fault judge(const struct audit_where *where, uint32_t header, uint32_t n)
{
	uint32_t dw[80] = { header, 0x43000000 | 0x00f00100, 0, 0x00040004, 0x1000 };
	struct vgpu_audit a = audit_of(where, dw, n);

	return vgpu_audit_run(&a);
}

static void by_form(void **state)
{
	uint32_t i, bit;

	for (i = 0; i < VGPU_ARRAY_SIZE(forms); i++) {
		const struct form *f = &forms[i];
		uint32_t header = BLT_CMD(f->opcode, f->dwords - 2);
		bool any_length = f->opcode == 0x31 || f->opcode == 0x71;

		for (bit = 8; bit < 22; bit++)
			if (judge(&on, header | 1u << bit, f->dwords) != (f->flags & 1u << bit ? OK : OPCODE))
				fail_msg("%s, bit %u", f->name, bit);
		if (judge(&on, header | f->flags, f->dwords) || judge(&on, header, f->dwords - 1) != LENGTH)
			fail_msg("%s", f->name);
		if (judge(&on, header + 1, f->dwords + 1) != (any_length ? OK : LENGTH) ||
		    (f->dwords > 2 && judge(&on, header - 1, f->dwords - 1) != (any_length ? OK : LENGTH)))
			fail_msg("%s, another length", f->name);
		if (judge(&off, header, f->dwords) == OK)
			fail_msg("%s, PPGTT off", f->name);
		if (judge(&ring_on, header, f->dwords) != OPCODE)
			fail_msg("%s, in a ring", f->name);
	}
}

/* All that there is, is in the table above; among others XY_FAST_COPY_BLT (0x42) came later. */
static void on_offer(void **state)
{
	uint32_t opcode, i, known = 0;

	for (opcode = 0; opcode < 128; opcode++)
		known += vgpu_audit_lookup(VGPU_BCS, BLT_CMD(opcode, 0)) != NULL;
	assert_int_equal(known, VGPU_ARRAY_SIZE(forms));
	for (i = 0; i < VGPU_ARRAY_SIZE(forms); i++)
		assert_string_equal(vgpu_audit_lookup(VGPU_BCS, BLT_CMD(forms[i].opcode, 0))->name, forms[i].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),	      cmocka_unit_test(results), cmocka_unit_test(cut_by_bytes),
		cmocka_unit_test(blits_of_the_ppgtt), cmocka_unit_test(by_form), cmocka_unit_test(on_offer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
