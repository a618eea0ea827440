// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The audit of 3D, compute, video and video enhancement commands: the forms of each, and the few operands that reach beyond the
 * PPGTT.
 *
 * Lengths and flags of the render engine's are those of Mesa's src/intel/genxml/gen75.xml, where it has the command; those of the
 * codec's what intel-vaapi-driver emits on Haswell (src/gen75_mfd.c, gen75_mfc.c, gen75_vpp_vebox.c), and the Haswell PRM vol.
 * 2a's.
 */
#include <string.h>

#include "tests/guest/lib/cmd.h"
#include "tests/unit/harness/audit.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

/**
 * struct form - a command of client 3
 * @opcode: header bits 31:16
 * @min_dw, @max_dw: its length; without the latter it has one
 * @step_dw: by how much lengths differ, if not by one
 * @bits: of the length field, if not eight
 * @flags: of the header
 */
struct form {
	const char *name;
	uint32_t opcode, min_dw, max_dw, step_dw, bits, flags;
};

#define FORM(what, op, dw, ...)                                               \
	{                                                                     \
		.name = (what), .opcode = (op), .min_dw = (dw), ##__VA_ARGS__ \
	}

/* clang-format off */
static const struct form render[] = {
	FORM("STATE_PREFETCH", 0x6003, 2),
	FORM("STATE_BASE_ADDRESS", 0x6101, 10),
	FORM("STATE_SIP", 0x6102, 2),
	FORM("SWTESS_BASE_ADDRESS", 0x6103, 2),
	FORM("GPGPU_CSR_BASE_ADDRESS", 0x6104, 2),
	FORM("3DSTATE_VF_STATISTICS", 0x680b, 1, .flags = 0x1),
	FORM("PIPELINE_SELECT", 0x6904, 1, .flags = 0x3),
	FORM("MEDIA_VFE_STATE", 0x7000, 8, .bits = 16),
	FORM("MEDIA_CURBE_LOAD", 0x7001, 4, .bits = 16),
	FORM("MEDIA_INTERFACE_DESCRIPTOR_LOAD", 0x7002, 4, .bits = 16),
	FORM("MEDIA_GATEWAY_STATE", 0x7003, 2, .bits = 16),
	FORM("MEDIA_STATE_FLUSH", 0x7004, 2, .bits = 16),
	FORM("MEDIA_OBJECT", 0x7100, 6, .max_dw = 4096, .bits = 16),
	FORM("MEDIA_OBJECT_PRT", 0x7102, 16, .bits = 16),
	FORM("MEDIA_OBJECT_WALKER", 0x7103, 17, .max_dw = 4096, .bits = 16),
	FORM("GPGPU_OBJECT", 0x7104, 8, .flags = 0x100),
	FORM("GPGPU_WALKER", 0x7105, 11, .flags = 0x500),
	FORM("3DSTATE_CLEAR_PARAMS", 0x7804, 3),
	FORM("3DSTATE_DEPTH_BUFFER", 0x7805, 7),
	FORM("3DSTATE_STENCIL_BUFFER", 0x7806, 3),
	FORM("3DSTATE_HIER_DEPTH_BUFFER", 0x7807, 3),
	FORM("3DSTATE_VERTEX_BUFFERS", 0x7808, 5, .max_dw = 133, .step_dw = 4),
	FORM("3DSTATE_VERTEX_ELEMENTS", 0x7809, 3, .max_dw = 69, .step_dw = 2),
	FORM("3DSTATE_INDEX_BUFFER", 0x780a, 3, .flags = 0xf300),
	FORM("3DSTATE_VF", 0x780c, 2, .flags = 0x100),
	FORM("3DSTATE_CC_STATE_POINTERS", 0x780e, 2),
	FORM("3DSTATE_SCISSOR_STATE_POINTERS", 0x780f, 2),
	FORM("3DSTATE_VS", 0x7810, 6),
	FORM("3DSTATE_GS", 0x7811, 7),
	FORM("3DSTATE_CLIP", 0x7812, 4),
	FORM("3DSTATE_SF", 0x7813, 7),
	FORM("3DSTATE_WM", 0x7814, 3),
	FORM("3DSTATE_CONSTANT_VS", 0x7815, 7),
	FORM("3DSTATE_CONSTANT_GS", 0x7816, 7),
	FORM("3DSTATE_CONSTANT_PS", 0x7817, 7),
	FORM("3DSTATE_SAMPLE_MASK", 0x7818, 2),
	FORM("3DSTATE_CONSTANT_HS", 0x7819, 7),
	FORM("3DSTATE_CONSTANT_DS", 0x781a, 7),
	FORM("3DSTATE_HS", 0x781b, 7),
	FORM("3DSTATE_TE", 0x781c, 4),
	FORM("3DSTATE_DS", 0x781d, 6),
	FORM("3DSTATE_STREAMOUT", 0x781e, 3),
	FORM("3DSTATE_SBE", 0x781f, 14),
	FORM("3DSTATE_PS", 0x7820, 8),
	FORM("3DSTATE_VIEWPORT_STATE_POINTERS_SF_CLIP", 0x7821, 2),
	FORM("3DSTATE_VIEWPORT_STATE_POINTERS_CC", 0x7823, 2),
	FORM("3DSTATE_BLEND_STATE_POINTERS", 0x7824, 2),
	FORM("3DSTATE_DEPTH_STENCIL_STATE_POINTERS", 0x7825, 2),
	FORM("3DSTATE_BINDING_TABLE_POINTERS_VS", 0x7826, 2),
	FORM("3DSTATE_BINDING_TABLE_POINTERS_HS", 0x7827, 2),
	FORM("3DSTATE_BINDING_TABLE_POINTERS_DS", 0x7828, 2),
	FORM("3DSTATE_BINDING_TABLE_POINTERS_GS", 0x7829, 2),
	FORM("3DSTATE_BINDING_TABLE_POINTERS_PS", 0x782a, 2),
	FORM("3DSTATE_SAMPLER_STATE_POINTERS_VS", 0x782b, 2),
	FORM("3DSTATE_SAMPLER_STATE_POINTERS_HS", 0x782c, 2),
	FORM("3DSTATE_SAMPLER_STATE_POINTERS_DS", 0x782d, 2),
	FORM("3DSTATE_SAMPLER_STATE_POINTERS_GS", 0x782e, 2),
	FORM("3DSTATE_SAMPLER_STATE_POINTERS_PS", 0x782f, 2),
	FORM("3DSTATE_URB_VS", 0x7830, 2),
	FORM("3DSTATE_URB_HS", 0x7831, 2),
	FORM("3DSTATE_URB_DS", 0x7832, 2),
	FORM("3DSTATE_URB_GS", 0x7833, 2),
	FORM("3DSTATE_GATHER_CONSTANT_VS", 0x7834, 3, .max_dw = 130),
	FORM("3DSTATE_GATHER_CONSTANT_GS", 0x7835, 3, .max_dw = 130),
	FORM("3DSTATE_GATHER_CONSTANT_HS", 0x7836, 3, .max_dw = 130),
	FORM("3DSTATE_GATHER_CONSTANT_DS", 0x7837, 3, .max_dw = 130),
	FORM("3DSTATE_GATHER_CONSTANT_PS", 0x7838, 3, .max_dw = 130),
	FORM("3DSTATE_DX9_CONSTANTF_VS", 0x7839, 6, .max_dw = 1026, .bits = 11),
	FORM("3DSTATE_DX9_CONSTANTF_PS", 0x783a, 6, .max_dw = 1026, .bits = 11),
	FORM("3DSTATE_BINDING_TABLE_EDIT_VS", 0x7843, 3, .max_dw = 258, .bits = 9),
	FORM("3DSTATE_BINDING_TABLE_EDIT_GS", 0x7844, 3, .max_dw = 258, .bits = 9),
	FORM("3DSTATE_BINDING_TABLE_EDIT_HS", 0x7845, 3, .max_dw = 258, .bits = 9),
	FORM("3DSTATE_BINDING_TABLE_EDIT_DS", 0x7846, 3, .max_dw = 258, .bits = 9),
	FORM("3DSTATE_BINDING_TABLE_EDIT_PS", 0x7847, 3, .max_dw = 258, .bits = 9),
	FORM("3DSTATE_DRAWING_RECTANGLE", 0x7900, 4),
	FORM("3DSTATE_SAMPLER_PALETTE_LOAD0", 0x7902, 2, .max_dw = 257),
	FORM("3DSTATE_CHROMA_KEY", 0x7904, 4),
	FORM("3DSTATE_POLY_STIPPLE_OFFSET", 0x7906, 2),
	FORM("3DSTATE_POLY_STIPPLE_PATTERN", 0x7907, 33),
	FORM("3DSTATE_LINE_STIPPLE", 0x7908, 3),
	FORM("3DSTATE_AA_LINE_PARAMETERS", 0x790a, 3),
	FORM("3DSTATE_SAMPLER_PALETTE_LOAD1", 0x790c, 2, .max_dw = 257),
	FORM("3DSTATE_MULTISAMPLE", 0x790d, 4),
	FORM("3DSTATE_RAST_MULTISAMPLE", 0x790e, 6),
	FORM("3DSTATE_MONOFILTER_SIZE", 0x7911, 2),
	FORM("3DSTATE_PUSH_CONSTANT_ALLOC_VS", 0x7912, 2),
	FORM("3DSTATE_PUSH_CONSTANT_ALLOC_HS", 0x7913, 2),
	FORM("3DSTATE_PUSH_CONSTANT_ALLOC_DS", 0x7914, 2),
	FORM("3DSTATE_PUSH_CONSTANT_ALLOC_GS", 0x7915, 2),
	FORM("3DSTATE_PUSH_CONSTANT_ALLOC_PS", 0x7916, 2),
	FORM("3DSTATE_SO_DECL_LIST", 0x7917, 3, .max_dw = 259, .step_dw = 2, .bits = 9),
	FORM("3DSTATE_SO_BUFFER", 0x7918, 4),
	FORM("3DSTATE_BINDING_TABLE_POOL_ALLOC", 0x7919, 3),
	FORM("3DSTATE_GATHER_POOL_ALLOC", 0x791a, 3),
	FORM("3DSTATE_DX9_CONSTANT_BUFFER_POOL_ALLOC", 0x791b, 3),
	FORM("3DPRIMITIVE", 0x7b00, 7, .flags = 0x700),
};

