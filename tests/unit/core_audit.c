// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The audit of the memory interface's commands, in rings and privileged batches: what passes, and every hostile form of it that
 * must not; what the audit changes, hands on, and where it cuts a ring.
 */
#include <string.h>

#include "tests/guest/lib/cmd.h"
#include "tests/unit/harness/audit.h"

#include "kmod/core/batch.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#define XY(x, y) ((uint32_t)(y) << 16 | ((x)&0xffff))
#define SDI (MI_STORE_DWORD_IMM | MI_USE_GGTT)
#define SQI (MI_STORE_QWORD_IMM | MI_USE_GGTT)
#define COLOR (XY_COLOR_BLT | BLT_WRITE_RGBA)
#define F32 0x03f00100u /* 32 bits a pixel, the pattern, 256 bytes a line */
#define IMM (MI_FLUSH_DW | MI_FLUSH_DW_OP_STOREDW)
#define IDX (IMM | MI_FLUSH_DW_STORE_INDEX)
#define SRM (MI_STORE_REGISTER_MEM | MI_USE_GGTT)
#define LRM (MI_LOAD_REGISTER_MEM | MI_USE_GGTT)
#define LRR MI_CMD(0x2a, 1)
#define SET_CONTEXT MI_CMD(0x18, 0)
#define CONTEXT_BYTES (17 * 4096u)
#define START MI_BATCH_BUFFER_START
#define START_PPGTT (START | MI_BATCH_PPGTT_HSW)
#define START_RCS (START_PPGTT | MI_BATCH_NON_SECURE_HSW)
#define SECOND (1u << 22)

static const struct audit_where bcs = { .engine = VGPU_BCS }, bcs_ppgtt = { VGPU_BCS, .ppgtt = true };
static const struct audit_where rcs = { .engine = VGPU_RCS }, rcs_ppgtt = { VGPU_RCS, .ppgtt = true };
static const struct audit_where vcs = { VGPU_VCS, .ppgtt = true }, vecs = { VGPU_VECS, .ppgtt = true };
static const struct audit_where rcs_batch = { VGPU_RCS, .ppgtt = true, .batch = true };
static const struct audit_where rcs_batch_ggtt = { VGPU_RCS, .batch = true };
static const struct audit_where bcs_batch = { VGPU_BCS, .ppgtt = true, .batch = true };

/* On the blitter's ring, PPGTT off. */
static const struct audit_row on_bcs[] = {
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
	{ "set application id", OPCODE, 1, .dw = { MI_CMD(0x0e, 0) } },

	/* MI, more */
	{ "display flip", OPCODE, 3, .dw = { MI_CMD(0x14, 1), 256, H } },
	{ "semaphore", OPCODE, 3, .dw = { MI_CMD(0x16, 1), 0, H } },
	{ "update gtt", OPCODE, 3, .dw = { MI_CMD(0x23, 1), 0, 0 } },
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
	{ "suspend flushes", OPCODE, 1, .dw = { MI_CMD(0x0b, 1) } },
	{ "suspend flushes no longer", OK, 1, .dw = { MI_CMD(0x0b, 0) } },
	{ "set predicate", OPCODE, 1, .dw = { MI_CMD(0x01, 0) } },
	{ "predicate", OPCODE, 1, .dw = { MI_CMD(0x0c, 0) } },
	{ "flush of the render engine", OPCODE, 1, .dw = { MI_CMD(0x04, 0) } },
	{ "set context", OPCODE, 2, .dw = { SET_CONTEXT, H | 1u << 8 } },
	{ "math", OPCODE, 2, .dw = { MI_CMD(0x1a, 0), 0 } },
	{ "cache line flush", OPCODE, 3, .dw = { MI_CMD(0x27, 1), H, 0 } },
	{ "performance counters", OPCODE, 3, .dw = { MI_CMD(0x28, 1), H | 1, 0 } },
	{ "load register from register", OPCODE, 3, .dw = { LRR, 0x22358, 0x22200 } },
	{ "conditional batch end", OPCODE, 3, .dw = { MI_CMD(0x36, 1) | MI_USE_GGTT, 0, H } },
	{ "batch in the PPGTT that is off", ADDRESS, 2, .dw = { START_PPGTT, H } },
	{ "batch of the render engine's kind", OPCODE, 2, .dw = { START_RCS, H } },
	{ "PIPE_CONTROL", OPCODE, 5, .dw = { 0x7a000003, 0x4000, H, 0, 0 } },
	{ "flush of the video engine's caches", OPCODE, 3, .dw = { MI_FLUSH_DW | 1u << 7, 0, 0 } },

	/* moving registers */
	{ "load RING_MODE", REGISTER, 3, .dw = { MI_LOAD_REGISTER_IMM, 0x2229c, 0x02000200 } },
	{ "load the render engine's PP_DIR_BASE", REGISTER, 3, .dw = { MI_LOAD_REGISTER_IMM, 0x2228, 0x10000 } },
	{ "store TIMESTAMP", OK, 3, .dw = { SRM, 0x22358, HE - 4 } },
	{ "store PP_DIR_BASE", OK, 3, .dw = { SRM, 0x22228, H } },
	{ "store the render engine's PP_DIR_BASE", REGISTER, 3, .dw = { SRM, 0x2228, H } },
	{ "store another engine's GPR", REGISTER, 3, .dw = { SRM, 0x2600, H } },
	{ "store the ring's head", REGISTER, 3, .dw = { SRM, 0x22034, H } },
	{ "store HWS_PGA", REGISTER, 3, .dw = { SRM, 0x4280, H } },
	{ "store INSTPM", REGISTER, 3, .dw = { SRM, 0x220c0, H } },
	{ "store TIMESTAMP behind", ADDRESS, 3, .dw = { SRM, 0x22358, HE } },
	{ "store TIMESTAMP, not aligned", ADDRESS, 3, .dw = { SRM, 0x22358, H + 2 } },
	{ "store TIMESTAMP through the PPGTT that is off", ADDRESS, 3, .dw = { MI_STORE_REGISTER_MEM, 0x22358, H } },
	{ "store TIMESTAMP, predicated", OPCODE, 3, .dw = { SRM | 1u << 21, 0x22358, H } },
	{ "store by an alias of an offset", REGISTER, 3, .dw = { SRM, 0x22358 | 1u << 23, H } },
	{ "store by low bits of an offset", REGISTER, 3, .dw = { SRM, 0x22358 | 1, H } },
	{ "store past the register's end", REGISTER, 3, .dw = { SRM, 0x22360, H } },
	{ "load tiling from memory", REGISTER, 3, .dw = { LRM, BCS_SWCTRL, H } },
	{ "load TIMESTAMP", REGISTER, 3, .dw = { MI_LOAD_REGISTER_IMM, 0x22358, 0 } },
	{ "an allowed one first", OPCODE, 2, .dw = { MI_NOOP, MI_BATCH_BUFFER_END } },
};

