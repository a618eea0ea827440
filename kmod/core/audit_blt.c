// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The blitter's commands that guests may execute.
 *
 * With the hardware's PPGTT on, all operands go through the vGPU's page tables: the forms are judged, nothing else, and only in
 * batches (audit.c). Off, their addresses are GGTT addresses, and every byte that a blit touches must be the vGPU's. Then only the
 * commands are on offer that drivers use so, and none that leaves state behind for later ones (XY_SETUP_*, clipping), except for
 * BCS_SWCTRL, which is tracked (audit_mi.c) and set before each piece.
 * Sources: Haswell PRM vol. 2a (command reference: instructions), vol. 10 (blitter). Lock: the GPU's.
 */
#include "core.h"
#include "audit.h"
#include "ggtt.h"
#include "hw.h"

/* Of a blit's header and second dword (BR13). */
#define BLT_WRITE_MASK (3u << 20)
#define BLT_MONO_BIT (7u << 17) /* of a monochrome source: where its first byte begins; of a chroma key: its kind */
#define BLT_PACKED BIT(16) /* of text: characters end with a byte */
#define BLT_SRC_TILED BIT(15)
#define BLT_SEED_X (7u << 12)
#define BLT_DST_TILED BIT(11)
#define BLT_SEED_Y (7u << 8)
#define BR13_RESERVED 0xfc000000u /* with clipping in bit 30, whose rectangle a set-up command leaves behind */

/**
 * struct surface - a rectangle of a surface; right and lower edge are outside
 * @pitch: the field as it stands in the command: bytes, signed; dwords if @tiled
 */
struct surface {
	u32 base, pitch, cpp;
	bool tiled, tile_y;
	u32 x1, y1, x2, y2;
};

static enum vgpu_fault check_extent(struct vgpu_audit *a, s64 start, s64 end)
{
	return start < 0 || !vgpu_ggtt_owns(a->vgpu, (u64)start, (u64)(end - start)) ? VGPU_FAULT_ADDRESS : VGPU_FAULT_NONE;
}

/* Whole rows of tiles: X tiles are 512 bytes by 8 lines, Y tiles 128 bytes by 32 (Haswell PRM vol. 5, memory views). */
static enum vgpu_fault check_tiled(struct vgpu_audit *a, const struct surface *s)
{
	u32 width = s->tile_y ? 128 : 512, height = s->tile_y ? 32 : 8;
	u32 pitch = (s->pitch & 0x7fff) * 4;
	s64 first = s->y1 / height, last = (s->y2 + height - 1) / height;

	if (s->pitch & 0x8000 || pitch % width || s->base & (VGPU_PAGE_BYTES - 1) || s->x2 * s->cpp > pitch)
		return VGPU_FAULT_ADDRESS;
	return check_extent(a, s->base + first * height * pitch, s->base + last * height * pitch);
}

/*
 * Every byte that a blit touches on a surface. 64 bits hold any product of the fields, so nothing overflows. Coordinates are signed
 * fields of 16 bits; a negative one makes sense with clipping only, and is refused, as is an empty rectangle: drivers emit
 * neither, and then the hardware's reading of them does not matter. The same for a pitch of no dwords, whose low bits hardware
 * seems to drop, so that it takes other lines than were audited, and for a base of no pixel (Mesa crocus_blt.c, emit_copy_blt()).
 */
static enum vgpu_fault check_surface(struct vgpu_audit *a, const struct surface *s)
{
	s64 pitch = (s64)(s->pitch ^ 0x8000) - 0x8000;
	s64 top = s->y1 * pitch, bottom = ((s64)s->y2 - 1) * pitch;

	if ((s->x1 | s->y1 | s->x2 | s->y2) & ~0x7fffu || s->x1 >= s->x2 || s->y1 >= s->y2)
		return VGPU_FAULT_ADDRESS;
	a->command_bytes += (u64)(s->x2 - s->x1) * (s->y2 - s->y1) * s->cpp;
	if (s->tiled)
		return check_tiled(a, s);
	if (pitch & 3 || s->base & (s->cpp - 1))
		return VGPU_FAULT_ADDRESS;
	return check_extent(a, s->base + (top < bottom ? top : bottom) + (s64)s->x1 * s->cpp,
			    s->base + (top < bottom ? bottom : top) + (s64)s->x2 * s->cpp);
}

/* Dwords 0 to 4, which all blits share: header, BR13, top left, bottom right, base. */
static struct surface destination(const struct vgpu_audit *a, const u32 *dw)
{
	static const u8 cpp[] = { 1, 2, 2, 4 }; /* 8, 16 as 5:6:5, 16 as 1:5:5:5, 32 bits */

	return (struct surface) {
		.base = dw[4],
		.pitch = dw[1] & 0xffff,
		.cpp = cpp[dw[1] >> 24 & 3],
		.tiled = dw[0] & BLT_DST_TILED,
		.tile_y = a->swctrl & SWCTRL_DST_Y,
		.x1 = dw[2] & 0xffff,
		.y1 = dw[2] >> 16,
		.x2 = dw[3] & 0xffff,
		.y2 = dw[3] >> 16,
	};
}

