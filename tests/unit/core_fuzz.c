// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Two hostile guests do anything at all to BAR0, config space and their rings, for a long while, beside one that works.
 *
 * Seeded, so that a failure comes again: `VGPU_FUZZ_SEED=n VGPU_FUZZ_STEPS=n core_fuzz`. The invariants: hardware entries of a vGPU
 * point to its own pinned pages or to scratch; pins are what the counter says, and none when it closes; the GPU touches no page
 * that is not pinned (the harness's bus sees it); what is not the hostile guests' does not change; who works is
 * served, and its results are right.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/guest/lib/cmd.h"
#include "tests/unit/harness/core_host.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#define MIB (1u << 20)
#define FUZZ_DIRECTORY 2048u /* page of the hidden range */
#define FUZZ_TABLES 700u /* page of the guest's memory */

#define blt_point_of(x, y) ((uint32_t)(y) << 16 | (x))

static uint64_t seed;

/* xorshift64*: the same everywhere, unlike rand(). */
static uint32_t rnd(void)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return (uint32_t)(seed * 0x2545f4914f6cdd1dull >> 32);
}

static uint32_t below(uint32_t n)
{
	return rnd() % n;
}

/* A number that is likely to matter: near an edge of something. */
static uint32_t odd_number(struct core_guest *g)
{
	const uint32_t edges[] = { 0,
				   4096,
				   core_guest_gma(g, 0),
				   core_guest_gma(g, 0) + 16 * MIB,
				   0x7ff00000,
				   0x80000000,
				   ~0u,
				   core_guest_gma(g, CORE_DATA_PAGE),
				   (uint32_t)g->vgpu.own[VGPU_APERTURE].base };

	switch (below(4)) {
	case 0:
		return rnd();
	case 1:
		return rnd() >> below(32);
	default:
		return edges[below(VGPU_ARRAY_SIZE(edges))] + (below(3) ? 0 : below(64) - 32);
	}
}

/* A command, sound or nearly so. */
static uint32_t command(struct core_guest *g, uint32_t *dw)
{
	static const uint32_t headers[] = {
		MI_NOOP,
		MI_USER_INTERRUPT,
		MI_CMD(0x05, 0),
		MI_CMD(0x08, 0),
		MI_STORE_DWORD_IMM | MI_USE_GGTT,
		MI_STORE_QWORD_IMM | MI_USE_GGTT,
		MI_STORE_DWORD_INDEX,
		MI_LOAD_REGISTER_IMM,
		MI_FLUSH_DW,
		MI_FLUSH_DW | MI_FLUSH_DW_OP_STOREDW,
		MI_FLUSH_DW | MI_FLUSH_DW_OP_STOREDW | MI_FLUSH_DW_STORE_INDEX,
		MI_BATCH_BUFFER_START,
		XY_COLOR_BLT | BLT_WRITE_RGBA,
		XY_COLOR_BLT | BLT_WRITE_RGBA | BLT_DST_TILED,
		XY_SRC_COPY_BLT | BLT_WRITE_RGBA,
		XY_SRC_COPY_BLT | BLT_SRC_TILED,
		BLT_CMD(0x51, 4),
	};
	uint32_t header = headers[below(VGPU_ARRAY_SIZE(headers))], n, i;
	bool blit = header >> 29 == 2;

	n = (header & 0xff) && !(header >> 23 == 0x08 || header >> 23 == 0x02) ? (header & 0xff) + 2 : 1;
	if (header >> 23 == 0x31)
		n = 2;
	for (i = 1; i < n; i++)
		dw[i] = below(8) ? 0 : odd_number(g);
	dw[0] = below(40) ? header : header ^ 1u << below(32);
	if (header >> 23 == 0x20)
		dw[2] = below(30) ? core_guest_gma(g, below(300)) + below(1024) * 4 : odd_number(g);
	if (header >> 23 == 0x22) {
		dw[1] = below(30) ? BCS_SWCTRL : odd_number(g);
		dw[2] = MASKED_FIELD(3, below(4));
	}
	if (header >> 23 == 0x26)
		dw[1] = below(30) ? (header & MI_FLUSH_DW_STORE_INDEX ? below(512) * 8 : core_guest_gma(g, below(300)) | 4)
				  : odd_number(g);
	if (blit) {
		dw[1] = below(4) << 24 | (n == 8 ? 0xccu : 0xf0u) << 16 | (below(30) ? below(64) * 128 : rnd() & 0xffff);
		dw[2] = blt_point_of(below(16), below(16));
		dw[3] = below(30) ? blt_point_of(17 + below(64), 17 + below(64)) : rnd();
		dw[4] = below(30) ? core_guest_gma(g, below(300)) : odd_number(g);
	}
	if (n == 8 && blit) {
		dw[6] = below(64) * 128;
		dw[7] = below(30) ? core_guest_gma(g, below(300)) : odd_number(g);
	}
	return n;
}