/* With the PPGTT on, an operand that is not asked for in the GGTT is the hardware's matter, one that is remains ours. */
static const struct audit_row on_bcs_ppgtt[] = {
	{ "store in the PPGTT", OK, 4, .dw = { MI_STORE_DWORD_IMM, 0, 0x1000, 1 } },
	{ "store in the PPGTT, not aligned", ADDRESS, 4, .dw = { MI_STORE_DWORD_IMM, 0, 0x1002, 1 } },
	{ "store in the GGTT behind", ADDRESS, 4, .dw = { SDI, 0, HE, 1 } },
	{ "store a register in the PPGTT", OK, 3, .dw = { MI_STORE_REGISTER_MEM, 0x22358, 0x1000 } },
	{ "store a register in the GGTT behind", ADDRESS, 3, .dw = { SRM, 0x22358, HE } },
	{ "flush and write in the PPGTT", OK, 3, .dw = { IMM, 0x1000, 1 } },
	{ "flush and write in the GGTT behind", ADDRESS, 3, .dw = { IMM, HE | 4, 1 } },
	{ "flush and write by index past the page", ADDRESS, 3, .dw = { IDX, 0x1000, 1 } },
	{ "a blit", OPCODE, 6, .dw = { COLOR, F32, XY(0, 0), XY(4, 4), H, 7 } },
	{ "load tiling", OK, 3, .dw = { MI_LOAD_REGISTER_IMM, BCS_SWCTRL, 0x30003 } },
	{ "load tiling's other bits", REGISTER, 3, .dw = { MI_LOAD_REGISTER_IMM, BCS_SWCTRL, 0x40004 } },
	{ "batch in the PPGTT", OK, 2, .dw = { START_PPGTT, 0x1000 } },
	{ "batch in the PPGTT, not aligned", ADDRESS, 2, .dw = { START_PPGTT, 0x1002 } },
	{ "batch in the PPGTT of the second level", OPCODE, 2, .dw = { START_PPGTT | SECOND, 0x1000 } },
	{ "batch in the PPGTT, reserved flag", OPCODE, 2, .dw = { START_PPGTT | 1u << 9, 0x1000 } },
	{ "batch, resource streamer on", OPCODE, 2, .dw = { START_PPGTT | 1u << 10, 0x1000 } },
	{ "batch, predicated", OPCODE, 2, .dw = { START_PPGTT | 1u << 15, 0x1000 } },
	{ "batch, too long", LENGTH, 3, .dw = { START_PPGTT | 1, 0x1000, 0 } },
};

