// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Batches: where MI_BATCH_BUFFER_START leads, in which address space and with which privilege, and the way back.
 *
 * Bit 8 asks for the PPGTT. On the render engine bit 13 makes a batch non-privileged, and a non-privileged batch is in the
 * PPGTT whatever bit 8 says; on the other engines bit 8 alone means both (i915 gt/gen6_engine_cs.c, hsw_emit_bb_start and
 * gen6_emit_bb_start). A non-privileged batch can start only such batches.
 */
#include "sim/engine/gpu.h"

#define BB_PPGTT (1u << 8)
#define BB_NONPRIV (1u << 13)
#define BB_PREDICATE (1u << 15)
#define BB_SECOND (1u << 22)
#define REG_PREDICATE_RESULT_1 0x241c
#define BBSTATE_PPGTT (1u << 5)

/**
 * gen75_batch_start() - MI_BATCH_BUFFER_START
 */
enum verdict gen75_batch_start(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	bool nonpriv = cmd[0] & (e->id == GEN75_RCS ? BB_NONPRIV : BB_NONPRIV | BB_PPGTT);
	struct batch to;

	if (e->id == GEN75_RCS && cmd[0] & BB_PREDICATE && !(*reg(gpu, REG_PREDICATE_RESULT_1) & 1))
		return CMD_DONE;
	nonpriv |= gen75_nonpriv(e);
	to = (struct batch) {
		.addr = cmd[1] & ~3u,
		.space = nonpriv || cmd[0] & BB_PPGTT ? SPACE_PPGTT : SPACE_GGTT,
		.nonpriv = nonpriv,
	};
	if (e->depth == 0 || (e->depth == 1 && cmd[0] & BB_SECOND)) {
		gen75_advance(gpu, e, len_dw);
		e->depth++;
	}
	e->batch[e->depth] = to;
	*ring_reg(gpu, e, RING_BBSTATE) = to.space == SPACE_PPGTT ? BBSTATE_PPGTT : 0;
	gpu->stats.engine[e->id].batches++;
	return CMD_JUMPED;
}

/**
 * gen75_batch_end() - MI_BATCH_BUFFER_END: back to what started the batch
 */
enum verdict gen75_batch_end(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	if (!e->depth)
		return CMD_DONE; /* in the ring there is nothing to end */
	e->depth--;
	e->set_predicate = false;
	return CMD_JUMPED;
}