static void submit(struct core_guest *g)
{
	uint32_t dw[512], n = 0, k = 1 + below(20);

	while (k-- && n < 480)
		n += command(g, dw + n);
	core_guest_submit(g, dw, n);
}

static void access_registers(struct core_guest *g)
{
	static const uint32_t interesting[] = {
		0x22030,  0x22034, 0x22038, 0x2203c, 0x2209c, 0x220a8, 0x220b0, 0x220b4,  0x2229c,  0x22200,
		0x4280,	  0x941c,  0xa188,  0x4400c, 0x44014, 0x44018, 0x4401c, 0x101008, 0x100000, 0x100004,
		0x100020, 0x2030,  0x203c,  0x12030, 0x1a030, 0x78040, 0x78804, 0x2203e,  0x22041,
	};
	uint32_t offset = below(8) ? interesting[below(VGPU_ARRAY_SIZE(interesting))] : rnd() & 0x3fffff;
	uint32_t len = below(10) ? 4 : 1u << below(4);
	uint64_t value = below(2) ? odd_number(g) : 1u << below(32);

	if (below(4))
		vgpu_bar0_write(&g->vgpu, offset, &value, len, g->host->now_ns);
	else
		vgpu_bar0_read(&g->vgpu, offset, &value, len, g->host->now_ns);
}

static void access_entries(struct core_guest *g)
{
	uint32_t index = below(4) ? core_guest_gma(g, below(300)) >> 12 : below(GEN75_GGTT_ENTRIES);
	uint32_t gfn = below(20) ? below(CORE_GUEST_PAGES) : rnd();
	uint32_t pte = gfn << 12 | (below(30) ? 5 : rnd() & 0xfff);

	core_guest_write(g, GEN75_MMIO_BYTES + index * 4, pte);
}

/* A PPGTT: directory entries, tables and where the directory is, likely to be sound. */
static void access_tables(struct core_guest *g)
{
	uint32_t n = 1 + below(40), slot;

	if (!below(10)) {
		slot = core_guest_gma(g, FUZZ_DIRECTORY + below(2) * 16) / 4096;
		core_guest_write(g, 0x22228, below(4) ? slot * 4 << 10 : odd_number(g));
	}
	while (n--) {
		slot = core_guest_gma(g, FUZZ_DIRECTORY + below(528)) / 4096;
		if (below(2))
			core_guest_write(g, GEN75_MMIO_BYTES + slot * 4,
					 (FUZZ_TABLES + below(16)) << 12 | (below(8) ? 5 : rnd()));
		else
			core_guest_store(g, FUZZ_TABLES + below(16), below(1024), below(CORE_GUEST_PAGES + 8) << 12 | rnd() % 16);
	}
}

static void access_config(struct core_guest *g)
{
	uint32_t value = rnd(), offset = below(300), len = below(5);

	if (below(2))
		vgpu_config_write(&g->vgpu, offset, &value, len);
	else
		vgpu_config_read(&g->vgpu, offset, &value, len);
}

static void restart(struct core_guest *g)
{
	core_guest_write(g, 0x2209c, MASKED_CLEAR(1u << 8));
	core_guest_write(g, 0x2229c, MASKED_CLEAR(1u << 9));
	core_guest_write(g, 0x941c, 1u << 3);
	core_guest_ring(g);
}

