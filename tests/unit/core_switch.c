// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Guests that drive all engines as i915 does, on the simulated GPU through the mediator: requests, page tables, the world switch,
 * hangs, resets and closing.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/guest/lib/cmd.h"
#include "tests/unit/harness/core_i915.h"
#include "kmod/core/reserve.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#define MIB (1u << 20)
#define HIDDEN (16 * MIB)
#define PAGE_DW 1024u
#define GPR0 0x2600u
#define CACHE_MODE_1 0x7004u
#define PRIM_VERTEX_COUNT 0x2434u /* 3DPRIM_*: of the render context */
#define L3SQCREG1 0xb010u
#define GDRST 0x941cu

static uint32_t data_gma(const struct core_guest *g, uint32_t page)
{
	return core_i915_gma(g, I915_DATA + page);
}

static uint32_t *data(struct core_guest *g, uint32_t page)
{
	return core_guest_dw(g, I915_DATA + page);
}

/* A batch of @n dwords in batch page @i, with its end. */
static uint32_t batch(struct core_guest *g, uint32_t i, const uint32_t *dw, uint32_t n)
{
	uint32_t *to = core_guest_dw(g, I915_BATCH(i));

	memcpy(to, dw, n * 4);
	to[n] = MI_BATCH_BUFFER_END;
	return I915_BATCH(i);
}

#define BATCH(g, i, ...)                                \
	({                                              \
		const uint32_t dw_[] = { __VA_ARGS__ }; \
		batch(g, i, dw_, sizeof(dw_) / 4);      \
	})

static struct core_guest *start(struct core_host *h, unsigned int number)
{
	struct core_guest *g = core_host_open(h, number, 8 * MIB, HIDDEN);

	core_i915_start(g);
	return g;
}

/* Each engine runs batches of both kinds, which store through the PPGTT, and interrupts. */
static void requests_on_all_engines(void **state)
{
	struct core_host h;
	struct core_guest *g[2];
	uint32_t i, e, round, page;

	core_host_init(&h);
	for (i = 0; i < 2; i++)
		g[i] = start(&h, i);
	for (round = 1; round <= 12; round++) {
		for (i = 0; i < 2; i++) {
			for (e = 0; e < VGPU_ENGINES; e++) {
				page = BATCH(g[i], e, MI_STORE_DWORD_IMM, 0, data_gma(g[i], e), i << 16 | round << 8 | e);
				core_i915_request(g[i], (enum vgpu_engine_id)e, page, round & 1, round);
			}
		}
		core_host_run(&h, CORE_MS);
		for (i = 0; i < 2; i++) {
			for (e = 0; e < VGPU_ENGINES; e++) {
				assert_int_equal(data(g[i], e)[0], i << 16 | round << 8 | e);
				assert_int_equal(core_i915_seqno(g[i], (enum vgpu_engine_id)e), round);
				assert_true(core_i915_idle(g[i], (enum vgpu_engine_id)e));
			}
			assert_int_equal(core_guest_read(g[i], 0x44018), 1u << 0 | 1u << 12 | 1u << 22);
			assert_int_equal(core_guest_read(g[i], 0x44028), 1u << 10);
			core_guest_write(g[i], 0x44018, ~0u);
			core_guest_write(g[i], 0x44028, ~0u);
			assert_true(g[i]->irqs >= round);
		}
	}
	for (i = 0; i < 2; i++) {
		assert_int_equal(core_guest_stats(g[i]).resets, 0);
		assert_true(core_guest_stats(g[i]).switches >= 40);
	}
	core_host_check(&h);
	core_host_fini(&h);
}