/* On the render engine's ring. */
static const struct audit_row on_rcs[] = {
	{ "set context", OK, 2, .dw = { SET_CONTEXT, H | 0x10c } },
	{ "set context, restore forced", OK, 2, .dw = { SET_CONTEXT, H | 0x10e } },
	{ "set context, restore inhibited, last", OK, 2, .dw = { SET_CONTEXT, (HE - CONTEXT_BYTES) | 0x101 } },
	{ "set context in front", ADDRESS, 2, .dw = { SET_CONTEXT, (H - 4096) | 0x101 } },
	{ "set context over the end", ADDRESS, 2, .dw = { SET_CONTEXT, (HE - CONTEXT_BYTES + 4096) | 0x101 } },
	{ "set context that would wrap", ADDRESS, 2, .dw = { SET_CONTEXT, 0xfffff000 | 0x101 } },
	{ "set context in physical memory", OPCODE, 2, .dw = { SET_CONTEXT, H | 0x1 } },
	{ "set context, reserved flag", OPCODE, 2, .dw = { SET_CONTEXT, H | 0x110 } },
	{ "set context, reserved bit", OPCODE, 2, .dw = { SET_CONTEXT, H | 0x301 } },
	{ "set context, reserved bit of the header", OPCODE, 2, .dw = { SET_CONTEXT | 1u << 8, H | 0x101 } },
	{ "set context, too long", LENGTH, 3, .dw = { SET_CONTEXT | 1, H | 0x101, 0 } },
	{ "set predicate: never", OK, 1, .dw = { MI_CMD(0x01, 0) } },
	{ "set predicate: always", OPCODE, 1, .dw = { MI_CMD(0x01, 3) } },
	{ "flush", OK, 1, .dw = { MI_CMD(0x04, 0) } },
	{ "flush, protected memory", OPCODE, 1, .dw = { MI_CMD(0x04, 1u << 6) } },
	{ "flush, counters' reset", OPCODE, 1, .dw = { MI_CMD(0x04, 1u << 3) } },
	{ "store TIMESTAMP, predicated", OK, 3, .dw = { SRM | 1u << 21, 0x2358, H } },
	{ "MI_FLUSH_DW", OPCODE, 3, .dw = { MI_FLUSH_DW, 0, 0 } },
	{ "conditional batch end in a ring", OPCODE, 3, .dw = { MI_CMD(0x36, 1) | MI_USE_GGTT, 0, H } },
	{ "math in a ring", OPCODE, 2, .dw = { MI_CMD(0x1a, 0), 0 } },
	{ "predicate in a ring", OPCODE, 1, .dw = { MI_CMD(0x0c, 0) } },
	{ "sleep messages of the others", OK, 7,
	  .dw = { MI_LOAD_REGISTER_IMM + 4, 0x12050, 0x10001, 0x22050, 0x10001, 0x1a050, 0x10001 } },
	{ "sleep messages of its own", REGISTER, 3, .dw = { MI_LOAD_REGISTER_IMM, 0x2050, 0x10001 } },
	{ "the others' PSMI_CTL, another bit", REGISTER, 3, .dw = { MI_LOAD_REGISTER_IMM, 0x12050, 0x20002 } },
	{ "store a PSMI_CTL", OK, 3, .dw = { SRM, 0x1a050, H } },
	{ "page tables, all of them", OK, 3, .dw = { MI_LOAD_REGISTER_IMM, 0x2220, ~0u } },
	{ "page tables, some of them", REGISTER, 3, .dw = { MI_LOAD_REGISTER_IMM, 0x2220, 0xffff } },
	{ "page directory", OK, 3, .dw = { MI_LOAD_REGISTER_IMM, 0x2228, 0x12340000 } },
	{ "page directory, not aligned", REGISTER, 3, .dw = { MI_LOAD_REGISTER_IMM, 0x2228, 0x12340004 } },
	{ "another engine's page directory", REGISTER, 3, .dw = { MI_LOAD_REGISTER_IMM, 0x22228, 0x12340000 } },
	{ "page directory from memory", REGISTER, 3, .dw = { LRM, 0x2228, H } },
	{ "page directory from a register", REGISTER, 3, .dw = { LRR, 0x2600, 0x2228 } },
	{ "INSTPM", OK, 3, .dw = { MI_LOAD_REGISTER_IMM, 0x20c0, 0x02a002a0 } },
	{ "INSTPM, other bits", REGISTER, 3, .dw = { MI_LOAD_REGISTER_IMM, 0x20c0, 0x00400040 } },
	{ "the blitter's tiling", REGISTER, 3, .dw = { MI_LOAD_REGISTER_IMM, BCS_SWCTRL, 0x30003 } },
	{ "RING_MODE", REGISTER, 3, .dw = { MI_LOAD_REGISTER_IMM, 0x229c, 0x02000000 } },
	{ "MI_MODE", REGISTER, 3, .dw = { MI_LOAD_REGISTER_IMM, 0x209c, 0x01000100 } },
	{ "UHPTR", REGISTER, 3, .dw = { MI_LOAD_REGISTER_IMM, 0x2134, 1 } },
	{ "CCID", REGISTER, 3, .dw = { MI_LOAD_REGISTER_IMM, 0x2180, H | 1 } },
	{ "GDRST", REGISTER, 3, .dw = { MI_LOAD_REGISTER_IMM, 0x941c, 1 } },
	{ "a fence", REGISTER, 3, .dw = { MI_LOAD_REGISTER_IMM, 0x100000, 1 } },
	{ "CS_GPR, last", OK, 3, .dw = { MI_LOAD_REGISTER_IMM, 0x267c, 1 } },
	{ "behind CS_GPR", REGISTER, 3, .dw = { MI_LOAD_REGISTER_IMM, 0x2680, 1 } },
	{ "in front of CS_GPR", REGISTER, 3, .dw = { MI_LOAD_REGISTER_IMM, 0x25fc, 1 } },
	{ "CS_GPR from memory", OK, 3, .dw = { LRM, 0x2600, H } },
	{ "CS_GPR from memory behind", ADDRESS, 3, .dw = { LRM, 0x2600, HE } },
	{ "CS_GPR from the PPGTT that is off", ADDRESS, 3, .dw = { MI_LOAD_REGISTER_MEM, 0x2600, H } },
	{ "CS_GPR from memory, asynchronously", OPCODE, 3, .dw = { LRM | 1u << 21, 0x2600, H } },
	{ "CS_GPR from TIMESTAMP", OK, 3, .dw = { LRR, 0x2358, 0x2600 } },
	{ "CS_GPR from the ring's head", REGISTER, 3, .dw = { LRR, 0x2034, 0x2600 } },
	{ "the ring's tail from CS_GPR", REGISTER, 3, .dw = { LRR, 0x2600, 0x2030 } },
	{ "SCRATCH1, atomics", OK, 3, .dw = { MI_LOAD_REGISTER_IMM, 0xb038, 1u << 27 } },
	{ "SCRATCH1, other bits", REGISTER, 3, .dw = { MI_LOAD_REGISTER_IMM, 0xb038, 1u << 26 } },
	{ "SCRATCH1 from memory", REGISTER, 3, .dw = { LRM, 0xb038, H } },
	{ "SCRATCH1 from a register", REGISTER, 3, .dw = { LRR, 0x2600, 0xb038 } },
	{ "ROW_CHICKEN3, atomics", OK, 3, .dw = { MI_LOAD_REGISTER_IMM, 0xe49c, 0x400040 } },
	{ "ROW_CHICKEN3, other bits", REGISTER, 3, .dw = { MI_LOAD_REGISTER_IMM, 0xe49c, 0x800080 } },
	{ "cache modes, as i915 clears them", OK, 5, .dw = { MI_LOAD_REGISTER_IMM + 2, 0x7000, 0xffff0000, 0x7004, 0xffff0008 } },
	{ "OACONTROL", REGISTER, 3, .dw = { MI_LOAD_REGISTER_IMM, 0x2360, 1 } },
	{ "L3 lines", OK, 5, .dw = { MI_LOAD_REGISTER_IMM + 2, 0xb070, ~0u, 0xb26c + 4, 1 } },
	{ "behind the L3 lines", REGISTER, 3, .dw = { MI_LOAD_REGISTER_IMM, 0xb0f0, 1 } },
	{ "batch in the PPGTT that is off", ADDRESS, 2, .dw = { START_RCS, H } },
	{ "batch, half unprivileged", OPCODE, 2, .dw = { START_PPGTT, H } },
	{ "batch, the other half", OPCODE, 2, .dw = { START | MI_BATCH_NON_SECURE_HSW, H } },
};

