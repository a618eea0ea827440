// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The audit, command by command: what passes, and every hostile form of it that must not; how pieces are cut; and what is on
 * offer at all.
 */
#include <string.h>

#include "tests/guest/lib/cmd.h"
#include "tests/unit/harness/core_host.h"

#include "kmod/core/audit.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#define MIB (1u << 20)

/* The vGPU under test has neighbours on both sides of both its ranges. */
#define A (4 * MIB) /* aperture */
#define AE (A + 8 * MIB)
#define H (128 * MIB + 16 * MIB) /* hidden */
#define HE (H + 16 * MIB)

#define OK VGPU_FAULT_NONE
#define OPCODE VGPU_FAULT_OPCODE
#define LENGTH VGPU_FAULT_LENGTH
#define ADDRESS VGPU_FAULT_ADDRESS
#define REGISTER VGPU_FAULT_REGISTER

#define XY(x, y) ((uint32_t)(y) << 16 | ((x)&0xffff))
#define BR(depth, rop, pitch) ((uint32_t)(depth) << 24 | (uint32_t)(rop) << 16 | ((pitch)&0xffff))
#define SDI (MI_STORE_DWORD_IMM | MI_USE_GGTT)
#define SQI (MI_STORE_QWORD_IMM | MI_USE_GGTT)
#define COLOR (XY_COLOR_BLT | BLT_WRITE_RGBA)
#define COPY (XY_SRC_COPY_BLT | BLT_WRITE_RGBA)
#define PAT BLT_CMD(0x51, 4)
#define PAT_IMM(dw) BLT_CMD(0x72, (dw)-2)
#define F32 BR(3, 0xf0, 256)
#define C32 BR(3, 0xcc, 256)
#define IMM (MI_FLUSH_DW | MI_FLUSH_DW_OP_STOREDW)
#define IDX (IMM | MI_FLUSH_DW_STORE_INDEX)

