// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Guests blit on the simulated engine through the mediator: results, isolation, interrupts, faults, hangs, resets and closing.
 */
#include <string.h>

#include "tests/guest/lib/cmd.h"
#include "tests/unit/harness/core_host.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#define MIB (1u << 20)
#define HIDDEN (16 * MIB)
#define BCS(reg) (0x22000u + (reg))
#define TAIL BCS(0x30)
#define HEAD BCS(0x34)
#define CTL BCS(0x3c)
#define GDRST 0x941cu
#define GTIIR 0x44018u
#define USER (1u << 22)

static struct vgpu_stats stats(const struct core_guest *g)
{
	struct vgpu_stats s;

	vgpu_get_stats(&g->vgpu, g->host->now_ns, &s);
	return s;
}

static uint32_t copy(uint32_t *dw, uint32_t to, uint32_t from, uint32_t width, uint32_t height)
{
	const uint32_t cmd[] = { XY_SRC_COPY_BLT | BLT_WRITE_RGBA,
				 3u << 24 | BLT_ROP_COPY << 16 | width * 4,
				 0,
				 height << 16 | width,
				 to,
				 0,
				 width * 4,
				 from };

	memcpy(dw, cmd, sizeof(cmd));
	return VGPU_ARRAY_SIZE(cmd);
}

/* What i915 ends a request with. */
static uint32_t breadcrumb(uint32_t *dw, uint32_t seqno)
{
	const uint32_t cmd[] = { MI_FLUSH_DW | MI_FLUSH_DW_STORE_INDEX | MI_FLUSH_DW_OP_STOREDW,
				 0x100 | MI_FLUSH_DW_USE_GTT,
				 seqno,
				 MI_STORE_DWORD_INDEX,
				 0x100,
				 seqno,
				 MI_USER_INTERRUPT };

	memcpy(dw, cmd, sizeof(cmd));
	return VGPU_ARRAY_SIZE(cmd);
}

static void request(struct core_guest *g, uint32_t colour, uint32_t seqno)
{
	uint32_t dw[64], n = 0;

	n += core_cmd_fill(dw + n, core_guest_gma(g, CORE_DATA_PAGE), 32, 64, colour);
	n += copy(dw + n, core_guest_gma(g, CORE_DATA_PAGE + 4), core_guest_gma(g, CORE_DATA_PAGE), 32, 64);
	n += breadcrumb(dw + n, seqno);
	core_guest_submit(g, dw, n);
}

