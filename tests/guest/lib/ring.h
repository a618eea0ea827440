/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The blitter's ring driven by hand: set up, submit, wait for a sequence number, reset.
 */
#ifndef TESTS_GUEST_LIB_RING_H
#define TESTS_GUEST_LIB_RING_H

#include "tests/guest/lib/cmd.h"
#include "tests/guest/lib/surface.h"

#define RING_BYTES (4 * GPU_PAGE_BYTES)

/* Dwords of the status page; the first 32 belong to the hardware (i915 gt/intel_engine_types.h). */
#define RING_HWSP_SEQNO 0x30u
#define RING_HWSP_FLUSH 0x34u

/** struct ring - the blitter's ring and status page; it is idle between two calls unless a wait failed. */
struct ring {
	struct gpu *gpu;
	struct surface mem, hwsp;
	uint32_t tail_bytes;
	uint32_t seqno;
};

int ring_create(struct ring *ring, struct gpu *gpu, struct gma_space *space);
void ring_destroy(struct ring *ring);
int ring_start(struct ring *ring);
int ring_reset(struct ring *ring);
void ring_put_epilogue(struct ring *ring, struct cmd_buf *cmd);
int ring_write(struct ring *ring, const struct cmd_buf *cmd);
int ring_submit(struct ring *ring, struct cmd_buf *cmd);
int ring_wait(struct ring *ring, unsigned int timeout_ms);

#endif
