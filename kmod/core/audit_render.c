// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The render engine's 3D and compute commands that guests may execute.
 *
 * Their operands, and those that their state refers to, are addresses that no audit can follow: they run with the hardware's PPGTT
 * alone, which confines them, and in batches alone (audit.c). What is left to judge are forms, and the few bits that reach beyond the
 * PPGTT: PIPE_CONTROL's writes, and registers for threads.
 * Lengths: Haswell PRM vol. 2a (command reference: instructions), each command's "DWord Length"; Mesa src/intel/genxml/gen75.xml.
 * Lock: the GPU's.
 */
#include "core.h"
#include "audit.h"
#include "hw.h"

#define RCS VGPU_ON(VGPU_RCS)

/* Caches to flush and to invalidate, stalls. Not: bit 8 (an interrupt), bit 19 (all tenants' counters), bit 23 (a register). */
#define PIPE_CONTROL_FLAGS (0x0015febfu | PC_INDEX | PC_GGTT)

/* Header, flags, address 31:3 or offset in the status page, data; a qword in all forms, to be safe. */
static enum vgpu_fault check_pipe_control(struct vgpu_audit *a, u32 *dw, u32 n)
{
	if (dw[1] & ~PIPE_CONTROL_FLAGS)
		return VGPU_FAULT_OPCODE;
	if (!(dw[1] & PC_OP))
		return VGPU_FAULT_NONE;
	if (dw[2] & 7)
		return VGPU_FAULT_ADDRESS;
	if (dw[1] & PC_INDEX)
		return dw[2] & ~(VGPU_PAGE_BYTES - 8) ? VGPU_FAULT_ADDRESS : VGPU_FAULT_NONE;
	return vgpu_audit_operand(a, dw[1] & PC_GGTT, dw[2], 8);
}

/* Bits 4:3 of dword 2 give threads access to registers (i915 gt/intel_gpu_commands.h, MEDIA_VFE_STATE_MMIO_ACCESS_MASK). */
static enum vgpu_fault check_vfe_state(struct vgpu_audit *a, u32 *dw, u32 n)
{
	return dw[2] & 0x18 ? VGPU_FAULT_REGISTER : VGPU_FAULT_NONE;
}

#define STATE(what, dwords)                                                      \
	{                                                                        \
		what, RCS, .min_dw = (dwords), .max_dw = (dwords), .ppgtt = true \
	}
#define STATE_VAR(what, min, max, ...)                                                  \
	{                                                                               \
		what, RCS, .min_dw = (min), .max_dw = (max), .ppgtt = true, __VA_ARGS__ \
	}
#define ONE_DW(what, bits)                                                          \
	{                                                                           \
		what, RCS, .flags = (bits), .min_dw = 1, .max_dw = 1, .ppgtt = true \
	}

/* clang-format off */
static const struct vgpu_command common_60[] = {
	[0x03] = STATE("STATE_PREFETCH", 2),
};

static const struct vgpu_command common_61[] = {
	[0x01] = STATE("STATE_BASE_ADDRESS", 10),
	[0x02] = STATE("STATE_SIP", 2),
	[0x03] = STATE("SWTESS_BASE_ADDRESS", 2),
	[0x04] = STATE("GPGPU_CSR_BASE_ADDRESS", 2),
};

static const struct vgpu_command single_68[] = {
	[0x0b] = ONE_DW("3DSTATE_VF_STATISTICS", 0x1),
};

static const struct vgpu_command single_69[] = {
	[0x04] = ONE_DW("PIPELINE_SELECT", 0x3),
};

static const struct vgpu_command media_70[] = {
	[0x00] = STATE_VAR("MEDIA_VFE_STATE", 8, 8, .length_bits = 16, .check = check_vfe_state),
	[0x01] = STATE_VAR("MEDIA_CURBE_LOAD", 4, 4, .length_bits = 16),
	[0x02] = STATE_VAR("MEDIA_INTERFACE_DESCRIPTOR_LOAD", 4, 4, .length_bits = 16),
	[0x03] = STATE_VAR("MEDIA_GATEWAY_STATE", 2, 2, .length_bits = 16),
	[0x04] = STATE_VAR("MEDIA_STATE_FLUSH", 2, 2, .length_bits = 16),
};

static const struct vgpu_command media_71[] = {
	[0x00] = STATE_VAR("MEDIA_OBJECT", 6, VGPU_SUBMIT_MAX_DW, .length_bits = 16),
	[0x02] = STATE_VAR("MEDIA_OBJECT_PRT", 16, 16, .length_bits = 16),
	[0x03] = STATE_VAR("MEDIA_OBJECT_WALKER", 17, VGPU_SUBMIT_MAX_DW, .length_bits = 16),
	/* bit 8: only if the predicate is set; of the walker, bit 10: its dimensions come from registers */
	[0x04] = STATE_VAR("GPGPU_OBJECT", 8, 8, .flags = BIT(8)),
	[0x05] = STATE_VAR("GPGPU_WALKER", 11, 11, .flags = BIT(8) | BIT(10)),
};

