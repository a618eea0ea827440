// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The blitter against a dumb oracle: pixel by pixel, bit by bit, from a snapshot of the memory.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/harness/sim_gpu.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#define BLT(op, len) (2u << 29 | (op) << 22 | ((len)-2))
#define WINDOW 0x00200000u /* the part of memory that is compared */
#define WINDOW_BYTES (1u << 20)
#define DST (WINDOW + 0x40000)
#define SRC (WINDOW + 0xa0000)
#define BITS (WINDOW + 0xe0000)
#define BATCH 0x00180000u
#define XY(x, y) (((uint32_t)(y) << 16) | ((uint32_t)(x)&0xffff))

enum tile {
	LINEAR,
	X_TILED,
	Y_TILED
};

struct surf {
	uint32_t base;
	int32_t pitch_bytes;
	enum tile tile;
};

/* What a blit means, for one pixel after the other. */
struct blit_spec {
	struct surf dst, src;
	int x1, y1, x2, y2, sx, sy;
	int cx1, cy1, cx2, cy2;
	unsigned int cpp;
	uint8_t rop;
	uint32_t write_mask;
	enum {
		SRC_NONE,
		SRC_COLOUR,
		SRC_MONO
	} src_kind;
	enum {
		PAT_NONE,
		PAT_SOLID,
		PAT_COLOUR,
		PAT_MONO
	} pat_kind;
	uint32_t bg, fg, pat_bg, pat_fg;
	bool src_transparent, pat_transparent;
	const uint8_t *bits; /* mono source */
	unsigned int row_bits, first_bit;
	unsigned int seed_x, seed_y;
	uint8_t pattern[256];
	int key; /* 0 none, 1 source, 2 destination */
	uint32_t key_low, key_high;
};

static struct harness_gpu gpu;
static uint8_t *before, *want;

/* --- the oracle ------------------------------------------------------------------------------------------------------------ */

static uint32_t byte_at(const struct surf *s, int xb, int y)
{
	int tile;

	switch (s->tile) {
	case X_TILED:
		tile = (y / 8) * (s->pitch_bytes / 512) + xb / 512;
		return s->base + tile * 4096 + (y % 8) * 512 + xb % 512;
	case Y_TILED:
		tile = (y / 32) * (s->pitch_bytes / 128) + xb / 128;
		return s->base + tile * 4096 + ((xb % 128) / 16) * 512 + (y % 32) * 16 + xb % 16;
	default:
		return s->base + y * s->pitch_bytes + xb;
	}
}

static uint32_t pixel(const struct surf *s, int x, int y, unsigned int cpp)
{
	uint32_t value = 0;

	for (unsigned int b = 0; b < cpp; b++)
		value |= (uint32_t)before[byte_at(s, x * cpp + b, y) - WINDOW] << 8 * b;
	return value;
}

static bool in_key(const struct blit_spec *s, uint32_t value)
{
	static const unsigned int width[5][3] = { [1] = { 8 }, [2] = { 5, 6, 5 }, [4] = { 8, 8, 8 } };
	unsigned int shift = 0;

	for (unsigned int i = 0; i < 3; i++) {
		uint32_t m = (1u << width[s->cpp][i]) - 1;
		uint32_t v = value >> shift & m;

		if (v < (s->key_low >> shift & m) || v > (s->key_high >> shift & m))
			return false;
		shift += width[s->cpp][i];
	}
	return true;
}

