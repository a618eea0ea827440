// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Render, compute and codec commands: lengths, PIPE_CONTROL, draws, and contexts.
 */
#include <string.h>

#include "sim/engine/render.h"
#include "tests/unit/harness/sim_gpu.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#define MI(op) ((uint32_t)(op) << 23)
#define GGTT (1u << 22)
#define STORE_GGTT (MI(0x20) | 2 | GGTT)
#define PIPE_CONTROL(len) (0x7a000000u | ((len)-2))
#define PRIMITIVE 0x7b000005u
#define D HARNESS_DATA

/* Lengths in dwords, from another source than the table's: Mesa's packet descriptions for Haswell, and what i915 emits. */
static const struct {
	enum gen75_engine_id id;
	uint32_t opcode;
	uint32_t good, bad;
} lengths[] = {
	{ GEN75_RCS, 0x6101, 10, 11 },	 { GEN75_RCS, 0x6102, 2, 3 },	  { GEN75_RCS, 0x7000, 8, 9 },
	{ GEN75_RCS, 0x7001, 4, 3 },	 { GEN75_RCS, 0x7002, 4, 5 },	  { GEN75_RCS, 0x7100, 6, 5 },
	{ GEN75_RCS, 0x7100, 21, 4 },	 { GEN75_RCS, 0x7105, 11, 15 },	  { GEN75_RCS, 0x7804, 3, 2 },
	{ GEN75_RCS, 0x7805, 7, 8 },	 { GEN75_RCS, 0x7806, 3, 4 },	  { GEN75_RCS, 0x7807, 3, 4 },
	{ GEN75_RCS, 0x7808, 5, 6 },	 { GEN75_RCS, 0x7808, 133, 137 }, { GEN75_RCS, 0x7809, 3, 4 },
	{ GEN75_RCS, 0x7809, 69, 70 },	 { GEN75_RCS, 0x780a, 3, 5 },	  { GEN75_RCS, 0x780c, 2, 3 },
	{ GEN75_RCS, 0x780e, 2, 4 },	 { GEN75_RCS, 0x7810, 6, 9 },	  { GEN75_RCS, 0x7811, 7, 10 },
	{ GEN75_RCS, 0x7812, 4, 3 },	 { GEN75_RCS, 0x7813, 7, 4 },	  { GEN75_RCS, 0x7814, 3, 2 },
	{ GEN75_RCS, 0x7815, 7, 11 },	 { GEN75_RCS, 0x7818, 2, 3 },	  { GEN75_RCS, 0x781b, 7, 9 },
	{ GEN75_RCS, 0x781c, 4, 5 },	 { GEN75_RCS, 0x781d, 6, 9 },	  { GEN75_RCS, 0x781e, 3, 5 },
	{ GEN75_RCS, 0x781f, 14, 4 },	 { GEN75_RCS, 0x7820, 8, 12 },	  { GEN75_RCS, 0x7821, 2, 3 },
	{ GEN75_RCS, 0x782f, 2, 3 },	 { GEN75_RCS, 0x7833, 2, 3 },	  { GEN75_RCS, 0x7900, 4, 3 },
	{ GEN75_RCS, 0x7907, 33, 32 },	 { GEN75_RCS, 0x7908, 3, 2 },	  { GEN75_RCS, 0x790a, 3, 2 },
	{ GEN75_RCS, 0x790d, 4, 2 },	 { GEN75_RCS, 0x7916, 2, 3 },	  { GEN75_RCS, 0x7917, 259, 260 },
	{ GEN75_RCS, 0x7918, 4, 8 },	 { GEN75_RCS, 0x7a00, 4, 6 },	  { GEN75_RCS, 0x7a00, 5, 3 },
	{ GEN75_RCS, 0x7b00, 7, 6 },	 { GEN75_VCS, 0x7001, 6, 5 },	  { GEN75_VCS, 0x7102, 71, 4000 },
	{ GEN75_VECS, 0x7403, 10, 200 },
};

