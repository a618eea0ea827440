// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Lives: of the GPU (taking over, failing, giving back) and of vGPUs (sizes, states, open, close, reset).
 */
#include <errno.h>
#include <string.h>

#include "tests/unit/harness/core_host.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#define RESERVE_MIB 145u /* the module's own part of the GGTT */
#define OWN_ENTRIES 2147u /* of it, those that map its memory */
#define MIB (1u << 20)

static const struct vgpu_gpu_info info = { .aperture_bytes = CORE_APERTURE_BYTES, .ggtt_entries = GEN75_GGTT_ENTRIES };

/* Taking over leaves no entry that is not scratch or the module's own, no fence, the PPGTT off, and interrupts on. */
static void takes_over(void **state)
{
	struct core_host h;
	uint32_t i, own = 0;

	core_host_power_on(&h, 100);
	for (i = 0; i < GEN75_GGTT_ENTRIES; i++)
		h.ggtt[i] = i << 12 | 1;
	core_host_ops.reg_write(&h, 0x100000, 0x1001);
	core_host_ops.reg_write(&h, 0x2229c, 0x02000200);
	assert_int_equal(vgpu_gpu_init(&h.gpu, &core_host_ops, &h, &info), 0);
	core_host_check(&h);
	for (i = 0; i < GEN75_GGTT_ENTRIES; i++)
		own += h.ggtt[i] != h.ggtt[0];
	assert_int_equal(own, OWN_ENTRIES);
	assert_int_equal(core_host_ops.reg_read(&h, 0x100000), 0);
	assert_int_equal(core_host_ops.reg_read(&h, 0x2229c) & 0x200, 0);
	assert_int_equal(core_host_ops.reg_read(&h, 0x4401c), 1u << 0 | 1u << 12 | 1u << 22);
	assert_int_equal(core_host_ops.reg_read(&h, 0x4402c), 1u << 10);
	vgpu_gpu_fini(&h.gpu);
	assert_int_equal(core_host_ops.reg_read(&h, 0x2203c) & 1, 0);
	assert_int_equal(core_host_ops.reg_read(&h, 0x4400c), 0);
	assert_int_equal(core_host_ops.reg_read(&h, 0x130044) & 1, 0);
	for (i = 0; i < GEN75_GGTT_ENTRIES; i++)
		assert_int_equal(h.ggtt[i], 0);
	core_host_power_off(&h);
}

/* As takes_over(), from a GPU that somebody left at work, whose engines' resets may clear less than the simulator's do. */
static void takes_over_at_work(void **state)
{
	static const struct {
		uint32_t base, user;
	} engine[] = { { 0x2000, 1u << 0 }, { 0x12000, 1u << 12 }, { 0x22000, 1u << 22 }, { 0x1a000, 1u << 10 } };
	struct core_host h;
	struct core_guest *g;
	uint32_t sticky, i, own, dw[4] = { 0x10400002, 0, 0, 0x600d }; /* MI_STORE_DATA_IMM, GGTT */

	for (sticky = 0; sticky < 2; sticky++) {
		core_host_power_on(&h, 100);
		h.sticky = sticky;
		core_host_dirty(&h);
		assert_true(core_host_foreign_work(&h));
		assert_int_equal(vgpu_gpu_init(&h.gpu, &core_host_ops, &h, &info), 0);
		assert_false(core_host_foreign_work(&h));
		for (i = 0, own = 0; i < GEN75_GGTT_ENTRIES; i++)
			own += h.ggtt[i] != h.ggtt[0];
		assert_int_equal(own, OWN_ENTRIES);
		for (i = 0; i < 64; i++)
			assert_int_equal(core_host_ops.reg_read(&h, 0x100000 + 4 * i), 0);
		for (i = 0; i < VGPU_ARRAY_SIZE(engine); i++) {
			assert_int_equal(core_host_ops.reg_read(&h, engine[i].base + 0x98), ~0u);
			assert_int_equal(core_host_ops.reg_read(&h, engine[i].base + 0xa8), ~engine[i].user);
			assert_int_equal(core_host_ops.reg_read(&h, engine[i].base + 0x3c) & 1, 1);
			assert_int_equal(core_host_ops.reg_read(&h, engine[i].base + 0x29c) & 1u << 9, 0);
		}
		assert_int_equal(core_host_ops.reg_read(&h, 0x44014), ~(1u << 0 | 1u << 12 | 1u << 22));
		assert_int_equal(core_host_ops.reg_read(&h, 0x4401c), 1u << 0 | 1u << 12 | 1u << 22);
		assert_int_equal(core_host_ops.reg_read(&h, 0x44024), ~(1u << 10));
		assert_int_equal(core_host_ops.reg_read(&h, 0x4402c), 1u << 10);
		assert_int_equal(core_host_ops.reg_read(&h, 0x44004), ~0u);
		assert_int_equal(core_host_ops.reg_read(&h, 0x4400c), 1u << 31);

		g = core_host_open(&h, 0, 8 * MIB, 16 * MIB);
		core_guest_ring(g);
		dw[2] = core_guest_gma(g, CORE_DATA_PAGE);
		core_guest_submit(g, dw, 4);
		core_host_run(&h, CORE_MS);
		assert_int_equal(core_guest_dw(g, CORE_DATA_PAGE)[0], 0x600d);
		vgpu_fini(&g->vgpu, h.now_ns);
		vgpu_gpu_fini(&h.gpu);
		core_host_ops.dma_free(&h, &h.foreign);
		core_host_power_off(&h);
	}
}