/* What no guest may see of the other: registers that one's privileged batch sets, and those of its render context. */
static void registers_stay_with_their_guest(void **state)
{
	static const uint32_t regs[] = { GPR0, GPR0 + 4, GPR0 + 0x7c, 0x2400, 0x2500, L3SQCREG1, PRIM_VERTEX_COUNT, 0x5240 };
	struct core_host h;
	struct core_guest *g[2];
	uint32_t i, k, round, dw[64], n;

	core_host_init(&h);
	for (i = 0; i < 2; i++) {
		g[i] = start(&h, i);
		/* What it holds before anybody has written is what a reset leaves, for the second guest as well. */
		for (k = 0, n = 0; k < VGPU_ARRAY_SIZE(regs); k++) {
			dw[n++] = MI_STORE_REGISTER_MEM;
			dw[n++] = regs[k];
			dw[n++] = data_gma(g[i], 0) + 4 * k;
		}
		core_i915_request(g[i], VGPU_RCS, batch(g[i], 0, dw, n), true, 1);
		core_host_run(&h, CORE_MS);
		core_i915_context(g[i], 0, 1);
		for (k = 0, n = 0; k < VGPU_ARRAY_SIZE(regs); k++) {
			dw[n++] = MI_LOAD_REGISTER_IMM;
			dw[n++] = regs[k];
			dw[n++] = 0x1000 * (i + 1) + k;
		}
		core_i915_request(g[i], VGPU_RCS, batch(g[i], 1, dw, n), true, 2);
		core_host_run(&h, CORE_MS);
		assert_int_equal(core_i915_seqno(g[i], VGPU_RCS), 2);
	}
	for (k = 0; k < VGPU_ARRAY_SIZE(regs); k++)
		assert_int_equal(data(g[0], 0)[k], data(g[1], 0)[k]);
	for (round = 3; round < 9; round++) {
		for (i = 0; i < 2; i++) {
			memset(data(g[i], 0), 0xee, 4 * VGPU_ARRAY_SIZE(regs));
			core_i915_request(g[i], VGPU_RCS, I915_BATCH(0), true, round);
		}
		core_host_run(&h, CORE_MS);
		for (i = 0; i < 2; i++) {
			for (k = 0; k < VGPU_ARRAY_SIZE(regs); k++)
				assert_int_equal(data(g[i], 0)[k], 0x1000 * (i + 1) + k);
		}
	}
	core_host_check(&h);
	core_host_fini(&h);
}

/* A guest's write by MMIO reaches the register wherever its state is. */
static void mmio_writes_follow_the_state(void **state)
{
	struct core_host h;
	struct core_guest *g[2];
	uint32_t i, round;

	core_host_init(&h);
	for (i = 0; i < 2; i++) {
		g[i] = start(&h, i);
		BATCH(g[i], 0, MI_STORE_REGISTER_MEM, GPR0, data_gma(g[i], 0), MI_STORE_REGISTER_MEM, 0x7000,
		      data_gma(g[i], 0) + 4);
	}
	for (round = 1; round < 20; round++) {
		/* The first one's is on the engine, then the second one's. */
		core_guest_write(g[0], L3SQCREG1, round);
		core_guest_write(g[1], L3SQCREG1, ~round);
		core_guest_write(g[round & 1], 0x7000, MASKED_FIELD(0xffff, round));
		for (i = 0; i < 2; i++)
			core_i915_request(g[i], VGPU_RCS, I915_BATCH(0), true, round);
		core_host_run(&h, CORE_MS);
		assert_int_equal(core_guest_read(g[0], L3SQCREG1), round);
		assert_int_equal(core_guest_read(g[1], L3SQCREG1), ~round);
		assert_int_equal(data(g[round & 1], 0)[1] & 0xffff, round);
		if (round > 1)
			assert_int_equal(data(g[~round & 1], 0)[1] & 0xffff, round - 1);
	}
	core_host_fini(&h);
}

/* While the switch is on its way, the engine's registers are the last one's still: not for the next one to read or to write. */
static void a_switch_on_its_way_shows_nothing(void **state)
{
	struct core_host h;
	struct core_guest *g[2];
	uint32_t i, at, seqno = 0;

	core_host_init(&h);
	for (i = 0; i < 2; i++) {
		g[i] = start(&h, i);
		BATCH(g[i], 0, MI_STORE_REGISTER_MEM, L3SQCREG1, data_gma(g[i], 0));
		BATCH(g[i], 1, MI_LOAD_REGISTER_IMM, GPR0, 0x5ec3e7 + i, MI_LOAD_REGISTER_IMM, L3SQCREG1, 0x100 + i);
		core_i915_request(g[i], VGPU_RCS, I915_BATCH(1), true, ++seqno);
		core_host_run(&h, CORE_MS);
	}
	/* Whenever it reads and writes, from when it submits to long after the switch. */
	for (at = 0; at < 60 * CORE_US; at += 500) {
		core_i915_request(g[0], VGPU_RCS, I915_BATCH(0), true, ++seqno);
		core_host_run(&h, CORE_MS);
		assert_int_equal(data(g[0], 0)[0], 0x100);
		core_i915_request(g[1], VGPU_RCS, I915_BATCH(0), true, ++seqno);
		core_host_run(&h, at);
		assert_int_equal(core_guest_read(g[1], GPR0), 0x5ec3e8);
		core_guest_write(g[1], L3SQCREG1, 0x10000 + at);
		assert_int_equal(core_guest_read(g[1], L3SQCREG1), 0x10000 + at);
		core_host_run(&h, CORE_MS);
		assert_int_equal(core_guest_read(g[1], L3SQCREG1), 0x10000 + at);
		/* It is in force at the latest for what comes next. */
		core_i915_request(g[1], VGPU_RCS, I915_BATCH(0), true, ++seqno);
		core_host_run(&h, CORE_MS);
		assert_int_equal(data(g[1], 0)[0], 0x10000 + at);
	}
	core_host_fini(&h);
}

