// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Commands as guests submit them: what i915 puts into its rings, a batch of blits as a 2D driver writes it, and a batch of draws as
 * Mesa's crocus does (its state is not kept from draw to draw here, so that a draw is a long one).
 *
 * Sources: i915 gt/gen6_engine_cs.c for requests; Haswell PRM vol. 2a for forms and lengths.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/bench/mix.h"
#include "tests/guest/lib/cmd.h"

#define REQUESTS 8u
#define BLITS 100u
#define DRAWS 16u
#define STORES 32u /* of the sequence number, behind a request of an engine other than render */

#define SEQNO_INDEX 0xc0u
#define PIPE_CONTROL 0x7a000002u
#define PC_WRITE (1u << 14)
#define PC_GLOBAL (1u << 24)
#define PC_STALL (1u << 20)
#define PC_FLUSH 0x10a1u
#define PC_INVALIDATE 0x00050c1cu
#define FLUSH_TLB (1u << 18)

static void put(struct mix *mix, u32 dw)
{
	if (mix->dwords == MIX_DW_MAX)
		abort();
	mix->dw[mix->dwords++] = dw;
}

static void start(struct mix *mix, const char *name, enum vgpu_engine_id e, bool batch)
{
	memset(mix, 0, sizeof(*mix));
	mix->name = name;
	mix->engine = e;
	mix->batch = batch;
}

static void put_pipe_control(struct mix *mix, u32 flags, u32 gma, u32 value)
{
	put(mix, PIPE_CONTROL);
	put(mix, flags);
	put(mix, gma);
	put(mix, value);
}

static void put_request_rcs(const struct machine *m, struct mix *mix)
{
	u32 hws = machine_gma(m, MACHINE_HWS(VGPU_RCS));

	put_pipe_control(mix, PC_STALL | 2, 0, 0);
	put_pipe_control(mix, PC_STALL | PC_WRITE | PC_GLOBAL | PC_INVALIDATE, hws + 0x800, 0);
	put(mix, MI_BATCH_BUFFER_START | MI_BATCH_PPGTT_HSW | MI_BATCH_NON_SECURE_HSW);
	put(mix, machine_gma(m, MACHINE_BATCH));
	put_pipe_control(mix, PC_STALL | PC_WRITE | PC_GLOBAL | PC_FLUSH, hws + SEQNO_INDEX, 1);
	put(mix, MI_USER_INTERRUPT);
	put(mix, MI_NOOP);
}

static void put_request_xcs(const struct machine *m, struct mix *mix)
{
	u32 i;

	put(mix, MI_FLUSH_DW | FLUSH_TLB | MI_FLUSH_DW_STORE_INDEX | MI_FLUSH_DW_OP_STOREDW);
	put(mix, SEQNO_INDEX | MI_FLUSH_DW_USE_GTT);
	put(mix, 0);
	put(mix, MI_NOOP);
	put(mix, MI_BATCH_BUFFER_START | MI_BATCH_PPGTT_HSW);
	put(mix, machine_gma(m, MACHINE_BATCH));
	put(mix, MI_FLUSH_DW | MI_FLUSH_DW_STORE_INDEX | MI_FLUSH_DW_OP_STOREDW);
	put(mix, SEQNO_INDEX | MI_FLUSH_DW_USE_GTT);
	put(mix, 1);
	for (i = 0; i < STORES; i++) {
		put(mix, MI_STORE_DWORD_INDEX);
		put(mix, SEQNO_INDEX);
		put(mix, 1);
	}
	put(mix, MI_FLUSH_DW);
	put(mix, 0);
	put(mix, 0);
	put(mix, MI_USER_INTERRUPT);
}

static void put_request(const struct machine *m, struct mix *mix)
{
	if (mix->engine == VGPU_RCS)
		put_request_rcs(m, mix);
	else
		put_request_xcs(m, mix);
	if (mix->dwords & 1)
		put(mix, MI_NOOP);
}

/** mix_request() - one request in a ring, of a batch that the hardware confines */
void mix_request(const struct machine *m, enum vgpu_engine_id e, struct mix *ret_mix)
{
	start(ret_mix, "request", e, false);
	put_request(m, ret_mix);
}