static void does_not_take_over(void **state)
{
	static const struct vgpu_gpu_info bad[] = {
		{ .ggtt_entries = GEN75_GGTT_ENTRIES },
		{ .aperture_bytes = CORE_APERTURE_BYTES },
		{ .aperture_bytes = CORE_APERTURE_BYTES, .ggtt_entries = CORE_APERTURE_BYTES / 4096 },
		{ .aperture_bytes = CORE_APERTURE_BYTES + 4096, .ggtt_entries = GEN75_GGTT_ENTRIES },
		{ .aperture_bytes = CORE_APERTURE_BYTES, .ggtt_entries = GEN75_GGTT_ENTRIES + 1 },
#define BAD(...) { .aperture_bytes = CORE_APERTURE_BYTES, .ggtt_entries = GEN75_GGTT_ENTRIES, __VA_ARGS__ }
		BAD(.hang_ns = CORE_MS),
		BAD(.hang_ns = 3600000 * CORE_MS),
		BAD(.limits.turn_min_ns = 1),
		BAD(.limits.turn_max_ns = 11000 * CORE_MS),
		BAD(.limits.round_ns = 11000 * CORE_MS),
#undef BAD
	};
	struct core_host h;
	unsigned int i;

	core_host_power_on(&h, 100);
	for (i = 0; i < VGPU_ARRAY_SIZE(bad); i++)
		assert_int_equal(vgpu_gpu_init(&h.gpu, &core_host_ops, &h, &bad[i]), -ENODEV);
	for (i = 0; i < 3; i++) {
		h.alloc_budget = i;
		assert_int_equal(vgpu_gpu_init(&h.gpu, &core_host_ops, &h, &info), -ENOMEM);
		assert_int_equal(h.allocs, 0);
	}
	h.alloc_budget = ~0u;
	h.deaf = true;
	assert_int_equal(vgpu_gpu_init(&h.gpu, &core_host_ops, &h, &info), -ENODEV);
	core_host_power_off(&h);
}

static void sizes(void **state)
{
	static const struct {
		const char *name;
		enum vgpu_resource r;
		uint64_t amount;
		int want;
		uint64_t base, size;
	} rows[] = {
		{ "no page", VGPU_APERTURE, 4097, -EINVAL, 0, 0 },
		{ "the aperture", VGPU_APERTURE, 128 * MIB, 0, 0, 128 * MIB },
		{ "more than the aperture", VGPU_APERTURE, 128 * MIB + 4096, -ENOSPC, 0, 128 * MIB },
		{ "less", VGPU_APERTURE, 4096, 0, 0, 4096 },
		{ "nothing", VGPU_APERTURE, 0, 0, 0, 0 },
		{ "all hidden memory", VGPU_HIDDEN, (2048 - 128 - RESERVE_MIB) * (uint64_t)MIB, 0, 128 * MIB,
		  (2048 - 128 - RESERVE_MIB) * (uint64_t)MIB },
		{ "the module's part, too", VGPU_HIDDEN, (2048 - 128) * (uint64_t)MIB, -ENOSPC, 128 * MIB,
		  (2048 - 128 - RESERVE_MIB) * (uint64_t)MIB },
		{ "all fences", VGPU_FENCES, 32, 0, 0, 32 },
		{ "too many fences", VGPU_FENCES, 33, -ENOSPC, 0, 32 },
		{ "far too much", VGPU_APERTURE, ~0xfffull, -ENOSPC, 0, 0 },
	};
	struct core_host h;
	struct vgpu v;
	struct vgpu_range range;
	struct vgpu_room room;
	unsigned int i;

	core_host_init(&h);
	assert_int_equal(vgpu_init(&v, &h.gpu, NULL), 0);
	for (i = 0; i < VGPU_ARRAY_SIZE(rows); i++) {
		int err = vgpu_set_size(&v, rows[i].r, rows[i].amount);

		vgpu_get_range(&v, rows[i].r, &range);
		if (err != rows[i].want || range.base != rows[i].base || range.size != rows[i].size)
			fail_msg("%s: %d", rows[i].name, err);
	}
	vgpu_fini(&v, 0);
	for (i = 0; i < VGPU_RESOURCES; i++) {
		vgpu_gpu_room(&h.gpu, (enum vgpu_resource)i, &room);
		assert_true(room.free == room.total && room.hole == room.total);
	}
	core_host_fini(&h);
}