static const struct form video[] = {
	FORM("MFX_WAIT", 0x6800, 1, .flags = 0x100),
	FORM("MFX_PIPE_MODE_SELECT", 0x7000, 5, .bits = 12),
	FORM("MFX_SURFACE_STATE", 0x7001, 6, .bits = 12),
	FORM("MFX_PIPE_BUF_ADDR_STATE", 0x7002, 25, .max_dw = 61, .bits = 12),
	FORM("MFX_IND_OBJ_BASE_ADDR_STATE", 0x7003, 11, .max_dw = 26, .bits = 12),
	FORM("MFX_BSP_BUF_BASE_ADDR_STATE", 0x7004, 4, .max_dw = 10, .bits = 12),
	FORM("MFX_STATE_POINTER", 0x7006, 2, .bits = 12),
	FORM("MFX_QM_STATE", 0x7007, 18, .bits = 12),
	FORM("MFX_FQM_STATE", 0x7008, 34, .bits = 12),
	FORM("MFX_DBK_OBJECT", 0x7009, 13, .bits = 12),
	FORM("MFD_IT_OBJECT", 0x7029, 2, .max_dw = 19, .bits = 12),
	FORM("MFX_PAK_INSERT_OBJECT", 0x7048, 3, .max_dw = 4096, .bits = 12),
	FORM("MFX_STITCH_OBJECT", 0x704a, 3, .max_dw = 4096, .bits = 12),
	FORM("MFX_AVC_IMG_STATE", 0x7100, 16, .max_dw = 17, .bits = 12),
	FORM("MFX_AVC_DIRECTMODE_STATE", 0x7102, 69, .max_dw = 71, .bits = 12),
	FORM("MFX_AVC_SLICE_STATE", 0x7103, 11, .bits = 12),
	FORM("MFX_AVC_REF_IDX_STATE", 0x7104, 10, .bits = 12),
	FORM("MFX_AVC_WEIGHTOFFSET_STATE", 0x7105, 98, .bits = 12),
	FORM("MFD_AVC_PICID_STATE", 0x7125, 10, .bits = 12),
	FORM("MFD_AVC_DPB_STATE", 0x7126, 27, .bits = 12),
	FORM("MFD_AVC_SLICEADDR", 0x7127, 3, .max_dw = 4, .bits = 12),
	FORM("MFD_AVC_BSD_OBJECT", 0x7128, 6, .max_dw = 7, .bits = 12),
	FORM("MFC_AVC_PAK_OBJECT", 0x7149, 11, .max_dw = 12, .bits = 12),
	FORM("MFX_VC1_PRED_PIPE_STATE", 0x7201, 6, .bits = 12),
	FORM("MFX_VC1_DIRECTMODE_STATE", 0x7202, 3, .max_dw = 7, .bits = 12),
	FORM("MFD_VC1_SHORT_PIC_STATE", 0x7220, 5, .bits = 12),
	FORM("MFD_VC1_LONG_PIC_STATE", 0x7221, 6, .bits = 12),
	FORM("MFD_VC1_BSD_OBJECT", 0x7228, 5, .bits = 12),
	FORM("MFX_MPEG2_PIC_STATE", 0x7300, 13, .bits = 12),
	FORM("MFD_MPEG2_BSD_OBJECT", 0x7328, 5, .bits = 12),
	FORM("MFC_MPEG2_SLICEGROUP_STATE", 0x7343, 8, .bits = 12),
	FORM("MFC_MPEG2_PAK_OBJECT", 0x7349, 9, .bits = 12),
	FORM("MFX_JPEG_PIC_STATE", 0x7700, 3, .bits = 12),
	FORM("MFX_JPEG_HUFF_TABLE_STATE", 0x7702, 53, .bits = 12),
	FORM("MFD_JPEG_BSD_OBJECT", 0x7728, 6, .bits = 12),
};