static void assert_request_done(struct core_guest *g, uint32_t colour, uint32_t seqno)
{
	unsigned int i;

	for (i = 0; i < 32 * 64; i++) {
		assert_int_equal(core_guest_dw(g, CORE_DATA_PAGE)[i], colour);
		assert_int_equal(core_guest_dw(g, CORE_DATA_PAGE + 4)[i], colour);
	}
	assert_int_equal(core_guest_dw(g, CORE_HWS_PAGE)[0x40], seqno);
	assert_int_equal(core_guest_read(g, HEAD) & 0x1ffffc, core_guest_read(g, TAIL));
}

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
			request(g[i], 0x01000000 * (i + 1) + round, round);
		core_host_run(&h, CORE_MS);
		for (i = 0; i < 2; i++) {
			assert_request_done(g[i], 0x01000000 * (i + 1) + round, round);
			assert_int_equal(core_guest_read(g[i], GTIIR), USER);
			core_guest_write(g[i], GTIIR, USER);
			assert_int_equal(g[i]->irqs, round);
		}
	}
	core_host_check(&h);
	for (i = 0; i < 2; i++) {
		struct vgpu_stats s = stats(g[i]);

		assert_int_equal(s.engine[VGPU_BCS].submissions, 40);
		assert_in_range(s.switches, 39, 40);
		assert_int_equal(s.resets, 0);
		assert_true(s.engine[VGPU_BCS].busy_ns > 40 * CORE_US && s.engine[VGPU_BCS].busy_ns < 4 * CORE_MS);
	}
	/* Who came second waited, for about as long as the first ran. */
	assert_true(stats(g[1]).engine[VGPU_BCS].wait_ns > stats(g[0]).engine[VGPU_BCS].busy_ns / 2);
	assert_int_equal(vgpu_gpu_busy_ns(&h.gpu, VGPU_BCS, h.now_ns),
			 stats(g[0]).engine[VGPU_BCS].busy_ns + stats(g[1]).engine[VGPU_BCS].busy_ns);
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
		request(g, i, i);
		core_host_run(&h, CORE_MS);
		assert_request_done(g, i, i);
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
	n += breadcrumb(ring + n, 77);
	n += n & 1;
	memcpy(core_guest_dw(g, 512), ring, n * 4);
	core_guest_write(g, TAIL, n * 4);
	core_host_run(&h, 10 * CORE_MS);
	assert_int_equal(core_guest_read(g, HEAD), n * 4);
	assert_int_equal(core_guest_dw(g, CORE_HWS_PAGE)[0x40], 77);
	for (i = count - 1024; i < count; i++)
		assert_int_equal(core_guest_dw(g, CORE_DATA_PAGE)[i % 1024], i + 1);
	assert_int_equal(stats(g).audited_dwords, n);
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
	n = breadcrumb(dw, 5);
	core_guest_submit(g[1], dw, n);
	core_host_run(&h, 10 * CORE_MS); /* two pieces of 64 MiB */
	assert_int_equal(core_guest_dw(g[1], CORE_HWS_PAGE)[0x40], 5);
	assert_int_not_equal(core_guest_read(g[0], HEAD), core_guest_read(g[0], TAIL));
	core_host_run(&h, 100 * CORE_MS);
	assert_int_equal(core_guest_read(g[0], HEAD), core_guest_read(g[0], TAIL));
	core_host_fini(&h);
}

/* --- faults ------------------------------------------------------------------------------------------------------------------ */

static void reset_blitter(struct core_guest *g)
{
	core_guest_write(g, BCS(0x9c), MASKED_SET(1u << 8));
	core_guest_write(g, GDRST, 1u << 3);
	assert_int_equal(core_guest_read(g, GDRST), 0);
	core_guest_ring(g);
	core_guest_write(g, BCS(0x9c), MASKED_CLEAR(1u << 8));
}

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
	assert_int_equal(stats(g).reject_opcode, 200);
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
	n += breadcrumb(dw + n, 9);
	core_guest_submit(g, dw, n);
	core_host_run(&h, CORE_MS);

	assert_int_equal(core_guest_dw(g, CORE_DATA_PAGE)[0], 0);
	assert_int_equal(core_guest_dw(g, CORE_HWS_PAGE)[0x40], 0);
	assert_int_equal(stats(g).reject_address, 1);
	assert_int_equal(core_guest_read(g, HEAD), 0);
	assert_int_equal(core_guest_read(g, BCS(0x74)), core_guest_gma(g, CORE_RING_PAGE) + bad * 4);
	assert_int_equal(core_guest_read(g, BCS(0x68)), XY_COLOR_BLT | BLT_WRITE_RGBA);
	assert_int_equal(core_guest_read(g, BCS(0xb0)), 1);
	assert_int_equal(core_guest_read(g, BCS(0xb8)), 1);
	assert_int_equal(core_guest_read(g, GTIIR), 1u << 25);
	assert_int_equal(core_guest_read(g, BCS(0x9c)) & 1u << 9, 0);
	assert_int_equal(gen75_stats(h.sim)->engine[GEN75_BCS].commands, 0);

	/* It stays so, whatever is submitted behind it, and is counted once. */
	request(g, 3, 10);
	core_host_run(&h, CORE_MS);
	assert_int_equal(stats(g).reject_address, 1);
	assert_int_equal(core_guest_read(g, HEAD), 0);

	reset_blitter(g);
	request(g, 4, 11);
	core_host_run(&h, CORE_MS);
	assert_request_done(g, 4, 11);
	assert_int_equal(core_guest_read(g, BCS(0xb8)), 0);
	assert_int_equal(stats(g).resets, 1);
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
		if (stats(g).reject_ring != i + 1)
			fail_msg("%s: not refused", rows[i].name);
		reset_blitter(g);
	}
	/* A ring on pages that are not mapped, as far as it is read; and a status page that is not. */
	core_guest_unmap(g, core_guest_gma(g, CORE_RING_PAGE), 1);
	core_guest_write(g, TAIL, 8);
	assert_int_equal(stats(g).reject_ring, i + 1);
	reset_blitter(g);
	core_guest_unmap(g, core_guest_gma(g, CORE_HWS_PAGE), 1);
	core_guest_write(g, TAIL, 8);
	assert_int_equal(stats(g).reject_ring, i + 2);
	reset_blitter(g);
	request(g, 5, 6);
	core_host_run(&h, CORE_MS);
	assert_request_done(g, 5, 6);
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

