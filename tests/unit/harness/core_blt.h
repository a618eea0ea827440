/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * A guest that uses the blitter alone, from the ring that core_guest_ring() makes, with i915's breadcrumbs.
 */
#ifndef TESTS_UNIT_HARNESS_CORE_BLT_H
#define TESTS_UNIT_HARNESS_CORE_BLT_H

#include "tests/unit/harness/core_host.h"

#define BCS(reg) (0x22000u + (reg))
#define TAIL BCS(0x30)
#define HEAD BCS(0x34)
#define CTL BCS(0x3c)
#define GDRST 0x941cu
#define GTIIR 0x44018u

#define CORE_BLT_SLOW_PCT 25u

uint32_t core_blt_copy(uint32_t *dw, uint32_t to, uint32_t from, uint32_t width, uint32_t height);
uint32_t core_blt_breadcrumb(uint32_t *dw, uint32_t seqno);
void core_blt_request(struct core_guest *g, uint32_t colour, uint32_t seqno);
void core_blt_assert_done(struct core_guest *g, uint32_t colour, uint32_t seqno);
void core_blt_reset(struct core_guest *g);
uint32_t core_blt_endless(uint32_t *dw, const struct core_guest *g);

#endif