static const struct vgpu_command pipelined_78[] = {
	[0x04] = STATE("3DSTATE_CLEAR_PARAMS", 3),
	[0x05] = STATE("3DSTATE_DEPTH_BUFFER", 7),
	[0x06] = STATE("3DSTATE_STENCIL_BUFFER", 3),
	[0x07] = STATE("3DSTATE_HIER_DEPTH_BUFFER", 3),
	[0x08] = STATE_VAR("3DSTATE_VERTEX_BUFFERS", 5, 133, .step_dw = 4),
	[0x09] = STATE_VAR("3DSTATE_VERTEX_ELEMENTS", 3, 69, .step_dw = 2),
	/* bits 9:8 the format, 15:12 cacheability; of the next, bit 8: indices cut strips */
	[0x0a] = STATE_VAR("3DSTATE_INDEX_BUFFER", 3, 3, .flags = 0xf300),
	[0x0c] = STATE_VAR("3DSTATE_VF", 2, 2, .flags = BIT(8)),
	[0x0e] = STATE("3DSTATE_CC_STATE_POINTERS", 2),
	[0x0f] = STATE("3DSTATE_SCISSOR_STATE_POINTERS", 2),
	[0x10] = STATE("3DSTATE_VS", 6),
	[0x11] = STATE("3DSTATE_GS", 7),
	[0x12] = STATE("3DSTATE_CLIP", 4),
	[0x13] = STATE("3DSTATE_SF", 7),
	[0x14] = STATE("3DSTATE_WM", 3),
	[0x15] = STATE("3DSTATE_CONSTANT_VS", 7),
	[0x16] = STATE("3DSTATE_CONSTANT_GS", 7),
	[0x17] = STATE("3DSTATE_CONSTANT_PS", 7),
	[0x18] = STATE("3DSTATE_SAMPLE_MASK", 2),
	[0x19] = STATE("3DSTATE_CONSTANT_HS", 7),
	[0x1a] = STATE("3DSTATE_CONSTANT_DS", 7),
	[0x1b] = STATE("3DSTATE_HS", 7),
	[0x1c] = STATE("3DSTATE_TE", 4),
	[0x1d] = STATE("3DSTATE_DS", 6),
	[0x1e] = STATE("3DSTATE_STREAMOUT", 3),
	[0x1f] = STATE("3DSTATE_SBE", 14),
	[0x20] = STATE("3DSTATE_PS", 8),
	[0x21] = STATE("3DSTATE_VIEWPORT_STATE_POINTERS_SF_CLIP", 2),
	[0x23] = STATE("3DSTATE_VIEWPORT_STATE_POINTERS_CC", 2),
	[0x24] = STATE("3DSTATE_BLEND_STATE_POINTERS", 2),
	[0x25] = STATE("3DSTATE_DEPTH_STENCIL_STATE_POINTERS", 2),
	[0x26] = STATE("3DSTATE_BINDING_TABLE_POINTERS_VS", 2),
	[0x27] = STATE("3DSTATE_BINDING_TABLE_POINTERS_HS", 2),
	[0x28] = STATE("3DSTATE_BINDING_TABLE_POINTERS_DS", 2),
	[0x29] = STATE("3DSTATE_BINDING_TABLE_POINTERS_GS", 2),
	[0x2a] = STATE("3DSTATE_BINDING_TABLE_POINTERS_PS", 2),
	[0x2b] = STATE("3DSTATE_SAMPLER_STATE_POINTERS_VS", 2),
	[0x2c] = STATE("3DSTATE_SAMPLER_STATE_POINTERS_HS", 2),
	[0x2d] = STATE("3DSTATE_SAMPLER_STATE_POINTERS_DS", 2),
	[0x2e] = STATE("3DSTATE_SAMPLER_STATE_POINTERS_GS", 2),
	[0x2f] = STATE("3DSTATE_SAMPLER_STATE_POINTERS_PS", 2),
	[0x30] = STATE("3DSTATE_URB_VS", 2),
	[0x31] = STATE("3DSTATE_URB_HS", 2),
	[0x32] = STATE("3DSTATE_URB_DS", 2),
	[0x33] = STATE("3DSTATE_URB_GS", 2),
	[0x34] = STATE_VAR("3DSTATE_GATHER_CONSTANT_VS", 3, 130),
	[0x35] = STATE_VAR("3DSTATE_GATHER_CONSTANT_GS", 3, 130),
	[0x36] = STATE_VAR("3DSTATE_GATHER_CONSTANT_HS", 3, 130),
	[0x37] = STATE_VAR("3DSTATE_GATHER_CONSTANT_DS", 3, 130),
	[0x38] = STATE_VAR("3DSTATE_GATHER_CONSTANT_PS", 3, 130),
	[0x39] = STATE_VAR("3DSTATE_DX9_CONSTANTF_VS", 6, 1026, .length_bits = 11),
	[0x3a] = STATE_VAR("3DSTATE_DX9_CONSTANTF_PS", 6, 1026, .length_bits = 11),
	[0x43] = STATE_VAR("3DSTATE_BINDING_TABLE_EDIT_VS", 3, 258, .length_bits = 9),
	[0x44] = STATE_VAR("3DSTATE_BINDING_TABLE_EDIT_GS", 3, 258, .length_bits = 9),
	[0x45] = STATE_VAR("3DSTATE_BINDING_TABLE_EDIT_HS", 3, 258, .length_bits = 9),
	[0x46] = STATE_VAR("3DSTATE_BINDING_TABLE_EDIT_DS", 3, 258, .length_bits = 9),
	[0x47] = STATE_VAR("3DSTATE_BINDING_TABLE_EDIT_PS", 3, 258, .length_bits = 9),
};

