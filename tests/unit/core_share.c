// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Guests that want more of the simulated engine than there is get it by weight, up to their cap, through the whole of the mediator. What the
 * scheduler does by itself, core_sched.c tests.
 */
#include "tests/guest/lib/cmd.h"
#include "tests/unit/harness/core_host.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#define MIB (1u << 20)
#define HIDDEN (16 * MIB)
#define TAIL 0x22030u
#define HEAD 0x22034u

/* As many blits of 12 MiB as the ring takes: over 300 ms of work. */
static void saturate(struct core_guest *g)
{
	static uint32_t dw[600 * 6];
	uint32_t n = 0, k;

	for (k = 0; k < 600; k++)
		n += core_cmd_fill(dw + n, core_guest_gma(g, CORE_DATA_PAGE + CORE_DATA_PAGES), 1024, 3072, k);
	core_guest_submit(g, dw, n);
}

static void open_two(struct core_host *h, struct core_guest *g[2])
{
	uint32_t i;

	core_host_init(h);
	for (i = 0; i < 2; i++) {
		g[i] = core_host_open(h, i, 8 * MIB, HIDDEN);
		core_guest_ring(g[i]);
	}
}

/* Weights 1 to 3, and more work from both than there is time: the shares follow. */
static void weights_share(void **state)
{
	struct core_host h;
	struct core_guest *g[2];
	uint64_t busy[2];
	uint32_t i;

	open_two(&h, g);
	for (i = 0; i < 2; i++) {
		assert_int_equal(vgpu_set_weight(&g[i]->vgpu, i ? 300 : 100, 0), 0);
		saturate(g[i]);
	}
	core_host_run(&h, 400 * CORE_MS);
	for (i = 0; i < 2; i++) {
		assert_int_not_equal(core_guest_read(g[i], HEAD), core_guest_read(g[i], TAIL));
		busy[i] = core_guest_stats(g[i]).engine[VGPU_BCS].busy_ns;
	}
	/* Give or take a turn of each. */
	assert_true(busy[1] > busy[0] * 26 / 10 && busy[1] < busy[0] * 34 / 10);
	core_host_fini(&h);
}

/* A guest that comes back from idling has no credit, however long it slept. */
static void sleepers_earn_nothing(void **state)
{
	struct core_host h;
	struct core_guest *g[2];
	uint64_t before, busy[2];

	open_two(&h, g);
	saturate(g[0]);
	core_host_run(&h, 200 * CORE_MS);
	before = core_guest_stats(g[0]).engine[VGPU_BCS].busy_ns;
	assert_true(before > 190 * CORE_MS);
	saturate(g[1]);
	core_host_run(&h, 200 * CORE_MS);
	busy[0] = core_guest_stats(g[0]).engine[VGPU_BCS].busy_ns - before;
	busy[1] = core_guest_stats(g[1]).engine[VGPU_BCS].busy_ns;
	assert_true(busy[0] > 88 * CORE_MS && busy[1] > 88 * CORE_MS);
	core_host_fini(&h);
}

/*
 * Virtual time wraps: a vGPU of weight 1 takes 104 days of GPU time to half of its range. One that comes after that, or back
 * after that, is neither starved nor favoured.
 */
static void virtual_time_wraps(void **state)
{
	static const uint64_t old[] = { (1ull << 63) - CORE_MS, 1ull << 63, (1ull << 63) + CORE_MS, 3ull << 62, 0 - CORE_MS };
	struct core_host h;
	struct core_guest *g[2];
	uint64_t busy[2];
	uint32_t i, k;

	for (i = 0; i < VGPU_ARRAY_SIZE(old); i++) {
		open_two(&h, g);
		h.gpu.engine[VGPU_BCS].sched.vtime = old[i];
		saturate(g[0]);
		saturate(g[1]);
		core_host_run(&h, 200 * CORE_MS);
		for (k = 0; k < 2; k++)
			busy[k] = core_guest_stats(g[k]).engine[VGPU_BCS].busy_ns;
		assert_true(busy[0] > 88 * CORE_MS && busy[1] > 88 * CORE_MS);
		core_host_fini(&h);
	}
}

/* A cap holds on an engine that nobody else wants, changes while work runs, and the time that it costs is told. */
static void caps_hold(void **state)
{
	struct vgpu_stats before, after;
	struct core_host h;
	struct core_guest *g;

	core_host_init(&h);
	g = core_host_open(&h, 0, 8 * MIB, HIDDEN);
	core_guest_ring(g);
	assert_int_equal(vgpu_set_cap(&g->vgpu, 25, h.now_ns), 0);
	saturate(g);
	core_host_run(&h, 400 * CORE_MS);
	after = core_guest_stats(g);
	assert_true(after.engine[VGPU_BCS].busy_ns > 92 * CORE_MS && after.engine[VGPU_BCS].busy_ns < 112 * CORE_MS);
	assert_true(after.engine[VGPU_BCS].capped_ns > 280 * CORE_MS);
	assert_true(after.engine[VGPU_BCS].wait_ns < CORE_MS);
	before = after;
	assert_int_equal(vgpu_set_cap(&g->vgpu, 100, h.now_ns), 0);
	core_host_run(&h, 100 * CORE_MS);
	after = core_guest_stats(g);
	assert_true(after.engine[VGPU_BCS].busy_ns - before.engine[VGPU_BCS].busy_ns > 95 * CORE_MS);
	assert_true(after.engine[VGPU_BCS].capped_ns - before.engine[VGPU_BCS].capped_ns < CORE_MS);
	core_host_fini(&h);
}

