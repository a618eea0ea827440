// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What does not end by itself, and what ends too early: hangs, resets, a guest that closes its vGPU or takes memory away under work.
 */
#include "tests/guest/lib/cmd.h"
#include "tests/unit/harness/core_blt.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#define MIB (1u << 20)
#define HIDDEN (16 * MIB)

static void hang_costs_others_time_only(void **state)
{
	struct core_host h;
	struct core_guest *g[2];
	uint32_t dw[16], i;

	core_host_init_slow(&h, CORE_BLT_SLOW_PCT);
	for (i = 0; i < 2; i++) {
		g[i] = core_host_open(&h, i, 8 * MIB, HIDDEN);
		core_guest_ring(g[i]);
	}
	core_guest_submit(g[0], dw, core_blt_endless(dw, g[0]));
	core_blt_request(g[1], 21, 1);
	core_host_run(&h, 400 * CORE_MS);
	assert_int_equal(core_guest_dw(g[1], CORE_HWS_PAGE)[0x40], 0);
	assert_int_equal(vgpu_state(&g[1]->vgpu, h.now_ns), VGPU_STATE_RUNNING);
	core_host_run(&h, 110 * CORE_MS);
	core_blt_assert_done(g[1], 21, 1);
	assert_in_range(core_guest_stats(g[1]).engine[VGPU_BCS].wait_ns, 449 * CORE_MS, 500 * CORE_MS);
	assert_in_range(core_guest_stats(g[0]).engine[VGPU_BCS].busy_ns, 449 * CORE_MS, 500 * CORE_MS);
	assert_int_equal(core_guest_stats(g[1]).resets, 0);
	assert_int_equal(core_guest_stats(g[0]).resets, 1);

	/* The guilty one finds its ring hung, and recovers as on hardware. */
	assert_int_equal(core_guest_read(g[0], HEAD), 0);
	assert_in_range(core_guest_read(g[0], BCS(0x74)) - core_guest_gma(g[0], CORE_RING_PAGE), 0, 24);
	assert_int_equal(core_guest_read(g[0], BCS(0xb8)), 0);
	core_blt_reset(g[0]);
	core_blt_request(g[0], 22, 2);
	core_host_run(&h, CORE_MS);
	core_blt_assert_done(g[0], 22, 2);
	core_host_check(&h);
	core_host_fini(&h);
}

static void repeated_hangs_stop(void **state)
{
	struct core_host h;
	struct core_guest *g;
	uint32_t dw[16], i;

	core_host_init_slow(&h, CORE_BLT_SLOW_PCT);
	g = core_host_open(&h, 0, 8 * MIB, HIDDEN);
	core_guest_ring(g);
	for (i = 0; i < VGPU_HANGS_MAX; i++) {
		assert_int_not_equal(vgpu_state(&g->vgpu, h.now_ns), VGPU_STATE_STOPPED);
		core_guest_submit(g, dw, core_blt_endless(dw, g));
		core_host_run(&h, 510 * CORE_MS);
		core_blt_reset(g);
	}
	assert_int_equal(vgpu_state(&g->vgpu, h.now_ns), VGPU_STATE_STOPPED);
	core_blt_request(g, 1, 1);
	core_host_run(&h, 10 * CORE_MS);
	assert_int_equal(core_guest_dw(g, CORE_HWS_PAGE)[0x40], 0);

	vgpu_reset(&g->vgpu, h.now_ns);
	core_guest_ring(g);
	core_blt_request(g, 1, 1);
	core_host_run(&h, CORE_MS);
	core_blt_assert_done(g, 1, 1);
	core_host_fini(&h);
}

/* The engine is taken from a guest that resets it in the middle of its work; who waits gets it. */
static void guest_resets_while_running(void **state)
{
	struct core_host h;
	struct core_guest *g[2];
	uint32_t dw[16], i;

	core_host_init_slow(&h, CORE_BLT_SLOW_PCT);
	for (i = 0; i < 2; i++) {
		g[i] = core_host_open(&h, i, 8 * MIB, HIDDEN);
		core_guest_ring(g[i]);
	}
	core_guest_submit(g[0], dw, core_blt_endless(dw, g[0]));
	core_blt_request(g[1], 31, 1);
	core_host_run(&h, 10 * CORE_MS);
	core_blt_reset(g[0]);
	core_host_run(&h, CORE_MS);
	core_blt_assert_done(g[1], 31, 1);
	core_blt_request(g[0], 32, 1);
	core_host_run(&h, CORE_MS);
	core_blt_assert_done(g[0], 32, 1);
	assert_in_range(core_guest_stats(g[0]).engine[VGPU_BCS].busy_ns, 10 * CORE_MS, 12 * CORE_MS);
	core_host_fini(&h);
}

