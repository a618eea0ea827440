// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Guests blit on the simulated engine through the mediator: results, isolation, and what is refused.
 */
#include <string.h>

#include "tests/guest/lib/cmd.h"
#include "tests/unit/harness/core_blt.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#define MIB (1u << 20)
#define HIDDEN (16 * MIB)
#define USER (1u << 22)

static void two_guests_in_turn(void **state)
{
	struct core_host h;
	struct core_guest *g[2];
	unsigned int i, round;

	core_host_init(&h);
	for (i = 0; i < 2; i++) {
		g[i] = core_host_open(&h, i, 8 * MIB, HIDDEN);
		core_guest_ring(g[i]);
	}
	for (round = 1; round <= 40; round++) {
		for (i = 0; i < 2; i++)
			core_blt_request(g[i], 0x01000000 * (i + 1) + round, round);
		core_host_run(&h, CORE_MS);
		for (i = 0; i < 2; i++) {
			core_blt_assert_done(g[i], 0x01000000 * (i + 1) + round, round);
			assert_int_equal(core_guest_read(g[i], GTIIR), USER);
			core_guest_write(g[i], GTIIR, USER);
			assert_int_equal(g[i]->irqs, round);
		}
	}
	core_host_check(&h);
	for (i = 0; i < 2; i++) {
		struct vgpu_stats s = core_guest_stats(g[i]);

		assert_int_equal(s.engine[VGPU_BCS].submissions, 40);
		assert_in_range(s.switches, 39, 40);
		assert_int_equal(s.resets, 0);
		assert_true(s.engine[VGPU_BCS].busy_ns > 40 * CORE_US && s.engine[VGPU_BCS].busy_ns < 4 * CORE_MS);
	}
	/* Who came second waited, for about as long as the first ran. */
	assert_true(core_guest_stats(g[1]).engine[VGPU_BCS].wait_ns > core_guest_stats(g[0]).engine[VGPU_BCS].busy_ns / 2);
	assert_int_equal(vgpu_gpu_busy_ns(&h.gpu, VGPU_BCS, h.now_ns),
			 core_guest_stats(g[0]).engine[VGPU_BCS].busy_ns + core_guest_stats(g[1]).engine[VGPU_BCS].busy_ns);
	assert_int_equal(vgpu_state(&g[0]->vgpu, h.now_ns), VGPU_STATE_RUNNING);
	core_host_run(&h, 2000 * CORE_MS);
	assert_int_equal(vgpu_state(&g[0]->vgpu, h.now_ns), VGPU_STATE_OPEN);
	core_host_fini(&h);
}

/* The ring's end comes in the middle of a request, and the guest's head counts the wraps. */
static void ring_wraps(void **state)
{
	struct core_host h;
	struct core_guest *g;
	unsigned int i;

	core_host_init(&h);
	g = core_host_open(&h, 0, 8 * MIB, HIDDEN);
	core_guest_ring(g);
	for (i = 1; i <= 1000; i++) {
		core_blt_request(g, i, i);
		core_host_run(&h, CORE_MS);
		core_blt_assert_done(g, i, i);
	}
	assert_int_equal(core_guest_read(g, HEAD) >> 21, 1000u * 22 * 4 / (CORE_RING_PAGES * 4096));
	core_host_fini(&h);
}