/* A context that has been saved is what its guest finds when it loads it again, with the other guest in between. */
static void contexts_are_saved(void **state)
{
	struct core_host h;
	struct core_guest *g[2];
	uint32_t i, c, round, seqno = 0;

	core_host_init(&h);
	for (i = 0; i < 2; i++)
		g[i] = start(&h, i);
	for (round = 0; round < 3; round++) {
		for (c = 0; c < 3; c++) {
			seqno++;
			for (i = 0; i < 2; i++) {
				core_i915_context(g[i], c, round ? 0 : 1);
				if (round)
					BATCH(g[i], 0, MI_STORE_REGISTER_MEM, PRIM_VERTEX_COUNT, data_gma(g[i], 0),
					      MI_STORE_REGISTER_MEM, CACHE_MODE_1, data_gma(g[i], 0) + 4);
				else
					BATCH(g[i], 0, MI_LOAD_REGISTER_IMM, PRIM_VERTEX_COUNT, 100 * i + c, MI_LOAD_REGISTER_IMM,
					      CACHE_MODE_1, MASKED_FIELD(0x40, c == 1 ? 0x40 : 0));
				core_i915_request(g[i], VGPU_RCS, I915_BATCH(0), true, seqno);
			}
			core_host_run(&h, CORE_MS);
			for (i = 0; i < 2; i++) {
				assert_int_equal(core_i915_seqno(g[i], VGPU_RCS), seqno);
				assert_int_equal(core_guest_read(g[i], 0x2180) & ~0xfffu, core_i915_gma(g[i], I915_CONTEXT(c)));
				if (!round)
					continue;
				assert_int_equal(data(g[i], 0)[0], 100 * i + c);
				assert_int_equal(data(g[i], 0)[1] & 0x40, c == 1 ? 0x40 : 0);
			}
		}
	}
	core_host_check(&h);
	core_host_fini(&h);
}

/*
 * The simulator has no TLBs, so this is about the commands themselves: a context is switched only behind the load of the new
 * directory and an invalidation, lest the old one's image be written by a stale translation.
 */
static void contexts_change_on_fresh_translations(void **state)
{
	struct core_host h;
	struct core_guest *g[2];
	uint32_t from, i, n, context[2] = { 0 }, invalidation[2] = { 0 }, directory[2] = { 0 };
	const uint32_t *ring;

	core_host_init(&h);
	for (i = 0; i < 2; i++)
		g[i] = start(&h, i);
	ring = vgpu_reserve_own(&h.gpu, OWN_RING(VGPU_RCS));
	for (i = 0; i < 2; i++) {
		from = h.gpu.engine[VGPU_RCS].tail;
		core_i915_request(g[i], VGPU_RCS, BATCH(g[i], 0, MI_NOOP), false, 1);
		core_host_run(&h, CORE_MS);
		for (n = h.gpu.engine[VGPU_RCS].tail; n-- > from;) {
			if (ring[n] == MI_CMD(0x18, 0))
				context[i] = n;
			if (ring[n] == 0x7a000002 && ring[n + 1] & 1u << 18)
				invalidation[i] = n;
			if (ring[n] == MI_LOAD_REGISTER_IMM && ring[n + 1] == 0x2228)
				directory[i] = n;
		}
		/* What ends the piece is not skipped, whatever predicate its batch has left. */
		n = h.gpu.engine[VGPU_RCS].tail;
		while (n-- > from && ring[n] != MI_CMD(0x08, 1))
			;
		assert_int_equal(ring[n], MI_CMD(0x08, 1));
		assert_int_equal(ring[n - 1], MI_CMD(0x01, 0));
		assert_true(context[i] && directory[i] && directory[i] < invalidation[i] && invalidation[i] < context[i]);
	}
	core_host_fini(&h);
}

