// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Blitter commands: a table of their exact lengths, and how each describes its work to blt_rows.c.
 *
 * Haswell PRM vol. 10, Blitter, has a section for each command and for the registers BR00 to BR29 that XY_SETUP_* loads.
 * Opcodes are header bits 28:22.
 */
#include <string.h>

#include "sim/engine/gpu.h"

#define DST_TILED (1u << 11)
#define SRC_TILED (1u << 15)
#define TEXT_BYTE_PACKED (1u << 16)
#define CLIP_ENABLE (1u << 30)
#define SRC_TRANSPARENT (1u << 29)
#define PAT_TRANSPARENT (1u << 28)
#define COPY_BACKWARDS (1u << 30)

static int32_t x_of(uint32_t dw)
{
	return (int16_t)dw;
}
static int32_t y_of(uint32_t dw)
{
	return (int16_t)(dw >> 16);
}

/* Bits 25:24: 8, 16 (565), 16 (1555), 32 bits per pixel. */
static uint8_t cpp_of(uint32_t br13)
{
	static const uint8_t cpp[4] = { 1, 2, 2, 4 };

	return cpp[br13 >> 24 & 3];
}

/* Header bits 21:20 enable alpha and colour of a 32-bit pixel; narrower ones have no mask. */
static uint32_t write_mask_of(uint32_t header, uint8_t cpp)
{
	if (cpp != 4)
		return ~0u;
	return (header & 1u << 21 ? 0xff000000u : 0) | (header & 1u << 20 ? 0x00ffffffu : 0);
}

/* A tiled surface's pitch is in dwords; BCS_SWCTRL turns X tiling into Y tiling (i915 gt/intel_gt_regs.h, BCS_SRC_Y, BCS_DST_Y). */
static struct surface surface(struct gen75 *gpu, uint32_t base, uint32_t pitch, bool tiled, unsigned int swctrl_bit)
{
	struct surface s = { .base = base, .pitch_bytes = (int16_t)pitch, .tiling = TILING_NONE };

	if (tiled) {
		s.pitch_bytes *= 4;
		s.tiling = *reg(gpu, REG_BCS_SWCTRL) >> swctrl_bit & 1 ? TILING_Y : TILING_X;
	}
	return s;
}

static struct surface src_surface(struct gen75 *gpu, uint32_t base, uint32_t pitch, uint32_t header)
{
	return surface(gpu, base, pitch, header & SRC_TILED, 0);
}

/* Cut the destination to the clip rectangle; the source's origin moves along. */
static void clip(struct blit *b, const struct blt_setup *s)
{
	int32_t x1 = max_i32(b->x1, s->clip_x1), y1 = max_i32(b->y1, s->clip_y1);

	b->sx += x1 - b->x1;
	b->sy += y1 - b->y1;
	b->x1 = x1;
	b->y1 = y1;
	b->x2 = min_i32(b->x2, s->clip_x2);
	b->y2 = min_i32(b->y2, s->clip_y2);
}

/* What all XY commands share: header, BR13, top left, bottom right, destination base. */
static struct blit *begin(struct gen75 *gpu, struct engine *e, uint32_t header, uint32_t br13, uint32_t top_left,
			  uint32_t bottom_right, uint32_t base)
{
	struct blit *b = &e->blit;

	memset(b, 0, sizeof(*b));
	b->rop = br13 >> 16;
	b->cpp = cpp_of(br13);
	b->write_mask = write_mask_of(header, b->cpp);
	b->dst = surface(gpu, base, br13, header & DST_TILED, 1);
	b->x1 = x_of(top_left);
	b->y1 = y_of(top_left);
	b->x2 = x_of(bottom_right);
	b->y2 = y_of(bottom_right);
	b->pat_x = header >> 12 & 7;
	b->pat_y = header >> 8 & 7;
	return b;
}