static const struct row {
	const char *name;
	enum vgpu_fault want;
	uint32_t n, dw[24];
	uint32_t swctrl;
} rows[] = {
	/* MI, one dword */
	{ "noop", OK, 1, .dw = { 0 } },
	{ "noop with an id", OK, 1, .dw = { 0x3fffff } },
	{ "noop that writes the id register", OPCODE, 1, .dw = { 0x400001 } },
	{ "user interrupt", OK, 1, .dw = { MI_USER_INTERRUPT } },
	{ "user interrupt with a flag", OPCODE, 1, .dw = { MI_USER_INTERRUPT | 1 } },
	{ "arbitration check", OK, 1, .dw = { MI_CMD(0x05, 0) } },
	{ "arbitration off", OK, 1, .dw = { MI_CMD(0x08, 0) } },
	{ "arbitration on", OK, 1, .dw = { MI_CMD(0x08, 1) } },
	{ "arbitration, reserved bit", OPCODE, 1, .dw = { MI_CMD(0x08, 2) } },
	{ "batch end in a ring", OPCODE, 1, .dw = { MI_BATCH_BUFFER_END } },
	{ "wait for event", OPCODE, 1, .dw = { MI_CMD(0x03, 1) } },
	{ "report head", OPCODE, 1, .dw = { MI_CMD(0x07, 0) } },
	{ "suspend flush", OPCODE, 1, .dw = { MI_CMD(0x0b, 1) } },
	{ "set application id", OPCODE, 1, .dw = { MI_CMD(0x0e, 0) } },
	{ "predicate", OPCODE, 1, .dw = { MI_CMD(0x0c, 0) } },

	/* MI, more */
	{ "display flip", OPCODE, 3, .dw = { MI_CMD(0x14, 1), 256, H } },
	{ "semaphore", OPCODE, 3, .dw = { MI_CMD(0x16, 1), 0, H } },
	{ "set context", OPCODE, 2, .dw = { MI_CMD(0x18, 0), H } },
	{ "math", OPCODE, 2, .dw = { MI_CMD(0x1a, 0), 0 } },
	{ "update gtt", OPCODE, 3, .dw = { MI_CMD(0x23, 1), 0, 0 } },
	{ "store register", OPCODE, 3, .dw = { MI_STORE_REGISTER_MEM | MI_USE_GGTT, 0x22034, H } },
	{ "load register from memory", OPCODE, 3, .dw = { MI_LOAD_REGISTER_MEM | MI_USE_GGTT, BCS_SWCTRL, H } },
	{ "load register from register", OPCODE, 3, .dw = { MI_CMD(0x2a, 1), 0x22200, 0x22204 } },
	{ "cache line flush", OPCODE, 3, .dw = { MI_CMD(0x27, 1), H, 0 } },
	{ "performance counters", OPCODE, 3, .dw = { MI_CMD(0x28, 1), H | 1, 0 } },
	{ "batch", OPCODE, 2, .dw = { MI_BATCH_BUFFER_START, H } },
	{ "batch in the PPGTT", OPCODE, 2, .dw = { MI_BATCH_BUFFER_START | MI_BATCH_PPGTT_HSW | MI_BATCH_NON_SECURE_HSW, H } },
	{ "conditional batch end", OPCODE, 2, .dw = { MI_CMD(0x36, 0), H } },
	{ "PIPE_CONTROL", OPCODE, 5, .dw = { 0x7a000003, 0x4000, H, 0, 0 } },
	{ "client 1", OPCODE, 1, .dw = { 1u << 29 } },
	{ "client 7", OPCODE, 1, .dw = { ~0u } },

	/* MI_STORE_DATA_IMM */
	{ "store, first dword", OK, 4, .dw = { SDI, 0, H, 1 } },
	{ "store, last dword", OK, 4, .dw = { SDI, 0, HE - 4, 1 } },
	{ "store to the aperture", OK, 4, .dw = { SDI, 0, A, 1 } },
	{ "store in front", ADDRESS, 4, .dw = { SDI, 0, H - 4, 1 } },
	{ "store behind", ADDRESS, 4, .dw = { SDI, 0, HE, 1 } },
	{ "store between the ranges", ADDRESS, 4, .dw = { SDI, 0, AE, 1 } },
	{ "store to the module's ring", ADDRESS, 4, .dw = { SDI, 0, 0x7ff00000, 1 } },
	{ "store to the end of all", ADDRESS, 4, .dw = { SDI, 0, 0xfffffffc, 1 } },
	{ "store, not aligned", ADDRESS, 4, .dw = { SDI, 0, H + 2, 1 } },
	{ "store through the PPGTT", ADDRESS, 4, .dw = { MI_STORE_DWORD_IMM, 0, H, 1 } },
	{ "store, reserved dword", ADDRESS, 4, .dw = { SDI, 1, H, 1 } },
	{ "store, reserved flag", OPCODE, 4, .dw = { SDI | 1u << 21, 0, H, 1 } },
	{ "store a quadword, last", OK, 5, .dw = { SQI, 0, HE - 8, 1, 2 } },
	{ "store a quadword over the end", ADDRESS, 5, .dw = { SQI, 0, HE - 4, 1, 2 } },
	{ "store a quadword, not aligned", ADDRESS, 5, .dw = { SQI, 0, H + 4, 1, 2 } },
	{ "store, too short", LENGTH, 4, .dw = { SDI - 1, 0, H, 1 } },
	{ "store, too long", LENGTH, 6, .dw = { SQI + 1, 0, H, 1, 2, 3 } },
	{ "store, cut off by the tail", LENGTH, 3, .dw = { SDI, 0, H } },
	{ "store, header alone", LENGTH, 1, .dw = { SDI } },

	/* MI_STORE_DATA_INDEX */
	{ "index, first", OK, 3, .dw = { MI_STORE_DWORD_INDEX, 0, 1 } },
	{ "index, last", OK, 3, .dw = { MI_STORE_DWORD_INDEX, 0xffc, 1 } },
	{ "index past the page", ADDRESS, 3, .dw = { MI_STORE_DWORD_INDEX, 0x1000, 1 } },
	{ "index, not aligned", ADDRESS, 3, .dw = { MI_STORE_DWORD_INDEX, 0x102, 1 } },
	{ "index of a quadword, last", OK, 4, .dw = { MI_STORE_DWORD_INDEX + 1, 0xff8, 1, 2 } },
	{ "index of a quadword over the end", ADDRESS, 4, .dw = { MI_STORE_DWORD_INDEX + 1, 0xffc, 1, 2 } },
	{ "index, reserved flag", OPCODE, 3, .dw = { MI_STORE_DWORD_INDEX | 1u << 21, 0x100, 1 } },
	{ "index, too long", LENGTH, 5, .dw = { MI_STORE_DWORD_INDEX + 2, 0x100, 1, 2, 3 } },

	/* MI_FLUSH_DW */
	{ "flush", OK, 3, .dw = { MI_FLUSH_DW, 0, 0 } },
	{ "flush of four dwords", OK, 4, .dw = { MI_FLUSH_DW + 1, 0, 0, 0 } },
	{ "flush, nothing written: address ignored", OK, 3, .dw = { MI_FLUSH_DW, HE, 0 } },
	{ "flush and write", OK, 3, .dw = { IMM, H | 4, 1 } },
	{ "flush and write, last", OK, 4, .dw = { IMM + 1, (HE - 8) | 4, 1, 2 } },
	{ "flush and write in front", ADDRESS, 3, .dw = { IMM, (H - 8) | 4, 1 } },
	{ "flush and write behind", ADDRESS, 3, .dw = { IMM, HE | 4, 1 } },
	{ "flush and write, not aligned", ADDRESS, 3, .dw = { IMM, H | 5, 1 } },
	{ "flush and write through the PPGTT", ADDRESS, 3, .dw = { IMM, H, 1 } },
	{ "flush, timestamp", OK, 3, .dw = { MI_FLUSH_DW | 3u << 14, H | 4, 0 } },
	{ "flush, timestamp outside", ADDRESS, 3, .dw = { MI_FLUSH_DW | 3u << 14, 4, 0 } },
	{ "flush, reserved operation", OPCODE, 3, .dw = { MI_FLUSH_DW | 2u << 14, H | 4, 0 } },
	{ "flush and write by index", OK, 3, .dw = { IDX, 0x100 | 4, 1 } },
	{ "flush and write by index, PPGTT bit", OK, 3, .dw = { IDX, 0x100, 1 } },
	{ "flush and write by index, last", OK, 3, .dw = { IDX, 0xff8, 1 } },
	{ "flush and write by index past the page", ADDRESS, 3, .dw = { IDX, 0x1000, 1 } },
	{ "flush and write by index, an address", ADDRESS, 3, .dw = { IDX, H | 4, 1 } },
	{ "flush, timestamp by index", OK, 3, .dw = { IDX | 3u << 14, 0x40, 0 } },
	{ "flush with TLB invalidation", OK, 3, .dw = { IMM | 1u << 18, H | 4, 1 } },
	{ "flush, protected memory", OPCODE, 3, .dw = { MI_FLUSH_DW | 1u << 22, 0, 0 } },
	{ "flush with notification", OPCODE, 3, .dw = { MI_FLUSH_DW | 1u << 8, 0, 0 } },
	{ "flush, too short", LENGTH, 2, .dw = { MI_CMD(0x26, 0), 0 } },
	{ "flush, too long", LENGTH, 5, .dw = { MI_CMD(0x26, 3), 0, 0, 0, 0 } },

	/* MI_LOAD_REGISTER_IMM */
	{ "load tiling", OK, 3, .dw = { MI_LOAD_REGISTER_IMM, BCS_SWCTRL, 0x30003 } },
	{ "load tiling twice", OK, 5, .dw = { MI_LOAD_REGISTER_IMM + 2, BCS_SWCTRL, 0x30003, BCS_SWCTRL, 0x20000 } },
	{ "load tiling's other bits", REGISTER, 3, .dw = { MI_LOAD_REGISTER_IMM, BCS_SWCTRL, 0x40004 } },
	{ "load tiling and the ring's tail", REGISTER, 5, .dw = { MI_LOAD_REGISTER_IMM + 2, BCS_SWCTRL, 0x30003, 0x22030, 0 } },
	{ "load RING_MODE", REGISTER, 3, .dw = { MI_LOAD_REGISTER_IMM, 0x2229c, 0x02000200 } },
	{ "load PP_DIR_BASE", REGISTER, 3, .dw = { MI_LOAD_REGISTER_IMM, 0x22228, 0 } },
	{ "load HWS_PGA", REGISTER, 3, .dw = { MI_LOAD_REGISTER_IMM, 0x4280, 0 } },
	{ "load tiling by an alias of its offset", REGISTER, 3, .dw = { MI_LOAD_REGISTER_IMM, BCS_SWCTRL | 1u << 23, 0x30003 } },
	{ "load tiling, low bits of the offset", REGISTER, 3, .dw = { MI_LOAD_REGISTER_IMM, BCS_SWCTRL | 2, 0x30003 } },
	{ "load with byte masks", OPCODE, 3, .dw = { MI_LOAD_REGISTER_IMM | 1u << 8, BCS_SWCTRL, 0x30003 } },
	{ "load, half a pair", LENGTH, 4, .dw = { MI_LOAD_REGISTER_IMM + 1, BCS_SWCTRL, 0x30003, BCS_SWCTRL } },
	{ "load nothing", LENGTH, 2, .dw = { MI_LOAD_REGISTER_IMM - 1, 0 } },
	{ "load tiling while a blit may run", REGISTER, 9,
	  .dw = { COLOR, F32, XY(0, 0), XY(4, 4), H, 7, MI_LOAD_REGISTER_IMM, BCS_SWCTRL, 0x30003 } },
	{ "load tiling behind blit and flush", OK, 12,
	  .dw = { COLOR, F32, XY(0, 0), XY(4, 4), H, 7, MI_FLUSH_DW, 0, 0, MI_LOAD_REGISTER_IMM, BCS_SWCTRL, 0x30003 } },

	/* XY_COLOR_BLT, linear: 64 by 4 pixels of four bytes fill four lines of 256 bytes */
	{ "fill", OK, 6, .dw = { COLOR, F32, XY(0, 0), XY(64, 4), H, 7 } },
	{ "fill the end", OK, 6, .dw = { COLOR, F32, XY(0, 0), XY(64, 4), HE - 1024, 7 } },
	{ "fill one byte over the end", ADDRESS, 6,
	  .dw = { XY_COLOR_BLT, BR(0, 0xf0, 256), XY(0, 0), XY(256, 4), HE - 1023, 7 } },
	{ "fill one line over the end", ADDRESS, 6, .dw = { COLOR, F32, XY(0, 0), XY(64, 5), HE - 1024, 7 } },
	{ "fill one pixel over the end", ADDRESS, 6, .dw = { COLOR, F32, XY(0, 0), XY(65, 4), HE - 1024, 7 } },
	{ "fill the last line, short of the pitch", OK, 6, .dw = { COLOR, F32, XY(0, 0), XY(4, 5), HE - 1024 - 16, 7 } },
	{ "fill in front", ADDRESS, 6, .dw = { COLOR, F32, XY(0, 0), XY(64, 4), H - 4, 7 } },
	{ "fill from a base in front, top left inside", OK, 6, .dw = { COLOR, F32, XY(1, 1), XY(64, 4), H - 260, 7 } },
	{ "fill from a base in front, top left outside", ADDRESS, 6, .dw = { COLOR, F32, XY(0, 1), XY(64, 4), H - 260, 7 } },
	{ "fill the aperture", OK, 6, .dw = { COLOR, F32, XY(0, 0), XY(64, 4), AE - 1024, 7 } },
	{ "fill over the end of the aperture", ADDRESS, 6, .dw = { COLOR, F32, XY(0, 0), XY(64, 4), AE - 1020, 7 } },
	{ "fill all between both ranges", ADDRESS, 6, .dw = { COLOR, BR(3, 0xf0, 0x7ffc), XY(0, 0), XY(8191, 6400), A, 7 } },
	{ "fill at the top of 32 bits", ADDRESS, 6, .dw = { COLOR, F32, XY(0, 0), XY(64, 4), 0xfffffff0, 7 } },
	{ "fill that would wrap at 32 bits", ADDRESS, 6,
	  .dw = { COLOR, BR(3, 0xf0, 0x7ffc), XY(0, 0x7000), XY(4, 0x7001), 0xd1c00000, 7 } },
	{ "fill the largest", ADDRESS, 6, .dw = { COLOR, BR(3, 0xf0, 0x7ffc), XY(0, 0), XY(0x7fff, 0x7fff), H, 7 } },
	{ "fill with pitch 0", OK, 6, .dw = { COLOR, BR(3, 0xf0, 0), XY(0, 0), XY(64, 0x7fff), H, 7 } },
	{ "fill upwards", OK, 6, .dw = { COLOR, BR(3, 0xf0, -256), XY(0, 0), XY(64, 4), H + 768, 7 } },
	{ "fill upwards past the beginning", ADDRESS, 6, .dw = { COLOR, BR(3, 0xf0, -256), XY(0, 0), XY(64, 4), H + 764, 7 } },
	{ "fill upwards over the end", ADDRESS, 6, .dw = { COLOR, BR(3, 0xf0, -256), XY(0, 0), XY(64, 4), HE - 252, 7 } },
	{ "fill upwards below zero", ADDRESS, 6, .dw = { COLOR, BR(3, 0xf0, -0x8000), XY(0, 0), XY(64, 0x7fff), 0, 7 } },
	{ "fill, one byte a pixel", OK, 6, .dw = { XY_COLOR_BLT, BR(0, 0xf0, 256), XY(0, 0), XY(256, 4), HE - 1024, 7 } },
	{ "fill, one byte a pixel, over", ADDRESS, 6,
	  .dw = { XY_COLOR_BLT, BR(0, 0xf0, 256), XY(0, 0), XY(257, 4), HE - 1024, 7 } },
	{ "fill, 565", OK, 6, .dw = { XY_COLOR_BLT, BR(1, 0xf0, 256), XY(0, 0), XY(128, 4), HE - 1024, 7 } },
	{ "fill, 565, over", ADDRESS, 6, .dw = { XY_COLOR_BLT, BR(1, 0xf0, 256), XY(0, 0), XY(129, 4), HE - 1024, 7 } },
	{ "fill, 1555, over", ADDRESS, 6, .dw = { XY_COLOR_BLT, BR(2, 0xf0, 256), XY(0, 0), XY(129, 4), HE - 1024, 7 } },
	{ "fill, pitch of no dwords", ADDRESS, 6, .dw = { COLOR, BR(3, 0xf0, 258), XY(0, 0), XY(64, 4), H, 7 } },
	{ "fill, one byte a pixel, pitch of no dwords", ADDRESS, 6,
	  .dw = { XY_COLOR_BLT, BR(0, 0xf0, 257), XY(0, 0), XY(64, 4), H, 7 } },
	{ "fill upwards, pitch of no dwords", ADDRESS, 6, .dw = { COLOR, BR(3, 0xf0, -255), XY(0, 0), XY(64, 4), H + MIB, 7 } },
	{ "fill from a base far in front, top left inside if the pitch is what it says", ADDRESS, 6,
	  .dw = { XY_COLOR_BLT, BR(0, 0xf0, 7), XY(0, 0x7000), XY(4, 0x7001), H - 7 * 0x7000, 7 } },
	{ "fill, base of no pixel", ADDRESS, 6, .dw = { COLOR, F32, XY(0, 0), XY(64, 4), H + 2, 7 } },
	{ "fill, 565, base of no pixel", ADDRESS, 6, .dw = { XY_COLOR_BLT, BR(1, 0xf0, 256), XY(0, 0), XY(64, 4), H + 1, 7 } },
	{ "fill, 565, base of a pixel", OK, 6, .dw = { XY_COLOR_BLT, BR(1, 0xf0, 256), XY(0, 0), XY(64, 4), H + 2, 7 } },
	{ "fill, one byte a pixel, any base", OK, 6, .dw = { XY_COLOR_BLT, BR(0, 0xf0, 256), XY(0, 0), XY(64, 4), H + 1, 7 } },
	{ "fill nothing, no width", ADDRESS, 6, .dw = { COLOR, F32, XY(4, 0), XY(4, 4), H, 7 } },
	{ "fill nothing, no height", ADDRESS, 6, .dw = { COLOR, F32, XY(0, 4), XY(4, 4), H, 7 } },
	{ "fill, right of left", ADDRESS, 6, .dw = { COLOR, F32, XY(8, 0), XY(4, 4), H + MIB, 7 } },
	{ "fill, bottom above top", ADDRESS, 6, .dw = { COLOR, F32, XY(0, 8), XY(4, 4), H + MIB, 7 } },
	{ "fill, negative left", ADDRESS, 6, .dw = { COLOR, F32, XY(-1, 0), XY(4, 4), H + MIB, 7 } },
	{ "fill, negative top", ADDRESS, 6, .dw = { COLOR, F32, XY(0, 0x8000), XY(4, 4), H + MIB, 7 } },
	{ "fill, negative right", ADDRESS, 6, .dw = { COLOR, F32, XY(0, 0), XY(0x8000, 4), H + MIB, 7 } },
	{ "fill with clipping", OPCODE, 6, .dw = { COLOR, F32 | 1u << 30, XY(0, 0), XY(4, 4), H, 7 } },
	{ "fill, reserved bit", OPCODE, 6, .dw = { COLOR, F32 | 1u << 26, XY(0, 0), XY(4, 4), H, 7 } },
	{ "fill that reads a source", OPCODE, 6, .dw = { COLOR, BR(3, 0xcc, 256), XY(0, 0), XY(4, 4), H, 7 } },
	{ "fill that inverts", OK, 6, .dw = { COLOR, BR(3, 0x55, 256), XY(0, 0), XY(4, 4), H, 7 } },
	{ "fill, source tiled", OPCODE, 6, .dw = { COLOR | BLT_SRC_TILED, F32, XY(0, 0), XY(4, 4), H, 7 } },
	{ "fill, too short", LENGTH, 5, .dw = { COLOR - 1, F32, XY(0, 0), XY(4, 4), H } },
	{ "fill, too long", LENGTH, 7, .dw = { COLOR + 1, F32, XY(0, 0), XY(4, 4), H, 7, 0 } },
	{ "fill, cut off by the tail", LENGTH, 5, .dw = { COLOR, F32, XY(0, 0), XY(4, 4), H } },

	/* tiled: pitch in dwords; a row of X tiles is 8 lines, of Y tiles 32 */
	{ "fill X tiles", OK, 6, .dw = { COLOR | BLT_DST_TILED, BR(3, 0xf0, 128), XY(0, 0), XY(128, 8), HE - 4096, 7 } },
	{ "fill X tiles, a line more", ADDRESS, 6,
	  .dw = { COLOR | BLT_DST_TILED, BR(3, 0xf0, 128), XY(0, 0), XY(128, 9), HE - 4096, 7 } },
	{ "fill X tiles, last line of a row", OK, 6,
	  .dw = { COLOR | BLT_DST_TILED, BR(3, 0xf0, 256), XY(0, 15), XY(4, 16), HE - 16384, 7 } },
	{ "fill X tiles from a base in front", OK, 6,
	  .dw = { COLOR | BLT_DST_TILED, BR(3, 0xf0, 128), XY(0, 8), XY(128, 16), H - 4096, 7 } },
	{ "fill X tiles from a base in front, a line too early", ADDRESS, 6,
	  .dw = { COLOR | BLT_DST_TILED, BR(3, 0xf0, 128), XY(0, 7), XY(128, 16), H - 4096, 7 } },
	{ "fill X tiles wider than the pitch", ADDRESS, 6,
	  .dw = { COLOR | BLT_DST_TILED, BR(3, 0xf0, 128), XY(0, 0), XY(129, 8), H, 7 } },
	{ "fill X tiles, pitch of no tiles", ADDRESS, 6,
	  .dw = { COLOR | BLT_DST_TILED, BR(3, 0xf0, 96), XY(0, 0), XY(64, 8), H, 7 } },
	{ "fill X tiles, pitch 0", ADDRESS, 6, .dw = { COLOR | BLT_DST_TILED, BR(3, 0xf0, 0), XY(0, 0), XY(4, 8), H, 7 } },
	{ "fill X tiles, negative pitch", ADDRESS, 6,
	  .dw = { COLOR | BLT_DST_TILED, BR(3, 0xf0, -128), XY(0, 0), XY(64, 8), H + MIB, 7 } },
	{ "fill X tiles, base of no page", ADDRESS, 6,
	  .dw = { COLOR | BLT_DST_TILED, BR(3, 0xf0, 128), XY(0, 0), XY(64, 8), H + 64, 7 } },
	{ "fill Y tiles where X tiles fit", ADDRESS, 6,
	  .dw = { COLOR | BLT_DST_TILED, BR(3, 0xf0, 128), XY(0, 0), XY(128, 8), HE - 4096, 7 }, .swctrl = 2 },
	{ "fill Y tiles", OK, 6, .dw = { COLOR | BLT_DST_TILED, BR(3, 0xf0, 128), XY(0, 0), XY(128, 32), HE - 16384, 7 },
	  .swctrl = 2 },
	{ "fill Y tiles, narrow", OK, 6, .dw = { COLOR | BLT_DST_TILED, BR(3, 0xf0, 32), XY(0, 0), XY(32, 32), HE - 4096, 7 },
	  .swctrl = 2 },
	{ "fill X tiles, narrow", ADDRESS, 6, .dw = { COLOR | BLT_DST_TILED, BR(3, 0xf0, 32), XY(0, 0), XY(32, 8), H, 7 },
	  .swctrl = 1 },
	{ "load Y tiling, fill where X tiles fit", ADDRESS, 9,
	  .dw = { MI_LOAD_REGISTER_IMM, BCS_SWCTRL, 0x20002, COLOR | BLT_DST_TILED, BR(3, 0xf0, 128), XY(0, 0), XY(128, 8),
		  HE - 4096, 7 } },

	/* XY_SRC_COPY_BLT */
	{ "copy", OK, 8, .dw = { COPY, C32, XY(0, 0), XY(64, 4), H, XY(0, 0), 256, HE - 1024 } },
	{ "copy from the aperture", OK, 8, .dw = { COPY, C32, XY(0, 0), XY(64, 4), H, XY(0, 0), 256, A } },
	{ "copy from outside", ADDRESS, 8, .dw = { COPY, C32, XY(0, 0), XY(64, 4), H, XY(0, 0), 256, 0 } },
	{ "copy from the module's part", ADDRESS, 8, .dw = { COPY, C32, XY(0, 0), XY(64, 4), H, XY(0, 0), 256, 0x7ff00000 } },
	{ "copy to outside", ADDRESS, 8, .dw = { COPY, C32, XY(0, 0), XY(64, 4), HE, XY(0, 0), 256, H } },
	{ "copy from over the end", ADDRESS, 8, .dw = { COPY, C32, XY(0, 0), XY(64, 4), H, XY(0, 0), 256, HE - 1020 } },
	{ "copy, source offset over the end", ADDRESS, 8, .dw = { COPY, C32, XY(0, 0), XY(64, 4), H, XY(0, 1), 256, HE - 1024 } },
	{ "copy, source offset into the range", OK, 8, .dw = { COPY, C32, XY(0, 0), XY(64, 4), H, XY(0, 1), 256, H - 256 } },
	{ "copy, negative source", ADDRESS, 8, .dw = { COPY, C32, XY(0, 0), XY(64, 4), H, XY(-4, 0), 256, H + MIB } },
	{ "copy, source's right edge past 16 bits", ADDRESS, 8,
	  .dw = { COPY, C32, XY(0, 0), XY(0x7fff, 1), H, XY(0x7fff, 0), 256, H } },
	{ "copy, source's pitch alone too large", ADDRESS, 8,
	  .dw = { COPY, C32, XY(0, 0), XY(64, 4), H, XY(0, 0), 0x7000, HE - 1024 } },
	{ "copy upwards", OK, 8, .dw = { COPY, C32, XY(0, 0), XY(64, 4), H, XY(0, 0), 0xff00, H + 768 } },
	{ "copy upwards past the beginning", ADDRESS, 8, .dw = { COPY, C32, XY(0, 0), XY(64, 4), H, XY(0, 0), 0xff00, H + 764 } },
	{ "copy, source's pitch of no dwords", ADDRESS, 8, .dw = { COPY, C32, XY(0, 0), XY(64, 4), H, XY(0, 0), 258, H } },
	{ "copy, source's base of no pixel", ADDRESS, 8, .dw = { COPY, C32, XY(0, 0), XY(64, 4), H, XY(0, 0), 256, H + 1 } },
	{ "copy, reserved half of the pitch", OPCODE, 8, .dw = { COPY, C32, XY(0, 0), XY(64, 4), H, XY(0, 0), 0x10100, H } },
	{ "copy X tiles to lines", OK, 8, .dw = { COPY | BLT_SRC_TILED, C32, XY(0, 0), XY(64, 8), H, XY(0, 0), 128, HE - 4096 } },
	{ "copy X tiles to lines, over the end", ADDRESS, 8,
	  .dw = { COPY | BLT_SRC_TILED, C32, XY(0, 0), XY(64, 8), H, XY(0, 1), 128, HE - 4096 } },
	{ "copy Y tiles where X tiles fit", ADDRESS, 8,
	  .dw = { COPY | BLT_SRC_TILED, C32, XY(0, 0), XY(64, 8), H, XY(0, 0), 128, HE - 4096 }, .swctrl = 1 },
	{ "copy, destination's Y tiling is not the source's", OK, 8,
	  .dw = { COPY | BLT_SRC_TILED, C32, XY(0, 0), XY(64, 8), H, XY(0, 0), 128, HE - 4096 }, .swctrl = 2 },
	{ "copy that reads a pattern", OPCODE, 8, .dw = { COPY, BR(3, 0xf0, 256), XY(0, 0), XY(64, 4), H, XY(0, 0), 256, H } },
	{ "copy with clipping", OPCODE, 8, .dw = { COPY, C32 | 1u << 30, XY(0, 0), XY(64, 4), H, XY(0, 0), 256, H } },
	{ "copy with a key", OPCODE, 8, .dw = { COPY | 1u << 17, C32, XY(0, 0), XY(64, 4), H, XY(0, 0), 256, H } },
	{ "copy, too long", LENGTH, 10, .dw = { COPY + 2, C32, XY(0, 0), XY(64, 4), H, XY(0, 0), 256, H, 0, 0 } },

	/* patterns */
	{ "pattern", OK, 6, .dw = { PAT, BR(3, 0xf0, 256), XY(0, 0), XY(64, 4), H, HE - 256 } },
	{ "pattern outside", ADDRESS, 6, .dw = { PAT, BR(3, 0xf0, 256), XY(0, 0), XY(64, 4), H, HE } },
	{ "pattern, not aligned", ADDRESS, 6, .dw = { PAT, BR(3, 0xf0, 256), XY(0, 0), XY(64, 4), H, HE - 192 } },
	{ "pattern of bytes", OK, 6, .dw = { PAT, BR(0, 0xf0, 256), XY(0, 0), XY(64, 4), H, HE - 64 } },
	{ "pattern, destination outside", ADDRESS, 6, .dw = { PAT, BR(3, 0xf0, 256), XY(0, 0), XY(64, 4), HE, H } },
	{ "immediate pattern of bytes", OK, 21, .dw = { PAT_IMM(21), BR(0, 0xf0, 256), XY(0, 0), XY(64, 4), H } },
	{ "immediate pattern of the wrong size", LENGTH, 21, .dw = { PAT_IMM(21), BR(1, 0xf0, 256), XY(0, 0), XY(64, 4), H } },
	{ "immediate pattern, destination outside", ADDRESS, 21,
	  .dw = { PAT_IMM(21), BR(0, 0xf0, 256), XY(0, 0), XY(64, 4), A - 64 } },

	/* blits that are not offered */
	{ "set-up", OPCODE, 8, .dw = { BLT_CMD(0x01, 6), F32, XY(0, 0), XY(64, 4), H, 0, 0, H } },
	{ "set-up of the clip rectangle", OPCODE, 3, .dw = { BLT_CMD(0x03, 1), 0, ~0u } },
	{ "set-up of a mono pattern", OPCODE, 9, .dw = { BLT_CMD(0x11, 7), F32, XY(0, 0), XY(64, 4), H, 0, 0, 0, 0 } },
	{ "pixel", OPCODE, 2, .dw = { BLT_CMD(0x24, 0), 0 } },
	{ "scan lines", OPCODE, 3, .dw = { BLT_CMD(0x25, 1), 0, 0 } },
	{ "text", OPCODE, 4, .dw = { BLT_CMD(0x26, 2), 0, 0, H } },
	{ "COLOR_BLT", OPCODE, 5, .dw = { BLT_CMD(0x40, 3), F32, XY(64, 4), H, 7 } },
	{ "SRC_COPY_BLT", OPCODE, 6, .dw = { BLT_CMD(0x43, 4), C32, XY(64, 4), H, 256, H } },
	{ "full blit", OPCODE, 9, .dw = { BLT_CMD(0x55, 7), C32, XY(0, 0), XY(64, 4), H, 256, 0, H, H } },
	{ "fast copy of later GPUs", OPCODE, 10, .dw = { BLT_CMD(0x42, 8), C32, XY(0, 0), XY(64, 4), H, 0, 0, 256, H, 0 } },
	{ "an allowed one first", OPCODE, 2, .dw = { MI_NOOP, MI_BATCH_BUFFER_END } },
};

