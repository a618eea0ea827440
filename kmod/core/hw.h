/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The hardware's registers, table entries and commands that the mediator itself reads, writes or emits.
 *
 * Names are those of Linux's i915, where each can be looked up: registers in i915_reg.h, gt/intel_gt_regs.h and
 * gt/intel_engine_regs.h, commands in gt/intel_gpu_commands.h, page table entries in gt/intel_gtt.h.
 */
#ifndef VGPU_HW_H
#define VGPU_HW_H

/* clang-format off */
#define BIT(n)			(1u << (n))

/* A masked-write register takes the write enable of each bit in its upper half. */
#define MASKED(mask, bits)	((u32)(mask) << 16 | (bits))
#define MASKED_SET(bits)	MASKED(bits, bits)
#define MASKED_CLEAR(bits)	MASKED(bits, 0)

/* Of an engine, from its base. */
#define RING_TAIL		0x30u
#define   TAIL_ADDR		0x001ffff8u
#define RING_HEAD		0x34u
#define   HEAD_ADDR		0x001ffffcu
#define   HEAD_WRAP_ONE		0x00200000u
#define   HEAD_WRAP_COUNT	0xffe00000u
#define RING_START		0x38u
#define   RING_START_ADDR	0xfffff000u
#define RING_CTL		0x3cu
#define   RING_NR_PAGES		0x001ff000u
#define   RING_VALID		BIT(0)
#define RING_ACTHD		0x74u
#define RING_HWSTAM		0x98u
#define RING_MI_MODE		0x9cu
#define   STOP_RING		BIT(8)
#define   MODE_IDLE		BIT(9)
#define RING_IMR		0xa8u
#define   ERROR_INSTRUCTION	BIT(0)		/* of EIR, EMR, ESR */
#define RING_INSTPM		0xc0u
#define   INSTPM_SYNC_FLUSH	BIT(5)
#define   INSTPM_FORCE_ORDERING	BIT(7)
#define   INSTPM_TLB_INVALIDATE	BIT(9)
#define RING_PSMI_CTL		0x50u
#define   PSMI_SLEEP_MSG_DISABLE BIT(0)
#define RING_CCID		0x180u
#define   CCID_VALID		BIT(0)
#define   CCID_ADDR		0xfffff000u
#define RING_PP_DIR_DCLV	0x220u
#define   PP_DIR_DCLV_2G	0xffffffffu
#define RING_PP_DIR_BASE	0x228u
#define   PP_DIR_BASE_ADDR	0x7fff0000u	/* 16 of the 512 Ki entries to each step */
#define RING_MODE		0x29cu
#define   PPGTT_ENABLE		BIT(9)

#define GDRST			0x941cu
#define   GDRST_FULL		BIT(0)
#define FORCEWAKE_MT		0xa188u
#define   FORCEWAKE_KERNEL	BIT(0)
#define FORCEWAKE_ACK		0x130044u
#define BCS_SWCTRL		0x22200u
#define   SWCTRL_SRC_Y		BIT(0)
#define   SWCTRL_DST_Y		BIT(1)
#define DEIMR			0x44004u
#define DEIIR			0x44008u
#define DEIER			0x4400cu
#define   DE_MASTER		BIT(31)
#define GTIMR			0x44014u
#define GTIIR			0x44018u
#define GTIER			0x4401cu
#define PMIMR			0x44024u
#define PMIIR			0x44028u
#define PMIER			0x4402cu
#define SDEIER			0xc400cu
#define FENCE0			0x100000u
#define   FENCE_VALID		BIT(0)
#define   HW_FENCES		32u
#define GFX_FLSH_CNTL		0x101008u
#define   GFX_FLSH_EN		BIT(0)

/* A GGTT entry: VGPU_DMA_BITS of address, cacheability, valid (i915 gt/intel_gtt.h). */
#define PTE_VALID		BIT(0)
#define PTE_CACHE		0x80eu
#define PTE_WB_LLC		0x4u		/* HSW_WB_LLC_AGE3, as i915 maps its own pages */

/* Commands: 31:29 the client, MI opcode in 28:23, BLT opcode in 28:22, of render and media a group in 28:24, opcode in 23:16. */
#define CMD_CLIENT(header)	((header) >> 29)
#define   CLIENT_MI		0u
#define   CLIENT_BLT		2u
#define   CLIENT_RENDER		3u
#define CMD_MI(opcode)		((u32)(opcode) << 23)
#define CMD_MI_OPCODE(header)	((header) >> 23 & 0x3f)
#define CMD_BLT_OPCODE(header)	((header) >> 22 & 0x7f)
#define CMD_GROUP(header)	((header) >> 24 & 0x1f)
#define CMD_RENDER_OPCODE(header) ((header) >> 16 & 0xff)

#define MI_NOOP			CMD_MI(0x00)
#define MI_SET_PREDICATE	CMD_MI(0x01)	/* of 0: commands are executed whatever predicates say */
#define MI_USER_INTERRUPT	CMD_MI(0x02)
#define MI_ARB_ON_OFF		CMD_MI(0x08)
#define   MI_ARB_ENABLE		BIT(0)
#define MI_STORE_DATA_IMM	(CMD_MI(0x20) | 2)
#define   MI_USE_GGTT		BIT(22)
#define MI_SET_CONTEXT		CMD_MI(0x18)
#define   CONTEXT_GGTT		BIT(8)		/* of the address, as all down to CONTEXT_INHIBIT; those up to here also of CCID */
#define   CONTEXT_RS_SAVE	BIT(3)
#define   CONTEXT_RS_RESTORE	BIT(2)
#define   CONTEXT_FORCE		BIT(1)
#define   CONTEXT_INHIBIT	BIT(0)
#define MI_LOAD_REGISTER_IMM	(CMD_MI(0x22) | 1)	/* of one register; two dwords more for each further one */
#define MI_STORE_REGISTER_MEM	(CMD_MI(0x24) | 1)
#define XY_SETUP_MONO_PATTERN_SL_BLT (CLIENT_BLT << 29 | 0x11u << 22 | 7)
#define MI_BATCH_BUFFER_START	CMD_MI(0x31)
#define   BB_PPGTT		BIT(8)
#define   BB_NONSECURE_HSW	BIT(13)		/* of the render engine; on the others BB_PPGTT means this as well */
#define   BB_SECOND_LEVEL	BIT(22)
#define MI_FLUSH_DW		(CMD_MI(0x26) | 1)
#define   FLUSH_INDEX		BIT(21)
#define   FLUSH_TLB		BIT(18)
#define   FLUSH_BSD		BIT(7)		/* of the video engine: its own caches */
#define   FLUSH_OP		(3u << 14)
#define   FLUSH_OP_IMM		(1u << 14)
#define   FLUSH_OP_TIMESTAMP	(3u << 14)
#define   FLUSH_GGTT		BIT(2)		/* of the address */
#define PIPE_CONTROL		0x7a000002u	/* of four dwords: flags, address, data */
#define   PC_GGTT		BIT(24)
#define   PC_INDEX		BIT(21)
#define   PC_CS_STALL		BIT(20)
#define   PC_OP			(3u << 14)
#define   PC_OP_IMM		BIT(14)
#define   PC_STALL_AT_SCOREBOARD BIT(1)
#define   PC_FLUSH		(BIT(12) | BIT(7) | BIT(5) | BIT(0))	/* render target, "flush enable", data, depth */
#define   PC_INVALIDATE		(BIT(18) | BIT(16) | BIT(11) | BIT(10) | BIT(4) | BIT(3) | BIT(2)) /* TLB, media, instruction, texture, vertex, constant, state */
/* clang-format on */

#endif