static const struct audit_row on_rcs_ppgtt[] = {
	{ "batch in the PPGTT", OK, 2, .dw = { START_RCS, 0x1000 } },
	{ "batch, half unprivileged", OPCODE, 2, .dw = { START_PPGTT, 0x1000 } },
	{ "batch, the other half", OPCODE, 2, .dw = { START | MI_BATCH_NON_SECURE_HSW, 0x1000 } },
	{ "CS_GPR from the PPGTT", OK, 3, .dw = { MI_LOAD_REGISTER_MEM, 0x2600, 0x1000 } },
	{ "set context, the GGTT's all the same", ADDRESS, 2, .dw = { SET_CONTEXT, 0x10000 | 0x101 } },
};

static const struct audit_row on_vcs[] = {
	{ "flush of the engine's own caches", OK, 3, .dw = { IDX | 1u << 18 | 1u << 7, 0x80 | 4, 0 } },
	{ "page directory", OK, 3, .dw = { MI_LOAD_REGISTER_IMM, 0x12228, 0x12340000 } },
	{ "INSTPM", OK, 3, .dw = { MI_LOAD_REGISTER_IMM, 0x120c0, 0x02000200 } },
	{ "INSTPM, order", REGISTER, 3, .dw = { MI_LOAD_REGISTER_IMM, 0x120c0, 0x00800080 } },
	{ "CS_GPR", REGISTER, 3, .dw = { MI_LOAD_REGISTER_IMM, 0x2600, 0 } },
	{ "batch in the PPGTT", OK, 2, .dw = { START_PPGTT, 0x1000 } },
	{ "blit", OPCODE, 6, .dw = { COLOR, F32, XY(0, 0), XY(4, 4), 0x1000, 7 } },
	{ "PIPE_CONTROL", OPCODE, 4, .dw = { 0x7a000002, 0, 0, 0 } },
};

static const struct audit_row on_vecs[] = {
	{ "flush of the video engine's caches", OPCODE, 3, .dw = { IDX | 1u << 7, 0x80 | 4, 0 } },
	{ "page directory", OK, 3, .dw = { MI_LOAD_REGISTER_IMM, 0x1a228, 0x12340000 } },
	{ "batch in the PPGTT", OK, 2, .dw = { START_PPGTT, 0x1000 } },
	{ "PIPE_CONTROL", OPCODE, 4, .dw = { 0x7a000002, 0, 0, 0 } },
};