static struct blit *begin_xy(struct gen75 *gpu, struct engine *e, const uint32_t *cmd)
{
	return begin(gpu, e, cmd[0], cmd[1], cmd[2], cmd[3], cmd[4]);
}

/* As begin_xy(), then @br13's clip bit: after the source has been set, since clipping moves it. */
static enum verdict start_clipped(struct gen75 *gpu, struct engine *e, uint32_t br13)
{
	if (br13 & CLIP_ENABLE)
		clip(&e->blit, &e->setup);
	return gen75_blit_start(gpu, e);
}

static void solid_pattern(struct blit *b, uint32_t colour)
{
	b->pat_kind = OPERAND_SOLID;
	b->pat_fg = colour;
}

static void mono_pattern(struct blit *b, uint32_t br13, uint32_t bg, uint32_t fg, const uint32_t *bits)
{
	b->pat_kind = OPERAND_MONO;
	b->pat_bg = bg;
	b->pat_fg = fg;
	b->pat_transparent = br13 & PAT_TRANSPARENT;
	memcpy(b->pat, bits, 8);
}

static void colour_pattern(struct gen75 *gpu, struct engine *e, struct blit *b, uint32_t addr)
{
	b->pat_kind = OPERAND_COLOUR;
	gen75_gm_read(gpu, e, SPACE_PPGTT, addr & ~63u, b->pat, 64u * b->cpp);
}

static void colour_pattern_immediate(struct blit *b, const uint32_t *data, uint32_t n_dw)
{
	b->pat_kind = OPERAND_COLOUR;
	memcpy(b->pat, data, min_u64(n_dw * 4, 64u * b->cpp));
}

static void colour_source(struct gen75 *gpu, struct blit *b, uint32_t header, uint32_t top_left, uint32_t pitch, uint32_t base)
{
	b->src_kind = OPERAND_COLOUR;
	b->src = src_surface(gpu, base, pitch, header);
	b->sx = x_of(top_left);
	b->sy = y_of(top_left);
}

/* A monochrome source starts at header bits 19:17 of its first byte; its rows are padded to 16 bits. */
static void mono_source(struct blit *b, uint32_t header, uint32_t br13, uint32_t bg, uint32_t fg)
{
	b->src_kind = OPERAND_MONO;
	b->bg = bg;
	b->fg = fg;
	b->src_transparent = br13 & SRC_TRANSPARENT;
	b->mono_first_bit = header >> 17 & 7;
	b->mono_bits_per_row = (max_i32(b->x2 - b->x1, 0) + b->mono_first_bit + 15) & ~15ull;
}

/* --- linear blits: width in bytes ------------------------------------------------------------------------------------------ */

static void linear_rect(struct blit *b, uint32_t height_width)
{
	b->x1 = 0;
	b->y1 = 0;
	b->x2 = height_width & 0xffff;
	b->y2 = height_width >> 16;
}

static enum verdict color_blt(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	struct blit *b = begin(gpu, e, cmd[0] & ~DST_TILED, cmd[1], 0, 0, cmd[3]);

	linear_rect(b, cmd[2]);
	b->x2 /= b->cpp;
	solid_pattern(b, cmd[4]);
	return gen75_blit_start(gpu, e);
}

static enum verdict src_copy_blt(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	struct blit *b = begin(gpu, e, cmd[0] & ~DST_TILED, cmd[1], 0, 0, cmd[3]);

	linear_rect(b, cmd[2]);
	colour_source(gpu, b, cmd[0] & ~SRC_TILED, 0, cmd[4], cmd[5]);
	if (cmd[1] & COPY_BACKWARDS) {
		/* right to left: both addresses are those of the row's last byte */
		b->dst.base -= b->x2 - 1;
		b->src.base -= b->x2 - 1;
	}
	b->x2 /= b->cpp;
	return gen75_blit_start(gpu, e);
}

/* --- rectangles ---------------------------------------------------------------------------------------------------------- */