static struct core_host host;

static int set_up(void **state)
{
	core_host_init(&host);
	core_host_open(&host, 0, 4 * MIB, 16 * MIB);
	core_host_open(&host, 1, 8 * MIB, 16 * MIB);
	core_host_open(&host, 2, 4 * MIB, 16 * MIB);
	return 0;
}

static int tear_down(void **state)
{
	core_host_fini(&host);
	return 0;
}

static struct vgpu_audit audit(const uint32_t *dw, uint32_t n)
{
	return (struct vgpu_audit) { .vgpu = &host.guest[1].vgpu, .engine = VGPU_BCS, .dw = (uint32_t *)dw, .dwords = n };
}

static void commands(void **state)
{
	struct vgpu_range aperture, hidden;
	unsigned int i, failed = 0;

	vgpu_get_range(&host.guest[1].vgpu, VGPU_APERTURE, &aperture);
	vgpu_get_range(&host.guest[1].vgpu, VGPU_HIDDEN, &hidden);
	assert_int_equal(aperture.base, A);
	assert_int_equal(aperture.base + aperture.size, AE);
	assert_int_equal(hidden.base, H);
	assert_int_equal(hidden.base + hidden.size, HE);
	for (i = 0; i < VGPU_ARRAY_SIZE(rows); i++) {
		struct vgpu_audit a = audit(rows[i].dw, rows[i].n);

		a.swctrl = rows[i].swctrl;
		if (vgpu_audit_run(&a) == rows[i].want && (rows[i].want || a.passed_dw == rows[i].n))
			continue;
		print_error("%s: fault %d at %u, want %d\n", rows[i].name, a.fault, a.passed_dw, rows[i].want);
		failed++;
	}
	assert_int_equal(failed, 0);
}

