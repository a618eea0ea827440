// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A guest that blits; see core_blt.h.
 */
#include "tests/unit/harness/core_blt.h"

#include <string.h>

#include "tests/guest/lib/cmd.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

/** core_blt_copy() - a blit that copies a rectangle, a row of which is as long as it is wide. Return: its dwords. */
uint32_t core_blt_copy(uint32_t *dw, uint32_t to, uint32_t from, uint32_t width, uint32_t height)
{
	const uint32_t cmd[] = { XY_SRC_COPY_BLT | BLT_WRITE_RGBA,
				 3u << 24 | BLT_ROP_COPY << 16 | width * 4,
				 0,
				 height << 16 | width,
				 to,
				 0,
				 width * 4,
				 from };

	memcpy(dw, cmd, sizeof(cmd));
	return VGPU_ARRAY_SIZE(cmd);
}

/** core_blt_breadcrumb() - what i915 ends a request with. Return: its dwords. */
uint32_t core_blt_breadcrumb(uint32_t *dw, uint32_t seqno)
{
	const uint32_t cmd[] = { MI_FLUSH_DW | MI_FLUSH_DW_STORE_INDEX | MI_FLUSH_DW_OP_STOREDW,
				 0x100 | MI_FLUSH_DW_USE_GTT,
				 seqno,
				 MI_STORE_DWORD_INDEX,
				 0x100,
				 seqno,
				 MI_USER_INTERRUPT };

	memcpy(dw, cmd, sizeof(cmd));
	return VGPU_ARRAY_SIZE(cmd);
}

/** core_blt_request() - fill a rectangle with @colour, copy it, write @seqno and interrupt */
void core_blt_request(struct core_guest *g, uint32_t colour, uint32_t seqno)
{
	uint32_t dw[64], n = 0;

	n += core_cmd_fill(dw + n, core_guest_gma(g, CORE_DATA_PAGE), 32, 64, colour);
	n += core_blt_copy(dw + n, core_guest_gma(g, CORE_DATA_PAGE + 4), core_guest_gma(g, CORE_DATA_PAGE), 32, 64);
	n += core_blt_breadcrumb(dw + n, seqno);
	core_guest_submit(g, dw, n);
}

/** core_blt_assert_done() - fails unless the last request was executed, and was that one */
void core_blt_assert_done(struct core_guest *g, uint32_t colour, uint32_t seqno)
{
	unsigned int i;

	for (i = 0; i < 32 * 64; i++) {
		assert_int_equal(core_guest_dw(g, CORE_DATA_PAGE)[i], colour);
		assert_int_equal(core_guest_dw(g, CORE_DATA_PAGE + 4)[i], colour);
	}
	assert_int_equal(core_guest_dw(g, CORE_HWS_PAGE)[0x40], seqno);
	assert_int_equal(core_guest_read(g, HEAD) & 0x1ffffc, core_guest_read(g, TAIL));
}

/** core_blt_reset() - the guest resets its blitter and starts its ring again */
void core_blt_reset(struct core_guest *g)
{
	core_guest_write(g, BCS(0x9c), MASKED_SET(1u << 8));
	core_guest_write(g, GDRST, 1u << 3);
	assert_int_equal(core_guest_read(g, GDRST), 0);
	core_guest_ring(g);
	core_guest_write(g, BCS(0x9c), MASKED_CLEAR(1u << 8));
}

/**
 * core_blt_endless() - a single blit of 4 GiB, in 5 MiB: rows that overlap
 *
 * Nothing is wrong with it, but a GPU of CORE_BLT_SLOW_PCT takes over half a second. Return: its dwords.
 */
uint32_t core_blt_endless(uint32_t *dw, const struct core_guest *g)
{
	const uint32_t cmd[] = { XY_COLOR_BLT | BLT_WRITE_RGBA, 3u << 24 | BLT_ROP_PATTERN << 16 | 128, 0,
				 0x7fffu << 16 | 0x7fff,	core_guest_gma(g, CORE_DATA_PAGE),	0xe7d };

	memcpy(dw, cmd, sizeof(cmd));
	return VGPU_ARRAY_SIZE(cmd);
}