static void oracle_pixel(const struct blit_spec *s, int x, int y)
{
	uint32_t old = pixel(&s->dst, x, y, s->cpp), src = 0, pat = 0, new = 0;
	int px = (x + s->seed_x) & 7, py = (y + s->seed_y) & 7, col = x - s->x1, row = y - s->y1;
	bool drawn = true;

	if (s->src_kind == SRC_COLOUR)
		src = pixel(&s->src, s->sx + col, s->sy + row, s->cpp);
	if (s->src_kind == SRC_MONO) {
		unsigned int bit = row * s->row_bits + s->first_bit + col;
		bool one = s->bits[bit / 8] & 0x80 >> bit % 8;

		src = one ? s->fg : s->bg;
		drawn &= one || !s->src_transparent;
	}
	if (s->pat_kind == PAT_SOLID)
		pat = s->pat_fg;
	if (s->pat_kind == PAT_COLOUR)
		for (unsigned int b = 0; b < s->cpp; b++)
			pat |= (uint32_t)s->pattern[(py * 8 + px) * s->cpp + b] << 8 * b;
	if (s->pat_kind == PAT_MONO) {
		bool one = s->pattern[py] & 0x80 >> px;

		pat = one ? s->pat_fg : s->pat_bg;
		drawn &= one || !s->pat_transparent;
	}
	if (s->key == 1)
		drawn &= !in_key(s, src);
	if (s->key == 2)
		drawn &= in_key(s, old);
	for (unsigned int i = 0; i < 8 * s->cpp; i++) {
		unsigned int c = (pat >> i & 1) << 2 | (src >> i & 1) << 1 | (old >> i & 1);
		bool bit = s->rop >> c & 1;

		if (!drawn || !(s->write_mask >> i & 1))
			bit = old >> i & 1;
		new |= (uint32_t)bit << i;
	}
	for (unsigned int b = 0; b < s->cpp; b++)
		want[byte_at(&s->dst, x * s->cpp + b, y) - WINDOW] = new >> 8 * b;
}

static void oracle(const struct blit_spec *s)
{
	for (int y = s->y1; y < s->y2; y++)
		for (int x = s->x1; x < s->x2; x++)
			if (x >= s->cx1 && x < s->cx2 && y >= s->cy1 && y < s->cy2)
				oracle_pixel(s, x, y);
}

/* --- running both ---------------------------------------------------------------------------------------------------------- */

static int setup(void **state)
{
	harness_create(&gpu, 0);
	harness_ring(&gpu, GEN75_BCS);
	before = malloc(WINDOW_BYTES);
	want = malloc(WINDOW_BYTES);
	return before && want ? 0 : -1;
}

static int teardown(void **state)
{
	harness_destroy(&gpu);
	free(before);
	free(want);
	return 0;
}

static void randomize(uint64_t *seed)
{
	for (uint32_t i = 0; i < WINDOW_BYTES; i += 4)
		harness_poke(&gpu, WINDOW + i, harness_random(seed));
}

static void snapshot(void)
{
	memcpy(before, gpu.mem + WINDOW, WINDOW_BYTES);
	memcpy(want, before, WINDOW_BYTES);
}

static void execute(const uint32_t *cmd, uint32_t n)
{
	harness_emit(&gpu, GEN75_BCS, cmd, n);
	assert_true(harness_run(&gpu));
}

static void compare(const char *what, unsigned int round, const uint32_t *cmd, uint32_t n)
{
	if (!memcmp(gpu.mem + WINDOW, want, WINDOW_BYTES))
		return;
	for (uint32_t i = 0; i < WINDOW_BYTES; i++) {
		if (gpu.mem[WINDOW + i] == want[i])
			continue;
		for (uint32_t d = 0; d < n && d < 12; d++)
			print_message("  dw%u %08x\n", d, cmd[d]);
		fail_msg("%s, round %u: byte 0x%x is 0x%02x, was 0x%02x, should be 0x%02x", what, round, WINDOW + i,
			 gpu.mem[WINDOW + i], before[i], want[i]);
	}
}

/* --- random blits ---------------------------------------------------------------------------------------------------------- */

struct make {
	struct blit_spec spec;
	uint32_t cmd[300];
	uint32_t n;
	uint32_t header_bits;
	uint64_t *seed;
};

static uint32_t rnd(struct make *m, uint32_t below)
{
	return harness_random(m->seed) % below;
}

static struct surf random_surf(struct make *m, uint32_t base, unsigned int cpp, bool tiles)
{
	struct surf s = { .base = base };