/* Every row that passes is cut off at every length: none may read beyond the copy (the sanitizer sees it) or pass. */
static void cut_off(void **state)
{
	unsigned int i, n;

	for (i = 0; i < VGPU_ARRAY_SIZE(rows); i++) {
		struct vgpu_audit whole = audit(rows[i].dw, rows[i].n);

		whole.swctrl = rows[i].swctrl;
		if (rows[i].want || vgpu_audit_run(&whole))
			continue;
		for (n = 1; n < rows[i].n; n++) {
			uint32_t *exact = test_malloc(n * 4);
			struct vgpu_audit a;

			memcpy(exact, rows[i].dw, n * 4);
			a = audit(exact, n);
			a.swctrl = rows[i].swctrl;
			assert_true(vgpu_audit_run(&a) == VGPU_FAULT_LENGTH || a.passed_dw == n);
			/* With more behind it, the cut command is left for the next piece, if anything came before. */
			a = audit(exact, n);
			a.swctrl = rows[i].swctrl;
			a.more = true;
			vgpu_audit_run(&a);
			assert_int_equal(a.fault, a.passed_dw ? VGPU_FAULT_NONE : VGPU_FAULT_BUDGET);
			test_free(exact);
		}
	}
}

/* The audit hands on what the next piece starts with, and what it found. */
static void results(void **state)
{
	const uint32_t dw[] = {
		MI_USER_INTERRUPT, MI_LOAD_REGISTER_IMM, BCS_SWCTRL, 0x30001, COLOR, F32, XY(0, 0), XY(64, 4), H, 7
	};
	struct vgpu_audit a = audit(dw, VGPU_ARRAY_SIZE(dw));

	a.swctrl = 2;
	assert_int_equal(vgpu_audit_run(&a), VGPU_FAULT_NONE);
	assert_int_equal(a.user_interrupts, 1);
	assert_int_equal(a.swctrl, 1);
	assert_int_equal(a.moved_bytes, 1024);
	assert_int_equal(a.passed_dw, VGPU_ARRAY_SIZE(dw));
	a = audit(dw + 4, 6);
	vgpu_audit_run(&a);
	assert_int_equal(a.user_interrupts, 0);
}