static const struct form enhancement[] = {
	FORM("VEBOX_SURFACE_STATE", 0x7400, 6, .bits = 12),
	FORM("VEBOX_STATE", 0x7402, 6, .max_dw = 7, .bits = 12),
	FORM("VEBOX_DI_IECP", 0x7403, 10, .bits = 12),
};

static const struct {
	enum vgpu_engine_id engine;
	const struct form *forms;
	unsigned int count, others; /* of client 3, besides the forms */
} engines[] = {
	{ VGPU_RCS, render, VGPU_ARRAY_SIZE(render), 1 }, /* PIPE_CONTROL */
	{ VGPU_VCS, video, VGPU_ARRAY_SIZE(video), 0 },
	{ VGPU_VECS, enhancement, VGPU_ARRAY_SIZE(enhancement), 0 },
	{ VGPU_BCS, NULL, 0, 0 },
};
/* clang-format on */

/* One command of zeros behind its header. Return: the verdict. */
static enum vgpu_fault judge(enum vgpu_engine_id e, bool ppgtt, uint32_t header, uint32_t n)
{
	static uint32_t dw[5000];
	const struct audit_where where = { e, .ppgtt = ppgtt, .batch = true };
	struct vgpu_audit a = audit_of(&where, dw, n);

	dw[0] = header;
	return vgpu_audit_run(&a);
}

