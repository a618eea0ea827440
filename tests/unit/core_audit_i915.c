// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What a guest's i915 puts into its rings and privileged batches passes as a whole, and every command that Mesa and IGT emit.
 *
 * Written down from the source of Linux 6.1 and 6.12: gt/gen6_engine_cs.c, gt/intel_ring_submission.c (switch_mm(),
 * load_pd_dir(), mi_set_context(), remap_l3_slice()), gt/intel_workarounds.c, gt/gen7_renderclear.c.
 */
#include <string.h>

#include "tests/guest/lib/cmd.h"
#include "tests/unit/harness/audit.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#define SCRATCH (H + 0x8000)
#define HWSP (H + 0x9000)
#define SEQNO (HWSP + 0x100)
#define CONTEXT (H + 0x100000)
#define KERNEL_CONTEXT (H + 0x200000)
#define PD 0x7c000000u
#define BATCH (H + 0x300000)

#define SRM (MI_STORE_REGISTER_MEM | MI_USE_GGTT)
#define IDX (MI_FLUSH_DW | MI_FLUSH_DW_OP_STOREDW | MI_FLUSH_DW_STORE_INDEX)

#define PC_STALL 0x7a000002, 0x100002, 0, 0
#define PC_FLUSH 0x7a000002, 0x011050a1, SCRATCH, 0
#define PC_INVALIDATE PC_STALL, 0x7a000002, 0x01154c1c, SCRATCH, 0
#define PC_BREADCRUMB 0x7a000002, 0x011050a1, SEQNO, 7, MI_USER_INTERRUPT, MI_NOOP

#define LOAD_PD(base)                                                                                                      \
	MI_LOAD_REGISTER_IMM, (base) + 0x220, ~0u, MI_LOAD_REGISTER_IMM, (base) + 0x228, PD, SRM, (base) + 0x228, SCRATCH, \
		MI_LOAD_REGISTER_IMM, (base) + 0xc0, MASKED_SET(1u << 9)

#define SLEEP(value) MI_LOAD_REGISTER_IMM + 4, 0x22050, value, 0x12050, value, 0x1a050, value
#define CONTEXT_SWITCH(image, flags)                                                                                        \
	MI_CMD(0x08, 0), SLEEP(0x10001), MI_NOOP, MI_CMD(0x18, 0), (image) | 0x100 | (flags), MI_NOOP, SLEEP(0x10000), SRM, \
		0x1a050, SCRATCH, MI_NOOP, MI_CMD(0x08, 1)

/* The 32 stores that i915 puts behind a sequence number on all engines but the render engine. */
#define STORE MI_STORE_DWORD_INDEX, 0x100, 7
#define STORE4 STORE, STORE, STORE, STORE
#define STORE32 STORE4, STORE4, STORE4, STORE4, STORE4, STORE4, STORE4, STORE4
#define XCS_FLUSH(flags) IDX | (flags), 0x80 | 4, 0, MI_NOOP
#define XCS_BREADCRUMB IDX | 1u << 18, 0x100 | 4, 7, STORE32, MI_FLUSH_DW, 0, 0, MI_USER_INTERRUPT, MI_NOOP

static const uint32_t render_request[] = {
	PC_FLUSH,
	LOAD_PD(0x2000),
	PC_FLUSH,
	PC_INVALIDATE,
	CONTEXT_SWITCH(CONTEXT, 0xc),
	PC_INVALIDATE,
	MI_BATCH_BUFFER_START | 0x2100,
	BATCH,
	PC_FLUSH,
	PC_BREADCRUMB,
};

/* The first of a context: it is not restored, INSTPM is set up, and L3 lines are remapped. */
static const uint32_t first_request[] = {
	PC_FLUSH,
	LOAD_PD(0x2000),
	PC_FLUSH,
	PC_INVALIDATE,
	CONTEXT_SWITCH(KERNEL_CONTEXT, 1),
	CONTEXT_SWITCH(CONTEXT, 9),
	MI_LOAD_REGISTER_IMM,
	0x20c0,
	MASKED_SET(1u << 7),
	MI_NOOP,
	MI_BATCH_BUFFER_START | 0x2100,
	BATCH,
	PC_BREADCRUMB,
};

#define XCS_REQUEST(base, invalidate)                                                                                   \
	{                                                                                                               \
		XCS_FLUSH(0), LOAD_PD(base), XCS_FLUSH(0), XCS_FLUSH(invalidate), MI_BATCH_BUFFER_START | 0x100, BATCH, \
			XCS_FLUSH(0), XCS_BREADCRUMB,                                                                   \
	}