/* --- hangs, resets, closing ---------------------------------------------------------------------------------------------------- */

/* A single blit of 4 GiB, in 5 MiB: rows that overlap. Nothing is wrong with it, but a slow GPU takes over half a second. */
#define SLOW_PCT 25u

static uint32_t endless(uint32_t *dw, struct core_guest *g)
{
	const uint32_t cmd[] = { XY_COLOR_BLT | BLT_WRITE_RGBA, 3u << 24 | BLT_ROP_PATTERN << 16 | 128, 0,
				 0x7fffu << 16 | 0x7fff,	core_guest_gma(g, CORE_DATA_PAGE),	0xe7d };

	memcpy(dw, cmd, sizeof(cmd));
	return VGPU_ARRAY_SIZE(cmd);
}

static void hang_costs_others_time_only(void **state)
{
	struct core_host h;
	struct core_guest *g[2];
	uint32_t dw[16], i;

	core_host_init_slow(&h, SLOW_PCT);
	for (i = 0; i < 2; i++) {
		g[i] = core_host_open(&h, i, 8 * MIB, HIDDEN);
		core_guest_ring(g[i]);
	}
	core_guest_submit(g[0], dw, endless(dw, g[0]));
	request(g[1], 21, 1);
	core_host_run(&h, 400 * CORE_MS);
	assert_int_equal(core_guest_dw(g[1], CORE_HWS_PAGE)[0x40], 0);
	assert_int_equal(vgpu_state(&g[1]->vgpu, h.now_ns), VGPU_STATE_RUNNING);
	core_host_run(&h, 110 * CORE_MS);
	assert_request_done(g[1], 21, 1);
	assert_in_range(stats(g[1]).engine[VGPU_BCS].wait_ns, 449 * CORE_MS, 500 * CORE_MS);
	assert_in_range(stats(g[0]).engine[VGPU_BCS].busy_ns, 449 * CORE_MS, 500 * CORE_MS);
	assert_int_equal(stats(g[1]).resets, 0);
	assert_int_equal(stats(g[0]).resets, 1);

	/* The guilty one finds its ring hung, and recovers as on hardware. */
	assert_int_equal(core_guest_read(g[0], HEAD), 0);
	assert_in_range(core_guest_read(g[0], BCS(0x74)) - core_guest_gma(g[0], CORE_RING_PAGE), 0, 24);
	assert_int_equal(core_guest_read(g[0], BCS(0xb8)), 0);
	reset_blitter(g[0]);
	request(g[0], 22, 2);
	core_host_run(&h, CORE_MS);
	assert_request_done(g[0], 22, 2);
	core_host_check(&h);
	core_host_fini(&h);
}