static void lengths_are_exact(void **state)
{
	for (unsigned int i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		for (unsigned int bad = 0; bad < 2; bad++) {
			uint32_t len = bad ? lengths[i].bad : lengths[i].good, head = harness_base(lengths[i].id) + 0x34;
			struct harness_gpu h;

			harness_create(&h, 0);
			harness_ring(&h, lengths[i].id);
			harness_poke(&h, HARNESS_RING(lengths[i].id), lengths[i].opcode << 16 | (len - 2));
			harness_write(&h, harness_base(lengths[i].id) + 0x30, (len * 4 + 7) & ~7u);
			assert_true(harness_run(&h));
			if (h.events[GEN75_EV_UNKNOWN_COMMAND] != bad ||
			    harness_read(&h, head) != (bad ? 0 : (len * 4 + 7) & ~7u))
				fail_msg("command 0x%x of %u dwords", lengths[i].opcode, len);
			harness_destroy(&h);
		}
	}
}

/* Every opcode that a binary search can find is where it should be, and each kept state has its own room. */
static void the_table_is_sound(void **state)
{
	struct harness_gpu h;
	uint32_t total = 0;
	unsigned int known = 0;

	harness_create(&h, 0);
	for (uint32_t opcode = 0x6000; opcode < 0x8000; opcode++) {
		const struct cmd_desc *d = gen75_render_find(h.gpu, &h.gpu->engine[GEN75_RCS], opcode << 16);
		uint32_t *slot = gen75_render_state(h.gpu, opcode);

		if (!d)
			continue;
		known++;
		assert_true(d->min_dw >= 1 && d->min_dw <= d->max_dw);
		assert_true(d->state == 0 || d->state == d->max_dw);
		assert_int_equal(slot != NULL, d->state != 0);
		for (uint32_t k = 0; k < d->state; k++) {
			assert_int_equal(slot[k], 0);
			slot[k] = opcode;
		}
		total += d->state;
	}
	assert_int_equal(known, 104);
	assert_true(total <= RENDER_STATE_DW);
	harness_destroy(&h);
}

static void pipe_control(void **state)
{
	static const struct {
		const char *name;
		uint32_t cmd[5];
		uint32_t len;
		uint32_t at, want, want_high;
		uint32_t busy_ns;
	} rows[] = {
		{ "nothing", { 0, 0, D, 7, 8 }, 5, D, 0, 0, 20 },
		{ "quadword", { 0, 1 << 24 | 1 << 14, D, 7, 8 }, 5, D, 7, 8, 80 },
		{ "dword, as i915", { 0, 1 << 24 | 1 << 20 | 1 << 14, D, 7 }, 4, D, 7, 0, 1080 },
		{ "dword, upper half", { 0, 1 << 24 | 1 << 14, D + 4, 7 }, 4, D, 0, 7, 80 },
		{ "timestamp", { 0, 1 << 24 | 3 << 14, D, 7, 8 }, 5, D, 1000000 / 80, 0, 80 },
		{ "depth count", { 0, 1 << 24 | 2 << 14, D, 7, 8 }, 5, D, 0x1234, 0x56, 80 },
		{ "status page", { 0, 1 << 21 | 1 << 14, 0x80, 7, 8 }, 5, HARNESS_HWSP(GEN75_RCS) + 0x80, 7, 8, 80 },
		{ "flush", { 0, 1 << 12, 0, 0, 0 }, 5, D, 0, 0, 1020 },
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t cmd[6];
		struct harness_gpu h;

		harness_create(&h, 0);
		harness_ring(&h, GEN75_RCS);
		harness_write(&h, 0x2350, 0x1234);
		harness_write(&h, 0x2354, 0x56);
		memcpy(cmd, rows[i].cmd, 20);
		cmd[0] = PIPE_CONTROL(rows[i].len);
		harness_emit(&h, GEN75_RCS, cmd, rows[i].len);
		assert_true(harness_run(&h));
		if (harness_peek(&h, rows[i].at) != rows[i].want || harness_peek(&h, rows[i].at + 4) != rows[i].want_high)
			fail_msg("%s: 0x%x 0x%x", rows[i].name, harness_peek(&h, rows[i].at), harness_peek(&h, rows[i].at + 4));
		assert_int_equal(gen75_stats(h.gpu)->engine[GEN75_RCS].busy_ns - rows[i].len % 2 * 4, rows[i].busy_ns);
		harness_destroy(&h);
	}
}