static const uint32_t video_request[] = XCS_REQUEST(0x12000, 1u << 18 | 1u << 7);
static const uint32_t blitter_request[] = XCS_REQUEST(0x22000, 1u << 18);
static const uint32_t enhancement_request[] = XCS_REQUEST(0x1a000, 1u << 18);

static const struct {
	struct audit_where where;
	const uint32_t *dw;
	uint32_t n;
} rings[] = {
	{ { VGPU_RCS, .ppgtt = true }, render_request, VGPU_ARRAY_SIZE(render_request) },
	{ { VGPU_RCS, .ppgtt = true }, first_request, VGPU_ARRAY_SIZE(first_request) },
	{ { VGPU_VCS, .ppgtt = true }, video_request, VGPU_ARRAY_SIZE(video_request) },
	{ { VGPU_BCS, .ppgtt = true }, blitter_request, VGPU_ARRAY_SIZE(blitter_request) },
	{ { VGPU_VECS, .ppgtt = true }, enhancement_request, VGPU_ARRAY_SIZE(enhancement_request) },
};

/* Two requests in a row, one of each piece. */
static void requests(void **state)
{
	uint32_t i, k, dw[400];

	for (i = 0; i < VGPU_ARRAY_SIZE(rings); i++) {
		struct vgpu_audit a = audit_of(&rings[i].where, dw, 2 * rings[i].n);

		for (k = 0; k < 2; k++)
			memcpy(dw + k * rings[i].n, rings[i].dw, 4 * rings[i].n);
		for (k = 1; k <= 2; k++) {
			a.max_requests = k;
			if (vgpu_audit_run(&a))
				fail_msg("ring %u: fault %d at %u: 0x%08x", i, a.fault, a.passed_dw, dw[a.passed_dw]);
			assert_int_equal(a.requests, k);
			/* A MI_NOOP behind the interrupt belongs to the next piece. */
			assert_int_equal(a.passed_dw, k * rings[i].n - 1);
		}
		assert_int_equal(a.pp_dir, PD);
		assert_int_equal(a.user_interrupts, 2);
		if (rings[i].where.engine == VGPU_RCS)
			assert_int_equal(a.ccid & ~0xfffu, CONTEXT);
	}
}

/* Page tables off, as before i915 has set them up: the same but for the batch. */
static void without_ppgtt(void **state)
{
	uint32_t i, dw[400];

	for (i = 0; i < VGPU_ARRAY_SIZE(rings); i++) {
		struct audit_where where = { .engine = rings[i].where.engine };
		struct vgpu_audit a = audit_of(&where, dw, rings[i].n);

		memcpy(dw, rings[i].dw, 4 * rings[i].n);
		assert_int_equal(vgpu_audit_run(&a), VGPU_FAULT_ADDRESS);
		assert_int_equal(dw[a.passed_dw] >> 23, 0x31);
	}
}

/* The batch that clears what a context leaves in the threads' registers (gt/gen7_renderclear.c), and its kind of state. */
static void clear_batch(void **state)
{
	static const uint32_t batch[] = {
		0x7a000002,
		0x1010a1 & ~0x80u,
		0,
		0,
		0x7a000003,
		0x100002,
		0,
		0,
		0,
		0x7a000003,
		4,
		0,
		0,
		0,
		MI_LOAD_REGISTER_IMM + 2,
		0x7000,
		0xffff0000,
		0x7004,
		0xffff0008,
		0x69040001,
		MI_NOOP,
		0x61010008,
		BATCH | 1,
		BATCH | 1,
		BATCH | 1,
		BATCH | 1,
		BATCH | 1,
		0,
		1,
		0,
		1,
		MI_NOOP,
		0x70000006,
		0,
		139u << 16 | 1 << 8,
		0,
		0,
		0,
		0,
		0,
		0x70020002,
		0,
		32,
		0x40,
		0x71000007,
		0,
		0,
		0,
		0,
		0,
		16u << 16,
		0,
		0,
		MI_BATCH_BUFFER_END,
	};
	const struct audit_where where = { VGPU_RCS, .ppgtt = true, .batch = true };
	uint32_t dw[VGPU_ARRAY_SIZE(batch)];
	struct vgpu_audit a = audit_of(&where, dw, VGPU_ARRAY_SIZE(dw));

	memcpy(dw, batch, sizeof(dw));
	if (vgpu_audit_run(&a))
		fail_msg("fault %d at %u: 0x%08x", a.fault, a.passed_dw, dw[a.passed_dw]);
	assert_true(a.ended);
	assert_memory_equal(dw, batch, sizeof(dw));
}