static void repeated_hangs_stop(void **state)
{
	struct core_host h;
	struct core_guest *g;
	uint32_t dw[16], i;

	core_host_init_slow(&h, SLOW_PCT);
	g = core_host_open(&h, 0, 8 * MIB, HIDDEN);
	core_guest_ring(g);
	for (i = 0; i < VGPU_HANGS_MAX; i++) {
		assert_int_not_equal(vgpu_state(&g->vgpu, h.now_ns), VGPU_STATE_STOPPED);
		core_guest_submit(g, dw, endless(dw, g));
		core_host_run(&h, 510 * CORE_MS);
		reset_blitter(g);
	}
	assert_int_equal(vgpu_state(&g->vgpu, h.now_ns), VGPU_STATE_STOPPED);
	request(g, 1, 1);
	core_host_run(&h, 10 * CORE_MS);
	assert_int_equal(core_guest_dw(g, CORE_HWS_PAGE)[0x40], 0);

	vgpu_reset(&g->vgpu, h.now_ns);
	core_guest_ring(g);
	request(g, 1, 1);
	core_host_run(&h, CORE_MS);
	assert_request_done(g, 1, 1);
	core_host_fini(&h);
}

/* The engine is taken from a guest that resets it in the middle of its work; who waits gets it. */
static void guest_resets_while_running(void **state)
{
	struct core_host h;
	struct core_guest *g[2];
	uint32_t dw[16], i;

	core_host_init_slow(&h, SLOW_PCT);
	for (i = 0; i < 2; i++) {
		g[i] = core_host_open(&h, i, 8 * MIB, HIDDEN);
		core_guest_ring(g[i]);
	}
	core_guest_submit(g[0], dw, endless(dw, g[0]));
	request(g[1], 31, 1);
	core_host_run(&h, 10 * CORE_MS);
	reset_blitter(g[0]);
	core_host_run(&h, CORE_MS);
	assert_request_done(g[1], 31, 1);
	request(g[0], 32, 1);
	core_host_run(&h, CORE_MS);
	assert_request_done(g[0], 32, 1);
	assert_in_range(stats(g[0]).engine[VGPU_BCS].busy_ns, 10 * CORE_MS, 12 * CORE_MS);
	core_host_fini(&h);
}

/* A guest that goes away with work running and waiting leaves nothing behind. */
static void close_in_flight(void **state)
{
	struct core_host h;
	struct core_guest *g[2];
	struct vgpu_range range;
	uint32_t dw[16], i;

	core_host_init_slow(&h, SLOW_PCT);
	for (i = 0; i < 2; i++) {
		g[i] = core_host_open(&h, i, 8 * MIB, HIDDEN);
		core_guest_ring(g[i]);
	}
	core_guest_submit(g[0], dw, endless(dw, g[0]));
	request(g[1], 41, 1);
	core_host_run(&h, CORE_MS);
	vgpu_close(&g[0]->vgpu, h.now_ns);
	for (i = 0; i < CORE_GUEST_PAGES; i++)
		assert_int_equal(g[0]->pins[i], 0);
	vgpu_get_range(&g[0]->vgpu, VGPU_HIDDEN, &range);
	for (i = 0; i < range.size / 4096; i++)
		assert_int_equal(h.ggtt[range.base / 4096 + i], h.ggtt[0x7ffff]); /* the common scratch page's */
	core_host_run(&h, CORE_MS);
	assert_request_done(g[1], 41, 1);
	core_host_check(&h);

	/* The waiting one goes; and the first comes again, as new. */
	assert_int_equal(vgpu_open(&g[0]->vgpu), 0);
	assert_int_equal(core_guest_read(g[0], CTL), 0);
	core_guest_ring(g[0]);
	core_guest_submit(g[0], dw, endless(dw, g[0]));
	request(g[1], 42, 2);
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
	request(g, 51, 1);
	vgpu_close(&g->vgpu, h.now_ns);
	assert_int_equal(core_guest_dw(g, CORE_HWS_PAGE)[0x40], 1);
	assert_int_equal(stats(g).resets, 0);
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
	request(g, 61, 1);
	core_host_run(&h, 2 * CORE_MS);
	assert_request_done(g, 61, 1);
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
	request(g, 71, 1);
	core_host_run(&h, CORE_MS);
	assert_int_equal(core_guest_read(g, HEAD), 0);
	assert_int_not_equal(core_guest_read(g, BCS(0x9c)) & 1u << 9, 0);
	core_guest_write(g, BCS(0x9c), MASKED_CLEAR(1u << 8));
	core_host_run(&h, CORE_MS);
	assert_request_done(g, 71, 1);
	core_host_fini(&h);
}

