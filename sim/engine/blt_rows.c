// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The blitter's data path: a row at a time, source, pattern and destination are brought into row buffers, combined by the
 * raster operation, and the row is stored.
 *
 * Buffering whole rows makes copies onto themselves right within a row; the order of the rows does the rest. A blit of
 * thousands of rows gives up the CPU between rows (struct blit keeps its place).
 */
#include <string.h>

#include "sim/engine/gpu.h"

enum {
	ROW_SRC,
	ROW_PAT,
	ROW_DST,
	ROW_MASK,
	ROW_OUT
};

#define WORK_BYTES 256u /* row bytes that count as one command */
#define WORK_PIXELS 16u /* the same for pixels that are made one by one */

/* Of the eight combinations of pattern, source and destination bits, the ROP says which give a one. */
static bool rop_uses(uint8_t rop, unsigned int shift)
{
	static const uint8_t half[3] = { 0x55, 0x33, 0x0f }; /* combinations with a clear bit of D, S, P */

	return (rop >> (1u << shift) & half[shift]) != (rop & half[shift]);
}

static bool uses_dst(const struct blit *b)
{
	return rop_uses(b->rop, 0) || b->write_mask != ~0u || b->src_transparent || b->pat_transparent ||
	       b->chroma != CHROMA_NONE;
}

/* A copy onto itself starts at the end that it would overwrite: which one, the first rows' addresses say. */
static bool runs_up(const struct blit *b)
{
	int64_t from = (int64_t)b->src.base + (int64_t)b->sy * b->src.pitch_bytes;
	int64_t to = (int64_t)b->dst.base + (int64_t)b->y1 * b->dst.pitch_bytes;

	return b->src_kind == OPERAND_COLOUR && b->src.tiling == b->dst.tiling && b->src.pitch_bytes == b->dst.pitch_bytes &&
	       (b->dst.pitch_bytes > 0 ? from < to : from > to);
}

/**
 * gen75_blit_start() - begin the blit that e->blit describes: charge its cost, run it from gen75_blit_run()
 * Return: CMD_BUSY, or CMD_DONE when there is nothing to draw.
 */
enum verdict gen75_blit_start(struct gen75 *gpu, struct engine *e)
{
	struct blit *b = &e->blit;
	uint64_t bytes, pixels;

	if (b->x2 <= b->x1 || b->y2 <= b->y1 || !b->dst.pitch_bytes)
		return CMD_DONE;
	/* tiles have no negative pitch */
	if ((b->dst.tiling && b->dst.pitch_bytes < 0) || (b->src.tiling && b->src.pitch_bytes < 0))
		return CMD_DONE;
	pixels = (uint64_t)(b->x2 - b->x1) * (b->y2 - b->y1);
	bytes = pixels * b->cpp;
	e->cost_ns += gen75_cost_blit((b->src_kind == OPERAND_COLOUR ? bytes : 0) + (uses_dst(b) ? bytes : 0), bytes);
	gpu->stats.engine[e->id].bytes += bytes;
	gpu->stats.engine[e->id].pixels += pixels;
	/* a ROP may name an operand that the command does not have: it is zero, not what an earlier blit left */
	if (b->src_kind == OPERAND_NONE)
		memset(gpu->row[ROW_SRC], 0, bytes / (b->y2 - b->y1));
	if (b->pat_kind == OPERAND_NONE)
		memset(gpu->row[ROW_PAT], 0, bytes / (b->y2 - b->y1));
	b->up = runs_up(b);
	b->rows_done = 0;
	b->active = true;
	return CMD_BUSY;
}

/* --- surfaces -------------------------------------------------------------------------------------------------------------- */

