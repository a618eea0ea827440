// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Appends Gen7.5 commands to a bounded buffer. No lock: a buffer belongs to one thread.
 */
#include "tests/guest/lib/cmd.h"

/**
 * cmd_put() - append one dword
 * @buf: buffer; marked as overflown, and left as it is, when full
 * @dw: the dword
 */
void cmd_put(struct cmd_buf *buf, uint32_t dw)
{
	if (buf->used_dw >= buf->max_dw) {
		buf->overflow = true;
		return;
	}
	buf->dw[buf->used_dw++] = dw;
}

/**
 * cmd_store_imm() - MI_STORE_DATA_IMM of one dword
 * @buf: destination
 * @flags: 0, or MI_USE_GGTT for a privileged batch or a ring
 * @gma: graphics address, a multiple of 4
 * @value: what the engine writes
 *
 * Gen6 and later keep Gen4's four-dword form with a reserved second dword (i915 MI_STORE_DWORD_IMM_GEN4).
 */
void cmd_store_imm(struct cmd_buf *buf, uint32_t flags, uint32_t gma, uint32_t value)
{
	cmd_put(buf, MI_STORE_DWORD_IMM | flags);
	cmd_put(buf, 0);
	cmd_put(buf, gma);
	cmd_put(buf, value);
}

/**
 * cmd_load_reg() - MI_LOAD_REGISTER_IMM of one register
 * @buf: destination
 * @reg: MMIO offset
 * @value: value
 */
void cmd_load_reg(struct cmd_buf *buf, uint32_t reg, uint32_t value)
{
	cmd_put(buf, MI_LOAD_REGISTER_IMM);
	cmd_put(buf, reg);
	cmd_put(buf, value);
}

/**
 * cmd_flush() - MI_FLUSH_DW without a post-sync write
 * @buf: destination
 *
 * BCS_SWCTRL may change only when the blitter has drained (i915 selftests, prepare_blit()).
 */
void cmd_flush(struct cmd_buf *buf)
{
	cmd_put(buf, MI_FLUSH_DW);
	cmd_put(buf, 0);
	cmd_put(buf, 0);
}

/**
 * cmd_align_qword() - pad to the qword that a ring's tail and a batch's length must end on
 * @buf: destination
 */
void cmd_align_qword(struct cmd_buf *buf)
{
	if (buf->used_dw & 1)
		cmd_put(buf, MI_NOOP);
}

/**
 * blt_depth_bytes() - bytes in a pixel
 * @depth: colour depth
 *
 * Return: 1, 2 or 4
 */
unsigned int blt_depth_bytes(enum blt_depth depth)
{
	switch (depth) {
	case BLT_DEPTH_8:
		return 1;
	case BLT_DEPTH_16:
		return 2;
	default:
		return 4;
	}
}

/* The byte-enable bits are defined for 32 bits a pixel alone. */
static uint32_t write_enables(enum blt_depth depth)
{
	return depth == BLT_DEPTH_32 ? BLT_WRITE_RGBA : 0;
}

/**
 * blt_color_header() - first dword of XY_COLOR_BLT
 * @depth: colour depth
 * @dst: layout of the destination
 *
 * Return: the dword
 */
uint32_t blt_color_header(enum blt_depth depth, enum blt_tiling dst)
{
	return XY_COLOR_BLT | write_enables(depth) | (dst != BLT_LINEAR ? BLT_DST_TILED : 0);
}

/**
 * blt_copy_header() - first dword of XY_SRC_COPY_BLT
 * @depth: colour depth
 * @dst: layout of the destination
 * @src: layout of the source
 *
 * Return: the dword
 */
uint32_t blt_copy_header(enum blt_depth depth, enum blt_tiling dst, enum blt_tiling src)
{
	return XY_SRC_COPY_BLT | write_enables(depth) | (dst != BLT_LINEAR ? BLT_DST_TILED : 0) |
	       (src != BLT_LINEAR ? BLT_SRC_TILED : 0);
}

/**
 * blt_br13() - second dword of an XY command: depth, raster operation and destination pitch
 * @depth: colour depth
 * @rop: ternary raster operation, 0 to 255
 * @pitch_bytes: bytes from one row to the next
 * @dst: layout of the destination
 *
 * Return: the dword
 */
uint32_t blt_br13(enum blt_depth depth, unsigned int rop, unsigned int pitch_bytes, enum blt_tiling dst)
{
	return (uint32_t)depth << 24 | rop << 16 | blt_pitch_field(pitch_bytes, dst);
}

/**
 * blt_pitch_field() - the 16-bit pitch field, in bytes for a linear surface and in dwords for a tiled one
 * @pitch_bytes: bytes from one row to the next
 * @tiling: layout of the surface
 *
 * Return: the field
 */
uint32_t blt_pitch_field(unsigned int pitch_bytes, enum blt_tiling tiling)
{
	return (tiling == BLT_LINEAR ? pitch_bytes : pitch_bytes / 4) & 0xffff;
}

/**
 * blt_point() - a coordinate dword
 * @x: pixels
 * @y: rows
 *
 * Return: y in the upper half, x in the lower
 */
uint32_t blt_point(unsigned int x, unsigned int y)
{
	return (uint32_t)y << 16 | (x & 0xffff);
}