	s.tile = tiles ? rnd(m, 3) : LINEAR;
	s.pitch_bytes = s.tile == LINEAR ? 96 * cpp + 4 * rnd(m, 64) : 512 * (1 + rnd(m, 3));
	if (s.tile == LINEAR && !rnd(m, 4)) {
		s.base += 0x10000;
		s.pitch_bytes = -s.pitch_bytes;
	} else if (s.tile == LINEAR) {
		s.base += rnd(m, 64) * cpp;
	}
	return s;
}

static uint32_t pitch_field(const struct surf *s)
{
	return (uint16_t)(s->tile == LINEAR ? s->pitch_bytes : s->pitch_bytes / 4);
}

/* The part that all rectangle commands share; the caller fills the rest of the command behind it. */
static void random_rect(struct make *m, unsigned int op, uint32_t extra_br13, bool clip)
{
	static const unsigned int cpps[4] = { 1, 2, 2, 4 };
	struct blit_spec *s = &m->spec;
	unsigned int depth = rnd(m, 4), max_x;

	s->cpp = cpps[depth];
	s->dst = random_surf(m, DST, s->cpp, true);
	max_x = (s->dst.pitch_bytes < 0 ? -s->dst.pitch_bytes : s->dst.pitch_bytes) / s->cpp;
	max_x = max_x > 96 ? 96 : max_x;
	s->x1 = rnd(m, max_x - 1);
	s->x2 = s->x1 + 1 + rnd(m, max_x - s->x1 - 1);
	s->y1 = rnd(m, 40);
	s->y2 = s->y1 + 1 + rnd(m, 20);
	s->rop = harness_random(m->seed);
	s->write_mask = 0xffffffff;
	m->header_bits |= rnd(m, 4) ? 3u << 20 : rnd(m, 4) << 20;
	if (s->cpp == 4)
		s->write_mask = (m->header_bits & 1u << 21 ? 0xff000000u : 0) | (m->header_bits & 1u << 20 ? 0xffffffu : 0);
	if (s->dst.tile != LINEAR)
		m->header_bits |= 1u << 11;
	s->cx1 = s->cy1 = -10000;
	s->cx2 = s->cy2 = 10000;
	if (clip) {
		s->cx1 = rnd(m, 60);
		s->cx2 = s->cx1 + rnd(m, 60);
		s->cy1 = rnd(m, 40);
		s->cy2 = s->cy1 + rnd(m, 30);
		extra_br13 |= 1u << 30;
	}
	m->cmd[0] = op << 22 | 2u << 29;
	m->cmd[1] = extra_br13 | depth << 24 | s->rop << 16 | pitch_field(&s->dst);
	m->cmd[2] = XY(s->x1, s->y1);
	m->cmd[3] = XY(s->x2, s->y2);
	m->cmd[4] = s->dst.base;
	m->n = 5;
}

static void put(struct make *m, uint32_t dw)
{
	m->cmd[m->n++] = dw;
}

static void add_colour_source(struct make *m)
{
	struct blit_spec *s = &m->spec;

	s->src_kind = SRC_COLOUR;
	if (rnd(m, 2)) {
		/* onto itself */
		s->src = s->dst;
	} else {
		s->src = random_surf(m, SRC, s->cpp, true);
	}
	s->sx = rnd(m, 8);
	s->sy = rnd(m, 40);
	if (s->src.tile != LINEAR)
		m->header_bits |= 1u << 15;
	put(m, XY(s->sx, s->sy));
	put(m, pitch_field(&s->src));
	put(m, s->src.base);
}

static void add_mono_source(struct make *m, const uint8_t *bits)
{
	struct blit_spec *s = &m->spec;

	s->src_kind = SRC_MONO;
	s->first_bit = rnd(m, 8);
	m->header_bits |= s->first_bit << 17;
	s->row_bits = (s->x2 - s->x1 + s->first_bit + 15) / 16 * 16;
	s->bits = bits;
	s->src_transparent = m->cmd[1] & 1u << 29;
	s->bg = harness_random(m->seed);
	s->fg = harness_random(m->seed);
}