/* More than one piece: cut at a command's end, by length here. */
static void long_submissions_are_cut(void **state)
{
	static uint32_t ring[64 * 1024 / 4];
	struct core_host h;
	struct core_guest *g;
	uint32_t i, n = 0, count = 0;

	core_host_init(&h);
	g = core_host_open(&h, 0, 8 * MIB, HIDDEN);
	core_guest_ring(g);
	/* A ring of its own, of 64 KiB, on pages 512 and up. */
	core_guest_map(g, core_guest_gma(g, 512), 512, 16);
	core_guest_write(g, CTL, 0);
	core_guest_write(g, BCS(0x38), core_guest_gma(g, 512));
	core_guest_write(g, HEAD, 0);
	core_guest_write(g, TAIL, 0);
	core_guest_write(g, CTL, 15 * 4096 | 1);
	while (n + 16 < VGPU_ARRAY_SIZE(ring)) {
		ring[n++] = MI_STORE_DWORD_IMM | MI_USE_GGTT;
		ring[n++] = 0;
		ring[n++] = core_guest_gma(g, CORE_DATA_PAGE) + count % 1024 * 4;
		ring[n++] = ++count;
		ring[n++] = MI_NOOP;
	}
	n += core_blt_breadcrumb(ring + n, 77);
	n += n & 1;
	memcpy(core_guest_dw(g, 512), ring, n * 4);
	core_guest_write(g, TAIL, n * 4);
	core_host_run(&h, 10 * CORE_MS);
	assert_int_equal(core_guest_read(g, HEAD), n * 4);
	assert_int_equal(core_guest_dw(g, CORE_HWS_PAGE)[0x40], 77);
	for (i = count - 1024; i < count; i++)
		assert_int_equal(core_guest_dw(g, CORE_DATA_PAGE)[i % 1024], i + 1);
	assert_int_equal(core_guest_stats(g).audited_dwords, n);
	assert_int_equal(g->irqs, 1);
	core_host_fini(&h);
}

/* Commands that are each allowed, but take longer than a piece may: the second guest gets in between. */
static void heavy_submissions_are_cut(void **state)
{
	struct core_host h;
	struct core_guest *g[2];
	uint32_t dw[256], n = 0, i;

	core_host_init(&h);
	for (i = 0; i < 2; i++) {
		g[i] = core_host_open(&h, i, 8 * MIB, HIDDEN);
		core_guest_ring(g[i]);
	}
	for (i = 0; i < 40; i++) /* 12 MiB each */
		n += core_cmd_fill(dw + n, core_guest_gma(g[0], CORE_DATA_PAGE + CORE_DATA_PAGES), 1024, 3072, i);
	core_guest_submit(g[0], dw, n);
	n = core_blt_breadcrumb(dw, 5);
	core_guest_submit(g[1], dw, n);
	core_host_run(&h, 10 * CORE_MS); /* two pieces of 64 MiB */
	assert_int_equal(core_guest_dw(g[1], CORE_HWS_PAGE)[0x40], 5);
	assert_int_not_equal(core_guest_read(g[0], HEAD), core_guest_read(g[0], TAIL));
	core_host_run(&h, 100 * CORE_MS);
	assert_int_equal(core_guest_read(g[0], HEAD), core_guest_read(g[0], TAIL));
	core_host_fini(&h);
}

/* --- faults ------------------------------------------------------------------------------------------------------------------ */

/* Each command that is refused has its count, by its opcode; there is an end to how many are told apart. */
static void refused_commands_are_told_apart(void **state)
{
	struct vgpu_reject r[VGPU_REJECTS];
	struct core_host h;
	struct core_guest *g;
	uint32_t i, dw[2] = { 0 }, n;

	core_host_init(&h);
	g = core_host_open(&h, 0, 8 * MIB, HIDDEN);
	assert_int_equal(vgpu_get_rejects(&g->vgpu, r), 0);
	for (i = 0; i < 200; i++) {
		core_guest_ring(g);
		/* Flags and lengths make no difference; client 1 and those above 3 have no opcodes. */
		dw[0] = i < 3 ? MI_CMD(0x3f, i) : i < 5 ? 2u << 29 | 0x7fu << 22 | i : i < 6 ? 0x7fff0005 : 1u << 29 | i;
		core_guest_submit(g, dw, 2);
		core_guest_write(g, GDRST, 8);
	}
	n = vgpu_get_rejects(&g->vgpu, r);
	assert_int_equal(n, VGPU_REJECTS);
	assert_true(r[0].engine == VGPU_BCS && r[0].opcode == MI_CMD(0x3f, 0) && r[0].count == 3);
	assert_true(r[1].engine == VGPU_BCS && r[1].opcode == (2u << 29 | 0x7fu << 22) && r[1].count == 2);
	assert_true(r[2].opcode == 0x7fff0000 && r[2].count == 1);
	assert_true(r[n - 1].engine == VGPU_ENGINES && r[n - 1].count == 200 - 6 - (VGPU_REJECTS - 1 - 3));
	assert_int_equal(core_guest_stats(g).reject_opcode, 200);
	core_host_fini(&h);
}