static void pipe_control_to_a_register_and_notify(void **state)
{
	struct harness_gpu h;

	harness_create(&h, 0);
	harness_ring(&h, GEN75_RCS);
	harness_write(&h, 0x20a8, ~(1u << 4));
	harness_write(&h, 0x44014, ~(1u << 4));
	HARNESS_EMIT(&h, GEN75_RCS, PIPE_CONTROL(5), 1 << 23 | 1 << 14, 0x2600, 5, 0, PIPE_CONTROL(4), 1 << 8, 0, 0);
	assert_true(harness_run(&h));
	assert_int_equal(harness_read(&h, 0x2600), 5);
	assert_int_equal(harness_read(&h, 0x44018), 1 << 4);
	harness_destroy(&h);
}

/* Draws take time by vertices, primitives and pixels, and count while statistics are on. */
static void draws(void **state)
{
	static const struct {
		const char *name;
		uint32_t topology, vertices, instances;
		uint64_t want_vertices, want_primitives, want_pixels, want_ns;
	} rows[] = {
		{ "triangles", 4, 300, 1, 300, 100, 6400, 1000 + (300 * 2000 + 100 * 1740 + 6400 * 435) / 1000 },
		{ "instanced", 4, 3, 10, 30, 10, 640, 1000 + (30 * 2000 + 10 * 1740 + 640 * 435) / 1000 },
		{ "strip", 5, 5, 1, 5, 3, 192, 1000 + (5 * 2000 + 3 * 1740 + 192 * 435) / 1000 },
		{ "too few for a strip", 5, 2, 1, 2, 0, 0, 1000 + 4 },
		{ "a rectangle covers all", 0x0f, 3, 1, 3, 1, 640 * 480, 1000 + (3 * 2000 + 1740 + 640 * 480 * 435) / 1000 },
		{ "points", 1, 7, 1, 7, 7, 448, 1000 + (7 * 2000 + 7 * 1740 + 448 * 435) / 1000 },
		{ "patches of three", 0x22, 9, 1, 9, 3, 192, 1000 + (9 * 2000 + 3 * 1740 + 192 * 435) / 1000 },
		{ "no such topology", 0x1e, 9, 1, 9, 0, 0, 1000 + 18 },
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct harness_gpu h;
		uint64_t before_ns;

		harness_create(&h, 0);
		harness_ring(&h, GEN75_RCS);
		HARNESS_EMIT(&h, GEN75_RCS, 0x79000002, 0, 479u << 16 | 639, 0, 0x680b0001, 0);
		assert_true(harness_run(&h));
		before_ns = gen75_stats(h.gpu)->engine[GEN75_RCS].busy_ns;
		HARNESS_EMIT(&h, GEN75_RCS, PRIMITIVE, rows[i].topology, rows[i].vertices, 0, rows[i].instances, 0, 0, 0);
		assert_true(harness_run(&h));
		if (harness_read(&h, 0x2310) != rows[i].want_vertices || harness_read(&h, 0x2318) != rows[i].want_primitives ||
		    harness_read(&h, 0x2350) != rows[i].want_pixels)
			fail_msg("%s: %u vertices, %u primitives, %u pixels", rows[i].name, harness_read(&h, 0x2310),
				 harness_read(&h, 0x2318), harness_read(&h, 0x2350));
		if (gen75_stats(h.gpu)->engine[GEN75_RCS].busy_ns - before_ns - 4 != rows[i].want_ns)
			fail_msg("%s: %u ns", rows[i].name,
				 (unsigned int)(gen75_stats(h.gpu)->engine[GEN75_RCS].busy_ns - before_ns - 4));
		assert_int_equal(gen75_stats(h.gpu)->engine[GEN75_RCS].draws, 1);
		harness_destroy(&h);
	}
}