/* Blits of about 0.4 ms each. */
static uint32_t blit_batch(struct core_guest *g, uint32_t i)
{
	return BATCH(g, i, XY_COLOR_BLT | BLT_WRITE_RGBA, 3u << 24 | BLT_ROP_PATTERN << 16 | 4096, 0, 640u << 16 | 1024,
		     data_gma(g, 0), 1, XY_COLOR_BLT | BLT_WRITE_RGBA, 3u << 24 | BLT_ROP_PATTERN << 16 | 4096, 0,
		     640u << 16 | 1024, data_gma(g, 0), 2, XY_COLOR_BLT | BLT_WRITE_RGBA, 3u << 24 | BLT_ROP_PATTERN << 16 | 4096,
		     0, 640u << 16 | 1024, data_gma(g, 0), 3);
}

/* With enough in its rings, the engine does not wait for an interrupt to be served: one piece follows the other. */
static void the_engine_does_not_idle(void **state)
{
	struct core_host h;
	struct core_guest *g;
	uint64_t begin_ns, busy_ns;
	uint32_t k, page;

	core_host_init(&h);
	g = start(&h, 0);
	page = blit_batch(g, 0);
	core_i915_request(g, VGPU_BCS, page, true, 1);
	core_host_run(&h, 20 * CORE_MS);
	begin_ns = h.now_ns;
	busy_ns = gen75_stats(h.sim)->engine[GEN75_BCS].busy_ns;
	for (k = 2; k < 20; k++)
		core_i915_request(g, VGPU_BCS, page, true, k);
	while (core_i915_seqno(g, VGPU_BCS) != 19) {
		core_host_run(&h, 20 * CORE_US);
		assert_true(h.now_ns - begin_ns < 100 * CORE_MS);
	}
	busy_ns = gen75_stats(h.sim)->engine[GEN75_BCS].busy_ns - busy_ns;
	assert_true(busy_ns > (h.now_ns - begin_ns) * 97 / 100);
	core_host_fini(&h);
}

/* Short requests share a piece, so that each does not cost an interrupt; the guest misses none that it waits for. */
static void short_requests_share_a_piece(void **state)
{
	struct core_host h;
	struct core_guest *g;
	uint32_t k, page, served;

	core_host_init(&h);
	g = start(&h, 0);
	page = BATCH(g, 0, MI_STORE_DWORD_IMM, 0, data_gma(g, 0), 1);
	for (k = 1; k < 4; k++) {
		core_i915_request(g, VGPU_RCS, page, true, k);
		core_host_run(&h, CORE_MS);
	}
	core_guest_write(g, 0x20a8, ~0u);
	served = h.interrupts;
	for (k = 4; k < 104; k++)
		core_i915_request(g, VGPU_RCS, page, true, k);
	core_guest_write(g, 0x44018, ~0u);
	core_guest_write(g, 0x20a8, ~1u); /* somebody begins to wait */
	core_host_run(&h, 5 * CORE_MS);
	assert_int_equal(core_i915_seqno(g, VGPU_RCS), 103);
	assert_true(h.interrupts - served < 40);
	assert_int_equal(core_guest_read(g, 0x44018), 1);
	core_host_fini(&h);
}

/* Privileged batches are copied to a room of fixed size: what does not fit any more is for the next piece, and no fault. */
static void long_batches_share_pieces(void **state)
{
	struct core_host h;
	struct core_guest *g;
	uint32_t k;

	core_host_init(&h);
	g = start(&h, 0);
	BATCH(g, 60, MI_STORE_DWORD_IMM, 0, data_gma(g, 0), 1);
	for (k = 1; k < 20; k++) {
		core_i915_request(g, VGPU_RCS, I915_BATCH(60), true, k);
		core_host_run(&h, CORE_MS);
	}
	/* 200 KiB */
	memset(core_guest_dw(g, I915_BATCH(0)), 0, 50 * PAGE_DW * 4);
	BATCH(g, 50, MI_STORE_DWORD_IMM, 0, data_gma(g, 0), 2);
	core_guest_write(g, 0x209c, MASKED_FIELD(0x100, 0x100));
	for (; k < 50; k++)
		core_i915_request(g, VGPU_RCS, I915_BATCH(0), true, k);
	core_guest_write(g, 0x209c, MASKED_FIELD(0x100, 0));
	core_host_run(&h, 100 * CORE_MS);
	assert_int_equal(core_i915_seqno(g, VGPU_RCS), 49);
	assert_int_equal(data(g, 0)[0], 2);
	assert_int_equal(core_guest_stats(g).reject_budget, 0);
	core_host_fini(&h);
}