/* Graphics address of a byte of a surface, and how many bytes follow it there. */
static uint32_t locate(const struct surface *s, int32_t x_bytes, int32_t y, uint32_t *ret_run)
{
	uint32_t addr;

	if (s->tiling == TILING_NONE) {
		addr = s->base + (uint32_t)y * (uint32_t)s->pitch_bytes + (uint32_t)x_bytes;
		*ret_run = PAGE_BYTES;
	} else {
		addr = (s->base & 0xfffff000u) + gen75_tile_offset(s->tiling, s->pitch_bytes, x_bytes, y, ret_run);
	}
	*ret_run = min_u64(*ret_run, PAGE_BYTES - addr % PAGE_BYTES);
	return addr;
}

/*
 * A row of a Y tile is eight pieces of 16 bytes in one page: look the page up once for all of them. NULL: it is not such a
 * row, or there is no memory, which the slow path then says.
 */
static uint8_t *map_y_tile(struct gen75 *gpu, struct engine *e, const struct surface *s, int32_t x_bytes, int32_t y, uint32_t len,
			   bool write)
{
	uint32_t run;

	if (s->tiling != TILING_Y || x_bytes % 128 || len < 128)
		return NULL;
	return gen75_gm_map(gpu, e, SPACE_PPGTT, locate(s, x_bytes, y, &run) & ~(PAGE_BYTES - 1), PAGE_BYTES, write);
}

static void load_row(struct gen75 *gpu, struct engine *e, const struct surface *s, int32_t x_bytes, int32_t y, uint8_t *to,
		     uint32_t len)
{
	while (len) {
		const uint8_t *tile = map_y_tile(gpu, e, s, x_bytes, y, len, false);
		uint32_t run, addr;

		if (tile) {
			for (uint32_t column = 0; column < 8; column++)
				memcpy(to + 16 * column, tile + 512 * column + (uint32_t)y % 32 * 16, 16);
			to += 128;
			x_bytes += 128;
			len -= 128;
			continue;
		}
		addr = locate(s, x_bytes, y, &run);

		run = min_u64(run, len);
		gen75_gm_read(gpu, e, SPACE_PPGTT, addr, to, run);
		to += run;
		x_bytes += run;
		len -= run;
	}
}

static void store_row(struct gen75 *gpu, struct engine *e, const struct surface *s, int32_t x_bytes, int32_t y,
		      const uint8_t *from, uint32_t len)
{
	while (len) {
		uint8_t *tile = map_y_tile(gpu, e, s, x_bytes, y, len, true);
		uint32_t run, addr;

		if (tile) {
			for (uint32_t column = 0; column < 8; column++)
				memcpy(tile + 512 * column + (uint32_t)y % 32 * 16, from + 16 * column, 16);
			from += 128;
			x_bytes += 128;
			len -= 128;
			continue;
		}
		addr = locate(s, x_bytes, y, &run);

		run = min_u64(run, len);
		gen75_gm_write(gpu, e, SPACE_PPGTT, addr, from, run);
		from += run;
		x_bytes += run;
		len -= run;
	}
}

/* --- operands -------------------------------------------------------------------------------------------------------------- */

static void put_pixel(uint8_t *row, uint32_t i, uint8_t cpp, uint32_t value)
{
	memcpy(row + i * cpp, &value, cpp);
}

static uint32_t get_pixel(const uint8_t *row, uint32_t i, uint8_t cpp)
{
	uint32_t value = 0;

	memcpy(&value, row + i * cpp, cpp);
	return value;
}

static void solid_row(uint8_t *row, uint32_t len, uint8_t cpp, uint32_t colour)
{
	uint32_t n = cpp;

	memcpy(row, &colour, cpp);
	for (; n < len; n *= 2)
		memcpy(row + n, row, min_u64(n, len - n));
}

static bool mono_bit(struct gen75 *gpu, struct engine *e, const struct blit *b, uint64_t bit, uint32_t *cached_addr,
		     uint8_t *cached)
{
	uint32_t byte = bit / 8;

	if (b->mono_immediate) {
		uint64_t at = (uint64_t)b->src.base * 4 + byte;

		return at < (uint64_t)e->cmd_len_dw * 4 && ((const uint8_t *)e->cmd)[at] >> (7 - bit % 8) & 1;
	}
	if (*cached_addr != b->src.base + byte) {
		*cached_addr = b->src.base + byte;
		gen75_gm_read(gpu, e, SPACE_PPGTT, *cached_addr, cached, 1);
	}
	return *cached >> (7 - bit % 8) & 1;
}