static void add_pattern_memory(struct make *m)
{
	m->spec.pat_kind = PAT_COLOUR;
	memcpy(m->spec.pattern, gpu.mem + BITS + 0x1000, 256);
	put(m, BITS + 0x1000);
}

static void add_pattern_immediate(struct make *m)
{
	m->spec.pat_kind = PAT_COLOUR;
	for (unsigned int i = 0; i < 16 * m->spec.cpp; i++) {
		uint32_t dw = harness_random(m->seed);

		memcpy(m->spec.pattern + 4 * i, &dw, 4);
		put(m, dw);
	}
}

static void add_pattern_mono(struct make *m)
{
	struct blit_spec *s = &m->spec;
	uint32_t dw[2] = { harness_random(m->seed), harness_random(m->seed) };

	s->pat_kind = PAT_MONO;
	s->pat_bg = harness_random(m->seed);
	s->pat_fg = harness_random(m->seed);
	s->pat_transparent = m->cmd[1] & 1u << 28;
	memcpy(s->pattern, dw, 8);
	put(m, s->pat_bg);
	put(m, s->pat_fg);
	put(m, dw[0]);
	put(m, dw[1]);
}

static void seeds(struct make *m)
{
	m->spec.seed_x = rnd(m, 8);
	m->spec.seed_y = rnd(m, 8);
	m->header_bits |= m->spec.seed_x << 12 | m->spec.seed_y << 8;
}

static uint32_t transparency(struct make *m)
{
	return rnd(m, 4) << 28;
}

static void key(struct make *m, int which)
{
	m->spec.key = which;
	m->spec.key_low = harness_random(m->seed) & 0x3f3f3f3f;
	m->spec.key_high = harness_random(m->seed) | 0xc0c0c0c0;
	put(m, m->spec.key_low);
	put(m, m->spec.key_high);
}

static void make_color(struct make *m)
{
	random_rect(m, 0x50, 0, rnd(m, 2));
	m->spec.pat_kind = PAT_SOLID;
	m->spec.pat_fg = harness_random(m->seed);
	put(m, m->spec.pat_fg);
}

static void make_fill(struct make *m)
{
	make_color(m);
	m->spec.rop = 0xf0;
	m->cmd[1] = (m->cmd[1] & 0xff00ffff) | 0xf0 << 16;
}

static void make_src_copy(struct make *m)
{
	random_rect(m, 0x53, 0, rnd(m, 2));
	add_colour_source(m);
}

static void make_plain_copy(struct make *m)
{
	make_src_copy(m);
	m->spec.rop = 0xcc;
	m->cmd[1] = (m->cmd[1] & 0xff00ffff) | 0xcc << 16;
}

static void make_src_copy_chroma(struct make *m)
{
	bool dst = rnd(m, 2);

	random_rect(m, 0x73, 0, rnd(m, 2));
	add_colour_source(m);
	m->header_bits |= dst ? 5u << 17 : 1u << 17;
	key(m, dst ? 2 : 1);
}

static void make_pat(struct make *m)
{
	random_rect(m, 0x51, 0, rnd(m, 2));
	seeds(m);
	add_pattern_memory(m);
}

static void make_pat_chroma(struct make *m)
{
	random_rect(m, 0x76, 0, rnd(m, 2));
	seeds(m);
	add_pattern_memory(m);
	key(m, 2);
}

static void make_pat_immediate(struct make *m)
{
	random_rect(m, 0x72, 0, rnd(m, 2));
	seeds(m);
	add_pattern_immediate(m);
}

static void make_pat_chroma_immediate(struct make *m)
{
	random_rect(m, 0x77, 0, rnd(m, 2));
	seeds(m);
	key(m, 2);
	add_pattern_immediate(m);
}