static uint64_t bytes_read;

static int counted_read(void *guest, u64 gpa, void *buf, size_t len)
{
	bytes_read += len;
	return core_host_ops.guest_read(guest, gpa, buf, len);
}

/* A batch that will be refused when its turn comes is not audited again whenever a neighbour's work ends. */
static void a_bad_batch_is_not_audited_for_ever(void **state)
{
	struct vgpu_host_ops ops = core_host_ops;
	struct core_host h;
	struct core_guest *g[2];
	uint32_t i, k;

	core_host_init(&h);
	ops.guest_read = counted_read;
	h.gpu.ops = &ops;
	for (i = 0; i < 2; i++)
		g[i] = start(&h, i);
	memset(core_guest_dw(g[0], I915_BATCH(0)), 0, 50 * PAGE_DW * 4);
	BATCH(g[0], 50, 0xffffffff);
	blit_batch(g[0], 60);
	CORE_I915_EMIT(g[0], VGPU_BCS, MI_BATCH_BUFFER_START | MI_BATCH_PPGTT_HSW, core_i915_gma(g[0], I915_BATCH(60)), MI_NOOP,
		       MI_USER_INTERRUPT);
	core_i915_submit(g[0], VGPU_BCS);
	core_i915_request(g[0], VGPU_BCS, I915_BATCH(0), true, 2);
	bytes_read = 0;
	for (k = 1; k < 8; k++) {
		core_i915_request(g[1], VGPU_RCS, BATCH(g[1], 0, MI_NOOP), false, k);
		core_i915_submit(g[0], VGPU_BCS);
		core_host_run(&h, 30 * CORE_US);
		assert_int_equal(core_i915_seqno(g[1], VGPU_RCS), k);
		assert_int_equal(core_guest_read(g[0], 0x22034), 0);
	}
	assert_in_range(bytes_read, 1, 400 << 10); /* of that, 20 KiB at each of 14 syncs */
	core_host_run(&h, 5 * CORE_MS);
	assert_int_equal(core_guest_read(g[0], 0x22034), 16);
	assert_int_equal(core_guest_stats(g[0]).reject_opcode, 1);
	core_host_fini(&h);
}

static uint32_t endless_batch(struct core_guest *g, uint32_t i)
{
	return BATCH(g, i, MI_NOOP, MI_BATCH_BUFFER_START | MI_BATCH_PPGTT_HSW | MI_BATCH_NON_SECURE_HSW,
		     core_i915_gma(g, I915_BATCH(i)));
}