static void hostile_step(struct core_host *h, struct core_guest *g)
{
	switch (below(100)) {
	case 0:
		vgpu_reset(&g->vgpu, h->now_ns);
		core_guest_ring(g);
		break;
	case 1:
		vgpu_close(&g->vgpu, h->now_ns);
		assert_int_equal(vgpu_open(&g->vgpu), 0);
		core_guest_ring(g);
		break;
	case 2:
		vgpu_dma_unmap(&g->vgpu, (uint64_t)below(CORE_GUEST_PAGES) << 12, (uint64_t)below(200) << 12, h->now_ns);
		break;
	case 3:
		g->pin_budget = below(2) ? below(20) : ~0u;
		break;
	case 4 ... 8:
		access_config(g);
		break;
	case 9 ... 30:
		access_entries(g);
		break;
	case 31 ... 45:
		access_registers(g);
		break;
	case 46 ... 50:
		access_tables(g);
		break;
	case 51 ... 60:
		g->pin_budget = ~0u;
		restart(g);
		break;
	default:
		submit(g);
	}
}

static void honest_step(struct core_host *h, struct core_guest *g, uint32_t round)
{
	const uint32_t fill[] = { XY_COLOR_BLT | BLT_WRITE_RGBA,
				  3u << 24 | BLT_ROP_PATTERN << 16 | 256,
				  0,
				  16u << 16 | 64,
				  core_guest_gma(g, CORE_DATA_PAGE),
				  round,
				  MI_USER_INTERRUPT,
				  MI_NOOP };
	uint32_t i;

	core_guest_submit(g, fill, VGPU_ARRAY_SIZE(fill));
	core_host_run(h, 1200 * CORE_MS); /* both others may hang once */
	for (i = 0; i < 1024; i++)
		assert_int_equal(core_guest_dw(g, CORE_DATA_PAGE)[i], round);
	assert_int_equal(core_guest_read(g, 0x22034) & 0x1ffffc, core_guest_read(g, 0x22030));
	for (; i < CORE_DATA_PAGES * 1024; i += 97)
		assert_int_equal(core_guest_dw(g, CORE_DATA_PAGE)[i], 0x50a7);
}

static uint64_t setting(const char *name, uint64_t otherwise)
{
	const char *value = getenv(name);

	return value ? strtoull(value, NULL, 0) : otherwise;
}

static void hostile_guests(void **state)
{
	const uint64_t steps = setting("VGPU_FUZZ_STEPS", 20000);
	struct core_host h;
	struct core_guest *g[3];
	struct vgpu_stats s;
	uint64_t i;
	uint32_t k;

	seed = setting("VGPU_FUZZ_SEED", 20141);
	core_host_init(&h);
	for (k = 0; k < 3; k++) {
		g[k] = core_host_open(&h, k, 8 * MIB, 16 * MIB);
		core_guest_ring(g[k]);
	}
	g[0]->maps_table = true;
	g[0]->tells = true;
	for (k = 0; k < CORE_DATA_PAGES * 1024; k++)
		core_guest_dw(g[1], CORE_DATA_PAGE)[k] = 0x50a7;
	for (i = 0; i < steps; i++) {
		hostile_step(&h, g[below(2) * 2]);
		if (!below(4))
			core_host_run(&h, below(200) * CORE_US);
		if (i % 500 == 499) {
			honest_step(&h, g[1], (uint32_t)i);
			core_host_check(&h);
		}
	}
	/* It was not all refused: commands passed, and each reason to refuse one occurred. */
	for (k = 0; k < 3; k += 2) {
		vgpu_get_stats(&g[k]->vgpu, h.now_ns, &s);
		assert_true(s.audited_dwords > steps / 100);
		assert_true(s.reject_opcode && s.reject_address && s.reject_length && s.reject_register && s.reject_ring);
		assert_true(s.reject_pte && s.reject_mmio);
		assert_true(s.ggtt_synced_entries > steps / 100 && s.ppgtt_synced_entries > steps / 100);
	}
	vgpu_get_stats(&g[1]->vgpu, h.now_ns, &s);
	assert_int_equal(s.resets, 0);
	core_host_fini(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(hostile_guests) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
