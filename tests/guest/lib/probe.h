/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What blt-probe does with a GPU when it is honest: blits that are checked byte by byte.
 */
#ifndef TESTS_GUEST_LIB_PROBE_H
#define TESTS_GUEST_LIB_PROBE_H

#include "tests/guest/lib/ring.h"

#define PROBE_PITCH_BYTES GPU_PAGE_BYTES /* a row of a buffer, 1024 pixels of 32 bits */
#define PROBE_SIZE_MAX (0x7fffu * GPU_PAGE_BYTES)

/** struct probe_figures - what was done. */
struct probe_figures {
	uint64_t submissions, blit_bytes, blit_ns, verified_bytes;
};

/** struct probe - a GPU, a ring and three buffers; @far lies in hidden memory where there is some. */
struct probe {
	struct gpu gpu;
	struct gma_space low, high;
	struct ring ring;
	struct surface src, dst, far, batch;
	uint8_t *pattern; /* as long as a buffer */
	unsigned int timeout_ms;
	struct probe_figures figures;
};

int probe_create(struct probe *probe, size_t size_bytes);
void probe_destroy(struct probe *probe);
int probe_verify(struct probe *probe, uint32_t seed);
int probe_blit(struct probe *probe, uint32_t color);

#endif