/* An endless batch is found, its guest sees a ring that hangs, the others lose time only; after its reset it goes on. */
static void an_endless_batch_harms_nobody_else(void **state)
{
	static const uint8_t engines[] = { VGPU_RCS, VGPU_BCS, VGPU_VECS };
	struct core_host h;
	struct core_guest *g[2];
	uint64_t begin_ns;
	uint32_t i, k, page, base;

	core_host_init(&h);
	for (i = 0; i < 2; i++)
		g[i] = start(&h, i);
	for (k = 0; k < VGPU_ARRAY_SIZE(engines); k++) {
		enum vgpu_engine_id e = engines[k];

		base = core_i915_base(e);
		core_i915_request(g[0], e, endless_batch(g[0], 0), false, 7);
		core_i915_request(g[0], e, BATCH(g[0], 1, MI_STORE_DWORD_IMM, 0, data_gma(g[0], 1), 8), false, 8);
		begin_ns = h.now_ns;
		page = BATCH(g[1], 0, MI_STORE_DWORD_IMM, 0, data_gma(g[1], 0), 0x77 + k);
		core_i915_request(g[1], e, page, false, 9 + k);
		while (core_i915_seqno(g[1], e) != 9 + k) {
			core_host_run(&h, CORE_MS);
			assert_true(h.now_ns - begin_ns < 510 * CORE_MS);
		}
		assert_true(h.now_ns - begin_ns > 390 * CORE_MS);
		assert_int_equal(data(g[1], 0)[0], 0x77 + k);
		assert_int_equal(data(g[0], 1)[0], 0);
		assert_int_not_equal(core_i915_seqno(g[0], e), 8);
		assert_int_equal(core_guest_read(g[0], base + 0x74) & ~0xfffu, core_i915_gma(g[0], I915_BATCH(0)));
		/* Its driver resets the engine and starts its ring again. */
		core_guest_write(g[0], GDRST, e == VGPU_RCS ? 2 : e == VGPU_BCS ? 8 : 16);
		assert_int_equal(core_guest_read(g[0], GDRST), 0);
		g[0]->ring_tail[e] = 0;
		core_i915_start(g[0]);
		core_i915_request(g[0], e, I915_BATCH(1), false, 10);
		core_host_run(&h, CORE_MS);
		assert_int_equal(data(g[0], 1)[0], 8);
		data(g[0], 1)[0] = 0;
		for (i = 0; i < VGPU_ENGINES; i++)
			g[0]->ring_tail[i] = core_guest_read(g[0], core_i915_base((enum vgpu_engine_id)i) + 0x30);
	}
	assert_int_equal(core_guest_stats(g[1]).resets, 0);
	core_host_check(&h);
	core_host_fini(&h);
}

/*
 * A guest whose commands are each far from hanging, but of which a piece holds very many: batches with no request's end in
 * between, or requests that are suddenly long. Another one that waits for the engine gets it all the same.
 */
static void nobody_keeps_an_engine(void **state)
{
	struct core_host h;
	struct core_guest *g[2];
	uint64_t begin_ns;
	uint32_t i, k, requests, page;

	for (requests = 0; requests < 2; requests++) {
		core_host_init_slow(&h, requests ? 10 : 1);
		for (i = 0; i < 2; i++)
			g[i] = start(&h, i);
		for (k = 1; k < 20; k++) {
			core_i915_request(g[0], VGPU_BCS, BATCH(g[0], 0, MI_NOOP), false, k);
			core_host_run(&h, 20 * CORE_MS);
			assert_int_equal(core_i915_seqno(g[0], VGPU_BCS), k);
		}
		core_guest_write(g[0], 0x2209c, MASKED_FIELD(0x100, 0x100)); /* so that all of it is there when it begins */
		/* 100 ms each, 160 in requests */
		page = BATCH(g[0], 1, XY_COLOR_BLT | BLT_WRITE_RGBA, 3u << 24 | BLT_ROP_PATTERN << 16 | 4096, 0,
			     requests ? 32000u << 16 | 2048 : 8000u << 16 | 1024, data_gma(g[0], 0), 2);
		for (k = 20; k < 50; k++) {
			if (requests)
				core_i915_request(g[0], VGPU_BCS, page, false, k);
			else
				CORE_I915_EMIT(g[0], VGPU_BCS, MI_BATCH_BUFFER_START | MI_BATCH_PPGTT_HSW,
					       core_i915_gma(g[0], page));
		}
		core_i915_submit(g[0], VGPU_BCS);
		core_guest_write(g[0], 0x2209c, MASKED_FIELD(0x100, 0));
		begin_ns = h.now_ns;
		core_i915_request(g[1], VGPU_BCS, BATCH(g[1], 0, MI_STORE_DWORD_IMM, 0, data_gma(g[1], 0), 5), false, 9);
		while (core_i915_seqno(g[1], VGPU_BCS) != 9) {
			core_host_run(&h, CORE_MS);
			assert_true(h.now_ns - begin_ns < 1000 * CORE_MS);
		}
		assert_int_equal(core_guest_stats(g[0]).resets, 1);
		assert_int_equal(core_guest_stats(g[1]).resets, 0);
		core_host_check(&h);
		core_host_fini(&h);
	}
}