static enum verdict xy_color(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	solid_pattern(begin_xy(gpu, e, cmd), cmd[5]);
	return start_clipped(gpu, e, cmd[1]);
}

static enum verdict xy_src_copy(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	struct blit *b = begin_xy(gpu, e, cmd);

	colour_source(gpu, b, cmd[0], cmd[5], cmd[6], cmd[7]);
	if (len_dw == 10) {
		/* header bits 19:17: 0 no key; bit 19: the destination's pixels are compared, else the source's */
		b->chroma = !(cmd[0] >> 17 & 7) ? CHROMA_NONE : cmd[0] & 1u << 19 ? CHROMA_DST : CHROMA_SRC;
		b->chroma_low = cmd[8];
		b->chroma_high = cmd[9];
	}
	return start_clipped(gpu, e, cmd[1]);
}

static enum verdict xy_pat(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	struct blit *b = begin_xy(gpu, e, cmd);

	colour_pattern(gpu, e, b, cmd[5]);
	if (len_dw == 8) {
		b->chroma = CHROMA_DST;
		b->chroma_low = cmd[6];
		b->chroma_high = cmd[7];
	}
	return start_clipped(gpu, e, cmd[1]);
}

static enum verdict xy_pat_immediate(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	struct blit *b = begin_xy(gpu, e, cmd);

	colour_pattern_immediate(b, cmd + 5, len_dw - 5);
	return start_clipped(gpu, e, cmd[1]);
}

static enum verdict xy_pat_chroma_immediate(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	struct blit *b = begin_xy(gpu, e, cmd);

	b->chroma = CHROMA_DST;
	b->chroma_low = cmd[5];
	b->chroma_high = cmd[6];
	colour_pattern_immediate(b, cmd + 7, len_dw - 7);
	return start_clipped(gpu, e, cmd[1]);
}

static enum verdict xy_mono_pat(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	mono_pattern(begin_xy(gpu, e, cmd), cmd[1], cmd[5], cmd[6], cmd + 7);
	return start_clipped(gpu, e, cmd[1]);
}

static enum verdict xy_mono_src(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	struct blit *b = begin_xy(gpu, e, cmd);

	mono_source(b, cmd[0], cmd[1], cmd[6], cmd[7]);
	b->src.base = cmd[5];
	return start_clipped(gpu, e, cmd[1]);
}

static enum verdict xy_mono_src_immediate(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	struct blit *b = begin_xy(gpu, e, cmd);

	mono_source(b, cmd[0], cmd[1], cmd[5], cmd[6]);
	b->mono_immediate = true;
	b->src.base = 7;
	return start_clipped(gpu, e, cmd[1]);
}

static enum verdict xy_full(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	struct blit *b = begin_xy(gpu, e, cmd);

	colour_source(gpu, b, cmd[0], cmd[5], cmd[6], cmd[7]);
	colour_pattern(gpu, e, b, cmd[8]);
	return start_clipped(gpu, e, cmd[1]);
}

static enum verdict xy_full_immediate(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	struct blit *b = begin_xy(gpu, e, cmd);

	colour_source(gpu, b, cmd[0], cmd[5], cmd[6], cmd[7]);
	colour_pattern_immediate(b, cmd + 8, len_dw - 8);
	return start_clipped(gpu, e, cmd[1]);
}

static enum verdict xy_full_mono_src(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	struct blit *b = begin_xy(gpu, e, cmd);

	mono_source(b, cmd[0], cmd[1], cmd[6], cmd[7]);
	b->src.base = cmd[5];
	colour_pattern(gpu, e, b, cmd[8]);
	return start_clipped(gpu, e, cmd[1]);
}

static enum verdict xy_full_mono_src_immediate(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	struct blit *b = begin_xy(gpu, e, cmd);

	mono_source(b, cmd[0], cmd[1], cmd[6], cmd[7]);
	b->src.base = cmd[5];
	colour_pattern_immediate(b, cmd + 8, len_dw - 8);
	return start_clipped(gpu, e, cmd[1]);
}