static void settings(void **state)
{
	struct core_host h;
	struct vgpu v;
	struct vgpu_share share;

	core_host_init(&h);
	assert_int_equal(vgpu_init(&v, &h.gpu, NULL), 0);
	vgpu_get_share(&v, &share);
	assert_true(share.weight == 100 && share.cap_pct == 100 && share.latency_us == 0);
	assert_int_equal(vgpu_set_weight(&v, 0, 0), -EINVAL);
	assert_int_equal(vgpu_set_weight(&v, 10001, 0), -EINVAL);
	assert_int_equal(vgpu_set_weight(&v, 1, 0), 0);
	assert_int_equal(vgpu_set_weight(&v, 10000, 0), 0);
	assert_int_equal(vgpu_set_cap(&v, 0, 0), -EINVAL);
	assert_int_equal(vgpu_set_cap(&v, 101, 0), -EINVAL);
	assert_int_equal(vgpu_set_cap(&v, 100, 0), 0);
	assert_int_equal(vgpu_set_latency(&v, 7, 0), 0);
	vgpu_get_share(&v, &share);
	assert_true(share.weight == 10000 && share.cap_pct == 100 && share.latency_us == 7);
	assert_int_equal(vgpu_gpu_vgpus(&h.gpu), 1);
	vgpu_fini(&v, 0);
	core_host_fini(&h);
}

static void states(void **state)
{
	struct core_host h;
	struct core_guest *g = &h.guest[0];
	uint32_t value = 0;
	unsigned int budget;

	core_host_init(&h);
	g->host = &h;
	g->pin_budget = ~0u;
	g->ram = test_calloc(CORE_GUEST_PAGES, 4096);
	assert_int_equal(vgpu_init(&g->vgpu, &h.gpu, g), 0);
	assert_int_equal(vgpu_state(&g->vgpu, 0), VGPU_STATE_NEW);
	assert_int_equal(vgpu_open(&g->vgpu), -EINVAL);
	assert_int_equal(vgpu_set_size(&g->vgpu, VGPU_APERTURE, MIB), 0);
	assert_int_equal(vgpu_set_size(&g->vgpu, VGPU_HIDDEN, 16 * MIB), 0);
	assert_int_equal(vgpu_state(&g->vgpu, 0), VGPU_STATE_NEW);
	assert_int_equal(vgpu_set_size(&g->vgpu, VGPU_FENCES, 1), 0);
	assert_int_equal(vgpu_state(&g->vgpu, 0), VGPU_STATE_READY);

	/* Not open: nothing is there to access, and nothing happens. */
	core_guest_write(g, 0x22038, 1);
	assert_int_equal(core_guest_read(g, 0x22038), 0);
	assert_int_equal(core_guest_read(g, 0x78000), 0);
	core_guest_write(g, GEN75_MMIO_BYTES, 1);
	vgpu_dma_unmap(&g->vgpu, 0, ~0ull, 0);
	vgpu_reset(&g->vgpu, 0);
	vgpu_close(&g->vgpu, 0);
	assert_int_equal(vgpu_config_read(&g->vgpu, 0, &value, 4), 0);

	assert_int_equal(vgpu_set_size(&g->vgpu, VGPU_FENCES, 2), 0);
	for (budget = 0;; budget++) {
		unsigned int held = h.allocs;

		h.alloc_budget = budget;
		if (!vgpu_open(&g->vgpu))
			break;
		assert_int_equal(h.allocs, held);
		assert_int_equal(vgpu_set_size(&g->vgpu, VGPU_FENCES, 2), 0); /* still not opened */
	}
	assert_true(budget >= 8);
	h.alloc_budget = ~0u;
	assert_int_equal(vgpu_open(&g->vgpu), -EBUSY);
	assert_int_equal(vgpu_state(&g->vgpu, 0), VGPU_STATE_OPEN);
	assert_int_equal(vgpu_set_size(&g->vgpu, VGPU_FENCES, 1), -EBUSY);
	assert_int_equal(vgpu_config_read(&g->vgpu, 0, &value, 4), 0);
	assert_int_equal(value, 0x04128086);
	vgpu_close(&g->vgpu, 0);
	vgpu_close(&g->vgpu, 0);
	assert_int_equal(vgpu_state(&g->vgpu, 0), VGPU_STATE_READY);
	assert_int_equal(vgpu_set_size(&g->vgpu, VGPU_FENCES, 1), -EBUSY);
	vgpu_fini(&g->vgpu, 0);
	test_free(g->ram);
	g->ram = NULL;
	core_host_fini(&h);
}