/* A refused command: nothing of its piece runs, the ring stands as a hung one does, the driver's reset brings it back. */
static void refused_command_hangs_ring(void **state)
{
	struct core_host h;
	struct core_guest *g;
	uint32_t dw[64], n, bad;

	core_host_init(&h);
	g = core_host_open(&h, 0, 8 * MIB, HIDDEN);
	core_guest_ring(g);
	core_guest_write(g, BCS(0xb4), 0);
	core_guest_write(g, BCS(0xa8), ~(1u << 22 | 1u << 25));
	core_guest_write(g, 0x44014, ~(1u << 22 | 1u << 25));
	n = core_cmd_fill(dw, core_guest_gma(g, CORE_DATA_PAGE), 32, 32, 0xbad);
	bad = n;
	n += core_cmd_fill(dw + n, core_guest_gma(g, 0) - 4096, 32, 32, 0xbad);
	n += core_blt_breadcrumb(dw + n, 9);
	core_guest_submit(g, dw, n);
	core_host_run(&h, CORE_MS);

	assert_int_equal(core_guest_dw(g, CORE_DATA_PAGE)[0], 0);
	assert_int_equal(core_guest_dw(g, CORE_HWS_PAGE)[0x40], 0);
	assert_int_equal(core_guest_stats(g).reject_address, 1);
	assert_int_equal(core_guest_read(g, HEAD), 0);
	assert_int_equal(core_guest_read(g, BCS(0x74)), core_guest_gma(g, CORE_RING_PAGE) + bad * 4);
	assert_int_equal(core_guest_read(g, BCS(0x68)), XY_COLOR_BLT | BLT_WRITE_RGBA);
	assert_int_equal(core_guest_read(g, BCS(0xb0)), 1);
	assert_int_equal(core_guest_read(g, BCS(0xb8)), 1);
	assert_int_equal(core_guest_read(g, GTIIR), 1u << 25);
	assert_int_equal(core_guest_read(g, BCS(0x9c)) & 1u << 9, 0);
	assert_int_equal(gen75_stats(h.sim)->engine[GEN75_BCS].commands, 0);

	/* It stays so, whatever is submitted behind it, and is counted once. */
	core_blt_request(g, 3, 10);
	core_host_run(&h, CORE_MS);
	assert_int_equal(core_guest_stats(g).reject_address, 1);
	assert_int_equal(core_guest_read(g, HEAD), 0);

	core_blt_reset(g);
	core_blt_request(g, 4, 11);
	core_host_run(&h, CORE_MS);
	core_blt_assert_done(g, 4, 11);
	assert_int_equal(core_guest_read(g, BCS(0xb8)), 0);
	assert_int_equal(core_guest_stats(g).resets, 1);
	assert_int_equal(gen75_stats(h.sim)->engine[GEN75_BCS].resets,
			 1); /* the one at the start: the hardware was not bothered */
	core_host_fini(&h);
}