/* A ring that loads another directory waits for all that runs on the old one, and goes on when that ends, however it does. */
static void another_directory_waits_its_turn(void **state)
{
	enum {
		ENDS,
		HANGS,
		IS_RESET,
		HOWS
	};
	struct core_host h;
	struct core_guest *g;
	uint32_t how, slot, i;

	for (how = ENDS; how < HOWS; how++) {
		core_host_init(&h);
		g = start(&h, 0);
		slot = core_i915_gma(g, 0) / 4096 + I915_DIRECTORY_SLOT + 512;
		for (i = 0; i < I915_TABLES; i++)
			core_guest_write(g, GEN75_MMIO_BYTES + (slot + core_i915_gma(g, 0) / (4 * MIB) + i) * 4,
					 I915_TABLE(i) * 4096 | 1);
		core_i915_request(g, VGPU_BCS, how == ENDS ? blit_batch(g, 0) : endless_batch(g, 0), false, 1);
		core_host_run(&h, 100 * CORE_US);
		assert_false(core_i915_idle(g, VGPU_BCS));
		CORE_I915_EMIT(g, VGPU_RCS, MI_LOAD_REGISTER_IMM, 0x2228, slot * 4 << 10);
		core_i915_request(g, VGPU_RCS, BATCH(g, 1, MI_STORE_DWORD_IMM, 0, data_gma(g, 1), 7), false, 1);
		core_host_run(&h, 100 * CORE_US);
		assert_int_equal(core_i915_seqno(g, VGPU_RCS), 0);
		if (how == IS_RESET)
			core_guest_write(g, GDRST, 8);
		core_host_run(&h, (how == HANGS ? 501 : 5) * CORE_MS);
		assert_int_equal(core_i915_seqno(g, VGPU_RCS), 1);
		assert_int_equal(data(g, 1)[0], 7);
		core_host_check(&h);
		core_host_fini(&h);
	}
}

/* Whoever comes next finds nothing of what the last one left, and nothing of the last one's is touched any more. */
static void nothing_is_left_behind(void **state)
{
	struct core_host h;
	struct core_guest *g;
	uint8_t *left;
	size_t i;

	core_host_init(&h);
	g = start(&h, 0);
	core_i915_context(g, 0, 1);
	core_i915_request(g, VGPU_RCS,
			  BATCH(g, 0, MI_LOAD_REGISTER_IMM, GPR0, 0x5ec3e7, MI_LOAD_REGISTER_IMM, PRIM_VERTEX_COUNT, 0x5ec3e7),
			  true, 1);
	core_host_run(&h, CORE_MS);
	vgpu_close(&g->vgpu, h.now_ns);
	left = calloc(1, CORE_GUEST_PAGES * 4096);
	memcpy(left, g->ram, CORE_GUEST_PAGES * 4096);
	for (i = 0; i < CORE_GUEST_PAGES; i++)
		assert_int_equal(g->pins[i], 0);

	g = start(&h, 1);
	core_i915_request(g, VGPU_RCS,
			  BATCH(g, 0, MI_STORE_REGISTER_MEM, GPR0, data_gma(g, 0), MI_STORE_REGISTER_MEM, PRIM_VERTEX_COUNT,
				data_gma(g, 0) + 4),
			  true, 1);
	core_host_run(&h, CORE_MS);
	assert_int_equal(core_i915_seqno(g, VGPU_RCS), 1);
	assert_int_equal(data(g, 0)[0], 0);
	assert_int_equal(data(g, 0)[1], 0);
	assert_memory_equal(left, h.guest[0].ram, CORE_GUEST_PAGES * 4096);
	free(left);
	core_host_fini(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_on_all_engines),
		cmocka_unit_test(registers_stay_with_their_guest),
		cmocka_unit_test(mmio_writes_follow_the_state),
		cmocka_unit_test(a_switch_on_its_way_shows_nothing),
		cmocka_unit_test(contexts_are_saved),
		cmocka_unit_test(contexts_change_on_fresh_translations),
		cmocka_unit_test(the_engine_does_not_idle),
		cmocka_unit_test(short_requests_share_a_piece),
		cmocka_unit_test(long_batches_share_pieces),
		cmocka_unit_test(a_bad_batch_is_not_audited_for_ever),
		cmocka_unit_test(an_endless_batch_harms_nobody_else),
		cmocka_unit_test(nobody_keeps_an_engine),
		cmocka_unit_test(another_directory_waits_its_turn),
		cmocka_unit_test(nothing_is_left_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