static void names(void **state)
{
	static const char *const states[] = { "new", "ready", "open", "running", "stopped", "unknown" };
	static const char *const engines[] = { "rcs", "vcs", "bcs", "vecs", "none" };
	unsigned int i;

	for (i = 0; i < VGPU_ARRAY_SIZE(states); i++)
		assert_string_equal(vgpu_state_name((enum vgpu_state)i), states[i]);
	for (i = 0; i < VGPU_ARRAY_SIZE(engines); i++)
		assert_string_equal(vgpu_engine_name((enum vgpu_engine_id)i), engines[i]);
}

static void as_many_as_there_may_be(void **state)
{
	static struct vgpu v[VGPU_MAX + 1];
	struct core_host h;
	unsigned int i;

	core_host_init(&h);
	for (i = 0; i < VGPU_MAX; i++) {
		assert_int_equal(vgpu_init(&v[i], &h.gpu, NULL), 0);
		assert_int_equal(vgpu_set_size(&v[i], VGPU_APERTURE, 2 * MIB), 0);
	}
	assert_int_equal(vgpu_init(&v[i], &h.gpu, NULL), -ENOSPC);
	vgpu_fini(&v[3], 0);
	assert_int_equal(vgpu_init(&v[3], &h.gpu, NULL), 0);
	assert_int_equal(vgpu_set_size(&v[3], VGPU_APERTURE, 2 * MIB), 0);
	for (i = 0; i < VGPU_MAX; i++)
		vgpu_fini(&v[i], 0);
	core_host_fini(&h);
}

/* What a guest leaves in graphics memory that is mapped to nothing is not there for the next. */
static void no_residue_in_scratch(void **state)
{
	struct core_host h;
	struct core_guest *g;
	uint32_t dw[4] = { 0x10400002, 0, 0, 0x5ec4e7 }, value = 0; /* MI_STORE_DATA_IMM, GGTT */
	unsigned int i;

	core_host_init(&h);
	g = core_host_open(&h, 0, 8 * MIB, 16 * MIB);
	for (i = 0; i < 2; i++) {
		struct vgpu_range range;

		core_guest_ring(g);
		vgpu_get_range(&g->vgpu, VGPU_APERTURE, &range);
		gen75_aperture_read(h.sim, range.base, &value, 4);
		assert_int_equal(value, 0);
		dw[2] = (uint32_t)range.base;
		core_guest_submit(g, dw, 4);
		core_host_run(&h, CORE_MS);
		gen75_aperture_read(h.sim, range.base, &value, 4);
		assert_int_equal(value, 0x5ec4e7);
		vgpu_reset(&g->vgpu, h.now_ns);
	}
	core_host_fini(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_over),
		cmocka_unit_test(takes_over_at_work),
		cmocka_unit_test(does_not_take_over),
		cmocka_unit_test(sizes),
		cmocka_unit_test(settings),
		cmocka_unit_test(states),
		cmocka_unit_test(names),
		cmocka_unit_test(as_many_as_there_may_be),
		cmocka_unit_test(no_residue_in_scratch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