static void malformed_rings(void **state)
{
	static const struct {
		const char *name;
		uint32_t reg, value;
	} rows[] = {
		{ "tail past the end", TAIL, CORE_RING_PAGES * 4096 },
		{ "tail no quadword", TAIL, 12 },
		{ "tail's reserved bits", TAIL, 0x80000008 },
		{ "head past the end", HEAD, CORE_RING_PAGES * 4096 },
		{ "head no dword", HEAD, 2 },
		{ "start no page", BCS(0x38), 0 }, /* replaced below */
		{ "start outside", BCS(0x38), 0x1000 },
		{ "start in the module's part", BCS(0x38), 0x7ff00000 },
		{ "start beyond everything", BCS(0x38), 0xfffff000 },
		{ "longer than the partition", CTL, 0x1ff000 | 1 }, /* at its end, below */
		{ "status page outside", 0x4280, 0x7ff40000 },
		{ "status page no page", 0x4280, 1 }, /* added below */
		{ "status page zero", 0x4280, 0 },
	};
	struct core_host h;
	struct core_guest *g;
	unsigned int i;

	core_host_init(&h);
	g = core_host_open(&h, 0, 8 * MIB, HIDDEN);
	for (i = 0; i < VGPU_ARRAY_SIZE(rows); i++) {
		const uint32_t noops[2] = { 0 };
		uint32_t value = rows[i].value;

		core_guest_ring(g);
		core_guest_put(g, noops, 2);
		if (!strcmp(rows[i].name, "start no page"))
			value = core_guest_gma(g, 0) + 4;
		if (!strcmp(rows[i].name, "status page no page"))
			value = core_guest_gma(g, CORE_HWS_PAGE) + 0x100;
		if (!strcmp(rows[i].name, "longer than the partition"))
			core_guest_write(g, BCS(0x38), core_guest_gma(g, HIDDEN / 4096 - 4));
		core_guest_write(g, rows[i].reg, value);
		if (rows[i].reg != TAIL)
			core_guest_write(g, TAIL, 8);
		core_host_run(&h, CORE_MS);
		if (core_guest_stats(g).reject_ring != i + 1)
			fail_msg("%s: not refused", rows[i].name);
		core_blt_reset(g);
	}
	/* A ring on pages that are not mapped, as far as it is read; and a status page that is not. */
	core_guest_unmap(g, core_guest_gma(g, CORE_RING_PAGE), 1);
	core_guest_write(g, TAIL, 8);
	assert_int_equal(core_guest_stats(g).reject_ring, i + 1);
	core_blt_reset(g);
	core_guest_unmap(g, core_guest_gma(g, CORE_HWS_PAGE), 1);
	core_guest_write(g, TAIL, 8);
	assert_int_equal(core_guest_stats(g).reject_ring, i + 2);
	core_blt_reset(g);
	core_blt_request(g, 5, 6);
	core_host_run(&h, CORE_MS);
	core_blt_assert_done(g, 5, 6);
	core_host_fini(&h);
}

/* What the guest rewrites after the tail write is not what runs. */
static void the_audited_copy_runs(void **state)
{
	struct core_host h;
	struct core_guest *g[2];
	uint32_t dw[64], n, i;

	core_host_init(&h);
	for (i = 0; i < 2; i++) {
		g[i] = core_host_open(&h, i, 8 * MIB, HIDDEN);
		core_guest_ring(g[i]);
	}
	n = core_cmd_fill(dw, core_guest_gma(g[0], CORE_DATA_PAGE), 32, 32, 0x600d);
	core_guest_submit(g[0], dw, n);
	core_cmd_fill(core_guest_dw(g[0], CORE_RING_PAGE), core_guest_gma(g[1], CORE_DATA_PAGE), 32, 32, 0xbad);
	core_host_run(&h, CORE_MS);
	assert_int_equal(core_guest_dw(g[0], CORE_DATA_PAGE)[0], 0x600d);
	assert_int_equal(core_guest_dw(g[1], CORE_DATA_PAGE)[0], 0);
	core_host_fini(&h);
}