/** mix_ring() - a piece of the blitter's ring with some requests */
void mix_ring(const struct machine *m, struct mix *ret_mix)
{
	u32 i;

	start(ret_mix, "ring", VGPU_BCS, false);
	for (i = 0; i < REQUESTS; i++)
		put_request(m, ret_mix);
}

/** mix_blt() - a batch of copies and fills */
void mix_blt(const struct machine *m, struct mix *ret_mix)
{
	u32 gma = machine_gma(m, MACHINE_DATA), i;

	start(ret_mix, "blits", VGPU_BCS, true);
	for (i = 0; i < BLITS; i++) {
		bool copy = i % 2;

		put(ret_mix,
		    copy ? blt_copy_header(BLT_DEPTH_32, BLT_LINEAR, BLT_LINEAR) : blt_color_header(BLT_DEPTH_32, BLT_LINEAR));
		put(ret_mix, blt_br13(BLT_DEPTH_32, copy ? BLT_ROP_COPY : BLT_ROP_PATTERN, 4096, BLT_LINEAR));
		put(ret_mix, blt_point(i, i));
		put(ret_mix, blt_point(i + 64, i + 64));
		put(ret_mix, gma);
		put(ret_mix, copy ? blt_point(0, 0) : 0xff00ff00);
		if (!copy)
			continue;
		put(ret_mix, blt_pitch_field(4096, BLT_LINEAR));
		put(ret_mix, gma + 0x200000);
	}
	put(ret_mix, MI_BATCH_BUFFER_END);
}

/* Upper half of a header, and length. */
struct form {
	u16 opcode, dwords;
};

static void put_forms(struct mix *mix, const struct form *form, u32 n)
{
	u32 i, k;

	for (i = 0; i < n; i++) {
		put(mix, (u32)form[i].opcode << 16 | (form[i].dwords > 1 ? form[i].dwords - 2u : 0));
		for (k = 1; k < form[i].dwords; k++)
			put(mix, k * 0x1040);
	}
}

/** mix_render() - a batch of draws */
void mix_render(const struct machine *m, struct mix *ret_mix)
{
	/* clang-format off */
	static const struct form once[] = {
		{ 0x6904, 1 }, { 0x6101, 10 }, { 0x7912, 2 }, { 0x7916, 2 }, { 0x7900, 4 }, { 0x790d, 4 }, { 0x7818, 2 },
		{ 0x7805, 7 }, { 0x7807, 3 }, { 0x7806, 3 }, { 0x7804, 3 },
	};
	static const struct form draw[] = {
		{ 0x7830, 2 }, { 0x7833, 2 }, { 0x7831, 2 }, { 0x7832, 2 },	/* URB */
		{ 0x7824, 2 }, { 0x780e, 2 }, { 0x7825, 2 }, { 0x7823, 2 }, { 0x7821, 2 }, { 0x780f, 2 },
		{ 0x7815, 7 }, { 0x7817, 7 },					/* constants */
		{ 0x7826, 2 }, { 0x782a, 2 }, { 0x782b, 2 }, { 0x782f, 2 },	/* binding tables, samplers */
		{ 0x7810, 6 }, { 0x7811, 7 }, { 0x7812, 4 }, { 0x7813, 7 }, { 0x781f, 14 }, { 0x7814, 3 }, { 0x7820, 8 },
		{ 0x7808, 9 }, { 0x7809, 7 }, { 0x780a, 3 }, { 0x780c, 2 },	/* vertices */
		{ 0x7b00, 7 },
	};
	/* clang-format on */
	u32 i;

	start(ret_mix, "draws", VGPU_RCS, true);
	put_forms(ret_mix, once, VGPU_ARRAY_SIZE(once));
	for (i = 0; i < DRAWS; i++) {
		put_pipe_control(ret_mix, PC_STALL | PC_FLUSH, 0, 0);
		put_forms(ret_mix, draw, VGPU_ARRAY_SIZE(draw));
	}
	put(ret_mix, MI_BATCH_BUFFER_END);
}
