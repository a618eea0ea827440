// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A guest that uses its vGPU as i915 does; see core_i915.h. No lock: one thread.
 */
#include <string.h>

#include "tests/guest/lib/cmd.h"
#include "tests/unit/harness/core_i915.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#define PAGE 4096u
#define RING_BYTES (I915_RING_PAGES * PAGE)
#define SEQNO_OFFSET 0x100u
#define PIPE_CONTROL 0x7a000002u

static const struct {
	uint32_t base, hws_pga, user;
	bool pm;
} engine[VGPU_ENGINES] = {
	[VGPU_RCS] = { 0x2000, 0x4080, 1u << 0, false },
	[VGPU_VCS] = { 0x12000, 0x4180, 1u << 12, false },
	[VGPU_BCS] = { 0x22000, 0x4280, 1u << 22, false },
	[VGPU_VECS] = { 0x1a000, 0x4380, 1u << 10, true },
};

/** core_i915_base() - an engine's register base */
uint32_t core_i915_base(enum vgpu_engine_id e)
{
	return engine[e].base;
}

/** core_i915_gma() - graphics address of a page, in both tables */
uint32_t core_i915_gma(const struct core_guest *g, uint32_t page)
{
	return core_guest_gma(g, page);
}

/* The directory's entries in the GGTT's slots, and the tables that they name: the hidden range, as in the GGTT. */
static void make_ppgtt(struct core_guest *g)
{
	uint32_t first = core_i915_gma(g, 0), slot = first / PAGE + I915_DIRECTORY_SLOT, i;

	for (i = 0; i < I915_PAGES; i++) {
		uint32_t gma = first + i * PAGE;
		uint32_t *table = core_guest_dw(g, I915_TABLE((gma >> 22) - (first >> 22)));

		table[gma >> 12 & 1023] = i * PAGE | 5;
	}
	for (i = 0; i < I915_TABLES; i++)
		core_guest_write(g, GEN75_MMIO_BYTES + (slot + (first >> 22) + i) * 4, I915_TABLE(i) * PAGE | 1);
	core_guest_write(g, 0x101008, 1);
}

static void start_engine(struct core_guest *g, enum vgpu_engine_id e)
{
	uint32_t base = engine[e].base;

	core_guest_write(g, base + 0x220, ~0u);
	core_guest_write(g, base + 0x228, (core_i915_gma(g, 0) / PAGE + I915_DIRECTORY_SLOT) * 4 << 10);
	core_guest_write(g, base + 0x29c, MASKED_SET(1u << 9));
	core_guest_write(g, engine[e].hws_pga, core_i915_gma(g, I915_HWS(e)));
	core_guest_write(g, base + 0x38, core_i915_gma(g, I915_RING(e)));
	core_guest_write(g, base + 0x34, 0);
	core_guest_write(g, base + 0x30, 0);
	core_guest_write(g, base + 0x3c, (RING_BYTES - PAGE) | 1);
	core_guest_write(g, base + 0xa8, ~engine[e].user);
}

/** core_i915_start() - the driver comes up: tables, all engines, interrupts */
void core_i915_start(struct core_guest *g)
{
	uint32_t gt = 0, pm = 0, e;

	core_guest_map(g, core_i915_gma(g, 0), 0, I915_PAGES);
	make_ppgtt(g);
	for (e = 0; e < VGPU_ENGINES; e++) {
		start_engine(g, (enum vgpu_engine_id)e);
		*(engine[e].pm ? &pm : &gt) |= engine[e].user;
	}
	core_guest_write(g, 0x44014, ~gt);
	core_guest_write(g, 0x4401c, gt);
	core_guest_write(g, 0x44024, ~pm);
	core_guest_write(g, 0x4402c, pm);
	core_guest_write(g, 0x4400c, 1u << 31);
}

/** core_i915_emit() - commands into an engine's ring behind what is there; not submitted. Kept in the ring's scratch register: the tail */
void core_i915_emit(struct core_guest *g, enum vgpu_engine_id e, const uint32_t *dw, uint32_t n)
{
	uint32_t *ring = core_guest_dw(g, I915_RING(e)), i;

	for (i = 0; i < n; i++) {
		ring[g->ring_tail[e] / 4] = dw[i];
		g->ring_tail[e] = (g->ring_tail[e] + 4) % RING_BYTES;
	}
}

