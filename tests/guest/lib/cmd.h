/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Gen7.5 commands as a guest writes them: encodings, and a bounded buffer that they are appended to.
 *
 * The tests have an encoder of their own, apart from the simulator's and the mediator's tables, so that a wrong
 * constant in one of those shows as a failing test. Sources: i915 gt/intel_gpu_commands.h for headers and flags,
 * Haswell PRM vol. 2a (command reference: instructions) for operand layouts.
 */
#ifndef TESTS_GUEST_LIB_CMD_H
#define TESTS_GUEST_LIB_CMD_H

#include <stdbool.h>
#include <stdint.h>

/* clang-format off */
#define MI_CMD(opcode, flags)		((uint32_t)(opcode) << 23 | (flags))
#define BLT_CMD(opcode, flags)		(2u << 29 | (uint32_t)(opcode) << 22 | (flags))

#define MI_NOOP				MI_CMD(0x00, 0)
#define MI_USER_INTERRUPT		MI_CMD(0x02, 0)
#define MI_BATCH_BUFFER_END		MI_CMD(0x0a, 0)
#define MI_STORE_DWORD_IMM		MI_CMD(0x20, 2)		/* header, MBZ, address, value */
#define MI_STORE_QWORD_IMM		MI_CMD(0x20, 3)		/* header, MBZ, address, low, high */
#define MI_STORE_DWORD_INDEX		MI_CMD(0x21, 1)
#define MI_LOAD_REGISTER_IMM		MI_CMD(0x22, 1)
#define MI_STORE_REGISTER_MEM		MI_CMD(0x24, 1)
#define MI_FLUSH_DW			MI_CMD(0x26, 1)
#define MI_LOAD_REGISTER_MEM		MI_CMD(0x29, 1)
#define MI_BATCH_BUFFER_START		MI_CMD(0x31, 0)

#define MI_USE_GGTT			(1u << 22)		/* stores and register moves: global address */
#define MI_FLUSH_DW_STORE_INDEX		(1u << 21)		/* the address is an offset in the status page */
#define MI_FLUSH_DW_OP_STOREDW		(1u << 14)
#define MI_FLUSH_DW_USE_GTT		(1u << 2)		/* in the address dword */
#define MI_BATCH_PPGTT_HSW		(1u << 8)
#define MI_BATCH_NON_SECURE_HSW		(1u << 13)

#define XY_COLOR_BLT			BLT_CMD(0x50, 6 - 2)
#define XY_SRC_COPY_BLT			BLT_CMD(0x53, 8 - 2)
#define BLT_WRITE_RGBA			(3u << 20)
#define BLT_SRC_TILED			(1u << 15)
#define BLT_DST_TILED			(1u << 11)

#define BLT_ROP_COPY			0xccu			/* destination = source */
#define BLT_ROP_PATTERN			0xf0u			/* destination = pattern colour */

/* Y tiling of the blitter's two surfaces, a masked-write register (i915 gt/intel_gt_regs.h). */
#define BCS_SWCTRL			0x22200u
#define BCS_SWCTRL_SRC_Y		(1u << 0)
#define BCS_SWCTRL_DST_Y		(1u << 1)

/* Masked-write registers take the write enable of each bit in their upper half. */
#define MASKED_SET(bits)		((uint32_t)(bits) << 16 | (bits))
#define MASKED_CLEAR(bits)		((uint32_t)(bits) << 16)
#define MASKED_FIELD(mask, bits)	((uint32_t)(mask) << 16 | (bits))
/* clang-format on */

/** enum blt_depth - colour depth field of a BLT command, bits 25:24 of its second dword. */
enum blt_depth {
	BLT_DEPTH_8 = 0,
	BLT_DEPTH_16 = 1, /* 5:6:5 */
	BLT_DEPTH_32 = 3,
};

/** enum blt_tiling - layout of a surface; the values are those of I915_TILING_*. */
enum blt_tiling {
	BLT_LINEAR = 0,
	BLT_TILED_X = 1,
	BLT_TILED_Y = 2,
};

/** struct blt_rect - x and y in pixels; the right and lower edges (x2, y2) are outside. */
struct blt_rect {
	uint16_t x1, y1, x2, y2;
};

/** struct cmd_buf - commands under construction; @overflow is sticky and makes the buffer unusable. */
struct cmd_buf {
	uint32_t *dw;
	unsigned int used_dw;
	unsigned int max_dw;
	bool overflow;
};

void cmd_put(struct cmd_buf *buf, uint32_t dw);
void cmd_store_imm(struct cmd_buf *buf, uint32_t flags, uint32_t gma, uint32_t value);
void cmd_load_reg(struct cmd_buf *buf, uint32_t reg, uint32_t value);
void cmd_flush(struct cmd_buf *buf);
void cmd_align_qword(struct cmd_buf *buf);

unsigned int blt_depth_bytes(enum blt_depth depth);
uint32_t blt_color_header(enum blt_depth depth, enum blt_tiling dst);
uint32_t blt_copy_header(enum blt_depth depth, enum blt_tiling dst, enum blt_tiling src);
uint32_t blt_br13(enum blt_depth depth, unsigned int rop, unsigned int pitch_bytes, enum blt_tiling dst);
uint32_t blt_pitch_field(unsigned int pitch_bytes, enum blt_tiling tiling);
uint32_t blt_point(unsigned int x, unsigned int y);

#endif