static void make_mono_pat(struct make *m)
{
	random_rect(m, 0x52, transparency(m), rnd(m, 2));
	seeds(m);
	add_pattern_mono(m);
}

static void make_mono_src(struct make *m)
{
	random_rect(m, 0x54, transparency(m), rnd(m, 2));
	add_mono_source(m, before + (BITS - WINDOW));
	put(m, BITS);
	put(m, m->spec.bg);
	put(m, m->spec.fg);
}

static void make_mono_src_immediate(struct make *m)
{
	unsigned int dwords;

	random_rect(m, 0x71, transparency(m), rnd(m, 2));
	add_mono_source(m, (const uint8_t *)(m->cmd + 7));
	put(m, m->spec.bg);
	put(m, m->spec.fg);
	dwords = (m->spec.row_bits * (m->spec.y2 - m->spec.y1) + 31) / 32;
	for (unsigned int i = 0; i < dwords + dwords % 2; i++)
		put(m, harness_random(m->seed));
}

static void make_full(struct make *m)
{
	random_rect(m, 0x55, 0, rnd(m, 2));
	seeds(m);
	m->header_bits &= ~(1u << 15);
	add_colour_source(m);
	add_pattern_memory(m);
}

static void make_full_immediate(struct make *m)
{
	random_rect(m, 0x74, 0, rnd(m, 2));
	seeds(m);
	add_colour_source(m);
	add_pattern_immediate(m);
}

static void make_full_mono_src(struct make *m)
{
	random_rect(m, 0x56, transparency(m), rnd(m, 2));
	seeds(m);
	add_mono_source(m, before + (BITS - WINDOW));
	put(m, BITS);
	put(m, m->spec.bg);
	put(m, m->spec.fg);
	add_pattern_memory(m);
}

static void make_full_mono_src_immediate(struct make *m)
{
	random_rect(m, 0x75, transparency(m), rnd(m, 2));
	seeds(m);
	add_mono_source(m, before + (BITS - WINDOW));
	put(m, BITS);
	put(m, m->spec.bg);
	put(m, m->spec.fg);
	add_pattern_immediate(m);
}

static void make_full_mono_pat(struct make *m)
{
	random_rect(m, 0x57, transparency(m), rnd(m, 2));
	seeds(m);
	add_colour_source(m);
	add_pattern_mono(m);
}

static void make_full_mono_both(struct make *m)
{
	random_rect(m, 0x58, transparency(m), rnd(m, 2));
	seeds(m);
	add_mono_source(m, before + (BITS - WINDOW));
	put(m, BITS);
	put(m, m->spec.bg);
	put(m, m->spec.fg);
	add_pattern_mono(m);
}

static const struct {
	const char *name;
	void (*make)(struct make *m);
} makers[] = {
	{ "XY_COLOR_BLT", make_color },
	{ "XY_COLOR_BLT fill", make_fill },
	{ "XY_SRC_COPY_BLT", make_src_copy },
	{ "XY_SRC_COPY_BLT copy", make_plain_copy },
	{ "XY_SRC_COPY_CHROMA_BLT", make_src_copy_chroma },
	{ "XY_PAT_BLT", make_pat },
	{ "XY_PAT_CHROMA_BLT", make_pat_chroma },
	{ "XY_PAT_BLT_IMMEDIATE", make_pat_immediate },
	{ "XY_PAT_CHROMA_BLT_IMMEDIATE", make_pat_chroma_immediate },
	{ "XY_MONO_PAT_BLT", make_mono_pat },
	{ "XY_MONO_SRC_COPY_BLT", make_mono_src },
	{ "XY_MONO_SRC_COPY_IMMEDIATE_BLT", make_mono_src_immediate },
	{ "XY_FULL_BLT", make_full },
	{ "XY_FULL_IMMEDIATE_PATTERN_BLT", make_full_immediate },
	{ "XY_FULL_MONO_SRC_BLT", make_full_mono_src },
	{ "XY_FULL_MONO_SRC_IMMEDIATE_PATTERN_BLT", make_full_mono_src_immediate },
	{ "XY_FULL_MONO_PATTERN_BLT", make_full_mono_pat },
	{ "XY_FULL_MONO_PATTERN_MONO_SRC_BLT", make_full_mono_both },
};