/* Interrupts that are too many are left out; an operand that looks like one is not. */
static void cut_interrupts(void **state)
{
	uint32_t dw[VGPU_SUBMIT_MAX_IRQS + 8], i;
	struct vgpu_audit a = audit(dw, VGPU_ARRAY_SIZE(dw));

	for (i = 0; i < VGPU_ARRAY_SIZE(dw); i++)
		dw[i] = MI_USER_INTERRUPT;
	memcpy(dw + VGPU_SUBMIT_MAX_IRQS + 2, (const uint32_t[]) { SDI, 0, H, MI_USER_INTERRUPT }, 16);
	assert_int_equal(vgpu_audit_run(&a), VGPU_FAULT_NONE);
	for (i = 0; i < VGPU_ARRAY_SIZE(dw); i++) {
		uint32_t at = i - (VGPU_SUBMIT_MAX_IRQS + 2);

		if (at < 3)
			continue;
		assert_int_equal(dw[i], i < VGPU_SUBMIT_MAX_IRQS || at == 3 ? MI_USER_INTERRUPT : MI_NOOP);
	}
}

/* Blits of 16 MiB: four to a piece; one of 64 MiB and more runs alone. */
static void cut_by_bytes(void **state)
{
	const uint32_t fill[6] = { COLOR, BR(3, 0xf0, 4096), XY(0, 0), XY(1024, 4096), H, 7 };
	const uint32_t huge[6] = { COLOR, BR(3, 0xf0, 0), XY(0, 0), XY(1024, 0x7fff), H, 7 };
	const uint32_t tail[] = {
		MI_FLUSH_DW, 0, 0, MI_USER_INTERRUPT, MI_LOAD_REGISTER_IMM, BCS_SWCTRL, 0x30003, COLOR, F32, XY(0, 0),
		XY(4, 4),    H, 7, MI_USER_INTERRUPT
	};
	uint32_t dw[60];
	struct vgpu_audit a;
	unsigned int i;

	for (i = 0; i < 10; i++)
		memcpy(dw + 6 * i, fill, sizeof(fill));
	a = audit(dw, 60);
	assert_int_equal(vgpu_audit_run(&a), VGPU_FAULT_NONE);
	assert_int_equal(a.passed_dw, 24);
	assert_int_equal(a.moved_bytes, VGPU_SUBMIT_MAX_BYTES);
	memcpy(dw, huge, sizeof(huge));
	a = audit(dw, 60);
	assert_int_equal(vgpu_audit_run(&a), VGPU_FAULT_NONE);
	assert_int_equal(a.passed_dw, 6);
	/* What costs nothing goes along, up to the next blit; what that one would change does not count yet. */
	memcpy(dw + 6, tail, sizeof(tail));
	a = audit(dw, 6 + VGPU_ARRAY_SIZE(tail));
	assert_int_equal(vgpu_audit_run(&a), VGPU_FAULT_NONE);
	assert_int_equal(a.passed_dw, 6 + 3 + 1 + 3);
	assert_int_equal(a.user_interrupts, 1);
	assert_int_equal(a.swctrl, 3);
}