/* In a privileged batch of the render engine. */
static const struct audit_row in_batch[] = {
	{ "end", OK, 1, .dw = { MI_BATCH_BUFFER_END } },
	{ "end with a flag", OPCODE, 1, .dw = { MI_BATCH_BUFFER_END | 1 } },
	{ "user interrupt", OPCODE, 1, .dw = { MI_USER_INTERRUPT } },
	{ "arbitration", OPCODE, 1, .dw = { MI_CMD(0x08, 1) } },
	{ "set context", OPCODE, 2, .dw = { SET_CONTEXT, H | 0x101 } },
	{ "index", OPCODE, 3, .dw = { MI_STORE_DWORD_INDEX, 0x100, 1 } },
	{ "page directory", REGISTER, 3, .dw = { MI_LOAD_REGISTER_IMM, 0x2228, 0x10000 } },
	{ "page tables", REGISTER, 3, .dw = { MI_LOAD_REGISTER_IMM, 0x2220, ~0u } },
	{ "privileged batch", OPCODE, 2, .dw = { START, H } },
	{ "privileged batch of the second level", OPCODE, 2, .dw = { START | SECOND, H } },
	{ "chain into the PPGTT", OK, 2, .dw = { START_RCS, 0x1000 } },
	{ "second level in the PPGTT", OK, 3, .dw = { START_RCS | SECOND, 0x1000, MI_BATCH_BUFFER_END } },
	{ "chain, half unprivileged", OPCODE, 2, .dw = { START | MI_BATCH_NON_SECURE_HSW, 0x1000 } },
	{ "semaphore", OPCODE, 3, .dw = { MI_CMD(0x16, 1), 0, H } },
	{ "wait for event", OPCODE, 1, .dw = { MI_CMD(0x03, 1) } },
	{ "display flip", OPCODE, 3, .dw = { MI_CMD(0x14, 1), 256, H } },
	{ "scan lines, inclusive", OPCODE, 2, .dw = { MI_CMD(0x12, 0), 0 } },
	{ "scan lines, exclusive", OPCODE, 2, .dw = { MI_CMD(0x13, 0), 0 } },
	{ "update gtt", OPCODE, 3, .dw = { MI_CMD(0x23, 1), 0, 0 } },
	{ "report head", OPCODE, 1, .dw = { MI_CMD(0x07, 0) } },
	{ "application id", OPCODE, 1, .dw = { MI_CMD(0x0e, 0) } },
	{ "set predicate: never", OK, 1, .dw = { MI_CMD(0x01, 0) } },
	{ "set predicate: always", OPCODE, 1, .dw = { MI_CMD(0x01, 3) } },
	{ "predicate", OK, 1, .dw = { MI_CMD(0x0c, 0xdb) } },
	{ "predicate, reserved bit", OPCODE, 1, .dw = { MI_CMD(0x0c, 4) } },
	{ "resource streamer", OK, 2, .dw = { MI_CMD(0x06, 1), MI_CMD(0x0f, 1) } },
	{ "resource streamer, reserved bit", OPCODE, 1, .dw = { MI_CMD(0x06, 2) } },
	{ "resource streamer's context, reserved bit", OPCODE, 1, .dw = { MI_CMD(0x0f, 2) } },
	{ "URB allocation", OK, 1, .dw = { MI_CMD(0x09, 0xff1ff) } },
	{ "URB allocation, reserved bit", OPCODE, 1, .dw = { MI_CMD(0x09, 0x200) } },
	{ "topology filter", OK, 1, .dw = { MI_CMD(0x0d, 0x3f) } },
	{ "topology filter, reserved bit", OPCODE, 1, .dw = { MI_CMD(0x0d, 0x40) } },
	{ "clear URB", OK, 2, .dw = { MI_CMD(0x19, 0), 0 } },
	{ "clear URB, too long", LENGTH, 3, .dw = { MI_CMD(0x19, 1), 0, 0 } },
	{ "math", OK, 5, .dw = { MI_CMD(0x1a, 3), 0x08008000, 0x08008401, 0x10000000, 0x18000031 } },
	{ "math, a bit of the length too high", OPCODE, 2, .dw = { MI_CMD(0x1a, 0x40), 0 } },
	{ "performance counters", OK, 3, .dw = { MI_CMD(0x28, 1), 0x1000, 0 } },
	{ "performance counters in the GGTT, last", OK, 3, .dw = { MI_CMD(0x28, 1), (HE - 256) | 1, 0 } },
	{ "performance counters in the GGTT, over the end", ADDRESS, 3, .dw = { MI_CMD(0x28, 1), (HE - 192) | 1, 0 } },
	{ "performance counters, reserved bit", ADDRESS, 3, .dw = { MI_CMD(0x28, 1), 0x1002, 0 } },
	{ "cache line flush", OK, 3, .dw = { MI_CMD(0x27, 1), 0x1000, 0 } },
	{ "cache line flush in the GGTT", OPCODE, 3, .dw = { MI_CMD(0x27, 1) | MI_USE_GGTT, H, 0 } },
	{ "streamed store", OK, 4, .dw = { MI_CMD(0x2b, 2), 0x1000, 0, 0 } },
	{ "streamed store, bit 22", OPCODE, 4, .dw = { MI_CMD(0x2b, 2) | MI_USE_GGTT, 0x1000, 0, 0 } },
	{ "load URB", OK, 3, .dw = { MI_CMD(0x2c, 1), 0, 0x1000 } },
	{ "load URB, bit 22", OPCODE, 3, .dw = { MI_CMD(0x2c, 1) | MI_USE_GGTT, 0, 0x1000 } },
	{ "store URB", OK, 3, .dw = { MI_CMD(0x2d, 1), 0, 0x1000 } },
	{ "store URB, bit 22", OPCODE, 3, .dw = { MI_CMD(0x2d, 1) | MI_USE_GGTT, 0, 0x1000 } },
	{ "conditional end", OK, 3, .dw = { MI_CMD(0x36, 1) | 1u << 21, 7, 0x1000 } },
	{ "conditional end in the GGTT", OK, 3, .dw = { MI_CMD(0x36, 1) | 1u << 21 | MI_USE_GGTT, 7, HE - 8 } },
	{ "conditional end in the GGTT behind", ADDRESS, 3, .dw = { MI_CMD(0x36, 1) | 1u << 21 | MI_USE_GGTT, 7, HE } },
	{ "conditional end, too short", LENGTH, 2, .dw = { MI_CMD(0x36, 0) | 1u << 21, 7 } },
	{ "L3 and statistics", OK, 9, .dw = { MI_LOAD_REGISTER_IMM + 6, 0xb010, 0x610000, 0xb020, 0x1, 0xb024, 0x2, 0x2350, 0 } },
	{ "TIMESTAMP", REGISTER, 3, .dw = { MI_LOAD_REGISTER_IMM, 0x2358, 0 } },
};