/* Every length up to one more than the longest: only those that the command has pass. */
static void lengths(enum vgpu_engine_id e, const struct form *f)
{
	uint32_t max = f->max_dw ? f->max_dw : f->min_dw, step = f->step_dw ? f->step_dw : 1, n;

	for (n = 2; n <= max + 1 && n - 2 < 1u << (f->bits ? f->bits : 8); n++) {
		bool has = n >= f->min_dw && n <= max && (n - f->min_dw) % step == 0;

		if (judge(e, true, f->opcode << 16 | f->flags | (n - 2), n) != (has ? OK : LENGTH))
			fail_msg("%s, %u dwords", f->name, n);
	}
}

/* Header bits below the opcode that are neither length nor flag. */
static void flags(enum vgpu_engine_id e, const struct form *f)
{
	uint32_t header = f->opcode << 16 | (f->min_dw > 1 ? f->min_dw - 2 : 0), bit;

	for (bit = f->min_dw > 1 ? (f->bits ? f->bits : 8) : 0; bit < 16; bit++)
		if (judge(e, true, header | 1u << bit, f->min_dw) != (f->flags & 1u << bit ? OK : OPCODE))
			fail_msg("%s, bit %u", f->name, bit);
	if (judge(e, true, header, f->min_dw) || judge(e, false, header, f->min_dw) != ADDRESS)
		fail_msg("%s", f->name);
}