/* Dwords 4 to 7 of a copy: ..., top left, pitch, base; the size is the destination's. */
static struct surface source(const struct vgpu_audit *a, const u32 *dw, const struct surface *dst)
{
	struct surface s = {
		.base = dw[7],
		.pitch = dw[6] & 0xffff,
		.cpp = dst->cpp,
		.tiled = dw[0] & BLT_SRC_TILED,
		.tile_y = a->swctrl & SWCTRL_SRC_Y,
		.x1 = dw[5] & 0xffff,
		.y1 = dw[5] >> 16,
	};

	s.x2 = s.x1 + dst->x2 - dst->x1;
	s.y2 = s.y1 + dst->y2 - dst->y1;
	return s;
}

/*
 * What all blits must meet whose operands are GGTT addresses. Those of a guest whose own PPGTT is on are none, in case the hardware's is
 * not. A raster operation that reads an operand that the command does not have would read what an earlier command left.
 */
static enum vgpu_fault check_blit(struct vgpu_audit *a, const u32 *dw, bool has_source)
{
	u32 rop = dw[1] >> 16 & 0xff;
	bool reads_source = (rop & 0x33) != (rop >> 2 & 0x33), reads_pattern = (rop & 0x0f) != rop >> 4;
	struct surface dst = destination(a, dw);

	if (dw[1] & BR13_RESERVED || (has_source ? reads_pattern : reads_source))
		return VGPU_FAULT_OPCODE;
	if (a->vgpu->regs.engine[a->engine][VGPU_ER_RING_GFX_MODE] & PPGTT_ENABLE)
		return VGPU_FAULT_ADDRESS;
	a->drawn = true;
	return check_surface(a, &dst);
}

/* With the PPGTT on: nothing but the form. */
static enum vgpu_fault check_form(struct vgpu_audit *a, u32 *dw, u32 n)
{
	return a->ppgtt ? VGPU_FAULT_NONE : VGPU_FAULT_OPCODE;
}

static enum vgpu_fault check_color(struct vgpu_audit *a, u32 *dw, u32 n)
{
	return a->ppgtt ? VGPU_FAULT_NONE : check_blit(a, dw, false);
}

static enum vgpu_fault check_copy(struct vgpu_audit *a, u32 *dw, u32 n)
{
	struct surface dst = destination(a, dw), src;
	enum vgpu_fault fault;

	if (a->ppgtt)
		return VGPU_FAULT_NONE;
	fault = check_blit(a, dw, true);
	if (fault)
		return fault;
	if (dw[6] >> 16)
		return VGPU_FAULT_OPCODE;
	src = source(a, dw, &dst);
	return check_surface(a, &src);
}

/* Eight by eight pixels, aligned to their size. */
static enum vgpu_fault check_pattern(struct vgpu_audit *a, u32 *dw, u32 n)
{
	u32 bytes = 64 * destination(a, dw).cpp;
	enum vgpu_fault fault;

	if (a->ppgtt)
		return VGPU_FAULT_NONE;
	fault = check_blit(a, dw, false);
	if (fault)
		return fault;
	return dw[5] & (bytes - 1) || !vgpu_ggtt_owns(a->vgpu, dw[5], bytes) ? VGPU_FAULT_ADDRESS : VGPU_FAULT_NONE;
}

/* Behind @fixed_dw dwords come eight by eight pixels: the hardware knows their number by their size alone. */
static enum vgpu_fault check_pixels(struct vgpu_audit *a, const u32 *dw, u32 n, u32 fixed_dw)
{
	return n == fixed_dw + 16 * destination(a, dw).cpp ? VGPU_FAULT_NONE : VGPU_FAULT_LENGTH;
}

static enum vgpu_fault check_pattern_imm(struct vgpu_audit *a, u32 *dw, u32 n)
{
	enum vgpu_fault fault = a->ppgtt ? VGPU_FAULT_NONE : check_blit(a, dw, false);

	return fault ? fault : check_pixels(a, dw, n, 5);
}

static enum vgpu_fault check_full_imm(struct vgpu_audit *a, u32 *dw, u32 n)
{
	return a->ppgtt ? check_pixels(a, dw, n, 8) : VGPU_FAULT_OPCODE;
}

static enum vgpu_fault check_chroma_imm(struct vgpu_audit *a, u32 *dw, u32 n)
{
	return a->ppgtt ? check_pixels(a, dw, n, 7) : VGPU_FAULT_OPCODE;
}

/* Where the first pixel of a pattern is. */
#define BLT_SEED (BLT_SEED_X | BLT_SEED_Y)

#define BLT(what, bits, min, max, judge)                                                                     \
	{                                                                                                    \
		what, VGPU_ON(VGPU_BCS), .flags = (bits), .min_dw = (min), .max_dw = (max), .check = (judge) \
	}