/* Y tiling is register state of the engine; one guest's must not be in force for another. */
static void tiling_is_each_guests_own(void **state)
{
	struct core_host h;
	struct core_guest *g[2];
	uint32_t i;

	core_host_init(&h);
	for (i = 0; i < 2; i++) {
		g[i] = core_host_open(&h, i, 8 * MIB, HIDDEN);
		core_guest_ring(g[i]);
	}
	for (i = 0; i < 3; i++) {
		struct core_guest *who = g[i % 2];
		uint32_t dw[] = {
			MI_FLUSH_DW, 0, 0, MI_LOAD_REGISTER_IMM, BCS_SWCTRL, MASKED_FIELD(3, who == g[0] ? 2 : 0),
			/* one line of 512 bytes, in tiles 4 KiB in size: a column of four Y tiles, or a line of an X tile */
			XY_COLOR_BLT | BLT_WRITE_RGBA | BLT_DST_TILED, 3u << 24 | BLT_ROP_PATTERN << 16 | 128, 0, 1u << 16 | 128,
			core_guest_gma(who, CORE_DATA_PAGE), 0x11
		};

		/* The third time without setting it again. */
		core_guest_submit(who, i < 2 ? dw : dw + 6, i < 2 ? 12 : 6);
		core_host_run(&h, CORE_MS);
		if (i == 1)
			memset(core_guest_dw(g[0], CORE_DATA_PAGE), 0, 4 * 4096);
	}
	assert_int_equal(core_guest_dw(g[0], CORE_DATA_PAGE + 3)[0], 0x11); /* fourth Y tile */
	assert_int_equal(core_guest_dw(g[0], CORE_DATA_PAGE)[127], 0);
	assert_int_equal(core_guest_dw(g[1], CORE_DATA_PAGE + 3)[0], 0);
	assert_int_equal(core_guest_dw(g[1], CORE_DATA_PAGE)[127], 0x11);
	core_host_fini(&h);
}

/*
 * Blits are addressed as they were audited, whatever the guest writes to BCS_SWCTRL by itself meanwhile: what is a page in X tiles
 * would be four in Y tiles.
 */
static void tiling_stays_under_work(void **state)
{
	struct core_host h;
	struct core_guest *g;
	uint32_t dw[32], n, round;

	core_host_init(&h);
	g = core_host_open(&h, 0, 8 * MIB, HIDDEN);
	core_guest_ring(g);
	for (round = 0; round < 2; round++) {
		const uint32_t tiled[] = { XY_COLOR_BLT | BLT_WRITE_RGBA | BLT_DST_TILED,
					   3u << 24 | BLT_ROP_PATTERN << 16 | 128,
					   0,
					   8u << 16 | 128,
					   core_guest_gma(g, CORE_DATA_PAGE + 200),
					   0x11 + round };

		n = core_cmd_fill(dw, core_guest_gma(g, CORE_DATA_PAGE), 64, 3000, 1); /* takes a while */
		memcpy(dw + n, tiled, sizeof(tiled));
		core_guest_submit(g, dw, n + VGPU_ARRAY_SIZE(tiled));
		core_host_run(&h, 30 * CORE_US);
		assert_int_not_equal(core_guest_read(g, HEAD), core_guest_read(g, TAIL));
		core_guest_write(g, BCS_SWCTRL, MASKED_FIELD(3, 2));
		core_host_run(&h, CORE_MS);
		assert_int_equal(core_guest_read(g, HEAD), core_guest_read(g, TAIL));
		if (round)
			continue;
		assert_int_equal(core_guest_dw(g, CORE_DATA_PAGE + 200)[1023], 0x11);
		assert_int_equal(core_guest_dw(g, CORE_DATA_PAGE + 203)[0], 0);
		/* Between two pieces it counts. */
		core_guest_write(g, BCS_SWCTRL, MASKED_FIELD(3, 2));
		assert_int_equal(core_guest_read(g, BCS_SWCTRL), 2);
	}
	assert_int_equal(core_guest_dw(g, CORE_DATA_PAGE + 203)[0], 0x12);
	core_host_fini(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_guests_in_turn),
		cmocka_unit_test(ring_wraps),
		cmocka_unit_test(long_submissions_are_cut),
		cmocka_unit_test(heavy_submissions_are_cut),
		cmocka_unit_test(refused_commands_are_told_apart),
		cmocka_unit_test(refused_command_hangs_ring),
		cmocka_unit_test(malformed_rings),
		cmocka_unit_test(the_audited_copy_runs),
		cmocka_unit_test(tiling_is_each_guests_own),
		cmocka_unit_test(tiling_stays_under_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