static void predicated_and_indirect_draws(void **state)
{
	struct harness_gpu h;

	harness_create(&h, 0);
	harness_ring(&h, GEN75_RCS);
	HARNESS_EMIT(&h, GEN75_RCS, 0x79000002, 0, 479u << 16 | 639, 0, 0x680b0001, 0);
	/* the predicate is clear: no draw */
	HARNESS_EMIT(&h, GEN75_RCS, PRIMITIVE | 1 << 8, 4, 30, 0, 1, 0, 0, 0);
	assert_true(harness_run(&h));
	assert_int_equal(gen75_stats(h.gpu)->engine[GEN75_RCS].draws, 0);
	HARNESS_EMIT(&h, GEN75_RCS, MI(0x0c) | 2 << 6, PRIMITIVE | 1 << 8, 4, 30, 0, 1, 0, 0);
	/* counts from registers */
	HARNESS_EMIT(&h, GEN75_RCS, MI(0x22) | 3, 0x2434, 60, 0x2438, 2, PRIMITIVE | 1 << 10, 4, 1, 0, 1, 0, 0);
	assert_true(harness_run(&h));
	assert_int_equal(gen75_stats(h.gpu)->engine[GEN75_RCS].draws, 2);
	assert_int_equal(harness_read(&h, 0x2310), 30 + 120);
	harness_destroy(&h);
}

/* A draw of 2^64 vertices must neither overflow nor block. */
static void absurd_draws(void **state)
{
	struct harness_gpu h;

	harness_create(&h, 0);
	harness_ring(&h, GEN75_RCS);
	HARNESS_EMIT(&h, GEN75_RCS, 0x79000002, 0, 0xffffffff, 0);
	HARNESS_EMIT(&h, GEN75_RCS, PRIMITIVE, 0x0f, 0xffffffff, 0, 0xffffffff, 0, 0, 0);
	HARNESS_EMIT(&h, GEN75_RCS, 0x71050009, 0, 0x003f3f3f, 0, 0xffffffff, 0, 0xffffffff, 0, 0xffffffff, 0, 0, 0);
	assert_true(harness_run(&h));
	assert_int_equal(gen75_stats(h.gpu)->engine[GEN75_RCS].draws, 1);
	harness_destroy(&h);
}

/* --- contexts -------------------------------------------------------------------------------------------------------------- */

#define CTX_A 0x00800000u
#define CTX_B 0x00900000u
#define SET_CONTEXT(addr, flags) MI(0x18), ((addr) | 0x100 | (flags))
#define INHIBIT 1u
#define FORCE 2u

/* Registers of the context, and one that is not. */
static const struct {
	uint32_t offset;
	bool masked, saved;
} regs[] = {
	{ 0x20c0, true, true },	 { 0x22c8, false, true },  { 0x2344, false, true },  { 0x2420, false, true },
	{ 0x2440, false, true }, { 0x5200, false, true },  { 0x528c, false, true },  { 0x7004, true, true },
	{ 0x7000, true, false }, { 0x2600, false, false }, { 0x2028, false, false },
};

static void set_regs(struct harness_gpu *h, uint32_t value)
{
	for (unsigned int i = 0; i < sizeof(regs) / sizeof(regs[0]); i++)
		HARNESS_EMIT(h, GEN75_RCS, MI(0x22) | 1, regs[i].offset, regs[i].masked ? 0xffff0000u | value : value + i, 0);
}

static void check_regs(struct harness_gpu *h, uint32_t value, uint32_t unsaved)
{
	for (unsigned int i = 0; i < sizeof(regs) / sizeof(regs[0]); i++) {
		uint32_t want = regs[i].saved ? value : unsaved;

		want += regs[i].masked ? 0 : i;
		if (harness_read(h, regs[i].offset) != want)
			fail_msg("0x%x is 0x%x, not 0x%x", regs[i].offset, harness_read(h, regs[i].offset), want);
	}
}