/* Memory goes away under a running blit: what is written afterwards goes to the guest's scratch page. */
static void memory_unmapped_under_work(void **state)
{
	struct core_host h;
	struct core_guest *g;
	uint32_t dw[16];

	core_host_init_slow(&h, SLOW_PCT);
	g = core_host_open(&h, 0, 8 * MIB, HIDDEN);
	core_guest_ring(g);
	core_guest_submit(g, dw, endless(dw, g));
	core_host_run(&h, CORE_MS);
	vgpu_dma_unmap(&g->vgpu, 0, (u64)CORE_GUEST_PAGES * 4096, h.now_ns);
	assert_int_equal(stats(g).pinned_pages, 0);
	core_host_run(&h, 600 * CORE_MS);
	core_host_check(&h);
	core_host_fini(&h);
}

/* --- interrupts ------------------------------------------------------------------------------------------------------------------ */

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
		request(g, i, i + 1);
		core_host_run(&h, CORE_MS);
		assert_int_equal(core_guest_read(g, GTIIR), rows[i].iir);
		assert_int_equal(g->irqs, irqs);
		core_guest_ring(g); /* all enabled: what is latched comes now */
		irqs += rows[i].iir ? 1 : 0;
		assert_int_equal(g->irqs, irqs);
		/* While it is pending there is no further edge; taking the master off and on makes one. */
		request(g, i, i + 1);
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
	assert_int_equal(stats(g).interrupts, irqs);
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
	request(g[1], 1, 1);
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
	n = breadcrumb(dw, 1);
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
	n = breadcrumb(ring, 1);
	breadcrumb(ring + VGPU_ARRAY_SIZE(ring) - n - 1, 2);
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
	request(g, 1, 1);
	deadline_ns = vgpu_gpu_deadline(&h.gpu);
	assert_in_range(deadline_ns, h.now_ns + 49 * CORE_MS, h.now_ns + 50 * CORE_MS);
	h.now_ns += 40 * CORE_MS;
	gen75_run(h.sim, h.now_ns, 1000);
	assert_true(h.irq);
	h.irq = false;
	h.now_ns = deadline_ns;
	assert_int_equal(vgpu_gpu_tick(&h.gpu, h.now_ns), VGPU_NO_DEADLINE);
	assert_request_done(g, 1, 1);
	assert_int_equal(stats(g).resets, 0);
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
		cmocka_unit_test(hang_costs_others_time_only),
		cmocka_unit_test(repeated_hangs_stop),
		cmocka_unit_test(guest_resets_while_running),
		cmocka_unit_test(close_in_flight),
		cmocka_unit_test(close_drains),
		cmocka_unit_test(ring_moves_under_work),
		cmocka_unit_test(stopped_ring_waits),
		cmocka_unit_test(memory_unmapped_under_work),
		cmocka_unit_test(interrupts_are_masked_and_edges),
		cmocka_unit_test(interrupts_go_to_who_asked),
		cmocka_unit_test(early_interrupts_come_early),
		cmocka_unit_test(interrupt_storm),
		cmocka_unit_test(lost_interrupt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