static void by_form(void **state)
{
	unsigned int i, k;

	for (i = 0; i < VGPU_ARRAY_SIZE(engines); i++) {
		for (k = 0; k < engines[i].count; k++) {
			flags(engines[i].engine, &engines[i].forms[k]);
			if (engines[i].forms[k].min_dw > 1)
				lengths(engines[i].engine, &engines[i].forms[k]);
		}
	}
}

/* All that there is, is in the tables above, under these names: nothing of one engine on another, no key exchange (0x7609). */
static void on_offer(void **state)
{
	uint32_t i, k, opcode, known;

	for (i = 0; i < VGPU_ARRAY_SIZE(engines); i++) {
		for (opcode = 0x6000, known = 0; opcode < 0x8000; opcode++)
			known += vgpu_audit_lookup(engines[i].engine, opcode << 16) != NULL;
		assert_int_equal(known, engines[i].count + engines[i].others);
		for (k = 0; k < engines[i].count; k++) {
			const struct form *f = &engines[i].forms[k];
			const struct vgpu_command *c = vgpu_audit_lookup(engines[i].engine, f->opcode << 16);

			assert_non_null(c);
			assert_string_equal(c->name, f->name);
		}
	}
}

#define PC 0x7a000003u
#define PC4 0x7a000002u
#define GGTT (1u << 24)
#define INDEX (1u << 21)
#define STALL (1u << 20)
#define IMM (1u << 14)

static const struct audit_row pipe_controls[] = {
	{ "all flushes, invalidations and stalls", OK, 5, .dw = { PC, 0x00153ebf, 0, 0, 0 } },
	{ "of four dwords", OK, 4, .dw = { PC4, STALL | 2, 0, 0 } },
	{ "nothing written: address ignored", OK, 5, .dw = { PC, STALL | GGTT, HE, 0, 0 } },
	{ "write", OK, 5, .dw = { PC, STALL | IMM | GGTT, H, 1, 2 } },
	{ "write, four dwords, last", OK, 4, .dw = { PC4, STALL | IMM | GGTT, HE - 8, 1 } },
	{ "write to the aperture", OK, 5, .dw = { PC, IMM | GGTT, A, 1, 2 } },
	{ "write in front", ADDRESS, 5, .dw = { PC, IMM | GGTT, H - 8, 1, 2 } },
	{ "write behind", ADDRESS, 5, .dw = { PC, IMM | GGTT, HE, 1, 2 } },
	{ "write, four dwords, behind", ADDRESS, 4, .dw = { PC4, IMM | GGTT, HE, 1 } },
	{ "write over the end", ADDRESS, 5, .dw = { PC, IMM | GGTT, HE - 4, 1, 2 } },
	{ "write to the end of all", ADDRESS, 5, .dw = { PC, IMM | GGTT, 0xfffffff8, 1, 2 } },
	{ "write, not aligned", ADDRESS, 5, .dw = { PC, IMM | GGTT, H + 4, 1, 2 } },
	{ "depth count", OK, 5, .dw = { PC, 2 * IMM | GGTT | 1u << 13, H, 0, 0 } },
	{ "depth count behind", ADDRESS, 5, .dw = { PC, 2 * IMM | GGTT | 1u << 13, HE, 0, 0 } },
	{ "timestamp", OK, 5, .dw = { PC, 3 * IMM | GGTT, H, 0, 0 } },
	{ "timestamp behind", ADDRESS, 5, .dw = { PC, 3 * IMM | GGTT, HE, 0, 0 } },
	{ "by index", OK, 5, .dw = { PC, IMM | INDEX | GGTT, 0xff8, 0, 0 } },
	{ "by index past the page", ADDRESS, 5, .dw = { PC, IMM | INDEX | GGTT, 0x1000, 0, 0 } },
	{ "by index, an address", ADDRESS, 5, .dw = { PC, IMM | INDEX, H, 0, 0 } },
	{ "write to a register", OPCODE, 5, .dw = { PC, IMM | 1u << 23, 0x2030, 0, 0 } },
	{ "interrupt", OPCODE, 5, .dw = { PC, 1u << 8, 0, 0, 0 } },
	{ "reset of the counters", OPCODE, 5, .dw = { PC, 1u << 19, 0, 0, 0 } },
	{ "protected memory on", OPCODE, 5, .dw = { PC, 1u << 22, 0, 0, 0 } },
	{ "reserved, low", OPCODE, 5, .dw = { PC, 1u << 6, 0, 0, 0 } },
	{ "reserved, middle", OPCODE, 5, .dw = { PC, 1u << 17, 0, 0, 0 } },
	{ "reserved, high", OPCODE, 5, .dw = { PC, 1u << 25, 0, 0, 0 } },
	{ "reserved, highest", OPCODE, 5, .dw = { PC, 1u << 31, 0, 0, 0 } },
	{ "reserved bit of the header", OPCODE, 5, .dw = { PC | 1u << 8, 0, 0, 0, 0 } },
	{ "too short", LENGTH, 3, .dw = { PC - 2, 0, 0 } },
	{ "too long", LENGTH, 6, .dw = { PC + 1, 0, 0, 0, 0, 0 } },
};