/* Clip rectangle by XY_SETUP_CLIP_BLT, Y tiling by BCS_SWCTRL, then the command. */
static void run_made(struct make *m)
{
	const struct blit_spec *s = &m->spec;
	uint32_t swctrl = (s->src.tile == Y_TILED) | (s->dst.tile == Y_TILED) << 1;
	const uint32_t before_it[] = { BLT(0x03, 3), XY(s->cx1, s->cy1), XY(s->cx2, s->cy2), 0x22u << 23 | 1,
				       0x22200,	     3u << 16 | swctrl };

	m->cmd[0] |= m->header_bits | (m->n - 2);
	harness_emit(&gpu, GEN75_BCS, before_it, 6);
	execute(m->cmd, m->n);
}

static void blits_match_the_oracle(void **state)
{
	uint64_t seed = 0x1234567;

	randomize(&seed);
	for (unsigned int round = 0; round < 100; round++) {
		for (unsigned int i = 0; i < sizeof(makers) / sizeof(makers[0]); i++) {
			struct make m = { .seed = &seed };

			snapshot();
			makers[i].make(&m);
			if (m.n > 257)
				continue;
			oracle(&m.spec);
			run_made(&m);
			compare(makers[i].name, round, m.cmd, m.n);
		}
	}
	assert_int_equal(gpu.events[GEN75_EV_UNKNOWN_COMMAND] + gpu.events[GEN75_EV_BAD_PTE], 0);
}

static void every_rop_matches(void **state)
{
	uint64_t seed = 99;

	for (unsigned int rop = 0; rop < 256; rop++) {
		struct make m = { .seed = &seed };

		randomize(&seed);
		snapshot();
		make_full(&m);
		m.spec.rop = rop;
		m.cmd[1] = (m.cmd[1] & 0xff00ffff) | rop << 16;
		oracle(&m.spec);
		run_made(&m);
		compare("ROP", rop, m.cmd, m.n);
	}
}

/* --- linear blits, set-up, text -------------------------------------------------------------------------------------------- */

static void linear_blits(void **state)
{
	uint64_t seed = 3;

	for (unsigned int round = 0; round < 50; round++) {
		struct make m = { .seed = &seed };
		struct blit_spec *s = &m.spec;
		unsigned int depth = rnd(&m, 4), width;

		randomize(&seed);
		snapshot();
		s->cpp = depth == 0 ? 1 : depth == 3 ? 4 : 2;
		s->dst = random_surf(&m, DST, s->cpp, false);
		s->x2 = 1 + rnd(&m, 90);
		s->y2 = 1 + rnd(&m, 30);
		s->cx2 = s->cy2 = 1000;
		s->rop = harness_random(&seed);
		s->write_mask = 0xffffffff;
		width = s->x2 * s->cpp;
		m.cmd[1] = depth << 24 | s->rop << 16 | pitch_field(&s->dst);
		m.cmd[2] = s->y2 << 16 | width;
		m.cmd[3] = s->dst.base;
		if (round % 2) {
			m.cmd[0] = BLT(0x40, 5) | 3u << 20;
			m.cmd[4] = s->pat_fg = harness_random(&seed);
			s->pat_kind = PAT_SOLID;
			m.n = 5;
		} else {
			s->src = random_surf(&m, SRC, s->cpp, false);
			s->src_kind = SRC_COLOUR;
			m.cmd[0] = BLT(0x43, 6) | 3u << 20;
			m.cmd[4] = pitch_field(&s->src);
			m.cmd[5] = s->src.base;
			if (round % 4) {
				/* right to left: from the last byte */
				m.cmd[1] |= 1u << 30;
				m.cmd[3] += width - 1;
				m.cmd[5] += width - 1;
			}
			m.n = 6;
		}
		oracle(s);
		execute(m.cmd, m.n);
		compare("linear", round, m.cmd, m.n);
	}
}

