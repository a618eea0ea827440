// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What the core tells its host of guests' work, for who watches: each piece once, whose it was, and what became of it.
 */
#include "tests/guest/lib/cmd.h"
#include "tests/unit/harness/core_blt.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#define MIB (1u << 20)

static struct core_guest *start(struct core_host *h, unsigned int number)
{
	struct core_guest *g = core_host_open(h, number, 8 * MIB, 16 * MIB);

	core_guest_ring(g);
	return g;
}

/* A rectangle of so many rows of 8 KiB. */
static void fill(struct core_guest *g, uint32_t rows)
{
	uint32_t dw[16];

	core_guest_submit(g, dw, core_cmd_fill(dw, core_guest_gma(g, CORE_DATA_PAGE), 2048, rows, 1));
}

static void pieces_have_a_beginning_and_an_end(void **state)
{
	struct core_host h;
	struct core_guest *g[2];
	unsigned int i, round, switches = 0;

	core_host_init(&h);
	for (i = 0; i < 2; i++)
		g[i] = start(&h, i);
	for (round = 1; round <= 4; round++) {
		for (i = 0; i < 2; i++) {
			fill(g[i], 4);
			assert_int_equal(g[i]->event[VGPU_EVENT_SUBMIT].count, round);
			assert_int_equal(g[i]->event[VGPU_EVENT_SUBMIT].engine, VGPU_BCS);
			assert_true(g[i]->event[VGPU_EVENT_SUBMIT].b);
			assert_int_equal(g[i]->event[VGPU_EVENT_SWITCH].count, round);
			assert_int_equal(g[i]->event[VGPU_EVENT_SWITCH].a, g[i]->event[VGPU_EVENT_SUBMIT].a);
			core_host_run(&h, CORE_MS);
			assert_int_equal(g[i]->event[VGPU_EVENT_COMPLETE].count, round);
			assert_int_equal(g[i]->event[VGPU_EVENT_COMPLETE].engine, VGPU_BCS);
			assert_int_equal(g[i]->event[VGPU_EVENT_COMPLETE].a, g[i]->event[VGPU_EVENT_SUBMIT].a);
			assert_in_range(g[i]->event[VGPU_EVENT_COMPLETE].b, 1, core_guest_stats(g[i]).engine[VGPU_BCS].busy_ns);
		}
	}
	for (i = 0; i < 2; i++) {
		switches += core_guest_stats(g[i]).switches;
		assert_int_equal(g[i]->event[VGPU_EVENT_REFUSE].count, 0);
		assert_int_equal(g[i]->event[VGPU_EVENT_HANG].count, 0);
	}
	/* The first time, nobody had it before. */
	assert_int_equal(g[0]->event[VGPU_EVENT_SWITCH].count + g[1]->event[VGPU_EVENT_SWITCH].count, switches + 1);
	core_host_fini(&h);
}

static void refusals_have_a_reason(void **state)
{
	static const struct {
		uint32_t header;
		enum vgpu_fault fault;
	} cases[] = {
		{ 1u << 29, VGPU_FAULT_OPCODE },
		{ XY_COLOR_BLT | 60, VGPU_FAULT_LENGTH },
	};
	struct core_host h;
	struct core_guest *g;
	unsigned int i;

	for (i = 0; i < VGPU_ARRAY_SIZE(cases); i++) {
		core_host_init(&h);
		g = start(&h, 0);
		core_guest_submit(g, (const uint32_t[]) { cases[i].header, 0 }, 2);
		core_host_run(&h, CORE_MS);
		assert_int_equal(g->event[VGPU_EVENT_REFUSE].count, 1);
		assert_int_equal(g->event[VGPU_EVENT_REFUSE].engine, VGPU_BCS);
		assert_int_equal(g->event[VGPU_EVENT_REFUSE].a, cases[i].fault);
		assert_int_equal(g->event[VGPU_EVENT_REFUSE].b, cases[i].header);
		assert_int_equal(g->event[VGPU_EVENT_SUBMIT].count, 0);
		core_host_fini(&h);
	}
}

static void hangs_have_a_culprit(void **state)
{
	struct core_host h;
	struct core_guest *g[2];
	uint32_t dw[16];

	core_host_init_slow(&h, CORE_BLT_SLOW_PCT);
	g[0] = start(&h, 0);
	g[1] = start(&h, 1);
	core_guest_submit(g[0], dw, core_blt_endless(dw, g[0]));
	fill(g[1], 1);
	core_host_run(&h, 510 * CORE_MS);
	assert_int_equal(g[0]->event[VGPU_EVENT_HANG].count, 1);
	assert_int_equal(g[0]->event[VGPU_EVENT_HANG].engine, VGPU_BCS);
	assert_int_equal(g[0]->event[VGPU_EVENT_HANG].a, g[0]->event[VGPU_EVENT_SUBMIT].a);
	assert_int_equal(g[0]->event[VGPU_EVENT_HANG].b, dw[0]);
	/* What it had is charged, and it is refused nothing. */
	assert_int_equal(g[0]->event[VGPU_EVENT_COMPLETE].count, 1);
	assert_int_equal(g[0]->event[VGPU_EVENT_COMPLETE].b, core_guest_stats(g[0]).engine[VGPU_BCS].busy_ns);
	assert_int_equal(g[0]->event[VGPU_EVENT_REFUSE].count, 0);
	assert_int_equal(g[1]->event[VGPU_EVENT_HANG].count, 0);
	core_host_fini(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_have_a_beginning_and_an_end),
		cmocka_unit_test(refusals_have_a_reason),
		cmocka_unit_test(hangs_have_a_culprit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
