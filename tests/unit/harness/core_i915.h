/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * A guest that uses its vGPU as i915 does: an aliasing PPGTT whose directory lies in GGTT slots, a ring and a status page for each
 * engine, render contexts, and requests: switch of context, invalidation, batch, breadcrumb, interrupt.
 *
 * The layout: page n of the guest's memory is page n of its hidden range, in the GGTT and in the PPGTT. Sources: i915
 * gt/gen6_engine_cs.c, gt/intel_ring_submission.c, gt/gen6_ppgtt.c.
 */
#ifndef TESTS_UNIT_HARNESS_CORE_I915_H
#define TESTS_UNIT_HARNESS_CORE_I915_H

#include "tests/unit/harness/core_host.h"

#define I915_RING_PAGES 4u
#define I915_RING(e) (I915_RING_PAGES * (e))
#define I915_HWS(e) (16u + (e))
#define I915_SCRATCH 20u
#define I915_CONTEXT(i) (32u + 17u * (i)) /* of three */
#define I915_TABLE(i) (100u + (i)) /* tables of the PPGTT, one for 4 MiB of the hidden range from its beginning on */
#define I915_TABLES 5u
#define I915_BATCH(i) (112u + (i)) /* of 100 */
#define I915_DATA 256u /* and all above */
#define I915_PAGES CORE_GUEST_PAGES

#define I915_DIRECTORY_SLOT 2048u /* from the hidden range's beginning on */

void core_i915_start(struct core_guest *g);
uint32_t core_i915_base(enum vgpu_engine_id e);
uint32_t core_i915_gma(const struct core_guest *g, uint32_t page);
void core_i915_emit(struct core_guest *g, enum vgpu_engine_id e, const uint32_t *dw, uint32_t n);
void core_i915_submit(struct core_guest *g, enum vgpu_engine_id e);
void core_i915_context(struct core_guest *g, unsigned int number, uint32_t flags);
void core_i915_request(struct core_guest *g, enum vgpu_engine_id e, uint32_t batch_page, bool privileged, uint32_t seqno);
uint32_t core_i915_seqno(struct core_guest *g, enum vgpu_engine_id e);
bool core_i915_idle(struct core_guest *g, enum vgpu_engine_id e);

#define CORE_I915_EMIT(g, e, ...)                           \
	do {                                                \
		const uint32_t dw_[] = { __VA_ARGS__ };     \
		core_i915_emit(g, e, dw_, sizeof(dw_) / 4); \
	} while (0)

#endif