static const struct audit_row in_batch_ggtt[] = {
	{ "predicate", ADDRESS, 1, .dw = { MI_CMD(0x0c, 0) } },
	{ "cache line flush", ADDRESS, 3, .dw = { MI_CMD(0x27, 1), H, 0 } },
	{ "load URB", ADDRESS, 3, .dw = { MI_CMD(0x2c, 1), 0, H } },
	{ "performance counters", ADDRESS, 3, .dw = { MI_CMD(0x28, 1), H, 0 } },
	{ "conditional end", ADDRESS, 3, .dw = { MI_CMD(0x36, 1) | 1u << 21, 7, H } },
	{ "chain into the PPGTT that is off", ADDRESS, 2, .dw = { START_RCS, H } },
	{ "math", OK, 2, .dw = { MI_CMD(0x1a, 0), 0 } },
	{ "store", OK, 4, .dw = { SDI, 0, H, 1 } },
};

static const struct audit_row in_batch_bcs[] = {
	{ "load tiling, flush, end", OK, 7,
	  .dw = { MI_LOAD_REGISTER_IMM, BCS_SWCTRL, 0x30003, IMM, 0x1000, 1, MI_BATCH_BUFFER_END } },
	{ "chain into the PPGTT", OK, 2, .dw = { START_PPGTT, 0x1000 } },
	{ "privileged batch", OPCODE, 2, .dw = { START, H } },
};

static void commands(void **state)
{
	audit_check(&bcs, on_bcs, VGPU_ARRAY_SIZE(on_bcs));
	audit_check(&bcs_ppgtt, on_bcs_ppgtt, VGPU_ARRAY_SIZE(on_bcs_ppgtt));
	audit_check(&rcs, on_rcs, VGPU_ARRAY_SIZE(on_rcs));
	audit_check(&rcs_ppgtt, on_rcs_ppgtt, VGPU_ARRAY_SIZE(on_rcs_ppgtt));
	audit_check(&vcs, on_vcs, VGPU_ARRAY_SIZE(on_vcs));
	audit_check(&vecs, on_vecs, VGPU_ARRAY_SIZE(on_vecs));
}

static void commands_in_batches(void **state)
{
	audit_check(&rcs_batch, in_batch, VGPU_ARRAY_SIZE(in_batch));
	audit_check(&rcs_batch_ggtt, in_batch_ggtt, VGPU_ARRAY_SIZE(in_batch_ggtt));
	audit_check(&bcs_batch, in_batch_bcs, VGPU_ARRAY_SIZE(in_batch_bcs));
}