/* clang-format off */
const struct vgpu_command vgpu_audit_blt[128] = {
	[0x01] = BLT("XY_SETUP_BLT", BLT_WRITE_MASK | BLT_DST_TILED, 8, 8, check_form),
	[0x03] = BLT("XY_SETUP_CLIP_BLT", 0, 3, 3, check_form),
	[0x11] = BLT("XY_SETUP_MONO_PATTERN_SL_BLT", BLT_WRITE_MASK | BLT_SEED | BLT_DST_TILED, 9, 9, check_form),
	[0x24] = BLT("XY_PIXEL_BLT", BLT_DST_TILED, 2, 2, check_form),
	[0x25] = BLT("XY_SCANLINES_BLT", BLT_SEED | BLT_DST_TILED, 3, 3, check_form),
	[0x26] = BLT("XY_TEXT_BLT", BLT_PACKED | BLT_DST_TILED, 4, 4, check_form),
	[0x31] = BLT("XY_TEXT_IMMEDIATE_BLT", BLT_PACKED | BLT_DST_TILED, 4, 257, check_form),
	[0x40] = BLT("COLOR_BLT", BLT_WRITE_MASK, 5, 5, check_form),
	[0x43] = BLT("SRC_COPY_BLT", BLT_WRITE_MASK, 6, 6, check_form),
	[0x50] = BLT("XY_COLOR_BLT", BLT_WRITE_MASK | BLT_DST_TILED, 6, 6, check_color),
	[0x51] = BLT("XY_PAT_BLT", BLT_WRITE_MASK | BLT_SEED | BLT_DST_TILED, 6, 6, check_pattern),
	[0x52] = BLT("XY_MONO_PAT_BLT", BLT_WRITE_MASK | BLT_SEED | BLT_DST_TILED, 9, 9, check_form),
	[0x53] = BLT("XY_SRC_COPY_BLT", BLT_WRITE_MASK | BLT_SRC_TILED | BLT_DST_TILED, 8, 8, check_copy),
	[0x54] = BLT("XY_MONO_SRC_COPY_BLT", BLT_WRITE_MASK | BLT_MONO_BIT | BLT_DST_TILED, 8, 8, check_form),
	[0x55] = BLT("XY_FULL_BLT", BLT_WRITE_MASK | BLT_SEED | BLT_SRC_TILED | BLT_DST_TILED, 9, 9, check_form),
	[0x56] = BLT("XY_FULL_MONO_SRC_BLT", BLT_WRITE_MASK | BLT_MONO_BIT | BLT_SEED | BLT_DST_TILED, 9, 9, check_form),
	[0x57] = BLT("XY_FULL_MONO_PATTERN_BLT", BLT_WRITE_MASK | BLT_SEED | BLT_SRC_TILED | BLT_DST_TILED, 12, 12, check_form),
	[0x58] = BLT("XY_FULL_MONO_PATTERN_MONO_SRC_BLT", BLT_WRITE_MASK | BLT_MONO_BIT | BLT_SEED | BLT_DST_TILED, 12, 12, check_form),
	[0x59] = BLT("XY_MONO_PAT_FIXED_BLT", BLT_WRITE_MASK | BLT_SEED | BLT_DST_TILED, 7, 7, check_form),
	[0x71] = BLT("XY_MONO_SRC_COPY_IMMEDIATE_BLT", BLT_WRITE_MASK | BLT_MONO_BIT | BLT_DST_TILED, 8, 257, check_form),
	[0x72] = BLT("XY_PAT_BLT_IMMEDIATE", BLT_WRITE_MASK | BLT_SEED | BLT_DST_TILED, 21, 69, check_pattern_imm),
	[0x73] = BLT("XY_SRC_COPY_CHROMA_BLT", BLT_WRITE_MASK | BLT_MONO_BIT | BLT_SRC_TILED | BLT_DST_TILED, 10, 10, check_form),
	[0x74] = BLT("XY_FULL_IMMEDIATE_PATTERN_BLT", BLT_WRITE_MASK | BLT_SEED | BLT_SRC_TILED | BLT_DST_TILED, 24, 72, check_full_imm),
	[0x75] = BLT("XY_FULL_MONO_SRC_IMMEDIATE_PATTERN_BLT", BLT_WRITE_MASK | BLT_MONO_BIT | BLT_SEED | BLT_DST_TILED, 24, 72,
		     check_full_imm),
	[0x76] = BLT("XY_PAT_CHROMA_BLT", BLT_WRITE_MASK | BLT_MONO_BIT | BLT_SEED | BLT_DST_TILED, 8, 8, check_form),
	[0x77] = BLT("XY_PAT_CHROMA_BLT_IMMEDIATE", BLT_WRITE_MASK | BLT_MONO_BIT | BLT_SEED | BLT_DST_TILED, 23, 71, check_chroma_imm),
};
/* clang-format on */