static void setup_and_what_uses_it(void **state)
{
	uint64_t seed = 5;

	for (unsigned int round = 0; round < 200; round++) {
		struct make m = { .seed = &seed };
		struct blit_spec *s = &m.spec;
		uint32_t setup_cmd[9], n_setup = 8;
		unsigned int kind = round % 5;

		if (!(round % 20))
			randomize(&seed);
		snapshot();
		random_rect(&m, 0x25, transparency(&m), true);
		setup_cmd[0] = BLT(0x01, 8) | (m.header_bits & 3u << 20);
		setup_cmd[1] = m.cmd[1];
		setup_cmd[2] = XY(s->cx1, s->cy1);
		setup_cmd[3] = XY(s->cx2, s->cy2);
		setup_cmd[4] = s->dst.base;
		setup_cmd[5] = s->bg = harness_random(&seed);
		setup_cmd[6] = s->fg = harness_random(&seed);
		setup_cmd[7] = BITS + 0x1000;
		memcpy(s->pattern, gpu.mem + BITS + 0x1000, 256);
		s->src_transparent = m.cmd[1] & 1u << 29;
		s->pat_transparent = m.cmd[1] & 1u << 28;
		m.header_bits &= 1u << 11;
		m.cmd[1] = m.cmd[2];
		m.cmd[2] = m.cmd[3];
		switch (kind) {
		case 0: /* scan lines of a colour pattern */
			m.n = 3;
			seeds(&m);
			s->pat_kind = PAT_COLOUR;
			break;
		case 1: /* scan lines of a monochrome one */
			m.n = 3;
			seeds(&m);
			s->pat_kind = PAT_MONO;
			s->pat_bg = s->bg;
			s->pat_fg = s->fg;
			setup_cmd[0] = BLT(0x11, 9) | (setup_cmd[0] & 3u << 20);
			setup_cmd[7] = harness_random(&seed);
			setup_cmd[8] = harness_random(&seed);
			memcpy(s->pattern, setup_cmd + 7, 8);
			n_setup = 9;
			break;
		case 2: /* one pixel */
			m.cmd[0] = 2u << 29 | 0x24u << 22;
			m.n = 2;
			s->x2 = s->x1 + 1;
			s->y2 = s->y1 + 1;
			s->pat_kind = PAT_SOLID;
			s->pat_fg = s->fg;
			break;
		default: /* text, from memory or from the command */
			s->src_kind = SRC_MONO;
			s->row_bits = s->x2 - s->x1;
			if (rnd(&m, 2)) {
				m.header_bits |= 1u << 16;
				s->row_bits = (s->row_bits + 7) / 8 * 8;
			}
			s->bits = before + (BITS - WINDOW);
			m.cmd[0] = 2u << 29 | 0x26u << 22;
			m.cmd[3] = BITS;
			m.n = 4;
			if (kind == 4) {
				m.cmd[0] = 2u << 29 | 0x31u << 22;
				m.n = 3;
				for (unsigned int i = 0; i < (s->row_bits * (s->y2 - s->y1) + 31) / 32; i++)
					put(&m, harness_random(&seed));
				if (m.n % 2 == 0)
					put(&m, 0);
				s->bits = (const uint8_t *)(m.cmd + 3);
			}
			break;
		}
		if (m.n > 257)
			continue;
		oracle(s);
		harness_emit(&gpu, GEN75_BCS,
			     (const uint32_t[]) { 0x22u << 23 | 1, 0x22200, 3u << 16 | (s->dst.tile == Y_TILED) << 1 }, 3);
		harness_emit(&gpu, GEN75_BCS, setup_cmd, n_setup);
		m.cmd[0] |= m.header_bits | (m.n - 2);
		execute(m.cmd, m.n);
		compare("setup", round, m.cmd, m.n);
	}
}