/* @y is the source's row: clipping has moved (sx, sy) along. */
static void mono_source_row(struct gen75 *gpu, struct engine *e, const struct blit *b, int32_t y, uint32_t width, uint8_t *mask)
{
	uint64_t bit = (uint64_t)y * b->mono_bits_per_row + b->mono_first_bit + b->sx;
	uint32_t cached_addr = b->src.base - 1;
	uint8_t cached = 0;

	for (uint32_t i = 0; i < width; i++, bit++) {
		bool one = mono_bit(gpu, e, b, bit, &cached_addr, &cached);

		put_pixel(gpu->row[ROW_SRC], i, b->cpp, one ? b->fg : b->bg);
		if (b->src_transparent && !one)
			mask[i] = 0;
	}
}

static void pattern_row(struct gen75 *gpu, const struct blit *b, int32_t y, uint32_t width, uint8_t *mask)
{
	uint32_t py = (uint32_t)(y + b->pat_y) & 7;

	for (uint32_t i = 0; i < width; i++) {
		uint32_t px = (uint32_t)(b->x1 + (int32_t)i + b->pat_x) & 7;
		bool one;

		if (b->pat_kind == OPERAND_COLOUR) {
			put_pixel(gpu->row[ROW_PAT], i, b->cpp, get_pixel(b->pat + py * 8 * b->cpp, px, b->cpp));
			continue;
		}
		one = b->pat[py] >> (7 - px) & 1;
		put_pixel(gpu->row[ROW_PAT], i, b->cpp, one ? b->pat_fg : b->pat_bg);
		if (b->pat_transparent && !one)
			mask[i] = 0;
	}
}

/* Each colour component has to be within its range; alpha does not count. */
static bool chroma_within(const struct blit *b, uint32_t pixel)
{
	static const uint32_t components[5][3] = {
		[1] = { 0xff, 0, 0 },
		[2] = { 0xf800, 0x07e0, 0x001f },
		[4] = { 0xff0000, 0xff00, 0xff },
	};

	for (unsigned int i = 0; i < 3; i++) {
		uint32_t m = components[b->cpp][i];

		if ((pixel & m) < (b->chroma_low & m) || (pixel & m) > (b->chroma_high & m))
			return false;
	}
	return true;
}

static void chroma_row(struct gen75 *gpu, const struct blit *b, uint32_t width, uint8_t *mask)
{
	const uint8_t *row = gpu->row[b->chroma == CHROMA_SRC ? ROW_SRC : ROW_DST];

	for (uint32_t i = 0; i < width; i++)
		if (chroma_within(b, get_pixel(row, i, b->cpp)) == (b->chroma == CHROMA_SRC))
			mask[i] = 0;
}

/* --- the raster operation -------------------------------------------------------------------------------------------------- */

static void rop_row(struct gen75 *gpu, uint8_t rop, uint32_t len)
{
	uint64_t *src = (uint64_t *)gpu->row[ROW_SRC], *pat = (uint64_t *)gpu->row[ROW_PAT], *dst = (uint64_t *)gpu->row[ROW_DST];
	uint64_t *out = (uint64_t *)gpu->row[ROW_OUT], pick[8];

	for (unsigned int c = 0; c < 8; c++)
		pick[c] = rop >> c & 1 ? ~0ull : 0;
	for (uint32_t i = 0; i < (len + 7) / 8; i++) {
		uint64_t d = dst[i], s = src[i], p = pat[i];
		/* choose by D, then by S, then by P */
		uint64_t a = (pick[0] & ~d) | (pick[1] & d), b = (pick[2] & ~d) | (pick[3] & d);
		uint64_t x = (pick[4] & ~d) | (pick[5] & d), y = (pick[6] & ~d) | (pick[7] & d);

		a = (a & ~s) | (b & s);
		x = (x & ~s) | (y & s);
		out[i] = (a & ~p) | (x & p);
	}
}

