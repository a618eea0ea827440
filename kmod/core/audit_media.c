// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The commands of the video and the video enhancement engine that guests may execute.
 *
 * As with the render engine's (audit_render.c), the hardware's PPGTT confines their operands, and their forms are judged. Lengths,
 * in 12 bits: Haswell PRM vol. 2a (command reference: instructions); intel-vaapi-driver src/gen75_mfd.c, gen75_mfc.c,
 * gen75_vpp_vebox.c.
 * Not on offer: key exchange and other protected content. Lock: none, all is constant.
 */
#include "core.h"
#include "audit.h"
#include "hw.h"

#define MFX(what, min, max)                                                                                 \
	{                                                                                                   \
		what, VGPU_ON(VGPU_VCS), .min_dw = (min), .max_dw = (max), .length_bits = 12, .ppgtt = true \
	}
#define VEB(what, min, max)                                                                                  \
	{                                                                                                    \
		what, VGPU_ON(VGPU_VECS), .min_dw = (min), .max_dw = (max), .length_bits = 12, .ppgtt = true \
	}
#define GROUP(rows)                         \
	{                                   \
		rows, VGPU_ARRAY_SIZE(rows) \
	}

/* clang-format off */
static const struct vgpu_command wait_68[] = {
	/* its length field has another base, and is 0 always (i915 i915_cmd_parser.c); bit 8: wait for the codec */
	[0x00] = { "MFX_WAIT", VGPU_ON(VGPU_VCS), .flags = BIT(8), .min_dw = 1, .max_dw = 1, .ppgtt = true },
};

static const struct vgpu_command common_70[] = {
	[0x00] = MFX("MFX_PIPE_MODE_SELECT", 5, 5),
	[0x01] = MFX("MFX_SURFACE_STATE", 6, 6),
	[0x02] = MFX("MFX_PIPE_BUF_ADDR_STATE", 25, 61),
	[0x03] = MFX("MFX_IND_OBJ_BASE_ADDR_STATE", 11, 26),
	[0x04] = MFX("MFX_BSP_BUF_BASE_ADDR_STATE", 4, 10),
	[0x06] = MFX("MFX_STATE_POINTER", 2, 2),
	[0x07] = MFX("MFX_QM_STATE", 18, 18),
	[0x08] = MFX("MFX_FQM_STATE", 34, 34),
	[0x09] = MFX("MFX_DBK_OBJECT", 13, 13),
	[0x29] = MFX("MFD_IT_OBJECT", 2, 19),
	[0x48] = MFX("MFX_PAK_INSERT_OBJECT", 3, 4096),
	[0x4a] = MFX("MFX_STITCH_OBJECT", 3, 4096),
};

static const struct vgpu_command avc_71[] = {
	[0x00] = MFX("MFX_AVC_IMG_STATE", 16, 17),
	[0x02] = MFX("MFX_AVC_DIRECTMODE_STATE", 69, 71),
	[0x03] = MFX("MFX_AVC_SLICE_STATE", 11, 11),
	[0x04] = MFX("MFX_AVC_REF_IDX_STATE", 10, 10),
	[0x05] = MFX("MFX_AVC_WEIGHTOFFSET_STATE", 98, 98),
	[0x25] = MFX("MFD_AVC_PICID_STATE", 10, 10),
	[0x26] = MFX("MFD_AVC_DPB_STATE", 27, 27),
	[0x27] = MFX("MFD_AVC_SLICEADDR", 3, 4),
	[0x28] = MFX("MFD_AVC_BSD_OBJECT", 6, 7),
	[0x49] = MFX("MFC_AVC_PAK_OBJECT", 11, 12),
};

static const struct vgpu_command vc1_72[] = {
	[0x01] = MFX("MFX_VC1_PRED_PIPE_STATE", 6, 6),
	[0x02] = MFX("MFX_VC1_DIRECTMODE_STATE", 3, 7),
	[0x20] = MFX("MFD_VC1_SHORT_PIC_STATE", 5, 5),
	[0x21] = MFX("MFD_VC1_LONG_PIC_STATE", 6, 6),
	[0x28] = MFX("MFD_VC1_BSD_OBJECT", 5, 5),
};

static const struct vgpu_command mpeg2_73[] = {
	[0x00] = MFX("MFX_MPEG2_PIC_STATE", 13, 13),
	[0x28] = MFX("MFD_MPEG2_BSD_OBJECT", 5, 5),
	[0x43] = MFX("MFC_MPEG2_SLICEGROUP_STATE", 8, 8),
	[0x49] = MFX("MFC_MPEG2_PAK_OBJECT", 9, 9),
};

static const struct vgpu_command jpeg_77[] = {
	[0x00] = MFX("MFX_JPEG_PIC_STATE", 3, 3),
	[0x02] = MFX("MFX_JPEG_HUFF_TABLE_STATE", 53, 53),
	[0x28] = MFX("MFD_JPEG_BSD_OBJECT", 6, 6),
};

static const struct vgpu_command vebox_74[] = {
	[0x00] = VEB("VEBOX_SURFACE_STATE", 6, 6),
	[0x02] = VEB("VEBOX_STATE", 6, 7),
	[0x03] = VEB("VEBOX_DI_IECP", 10, 10),
};
/* clang-format on */

const struct vgpu_command_group vgpu_audit_video[VGPU_COMMAND_GROUPS] = {
	[0x08] = GROUP(wait_68), [0x10] = GROUP(common_70), [0x11] = GROUP(avc_71),
	[0x12] = GROUP(vc1_72),	 [0x13] = GROUP(mpeg2_73),  [0x17] = GROUP(jpeg_77),
};

const struct vgpu_command_group vgpu_audit_enhancement[VGPU_COMMAND_GROUPS] = {
	[0x14] = GROUP(vebox_74),
};