/* A guest that goes away with work running and waiting leaves nothing behind. */
static void close_in_flight(void **state)
{
	struct core_host h;
	struct core_guest *g[2];
	struct vgpu_range range;
	uint32_t dw[16], i;

	core_host_init_slow(&h, CORE_BLT_SLOW_PCT);
	for (i = 0; i < 2; i++) {
		g[i] = core_host_open(&h, i, 8 * MIB, HIDDEN);
		core_guest_ring(g[i]);
	}
	core_guest_submit(g[0], dw, core_blt_endless(dw, g[0]));
	core_blt_request(g[1], 41, 1);
	core_host_run(&h, CORE_MS);
	vgpu_close(&g[0]->vgpu, h.now_ns);
	for (i = 0; i < CORE_GUEST_PAGES; i++)
		assert_int_equal(g[0]->pins[i], 0);
	vgpu_get_range(&g[0]->vgpu, VGPU_HIDDEN, &range);
	for (i = 0; i < range.size / 4096; i++)
		assert_int_equal(h.ggtt[range.base / 4096 + i], h.ggtt[0x7ffff]); /* the common scratch page's */
	core_host_run(&h, CORE_MS);
	core_blt_assert_done(g[1], 41, 1);
	core_host_check(&h);

	/* The waiting one goes; and the first comes again, as new. */
	assert_int_equal(vgpu_open(&g[0]->vgpu), 0);
	assert_int_equal(core_guest_read(g[0], CTL), 0);
	core_guest_ring(g[0]);
	core_guest_submit(g[0], dw, core_blt_endless(dw, g[0]));
	core_blt_request(g[1], 42, 2);
	vgpu_close(&g[1]->vgpu, h.now_ns);
	assert_int_equal(vgpu_state(&g[1]->vgpu, h.now_ns), VGPU_STATE_READY);
	core_host_run(&h, 600 * CORE_MS);
	core_host_check(&h);
	core_host_fini(&h);
}

/* Work that is about to end is let end before its engine is reset, which holds state of the guest's. */
static void close_drains(void **state)
{
	struct core_host h;
	struct core_guest *g;

	core_host_init(&h);
	g = core_host_open(&h, 0, 8 * MIB, HIDDEN);
	core_guest_ring(g);
	core_blt_request(g, 51, 1);
	vgpu_close(&g->vgpu, h.now_ns);
	assert_int_equal(core_guest_dw(g, CORE_HWS_PAGE)[0x40], 1);
	assert_int_equal(core_guest_stats(g).resets, 0);
	assert_int_equal(gen75_stats(h.sim)->engine[GEN75_BCS].resets, 2);
	/* The hardware's status page is no longer the guest's. */
	assert_true(core_host_ops.reg_read(&h, 0x4280) >= 0x7ff00000);
	core_host_fini(&h);
}

/* The guest stops its ring, moves its head past the end and takes another ring, while its work still runs. */
static void ring_moves_under_work(void **state)
{
	struct core_host h;
	struct core_guest *g;
	uint32_t dw[16];

	core_host_init(&h);
	g = core_host_open(&h, 0, 8 * MIB, HIDDEN);
	core_guest_ring(g);
	core_cmd_fill(dw, core_guest_gma(g, CORE_DATA_PAGE), 1024, 256, 1);
	core_guest_submit(g, dw, 6);
	assert_int_equal(core_guest_read(g, BCS(0x9c)) & 1u << 9, 0);
	core_guest_write(g, HEAD, core_guest_read(g, TAIL));
	core_guest_write(g, CTL, 0);
	core_guest_write(g, HEAD, 0);
	core_guest_write(g, TAIL, 0);
	core_guest_ring(g);
	core_blt_request(g, 61, 1);
	core_host_run(&h, 2 * CORE_MS);
	core_blt_assert_done(g, 61, 1);
	assert_int_not_equal(core_guest_read(g, BCS(0x9c)) & 1u << 9, 0);
	core_host_fini(&h);
}

static void stopped_ring_waits(void **state)
{
	struct core_host h;
	struct core_guest *g;

	core_host_init(&h);
	g = core_host_open(&h, 0, 8 * MIB, HIDDEN);
	core_guest_ring(g);
	core_guest_write(g, BCS(0x9c), MASKED_SET(1u << 8));
	core_blt_request(g, 71, 1);
	core_host_run(&h, CORE_MS);
	assert_int_equal(core_guest_read(g, HEAD), 0);
	assert_int_not_equal(core_guest_read(g, BCS(0x9c)) & 1u << 9, 0);
	core_guest_write(g, BCS(0x9c), MASKED_CLEAR(1u << 8));
	core_host_run(&h, CORE_MS);
	core_blt_assert_done(g, 71, 1);
	core_host_fini(&h);
}

/* Memory goes away under a running blit: what is written afterwards goes to the guest's scratch page. */
static void memory_unmapped_under_work(void **state)
{
	struct core_host h;
	struct core_guest *g;
	uint32_t dw[16];

	core_host_init_slow(&h, CORE_BLT_SLOW_PCT);
	g = core_host_open(&h, 0, 8 * MIB, HIDDEN);
	core_guest_ring(g);
	core_guest_submit(g, dw, core_blt_endless(dw, g));
	core_host_run(&h, CORE_MS);
	vgpu_dma_unmap(&g->vgpu, 0, (u64)CORE_GUEST_PAGES * 4096, h.now_ns);
	assert_int_equal(core_guest_stats(g).pinned_pages, 0);
	core_host_run(&h, 600 * CORE_MS);
	core_host_check(&h);
	core_host_fini(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hang_costs_others_time_only),
		cmocka_unit_test(repeated_hangs_stop),
		cmocka_unit_test(guest_resets_while_running),
		cmocka_unit_test(close_in_flight),
		cmocka_unit_test(close_drains),
		cmocka_unit_test(ring_moves_under_work),
		cmocka_unit_test(stopped_ring_waits),
		cmocka_unit_test(memory_unmapped_under_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