static enum verdict xy_full_mono_pat(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	struct blit *b = begin_xy(gpu, e, cmd);

	colour_source(gpu, b, cmd[0], cmd[5], cmd[6], cmd[7]);
	mono_pattern(b, cmd[1], cmd[8], cmd[9], cmd + 10);
	return start_clipped(gpu, e, cmd[1]);
}

static enum verdict xy_full_mono_both(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	struct blit *b = begin_xy(gpu, e, cmd);

	mono_source(b, cmd[0], cmd[1], cmd[6], cmd[7]);
	b->src.base = cmd[5];
	mono_pattern(b, cmd[1], cmd[8], cmd[9], cmd + 10);
	return start_clipped(gpu, e, cmd[1]);
}

/* --- set-up and what uses it ----------------------------------------------------------------------------------------------- */

static void set_clip(struct blt_setup *s, uint32_t top_left, uint32_t bottom_right)
{
	s->clip_x1 = x_of(top_left);
	s->clip_y1 = y_of(top_left);
	s->clip_x2 = x_of(bottom_right);
	s->clip_y2 = y_of(bottom_right);
}

static enum verdict xy_setup(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	struct blt_setup *s = &e->setup;

	s->flags = cmd[0];
	s->br01 = cmd[1];
	set_clip(s, cmd[2], cmd[3]);
	s->base = cmd[4];
	s->bg = cmd[5];
	s->fg = cmd[6];
	s->mono_pattern = len_dw == 9;
	if (s->mono_pattern)
		memcpy(s->mono, cmd + 7, 8);
	else
		s->pattern = cmd[7];
	return CMD_DONE;
}

static enum verdict xy_setup_clip(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	set_clip(&e->setup, cmd[1], cmd[2]);
	return CMD_DONE;
}

/* These always clip, whatever BR01 says; tiling comes with the command, mask and ROP from the set-up. */
static struct blit *begin_setup(struct gen75 *gpu, struct engine *e, uint32_t header, uint32_t top_left, uint32_t bottom_right)
{
	const struct blt_setup *s = &e->setup;

	return begin(gpu, e, (header & (DST_TILED | 0x7700u)) | (s->flags & 3u << 20), s->br01, top_left, bottom_right, s->base);
}

static enum verdict xy_pixel(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	struct blit *b = begin_setup(gpu, e, cmd[0], cmd[1], cmd[1]);

	b->x2++;
	b->y2++;
	solid_pattern(b, e->setup.fg);
	return start_clipped(gpu, e, CLIP_ENABLE);
}

static enum verdict xy_scanlines(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	const struct blt_setup *s = &e->setup;
	struct blit *b = begin_setup(gpu, e, cmd[0], cmd[1], cmd[2]);

	if (s->mono_pattern)
		mono_pattern(b, s->br01, s->bg, s->fg, s->mono);
	else
		colour_pattern(gpu, e, b, s->pattern);
	return start_clipped(gpu, e, CLIP_ENABLE);
}

/* Glyphs: rows follow each other bit by bit, or start at bytes. */
static enum verdict text(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, bool immediate)
{
	const struct blt_setup *s = &e->setup;
	struct blit *b = begin_setup(gpu, e, cmd[0], cmd[1], cmd[2]);
	uint32_t width = max_i32(b->x2 - b->x1, 0);

	mono_source(b, 0, s->br01, s->bg, s->fg);
	b->mono_bits_per_row = cmd[0] & TEXT_BYTE_PACKED ? (width + 7) & ~7u : width;
	b->mono_immediate = immediate;
	b->src.base = immediate ? 3 : cmd[3];
	return start_clipped(gpu, e, CLIP_ENABLE);
}

static enum verdict xy_text(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	return text(gpu, e, cmd, false);
}