/* With the guest's PPGTT on, a blit's addresses are not GGTT addresses, and are not taken for such. */
static void blits_of_the_ppgtt(void **state)
{
	const uint32_t fill[6] = { COLOR, F32, XY(0, 0), XY(4, 4), H, 7 }, flush[3] = { IDX, 0x104, 1 };
	struct vgpu_audit a = audit(fill, 6);

	core_guest_write(&host.guest[1], 0x2229c, MASKED_SET(1u << 9));
	assert_int_equal(vgpu_audit_run(&a), VGPU_FAULT_ADDRESS);
	a = audit(flush, 3);
	assert_int_equal(vgpu_audit_run(&a), VGPU_FAULT_NONE);
	core_guest_write(&host.guest[1], 0x2229c, MASKED_CLEAR(1u << 9));
	a = audit(fill, 6);
	assert_int_equal(vgpu_audit_run(&a), VGPU_FAULT_NONE);
}

/* The other engines have no table yet: nothing passes there. */
static void other_engines(void **state)
{
	static const enum vgpu_engine_id engines[] = { VGPU_RCS, VGPU_VCS, VGPU_VECS };
	const uint32_t noop = MI_NOOP;
	unsigned int i;

	for (i = 0; i < VGPU_ARRAY_SIZE(engines); i++) {
		struct vgpu_audit a = audit(&noop, 1);

		a.engine = engines[i];
		assert_int_equal(vgpu_audit_run(&a), VGPU_FAULT_OPCODE);
	}
}

/* Counts the commands on offer, so that adding one means looking here. */
static void commands_on_offer(void **state)
{
	unsigned int opcode, client, known = 0;

	for (client = 0; client < 8; client++) {
		for (opcode = 0; opcode < 128; opcode++) {
			uint32_t header = client << 29 | (client == 2 ? opcode << 22 : (opcode & 63) << 23);

			if (client != 2 && opcode > 63)
				continue;
			known += vgpu_audit_lookup(VGPU_BCS, header) != NULL;
		}
	}
	assert_int_equal(known, 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands),	  cmocka_unit_test(cut_off),	       cmocka_unit_test(results),
		cmocka_unit_test(cut_interrupts), cmocka_unit_test(cut_by_bytes),      cmocka_unit_test(blits_of_the_ppgtt),
		cmocka_unit_test(other_engines),  cmocka_unit_test(commands_on_offer),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