/** core_i915_submit() - pad to a quadword, and move the tail */
void core_i915_submit(struct core_guest *g, enum vgpu_engine_id e)
{
	if (g->ring_tail[e] & 4)
		CORE_I915_EMIT(g, e, MI_NOOP);
	core_guest_write(g, engine[e].base + 0x30, g->ring_tail[e]);
}

/** core_i915_context() - load render context @number, @flags as in MI_SET_CONTEXT; with the noise that i915 makes around it */
void core_i915_context(struct core_guest *g, unsigned int number, uint32_t flags)
{
	CORE_I915_EMIT(g, VGPU_RCS, MI_CMD(0x08, 0), MI_LOAD_REGISTER_IMM + 4, 0x12050, 0x10001, 0x22050, 0x10001, 0x1a050,
		       0x10001, MI_NOOP, MI_CMD(0x18, 0), core_i915_gma(g, I915_CONTEXT(number)) | 0x10c | flags, MI_NOOP,
		       MI_LOAD_REGISTER_IMM + 4, 0x12050, 0x10000, 0x22050, 0x10000, 0x1a050, 0x10000,
		       MI_STORE_REGISTER_MEM | MI_USE_GGTT, 0x1a050, core_i915_gma(g, I915_SCRATCH), MI_NOOP, MI_CMD(0x08, 1));
}

static void invalidate(struct core_guest *g, enum vgpu_engine_id e)
{
	uint32_t scratch = core_i915_gma(g, I915_SCRATCH);

	if (e == VGPU_RCS)
		CORE_I915_EMIT(g, e, PIPE_CONTROL, 0x100002, 0, 0, PIPE_CONTROL, 0x1154c1c, scratch, 0);
	else
		CORE_I915_EMIT(g, e,
			       (MI_FLUSH_DW + 1) | MI_FLUSH_DW_STORE_INDEX | MI_FLUSH_DW_OP_STOREDW | 1u << 18 |
				       (e == VGPU_VCS ? 1u << 7 : 0),
			       0x80 | MI_FLUSH_DW_USE_GTT, 0, MI_NOOP);
}

static void breadcrumb(struct core_guest *g, enum vgpu_engine_id e, uint32_t seqno)
{
	unsigned int i;

	if (e == VGPU_RCS) {
		CORE_I915_EMIT(g, e, PIPE_CONTROL, 0x11050a1, core_i915_gma(g, I915_HWS(e)) + SEQNO_OFFSET, seqno,
			       MI_USER_INTERRUPT, MI_NOOP);
		return;
	}
	CORE_I915_EMIT(g, e, MI_FLUSH_DW | MI_FLUSH_DW_STORE_INDEX | MI_FLUSH_DW_OP_STOREDW, SEQNO_OFFSET | MI_FLUSH_DW_USE_GTT,
		       seqno);
	for (i = 0; i < 32; i++)
		CORE_I915_EMIT(g, e, MI_STORE_DWORD_INDEX, SEQNO_OFFSET, seqno);
	CORE_I915_EMIT(g, e, MI_FLUSH_DW, 0, 0, MI_USER_INTERRUPT);
}

/**
 * core_i915_request() - a request of the batch at page @batch_page; submitted
 * @privileged: it runs in the GGTT, as what i915's command parser has let through
 */
void core_i915_request(struct core_guest *g, enum vgpu_engine_id e, uint32_t batch_page, bool privileged, uint32_t seqno)
{
	uint32_t flags = e == VGPU_RCS ? MI_BATCH_PPGTT_HSW | MI_BATCH_NON_SECURE_HSW : MI_BATCH_PPGTT_HSW;

	invalidate(g, e);
	CORE_I915_EMIT(g, e, MI_BATCH_BUFFER_START | (privileged ? 0 : flags), core_i915_gma(g, batch_page));
	breadcrumb(g, e, seqno);
	core_i915_submit(g, e);
}

/** core_i915_seqno() - the sequence number in an engine's status page */
uint32_t core_i915_seqno(struct core_guest *g, enum vgpu_engine_id e)
{
	return core_guest_dw(g, I915_HWS(e))[SEQNO_OFFSET / 4];
}

/** core_i915_idle() - whether an engine's head has come to its tail */
bool core_i915_idle(struct core_guest *g, enum vgpu_engine_id e)
{
	uint32_t base = engine[e].base;

	return (core_guest_read(g, base + 0x34) & 0x1ffffc) == core_guest_read(g, base + 0x30);
}