static enum verdict xy_text_immediate(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	return text(gpu, e, cmd, true);
}

#define BLT(op, what, min, max, fn) \
	[op] = { .name = (what),    \
		 .engines = ON_BCS, \
		 .len_bits = 8,     \
		 .min_dw = (min),   \
		 .max_dw = (max),   \
		 .cost = COST_BLIT, \
		 .exec = (fn) }
#define SETUP(op, what, len, fn)    \
	[op] = { .name = (what),    \
		 .engines = ON_BCS, \
		 .len_bits = 8,     \
		 .min_dw = (len),   \
		 .max_dw = (len),   \
		 .cost = COST_MI,   \
		 .exec = (fn) }

static const struct cmd_desc blt_commands[128] = {
	SETUP(0x01, "XY_SETUP_BLT", 8, xy_setup),
	SETUP(0x03, "XY_SETUP_CLIP_BLT", 3, xy_setup_clip),
	SETUP(0x11, "XY_SETUP_MONO_PATTERN_SL_BLT", 9, xy_setup),
	BLT(0x24, "XY_PIXEL_BLT", 2, 2, xy_pixel),
	BLT(0x25, "XY_SCANLINES_BLT", 3, 3, xy_scanlines),
	BLT(0x26, "XY_TEXT_BLT", 4, 4, xy_text),
	BLT(0x31, "XY_TEXT_IMMEDIATE_BLT", 4, 257, xy_text_immediate),
	BLT(0x40, "COLOR_BLT", 5, 5, color_blt),
	BLT(0x43, "SRC_COPY_BLT", 6, 6, src_copy_blt),
	BLT(0x50, "XY_COLOR_BLT", 6, 6, xy_color),
	BLT(0x51, "XY_PAT_BLT", 6, 6, xy_pat),
	BLT(0x52, "XY_MONO_PAT_BLT", 9, 9, xy_mono_pat),
	BLT(0x53, "XY_SRC_COPY_BLT", 8, 8, xy_src_copy),
	BLT(0x54, "XY_MONO_SRC_COPY_BLT", 8, 8, xy_mono_src),
	BLT(0x55, "XY_FULL_BLT", 9, 9, xy_full),
	BLT(0x56, "XY_FULL_MONO_SRC_BLT", 9, 9, xy_full_mono_src),
	BLT(0x57, "XY_FULL_MONO_PATTERN_BLT", 12, 12, xy_full_mono_pat),
	BLT(0x58, "XY_FULL_MONO_PATTERN_MONO_SRC_BLT", 12, 12, xy_full_mono_both),
	BLT(0x59, "XY_MONO_PAT_FIXED_BLT", 7, 7, gen75_not_executed),
	BLT(0x71, "XY_MONO_SRC_COPY_IMMEDIATE_BLT", 8, 257, xy_mono_src_immediate),
	BLT(0x72, "XY_PAT_BLT_IMMEDIATE", 21, 69, xy_pat_immediate),
	BLT(0x73, "XY_SRC_COPY_CHROMA_BLT", 10, 10, xy_src_copy),
	BLT(0x74, "XY_FULL_IMMEDIATE_PATTERN_BLT", 24, 72, xy_full_immediate),
	BLT(0x75, "XY_FULL_MONO_SRC_IMMEDIATE_PATTERN_BLT", 24, 72, xy_full_mono_src_immediate),
	BLT(0x76, "XY_PAT_CHROMA_BLT", 8, 8, xy_pat),
	BLT(0x77, "XY_PAT_CHROMA_BLT_IMMEDIATE", 23, 71, xy_pat_chroma_immediate),
};

/**
 * gen75_blt_find() - the descriptor of a blitter command; NULL: there is none
 */
const struct cmd_desc *gen75_blt_find(uint32_t header)
{
	const struct cmd_desc *d = &blt_commands[header >> 22 & 0x7f];

	return d->name ? d : NULL;
}