/* What executes is the copy as the audit left it: the shadow's directory, and nothing that reaches other engines. */
static void changed_in_the_copy(void **state)
{
	uint32_t dw[] = {
		MI_LOAD_REGISTER_IMM,
		0x2220,
		~0u,
		MI_LOAD_REGISTER_IMM,
		0x2228,
		0x12340000,
		MI_LOAD_REGISTER_IMM + 4,
		0x12050,
		0x10001,
		0x22050,
		0x10001,
		0x1a050,
		0x10001,
		MI_LOAD_REGISTER_IMM + 2,
		0xb070,
		~0u,
		0xb2ec,
		7,
	};
	const uint32_t want[] = {
		MI_LOAD_REGISTER_IMM,
		0x2220,
		~0u,
		MI_LOAD_REGISTER_IMM,
		0x2228,
		SHADOW_PP_DIR,
		MI_LOAD_REGISTER_IMM + 4,
		0x20c0,
		0,
		0x20c0,
		0,
		0x20c0,
		0,
		MI_LOAD_REGISTER_IMM + 2,
		0x20c0,
		0,
		0x20c0,
		0,
	};
	struct vgpu_audit a = audit_of(&rcs, dw, VGPU_ARRAY_SIZE(dw));

	assert_int_equal(vgpu_audit_run(&a), VGPU_FAULT_NONE);
	assert_memory_equal(dw, want, sizeof(want));
	assert_true(a.pp_dir_loaded);
	assert_int_equal(a.pp_dir, 0x12340000);
}

/* A piece means one directory: another begins a new one. */
static void cut_by_directory(void **state)
{
	const uint32_t dw[] = {
		MI_NOOP, MI_LOAD_REGISTER_IMM, 0x2228, 0x10000, MI_LOAD_REGISTER_IMM, 0x2228,
		0x10000, MI_LOAD_REGISTER_IMM, 0x2228, 0x20000,
	};
	uint32_t copy[VGPU_ARRAY_SIZE(dw)];
	struct vgpu_audit a = audit_of(&rcs, copy, VGPU_ARRAY_SIZE(dw));

	memcpy(copy, dw, sizeof(dw));
	assert_int_equal(vgpu_audit_run(&a), VGPU_FAULT_NONE);
	assert_int_equal(a.passed_dw, 7);
	assert_int_equal(a.pp_dir, 0x10000);
	assert_memory_equal(copy + 7, dw + 7, 12);

	/* The new one begins with it, even if the caller says which was loaded before. */
	a = audit_of(&rcs, copy + 7, 3);
	a.pp_dir = 0x10000;
	a.pp_dir_loaded = true;
	assert_int_equal(vgpu_audit_run(&a), VGPU_FAULT_NONE);
	assert_int_equal(a.passed_dw, 3);
	assert_int_equal(a.pp_dir, 0x20000);
}

static void context_is_handed_on(void **state)
{
	uint32_t dw[] = { SET_CONTEXT, H | 0x10c, MI_NOOP, SET_CONTEXT, (H + 0x40000) | 0x103, SET_CONTEXT, 0x101 };
	struct vgpu_audit a = audit_of(&rcs, dw, 5);

	assert_int_equal(vgpu_audit_run(&a), VGPU_FAULT_NONE);
	assert_int_equal(a.ccid, (H + 0x40000) | 0x101);
	a = audit_of(&rcs, dw, 2);
	assert_int_equal(vgpu_audit_run(&a), VGPU_FAULT_NONE);
	assert_int_equal(a.ccid, H | 0x10d);
	a.dwords = 7;
	a.passed_dw = 5;
	assert_int_equal(vgpu_audit_run(&a), VGPU_FAULT_ADDRESS);
	assert_int_equal(a.ccid, H | 0x10d);
}