/* --- edges ------------------------------------------------------------------------------------------------------------------- */

static void empty_rectangles_draw_nothing(void **state)
{
	static const uint32_t rects[][2] = {
		{ XY(10, 10), XY(10, 20) },
		{ XY(10, 10), XY(20, 10) },
		{ XY(20, 20), XY(10, 10) },
		{ XY(0x7fff, 0x7fff), XY(0x8000, 0x8000) },
	};

	snapshot();
	for (unsigned int i = 0; i < sizeof(rects) / sizeof(rects[0]); i++) {
		const uint32_t cmd[] = {
			BLT(0x50, 6) | 3u << 20, 3u << 24 | 0xf0u << 16 | 512, rects[i][0], rects[i][1], DST, 1
		};

		execute(cmd, 6);
	}
	compare("empty", 0, NULL, 0);
}

/* A ROP that names a source which the command has not: zero, and nothing that an earlier blit left behind. */
static void missing_operands_are_zero(void **state)
{
	const uint32_t cmd[] = { BLT(0x50, 6) | 3u << 20, 3u << 24 | 0xccu << 16 | 64, XY(0, 0), XY(16, 1), DST, 0xffffffff };

	memset(gpu.mem + DST, 0xaa, 64);
	execute(cmd, 6);
	for (unsigned int i = 0; i < 64; i++)
		assert_int_equal(gpu.mem[DST + i], 0);
}

/* The biggest blit there is must not keep the caller waiting: each call does a bounded part of it. */
static void a_giant_blit_is_split(void **state)
{
	const uint32_t cmd[] = {
		BLT(0x50, 6) | 3u << 20, 3u << 24 | 0xf0u << 16 | 0x7ff0, XY(-32768, -32768), XY(32767, 32767), DST, 1
	};
	struct harness_gpu h;
	uint64_t deadline;

	harness_create(&h, 0);
	harness_ring(&h, GEN75_BCS);
	harness_emit(&h, GEN75_BCS, cmd, 6);
	for (unsigned int i = 0; i < 20; i++) {
		deadline = gen75_run(h.gpu, h.now_ns, 1000);
		assert_true(deadline <= h.now_ns);
		assert_int_equal(harness_read(&h, 0x2209c) & 0x200, 0);
	}
	/* a reset ends it */
	harness_write(&h, 0x941c, 8);
	assert_true(gen75_run(h.gpu, h.now_ns, 1000) == GEN75_NO_DEADLINE);
	harness_destroy(&h);
}

static void wrong_lengths_stop_the_engine(void **state)
{
	static const uint8_t lengths[][2] = { { 0x50, 5 }, { 0x50, 7 }, { 0x53, 7 }, { 0x53, 9 },
					      { 0x01, 7 }, { 0x40, 6 }, { 0x52, 8 } };

	for (unsigned int i = 0; i < sizeof(lengths) / 2; i++) {
		struct harness_gpu h;

		harness_create(&h, 0);
		harness_ring(&h, GEN75_BCS);
		HARNESS_EMIT(&h, GEN75_BCS, BLT(lengths[i][0], lengths[i][1]), 0, 0, 0, 0, 0, 0, 0, 0, 0);
		assert_true(harness_run(&h));
		assert_int_equal(h.events[GEN75_EV_UNKNOWN_COMMAND], 1);
		assert_int_equal(harness_read(&h, 0x22034), 0);
		harness_destroy(&h);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blits_match_the_oracle),
		cmocka_unit_test(every_rop_matches),
		cmocka_unit_test(linear_blits),
		cmocka_unit_test(setup_and_what_uses_it),
		cmocka_unit_test(empty_rectangles_draw_nothing),
		cmocka_unit_test(missing_operands_are_zero),
		cmocka_unit_test(a_giant_blit_is_split),
		cmocka_unit_test(wrong_lengths_stop_the_engine),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