static const struct vgpu_command other_79[] = {
	[0x00] = STATE("3DSTATE_DRAWING_RECTANGLE", 4),
	[0x02] = STATE_VAR("3DSTATE_SAMPLER_PALETTE_LOAD0", 2, 257),
	[0x04] = STATE("3DSTATE_CHROMA_KEY", 4),
	[0x06] = STATE("3DSTATE_POLY_STIPPLE_OFFSET", 2),
	[0x07] = STATE("3DSTATE_POLY_STIPPLE_PATTERN", 33),
	[0x08] = STATE("3DSTATE_LINE_STIPPLE", 3),
	[0x0a] = STATE("3DSTATE_AA_LINE_PARAMETERS", 3),
	[0x0c] = STATE_VAR("3DSTATE_SAMPLER_PALETTE_LOAD1", 2, 257),
	[0x0d] = STATE("3DSTATE_MULTISAMPLE", 4),
	[0x0e] = STATE("3DSTATE_RAST_MULTISAMPLE", 6),
	[0x11] = STATE("3DSTATE_MONOFILTER_SIZE", 2),
	[0x12] = STATE("3DSTATE_PUSH_CONSTANT_ALLOC_VS", 2),
	[0x13] = STATE("3DSTATE_PUSH_CONSTANT_ALLOC_HS", 2),
	[0x14] = STATE("3DSTATE_PUSH_CONSTANT_ALLOC_DS", 2),
	[0x15] = STATE("3DSTATE_PUSH_CONSTANT_ALLOC_GS", 2),
	[0x16] = STATE("3DSTATE_PUSH_CONSTANT_ALLOC_PS", 2),
	[0x17] = STATE_VAR("3DSTATE_SO_DECL_LIST", 3, 259, .step_dw = 2, .length_bits = 9),
	[0x18] = STATE("3DSTATE_SO_BUFFER", 4),
	[0x19] = STATE("3DSTATE_BINDING_TABLE_POOL_ALLOC", 3),
	[0x1a] = STATE("3DSTATE_GATHER_POOL_ALLOC", 3),
	[0x1b] = STATE("3DSTATE_DX9_CONSTANT_BUFFER_POOL_ALLOC", 3),
};

static const struct vgpu_command control_7a[] = {
	[0x00] = { "PIPE_CONTROL", RCS, .min_dw = 4, .max_dw = 5, .check = check_pipe_control },
};

static const struct vgpu_command draw_7b[] = {
	/* bit 8: only if the predicate is set; 9: UAV coherency; 10: parameters come from registers */
	[0x00] = STATE_VAR("3DPRIMITIVE", 7, 7, .flags = BIT(8) | BIT(9) | BIT(10)),
};
/* clang-format on */

#define GROUP(rows)                         \
	{                                   \
		rows, VGPU_ARRAY_SIZE(rows) \
	}

const struct vgpu_command_group vgpu_audit_render[VGPU_COMMAND_GROUPS] = {
	[0x00] = GROUP(common_60),  [0x01] = GROUP(common_61), [0x08] = GROUP(single_68),    [0x09] = GROUP(single_69),
	[0x10] = GROUP(media_70),   [0x11] = GROUP(media_71),  [0x18] = GROUP(pipelined_78), [0x19] = GROUP(other_79),
	[0x1a] = GROUP(control_7a), [0x1b] = GROUP(draw_7b),
};