/* A weight that is changed while both work holds from the next turn on. */
static void weights_change_under_work(void **state)
{
	struct core_host h;
	struct core_guest *g[2];
	uint64_t busy[2];
	uint32_t i;

	open_two(&h, g);
	saturate(g[0]);
	saturate(g[1]);
	core_host_run(&h, 100 * CORE_MS);
	assert_int_equal(vgpu_set_weight(&g[0]->vgpu, 900, h.now_ns), 0);
	for (i = 0; i < 2; i++)
		busy[i] = core_guest_stats(g[i]).engine[VGPU_BCS].busy_ns;
	core_host_run(&h, 200 * CORE_MS);
	for (i = 0; i < 2; i++)
		busy[i] = core_guest_stats(g[i]).engine[VGPU_BCS].busy_ns - busy[i];
	assert_true(busy[0] > 166 * CORE_MS && busy[0] < 194 * CORE_MS);
	assert_true(busy[1] > 6 * CORE_MS && busy[1] < 34 * CORE_MS);
	core_host_fini(&h);
}

/* One that is gone, however busy it was, or capped, leaves nothing in the scheduler; the other goes on. */
static void closed_while_waiting(void **state)
{
	struct core_host h;
	struct core_guest *g[2];
	uint64_t before;
	uint32_t cap;

	for (cap = 1; cap <= 100; cap += 99) {
		open_two(&h, g);
		saturate(g[0]);
		saturate(g[1]);
		assert_int_equal(vgpu_set_cap(&g[0]->vgpu, cap, h.now_ns), 0);
		core_host_run(&h, 50 * CORE_MS);
		vgpu_close(&g[0]->vgpu, h.now_ns);
		assert_false(g[0]->vgpu.sched[VGPU_BCS].wants);
		assert_int_equal(vgpu_open(&g[0]->vgpu), 0);
		before = core_guest_stats(g[1]).engine[VGPU_BCS].busy_ns;
		core_host_run(&h, 50 * CORE_MS);
		assert_true(core_guest_stats(g[1]).engine[VGPU_BCS].busy_ns - before > 45 * CORE_MS);
		core_host_fini(&h);
	}
}

/*
 * Whoever reads the counters learns that a cap lets somebody go on, and so does the scheduler: then the engine must be given to him, or
 * the timer must still be set for it. Otherwise nothing ever happens again until some guest writes to a register.
 */
static void reading_counters_strands_nobody(void **state)
{
	struct core_host h;
	struct core_guest *g;
	uint64_t release_ns;

	core_host_init(&h);
	g = core_host_open(&h, 0, 8 * MIB, HIDDEN);
	core_guest_ring(g);
	assert_int_equal(vgpu_set_cap(&g->vgpu, 10, h.now_ns), 0);
	saturate(g);
	while (g->vgpu.sched[VGPU_BCS].place != VGPU_SCHED_CAPPED)
		core_host_run(&h, CORE_MS / 10);
	release_ns = vgpu_gpu_deadline(&h.gpu);
	assert_true(release_ns > h.now_ns && release_ns != VGPU_NO_DEADLINE);
	/* The timer is late by a microsecond, as its least distance of 50 us alone makes it, and somebody looks at the counters. */
	h.now_ns = release_ns + CORE_US;
	core_guest_stats(g);
	assert_true(vgpu_gpu_deadline(&h.gpu) != VGPU_NO_DEADLINE || h.gpu.engine[VGPU_BCS].runs);
	core_host_run(&h, 400 * CORE_MS);
	assert_true(core_guest_stats(g).engine[VGPU_BCS].busy_ns > 30 * CORE_MS);
	core_host_fini(&h);
}

/* Likewise when somebody else's vGPU is taken away at that moment. */
static void removing_one_strands_nobody(void **state)
{
	struct core_host h;
	struct core_guest *g;
	struct vgpu other;
	uint64_t release_ns;

	core_host_init(&h);
	g = core_host_open(&h, 0, 8 * MIB, HIDDEN);
	core_guest_ring(g);
	assert_int_equal(vgpu_init(&other, &h.gpu, NULL), 0);
	assert_int_equal(vgpu_set_cap(&g->vgpu, 10, h.now_ns), 0);
	saturate(g);
	while (g->vgpu.sched[VGPU_BCS].place != VGPU_SCHED_CAPPED)
		core_host_run(&h, CORE_MS / 10);
	release_ns = vgpu_gpu_deadline(&h.gpu);
	h.now_ns = release_ns + CORE_US;
	vgpu_fini(&other, h.now_ns);
	assert_true(vgpu_gpu_deadline(&h.gpu) != VGPU_NO_DEADLINE || h.gpu.engine[VGPU_BCS].runs);
	core_host_fini(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(weights_share),
		cmocka_unit_test(sleepers_earn_nothing),
		cmocka_unit_test(virtual_time_wraps),
		cmocka_unit_test(caps_hold),
		cmocka_unit_test(weights_change_under_work),
		cmocka_unit_test(closed_while_waiting),
		cmocka_unit_test(reading_counters_strands_nobody),
		cmocka_unit_test(removing_one_strands_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