/* Interrupts that are too many are left out; an operand that looks like one is not. */
static void cut_interrupts(void **state)
{
	uint32_t dw[VGPU_SUBMIT_MAX_IRQS + 8], i;
	struct vgpu_audit a = audit_of(&bcs, dw, VGPU_ARRAY_SIZE(dw));

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

/* A request is some batch and an interrupt behind it, whether or not somebody waits for that. */
static void requests(void **state)
{
	const uint32_t ring[] = {
		MI_USER_INTERRUPT, START_RCS, 0x1000, START_RCS,	 0x2000,  MI_USER_INTERRUPT, MI_NOOP,
		MI_USER_INTERRUPT, START_RCS, 0x3000, MI_USER_INTERRUPT, MI_NOOP, START_RCS,	     0x4000,
	};
	uint32_t dw[VGPU_ARRAY_SIZE(ring)];
	struct vgpu_audit a = audit_of(&rcs_ppgtt, dw, VGPU_ARRAY_SIZE(dw));

	memcpy(dw, ring, sizeof(ring));
	assert_int_equal(vgpu_audit_run(&a), VGPU_FAULT_NONE);
	assert_int_equal(a.passed_dw, VGPU_ARRAY_SIZE(dw));
	assert_int_equal(a.requests, 2);
	assert_int_equal(a.batches, 1);
	assert_int_equal(a.user_interrupts, 4);
	assert_memory_equal(dw, ring, sizeof(ring));

	a = audit_of(&rcs_ppgtt, dw, VGPU_ARRAY_SIZE(dw));
	a.max_requests = 1;
	a.wanted = false;
	assert_int_equal(vgpu_audit_run(&a), VGPU_FAULT_NONE);
	assert_int_equal(a.passed_dw, 6);
	assert_int_equal(a.requests, 1);
	assert_int_equal(a.batches, 0);
	assert_int_equal(dw[0], MI_NOOP);
	assert_int_equal(dw[5], MI_NOOP);
	assert_int_equal(dw[10], MI_USER_INTERRUPT);
}

/* A batch ends by its end, or by a jump to where the hardware confines it; until then it may be shown piece by piece. */
static void batches_end(void **state)
{
	uint32_t dw[] = { MI_NOOP, START_RCS | SECOND, 0x1000, MI_STORE_DWORD_IMM, 0, 0x1000, 1, MI_BATCH_BUFFER_END, ~0u };
	struct vgpu_audit a = audit_of(&rcs_batch, dw, 0);
	uint32_t shown[] = { 1, 2, 3, 5, 7, 8, 9 }, passed[] = { 1, 1, 3, 3, 7, 8, 8 }, i;

	a.more = true;
	for (i = 0; i < VGPU_ARRAY_SIZE(shown); i++) {
		a.dwords = shown[i];
		assert_int_equal(vgpu_audit_run(&a), VGPU_FAULT_NONE);
		assert_int_equal(a.passed_dw, passed[i]);
		assert_int_equal(a.ended, shown[i] >= 8);
	}
	dw[1] = START_RCS;
	a = audit_of(&rcs_batch, dw, VGPU_ARRAY_SIZE(dw));
	assert_int_equal(vgpu_audit_run(&a), VGPU_FAULT_NONE);
	assert_int_equal(a.passed_dw, 3);
	assert_true(a.ended);

	/* One whose first command is not there whole is no malformed one. */
	dw[0] = MI_STORE_DWORD_IMM;
	a = audit_of(&rcs_batch, dw, 1);
	a.more = true;
	assert_int_equal(vgpu_audit_run(&a), VGPU_FAULT_NONE);
	assert_int_equal(a.passed_dw, 0);
}

/*
 * A stand-in for batch.c, which would read the guest's memory: it admits one batch alone. What this test is about is what the audit
 * of the ring makes of the answer.
 */
enum vgpu_fault vgpu_batch_admit(struct vgpu_audit *a, u32 gma, u32 *ret_gma)
{
	if (gma != H + 0x1000)
		return VGPU_FAULT_BUDGET;
	*ret_gma = 0x60000000;
	a->command_bytes += VGPU_SUBMIT_MAX_BYTES;
	a->swctrl = 3;
	return VGPU_FAULT_NONE;
}

/* A privileged batch is started from its copy, and moves what its blits move. */
static void privileged_batches(void **state)
{
	const uint32_t ring[] = { START, H + 0x1000, MI_NOOP, START, H + 0x1000 };
	uint32_t dw[VGPU_ARRAY_SIZE(ring)];
	struct vgpu_audit a = audit_of(&bcs, dw, 3);

	memcpy(dw, ring, sizeof(ring));
	assert_int_equal(vgpu_audit_run(&a), VGPU_FAULT_NONE);
	assert_int_equal(a.passed_dw, 3);
	assert_int_equal(dw[0], START);
	assert_int_equal(dw[1], 0x60000000);
	assert_int_equal(a.batches, 1);
	assert_int_equal(a.moved_bytes, VGPU_SUBMIT_MAX_BYTES);
	assert_int_equal(a.swctrl, 3);

	/* It is too much for what came before: the next piece's, and nothing of it counts yet. */
	a.dwords = VGPU_ARRAY_SIZE(ring);
	a.swctrl = 1;
	assert_int_equal(vgpu_audit_run(&a), VGPU_FAULT_NONE);
	assert_int_equal(a.passed_dw, 3);
	assert_int_equal(a.batches, 1);
	assert_int_equal(a.swctrl, 1);

	/* A refusal is handed on, and the command is as it was. */
	memcpy(dw, (const uint32_t[]) { START, H + 0x2000 }, 8);
	a = audit_of(&rcs_ppgtt, dw, 2);
	assert_int_equal(vgpu_audit_run(&a), VGPU_FAULT_BUDGET);
	assert_int_equal(dw[1], H + 0x2000);
	assert_int_equal(a.batches, 0);
	dw[1] = H + 0x1002;
	a = audit_of(&rcs_ppgtt, dw, 2);
	assert_int_equal(vgpu_audit_run(&a), VGPU_FAULT_ADDRESS);
}

/* Counts the commands on offer, so that adding one means looking here. */
static void commands_on_offer(void **state)
{
	assert_int_equal(audit_on_offer(VGPU_RCS), 126);
	assert_int_equal(audit_on_offer(VGPU_VCS), 49);
	assert_int_equal(audit_on_offer(VGPU_BCS), 40);
	assert_int_equal(audit_on_offer(VGPU_VECS), 17);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands),
		cmocka_unit_test(commands_in_batches),
		cmocka_unit_test(changed_in_the_copy),
		cmocka_unit_test(cut_by_directory),
		cmocka_unit_test(context_is_handed_on),
		cmocka_unit_test(cut_interrupts),
		cmocka_unit_test(requests),
		cmocka_unit_test(batches_end),
		cmocka_unit_test(privileged_batches),
		cmocka_unit_test(commands_on_offer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