/* Put back what the write mask and the pixel mask keep of the destination; @old is the destination's row. */
static void mask_row(struct gen75 *gpu, const struct blit *b, const uint8_t *old, const uint8_t *mask, uint32_t width)
{
	uint8_t *out = gpu->row[ROW_OUT];

	for (uint32_t i = 0; i < width; i++) {
		uint32_t keep = mask[i] ? ~b->write_mask : ~0u;

		if (keep)
			put_pixel(out, i, b->cpp, (get_pixel(out, i, b->cpp) & ~keep) | (get_pixel(old, i, b->cpp) & keep));
	}
}

static bool pixelwise(const struct blit *b)
{
	return b->src_kind == OPERAND_MONO || b->pat_kind == OPERAND_MONO || b->pat_kind == OPERAND_COLOUR ||
	       b->write_mask != ~0u || b->chroma != CHROMA_NONE;
}

static void blit_row(struct gen75 *gpu, struct engine *e, struct blit *b, int32_t row)
{
	uint32_t width = b->x2 - b->x1, len = width * b->cpp;
	int32_t y = b->y1 + row, x_bytes = b->x1 * b->cpp;
	bool with_dst = uses_dst(b), masked = pixelwise(b) && with_dst, combined = b->rop != 0xcc || with_dst;
	uint8_t *mask = gpu->row[ROW_MASK];

	if (b->rop == 0xf0 && b->pat_kind == OPERAND_SOLID && !with_dst) {
		if (!b->rows_done)
			solid_row(gpu->row[ROW_PAT], len, b->cpp, b->pat_fg);
		store_row(gpu, e, &b->dst, x_bytes, y, gpu->row[ROW_PAT], len);
		return;
	}
	if (masked)
		memset(mask, 1, width);
	if (b->src_kind == OPERAND_COLOUR)
		load_row(gpu, e, &b->src, b->sx * b->cpp, b->sy + row, gpu->row[ROW_SRC], len);
	else if (b->src_kind == OPERAND_MONO)
		mono_source_row(gpu, e, b, b->sy + row, width, mask);
	if (combined) {
		if (b->pat_kind == OPERAND_SOLID)
			solid_row(gpu->row[ROW_PAT], len, b->cpp, b->pat_fg);
		else if (b->pat_kind != OPERAND_NONE)
			pattern_row(gpu, b, y, width, mask);
		if (with_dst)
			load_row(gpu, e, &b->dst, x_bytes, y, gpu->row[ROW_DST], len);
		if (b->chroma != CHROMA_NONE)
			chroma_row(gpu, b, width, mask);
		rop_row(gpu, b->rop, len);
		if (masked)
			mask_row(gpu, b, gpu->row[ROW_DST], mask, width);
	}
	store_row(gpu, e, &b->dst, x_bytes, y, gpu->row[combined ? ROW_OUT : ROW_SRC], len);
}

/**
 * gen75_blit_run() - go on with the blit under way
 * @budget: lowered by the work that was done; at least one row is
 * Return: whether the blit is over.
 */
bool gen75_blit_run(struct gen75 *gpu, struct engine *e, uint32_t *budget)
{
	struct blit *b = &e->blit;
	uint32_t height = b->y2 - b->y1, width = b->x2 - b->x1;
	uint32_t work = 1 + width * b->cpp / WORK_BYTES + (pixelwise(b) ? width / WORK_PIXELS : 0);

	while (b->rows_done < height && *budget) {
		blit_row(gpu, e, b, b->up ? height - 1 - b->rows_done : b->rows_done);
		b->rows_done++;
		*budget -= min_u64(work, *budget);
	}
	b->active = b->rows_done < height;
	return !b->active;
}