static void contexts_are_saved_and_restored(void **state)
{
	const uint32_t poly_stipple = 0x7906;
	struct harness_gpu h;

	harness_create(&h, 0);
	harness_ring(&h, GEN75_RCS);
	HARNESS_EMIT(&h, GEN75_RCS, SET_CONTEXT(CTX_A, INHIBIT));
	set_regs(&h, 0x100);
	HARNESS_EMIT(&h, GEN75_RCS, poly_stipple << 16, 0xa);
	HARNESS_EMIT(&h, GEN75_RCS, SET_CONTEXT(CTX_B, INHIBIT));
	assert_true(harness_run(&h));
	/* the restore was inhibited: the state is still there */
	check_regs(&h, 0x100, 0x100);
	set_regs(&h, 0x400);
	HARNESS_EMIT(&h, GEN75_RCS, poly_stipple << 16, 0xb);
	HARNESS_EMIT(&h, GEN75_RCS, SET_CONTEXT(CTX_A, 0));
	assert_true(harness_run(&h));
	check_regs(&h, 0x100, 0x400);
	assert_int_equal(gen75_render_state(h.gpu, poly_stipple)[1], 0xa);
	assert_int_equal(harness_read(&h, 0x2180) & 0xfffff001, CTX_A | 1);
	HARNESS_EMIT(&h, GEN75_RCS, SET_CONTEXT(CTX_B, 0));
	assert_true(harness_run(&h));
	check_regs(&h, 0x400, 0x400);
	assert_int_equal(gen75_render_state(h.gpu, poly_stipple)[1], 0xb);

	/* again the same: nothing happens, unless it is forced */
	set_regs(&h, 0x500);
	HARNESS_EMIT(&h, GEN75_RCS, SET_CONTEXT(CTX_B, 0));
	assert_true(harness_run(&h));
	check_regs(&h, 0x500, 0x500);
	HARNESS_EMIT(&h, GEN75_RCS, SET_CONTEXT(CTX_B, FORCE));
	assert_true(harness_run(&h));
	check_regs(&h, 0x500, 0x500);
	harness_destroy(&h);
}

/* An image that nobody has saved, or with anything in it, restores no state that is not the context's. */
static void images_are_not_trusted(void **state)
{
	struct harness_gpu h;
	uint64_t seed = 11;

	harness_create(&h, 0);
	harness_ring(&h, GEN75_RCS);
	HARNESS_EMIT(&h, GEN75_RCS, SET_CONTEXT(CTX_A, INHIBIT));
	set_regs(&h, 0x100);
	HARNESS_EMIT(&h, GEN75_RCS, SET_CONTEXT(CTX_B, 0));
	assert_true(harness_run(&h));
	check_regs(&h, 0x100, 0x100);
	for (uint32_t i = 4; i < 0x11000; i += 4)
		harness_poke(&h, CTX_A + i, harness_random(&seed));
	HARNESS_EMIT(&h, GEN75_RCS, SET_CONTEXT(CTX_A, 0), PRIMITIVE, 4, 30, 0, 1, 0, 0, 0);
	assert_true(harness_run(&h));
	assert_int_equal(harness_read(&h, 0x7000), 0x100);
	assert_int_equal(harness_read(&h, 0x2600), 0x100 + 9);
	harness_destroy(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lengths_are_exact),
		cmocka_unit_test(the_table_is_sound),
		cmocka_unit_test(pipe_control),
		cmocka_unit_test(pipe_control_to_a_register_and_notify),
		cmocka_unit_test(draws),
		cmocka_unit_test(predicated_and_indirect_draws),
		cmocka_unit_test(absurd_draws),
		cmocka_unit_test(contexts_are_saved_and_restored),
		cmocka_unit_test(images_are_not_trusted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
