// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Interrupts of guests that blit: who gets them, when, and how many.
 */
#include "tests/guest/lib/cmd.h"
#include "tests/unit/harness/core_blt.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#define MIB (1u << 20)
#define HIDDEN (16 * MIB)
#define USER (1u << 22)

static void interrupts_are_masked_and_edges(void **state)
{
	static const struct {
		const char *name;
		uint32_t reg, value;
		uint32_t iir;
	} rows[] = {
		{ "engine's mask", BCS(0xa8), ~0u, 0 },
		{ "group's mask", 0x44014, ~0u, 0 },
		{ "not enabled", 0x4401c, 0, USER },
		{ "master off", 0x4400c, 0, USER },
	};
	struct core_host h;
	struct core_guest *g;
	unsigned int i, irqs = 0;

	core_host_init(&h);
	g = core_host_open(&h, 0, 8 * MIB, HIDDEN);
	for (i = 0; i < VGPU_ARRAY_SIZE(rows); i++) {
		core_guest_ring(g);
		core_guest_write(g, rows[i].reg, rows[i].value);
		core_blt_request(g, i, i + 1);
		core_host_run(&h, CORE_MS);
		assert_int_equal(core_guest_read(g, GTIIR), rows[i].iir);
		assert_int_equal(g->irqs, irqs);
		core_guest_ring(g); /* all enabled: what is latched comes now */
		irqs += rows[i].iir ? 1 : 0;
		assert_int_equal(g->irqs, irqs);
		/* While it is pending there is no further edge; taking the master off and on makes one. */
		core_blt_request(g, i, i + 1);
		core_host_run(&h, CORE_MS);
		irqs += rows[i].iir ? 0 : 1;
		assert_int_equal(g->irqs, irqs);
		core_guest_write(g, 0x4400c, 0);
		core_guest_write(g, 0x4400c, 1u << 31);
		assert_int_equal(g->irqs, ++irqs);
		core_guest_write(g, GTIIR, ~0u);
		assert_int_equal(core_guest_read(g, GTIIR), 0);
		core_guest_write(g, 0x4400c, 0);
		core_guest_write(g, 0x4400c, 1u << 31);
		assert_int_equal(g->irqs, irqs);
	}
	assert_int_equal(core_guest_stats(g).interrupts, irqs);
	core_host_fini(&h);
}

/* Nobody is interrupted for what another guest did, or for work that did not ask. */
static void interrupts_go_to_who_asked(void **state)
{
	struct core_host h;
	struct core_guest *g[2];
	uint32_t dw[16], i;

	core_host_init(&h);
	for (i = 0; i < 2; i++) {
		g[i] = core_host_open(&h, i, 8 * MIB, HIDDEN);
		core_guest_ring(g[i]);
	}
	core_cmd_fill(dw, core_guest_gma(g[0], CORE_DATA_PAGE), 8, 8, 1);
	core_guest_submit(g[0], dw, 6);
	core_blt_request(g[1], 1, 1);
	core_host_run(&h, CORE_MS);
	assert_int_equal(g[0]->irqs, 0);
	assert_int_equal(g[1]->irqs, 1);
	core_host_fini(&h);
}

/* An interrupt in the middle of a piece is not held back until its end. */
static void early_interrupts_come_early(void **state)
{
	struct core_host h;
	struct core_guest *g;
	uint32_t dw[32], n;

	core_host_init(&h);
	g = core_host_open(&h, 0, 8 * MIB, HIDDEN);
	core_guest_ring(g);
	n = core_blt_breadcrumb(dw, 1);
	n += core_cmd_fill(dw + n, core_guest_gma(g, CORE_DATA_PAGE), 1024, 256, 1); /* 1 MiB: some 65 us */
	core_guest_submit(g, dw, n);
	core_host_run(&h, 30 * CORE_US);
	assert_int_equal(g->irqs, 1);
	assert_int_equal(core_guest_dw(g, CORE_HWS_PAGE)[0x40], 1);
	core_host_run(&h, CORE_MS);
	core_host_fini(&h);
}

/* A guest that asks for an interrupt with each command has the host serve a bounded number of them, and misses none that matters. */
static void interrupt_storm(void **state)
{
	static uint32_t ring[CORE_RING_PAGES * 1024 - 2];
	struct core_host h;
	struct core_guest *g;
	uint32_t i, n;

	core_host_init(&h);
	g = core_host_open(&h, 0, 8 * MIB, HIDDEN);
	core_guest_ring(g);
	for (i = 0; i < VGPU_ARRAY_SIZE(ring); i++)
		ring[i] = MI_USER_INTERRUPT;
	n = core_blt_breadcrumb(ring, 1);
	core_blt_breadcrumb(ring + VGPU_ARRAY_SIZE(ring) - n - 1, 2);
	core_guest_submit(g, ring, VGPU_ARRAY_SIZE(ring));
	core_host_run(&h, 20 * CORE_US);
	assert_int_equal(core_guest_dw(g, CORE_HWS_PAGE)[0x40], 1);
	assert_int_equal(g->irqs, 1);
	core_guest_write(g, GTIIR, USER);
	core_host_run(&h, 50 * CORE_MS);
	assert_int_equal(core_guest_dw(g, CORE_HWS_PAGE)[0x40], 2);
	assert_int_equal(core_guest_read(g, HEAD), core_guest_read(g, TAIL));
	assert_int_equal(g->irqs, 2);
	assert_in_range(h.interrupts, 2, 40);
	core_host_fini(&h);
}

/* The hardware's interrupt is lost: the tick at the deadline finds the work done. */
static void lost_interrupt(void **state)
{
	struct core_host h;
	struct core_guest *g;
	uint64_t deadline_ns;

	core_host_init(&h);
	g = core_host_open(&h, 0, 8 * MIB, HIDDEN);
	core_guest_ring(g);
	core_blt_request(g, 1, 1);
	deadline_ns = vgpu_gpu_deadline(&h.gpu);
	assert_in_range(deadline_ns, h.now_ns + 49 * CORE_MS, h.now_ns + 50 * CORE_MS);
	h.now_ns += 40 * CORE_MS;
	gen75_run(h.sim, h.now_ns, 1000);
	assert_true(h.irq);
	h.irq = false;
	h.now_ns = deadline_ns;
	assert_int_equal(vgpu_gpu_tick(&h.gpu, h.now_ns), VGPU_NO_DEADLINE);
	core_blt_assert_done(g, 1, 1);
	assert_int_equal(core_guest_stats(g).resets, 0);
	core_host_fini(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interrupts_are_masked_and_edges),
		cmocka_unit_test(interrupts_go_to_who_asked),
		cmocka_unit_test(early_interrupts_come_early),
		cmocka_unit_test(interrupt_storm),
		cmocka_unit_test(lost_interrupt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