static const struct audit_row off[] = {
	{ "write through the PPGTT that is off", ADDRESS, 5, .dw = { PC, IMM, H, 1, 2 } },
};

static const struct audit_row on[] = {
	{ "write through the PPGTT", OK, 5, .dw = { PC, IMM, 0x1000, 1, 2 } },
	{ "write through the PPGTT, not aligned", ADDRESS, 5, .dw = { PC, IMM, 0x1004, 1, 2 } },
};

/* What draws belongs into a batch. */
static const struct audit_row in_ring[] = {
	{ "threads", OPCODE, 8, .dw = { 0x70000006, 0, 0x008b0144, 0, 0x2000000, 0, 0, 0 } },
	{ "choice of pipeline", OPCODE, 1, .dw = { 0x69040000 } },
	{ "primitive", OPCODE, 7, .dw = { 0x7b000005, 4, 3, 0, 1, 0, 0 } },
};

static const struct audit_row threads[] = {
	{ "threads", OK, 8, .dw = { 0x70000006, 0, 0x008b0144, 0, 0x2000000, 0, 0, 0 } },
	{ "threads that write registers", REGISTER, 8, .dw = { 0x70000006, 0, 0x008b0108, 0, 0, 0, 0, 0 } },
	{ "threads that read registers", REGISTER, 8, .dw = { 0x70000006, 0, 0x008b0110, 0, 0, 0, 0, 0 } },
};

static void operands(void **state)
{
	const struct audit_where ring = { .engine = VGPU_RCS }, ring_on = { .engine = VGPU_RCS, .ppgtt = true };
	const struct audit_where batch = { .engine = VGPU_RCS, .ppgtt = true, .batch = true };

	audit_check(&ring, pipe_controls, VGPU_ARRAY_SIZE(pipe_controls));
	audit_check(&ring_on, pipe_controls, VGPU_ARRAY_SIZE(pipe_controls));
	audit_check(&batch, pipe_controls, VGPU_ARRAY_SIZE(pipe_controls));
	audit_check(&ring, off, VGPU_ARRAY_SIZE(off));
	audit_check(&ring_on, on, VGPU_ARRAY_SIZE(on));
	audit_check(&batch, on, VGPU_ARRAY_SIZE(on));
	audit_check(&batch, threads, VGPU_ARRAY_SIZE(threads));
	audit_check(&ring_on, in_ring, VGPU_ARRAY_SIZE(in_ring));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_form),
		cmocka_unit_test(on_offer),
		cmocka_unit_test(operands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