/*
 * Headers that Mesa's crocus and its blorp emit on Haswell (src/gallium/drivers/crocus/crocus_state.c, src/intel/blorp), and IGT's
 * rendercopy, media fill and GPGPU fill (lib/rendercopy_gen7.c, lib/media_fill.c, lib/gpgpu_fill.c); of the shortest form.
 */
static const uint32_t render_users[] = {
	0x61010008,	    0x61020000,	     0x680b0000,      0x69040000,      0x70000006,	0x70010002,	     0x70020002,
	0x70040000,	    0x71000004,	     0x71050009,      0x78040001,      0x78050005,	0x78060001,	     0x78070001,
	0x78080003,	    0x78090001,	     0x780a0001,      0x780c0000,      0x780e0000,	0x780f0000,	     0x78100004,
	0x78110005,	    0x78120002,	     0x78130005,      0x78140001,      0x78150005,	0x78160005,	     0x78170005,
	0x78180000,	    0x78190005,	     0x781a0005,      0x781b0005,      0x781c0002,	0x781d0004,	     0x781e0001,
	0x781f000c,	    0x78200006,	     0x78210000,      0x78230000,      0x78240000,	0x78250000,	     0x78260000,
	0x78270000,	    0x78280000,	     0x78290000,      0x782a0000,      0x782b0000,	0x782f0000,	     0x78300000,
	0x78310000,	    0x78320000,	     0x78330000,      0x79000002,      0x79060000,	0x7907001f,	     0x79080001,
	0x790a0001,	    0x790d0002,	     0x79120000,      0x79130000,      0x79140000,	0x79150000,	     0x79160000,
	0x79170001,	    0x79180002,	     0x7b000005,      0x7a000003,      0x7a000002, /* PIPE_CONTROL */
	MI_CMD(0x0c, 0x80), MI_CMD(0x1a, 3), MI_CMD(0x20, 2), MI_CMD(0x20, 3), MI_CMD(0x28, 1), MI_BATCH_BUFFER_END,
};

/* Registers come from here: those are zeros in the headers above. */
static const uint32_t render_moves[][3] = {
	{ MI_LOAD_REGISTER_IMM, 0xb010, 0x00610000 },
	{ MI_LOAD_REGISTER_IMM, 0xb020, 0x40 },
	{ MI_LOAD_REGISTER_IMM, 0xb024, 0x40 },
	{ MI_LOAD_REGISTER_IMM, 0xb038, 1u << 27 },
	{ MI_LOAD_REGISTER_IMM, 0xe49c, MASKED_SET(1u << 6) },
	{ MI_LOAD_REGISTER_IMM, 0x5284, 0 },
	{ MI_LOAD_REGISTER_MEM, 0x2430, 0x1000 },
	{ MI_LOAD_REGISTER_MEM, 0x2400, 0x1000 },
	{ MI_LOAD_REGISTER_MEM, 0x2500, 0x1000 },
	{ MI_STORE_REGISTER_MEM, 0x2350, 0x1000 },
	{ MI_STORE_REGISTER_MEM, 0x5208, 0x1000 },
	{ MI_STORE_REGISTER_MEM | 1u << 21, 0x2600, 0x1000 },
	{ MI_CMD(0x2a, 1), 0x2418, 0x2678 },
};

static uint32_t length_of(uint32_t header)
{
	uint32_t op = header >> 16;

	if (op == 0x680b || op == 0x6904 || header >> 23 < 0x10)
		return 1;
	return (header & (op >= 0x7000 && op < 0x7105 ? 0xffff : 0xff)) + 2;
}

static void users(void **state)
{
	const struct audit_where where = { VGPU_RCS, .ppgtt = true, .batch = true };
	uint32_t i;

	for (i = 0; i < VGPU_ARRAY_SIZE(render_users); i++) {
		uint32_t dw[80] = { render_users[i] };
		struct vgpu_audit a = audit_of(&where, dw, length_of(dw[0]));

		if (vgpu_audit_run(&a))
			fail_msg("0x%08x: fault %d", dw[0], a.fault);
	}
	for (i = 0; i < VGPU_ARRAY_SIZE(render_moves); i++) {
		uint32_t dw[3] = { render_moves[i][0], render_moves[i][1], render_moves[i][2] };
		struct vgpu_audit a = audit_of(&where, dw, 3);

		if (vgpu_audit_run(&a))
			fail_msg("0x%08x 0x%x: fault %d", dw[0], dw[1], a.fault);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests),
		cmocka_unit_test(without_ppgtt),
		cmocka_unit_test(clear_batch),
		cmocka_unit_test(users),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
