// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Render, compute and codec commands as data: opcode (header bits 31:16), exact bounds of the length, what to do.
 *
 * Lengths: Haswell PRM vol. 2a, Command Reference: Instructions, each command's "DWord Length"; those of the render engine agree
 * with Mesa's src/intel/genxml/gen75.xml. Codec commands vary with the stepping: both forms pass. Tables are sorted by opcode.
 */
#include "sim/engine/render.h"

struct render_cmd {
	uint32_t opcode;
	struct cmd_desc desc;
};

#define CMD(op, what, on, bits, min, max, price, fn, ...)                                                                       \
	{                                                                                                                       \
		(op),                                                                                                           \
		{                                                                                                               \
			.name = (what), .engines = (on), .len_bits = (bits), .min_dw = (min), .max_dw = (max), .cost = (price), \
			.exec = (fn), __VA_ARGS__                                                                               \
		}                                                                                                               \
	}
#define STATE(op, what, len) CMD(op, what, ON_RCS, 8, len, len, COST_STATE, gen75_state, .state = len)
#define STATE_VAR(op, what, bits, min, max, step) \
	CMD(op, what, ON_RCS, bits, min, max, COST_STATE, gen75_state, .state = max, .step_dw = step)
#define SKIP(op, what, bits, min, max) CMD(op, what, ON_RCS, bits, min, max, COST_STATE, gen75_not_executed)

static const struct render_cmd render_commands[] = {
	CMD(0x6003, "STATE_PREFETCH", ON_RCS, 8, 2, 2, COST_STATE, NULL),
	STATE(0x6101, "STATE_BASE_ADDRESS", 10),
	STATE(0x6102, "STATE_SIP", 2),
	CMD(0x6103, "SWTESS_BASE_ADDRESS", ON_RCS, 8, 2, 2, COST_STATE, gen75_state, .state = 2),
	CMD(0x680b, "3DSTATE_VF_STATISTICS", ON_RCS, 0, 1, 1, COST_STATE, gen75_state, .state = 1),
	CMD(0x6904, "PIPELINE_SELECT", ON_RCS, 0, 1, 1, COST_FLUSH, gen75_state, .state = 1),
	CMD(0x7000, "MEDIA_VFE_STATE", ON_RCS, 16, 8, 8, COST_STATE, gen75_state, .state = 8),
	CMD(0x7001, "MEDIA_CURBE_LOAD", ON_RCS, 16, 4, 4, COST_STATE, gen75_state, .state = 4),
	CMD(0x7002, "MEDIA_INTERFACE_DESCRIPTOR_LOAD", ON_RCS, 16, 4, 4, COST_STATE, gen75_state, .state = 4),
	CMD(0x7003, "MEDIA_GATEWAY_STATE", ON_RCS, 16, 2, 2, COST_STATE, gen75_state, .state = 2),
	CMD(0x7004, "MEDIA_STATE_FLUSH", ON_RCS, 16, 2, 2, COST_FLUSH, NULL),
	CMD(0x7100, "MEDIA_OBJECT", ON_RCS, 16, 6, UINT16_MAX, COST_DISPATCH, gen75_media_object),
	CMD(0x7102, "MEDIA_OBJECT_PRT", ON_RCS, 16, 16, 16, COST_DISPATCH, gen75_media_object),
	CMD(0x7103, "MEDIA_OBJECT_WALKER", ON_RCS, 16, 17, UINT16_MAX, COST_DISPATCH, gen75_media_object),
	CMD(0x7104, "GPGPU_OBJECT", ON_RCS, 8, 8, 8, COST_DISPATCH, gen75_media_object),
	CMD(0x7105, "GPGPU_WALKER", ON_RCS, 8, 11, 11, COST_DISPATCH, gen75_gpgpu_walker),
	STATE(0x7804, "3DSTATE_CLEAR_PARAMS", 3),
	STATE(0x7805, "3DSTATE_DEPTH_BUFFER", 7),
	STATE(0x7806, "3DSTATE_STENCIL_BUFFER", 3),
	STATE(0x7807, "3DSTATE_HIER_DEPTH_BUFFER", 3),
	STATE_VAR(0x7808, "3DSTATE_VERTEX_BUFFERS", 8, 5, 133, 4),
	STATE_VAR(0x7809, "3DSTATE_VERTEX_ELEMENTS", 8, 3, 69, 2),
	STATE(0x780a, "3DSTATE_INDEX_BUFFER", 3),
	STATE(0x780c, "3DSTATE_VF", 2),
	STATE(0x780e, "3DSTATE_CC_STATE_POINTERS", 2),
	STATE(0x780f, "3DSTATE_SCISSOR_STATE_POINTERS", 2),
	STATE(0x7810, "3DSTATE_VS", 6),
	STATE(0x7811, "3DSTATE_GS", 7),
	STATE(0x7812, "3DSTATE_CLIP", 4),
	STATE(0x7813, "3DSTATE_SF", 7),
	STATE(0x7814, "3DSTATE_WM", 3),
	STATE(0x7815, "3DSTATE_CONSTANT_VS", 7),
	STATE(0x7816, "3DSTATE_CONSTANT_GS", 7),
	STATE(0x7817, "3DSTATE_CONSTANT_PS", 7),
	STATE(0x7818, "3DSTATE_SAMPLE_MASK", 2),
	STATE(0x7819, "3DSTATE_CONSTANT_HS", 7),
	STATE(0x781a, "3DSTATE_CONSTANT_DS", 7),
	STATE(0x781b, "3DSTATE_HS", 7),
	STATE(0x781c, "3DSTATE_TE", 4),
	STATE(0x781d, "3DSTATE_DS", 6),
	STATE(0x781e, "3DSTATE_STREAMOUT", 3),
	STATE(0x781f, "3DSTATE_SBE", 14),
	STATE(0x7820, "3DSTATE_PS", 8),
	STATE(0x7821, "3DSTATE_VIEWPORT_STATE_POINTERS_SF_CLIP", 2),
	STATE(0x7823, "3DSTATE_VIEWPORT_STATE_POINTERS_CC", 2),
	STATE(0x7824, "3DSTATE_BLEND_STATE_POINTERS", 2),
	STATE(0x7825, "3DSTATE_DEPTH_STENCIL_STATE_POINTERS", 2),
	STATE(0x7826, "3DSTATE_BINDING_TABLE_POINTERS_VS", 2),
	STATE(0x7827, "3DSTATE_BINDING_TABLE_POINTERS_HS", 2),
	STATE(0x7828, "3DSTATE_BINDING_TABLE_POINTERS_DS", 2),
	STATE(0x7829, "3DSTATE_BINDING_TABLE_POINTERS_GS", 2),
	STATE(0x782a, "3DSTATE_BINDING_TABLE_POINTERS_PS", 2),
	STATE(0x782b, "3DSTATE_SAMPLER_STATE_POINTERS_VS", 2),
	STATE(0x782c, "3DSTATE_SAMPLER_STATE_POINTERS_HS", 2),
	STATE(0x782d, "3DSTATE_SAMPLER_STATE_POINTERS_DS", 2),
	STATE(0x782e, "3DSTATE_SAMPLER_STATE_POINTERS_GS", 2),
	STATE(0x782f, "3DSTATE_SAMPLER_STATE_POINTERS_PS", 2),
	STATE(0x7830, "3DSTATE_URB_VS", 2),
	STATE(0x7831, "3DSTATE_URB_HS", 2),
	STATE(0x7832, "3DSTATE_URB_DS", 2),
	STATE(0x7833, "3DSTATE_URB_GS", 2),
	STATE_VAR(0x7834, "3DSTATE_GATHER_CONSTANT_VS", 8, 3, 130, 1),
	STATE_VAR(0x7835, "3DSTATE_GATHER_CONSTANT_GS", 8, 3, 130, 1),
	STATE_VAR(0x7836, "3DSTATE_GATHER_CONSTANT_HS", 8, 3, 130, 1),
	STATE_VAR(0x7837, "3DSTATE_GATHER_CONSTANT_DS", 8, 3, 130, 1),
	STATE_VAR(0x7838, "3DSTATE_GATHER_CONSTANT_PS", 8, 3, 130, 1),
	SKIP(0x7839, "3DSTATE_DX9_CONSTANTF_VS", 11, 2, 2049),
	SKIP(0x783a, "3DSTATE_DX9_CONSTANTF_PS", 11, 2, 2049),
	SKIP(0x783b, "3DSTATE_DX9_CONSTANTI_VS", 8, 2, 257),
	SKIP(0x783c, "3DSTATE_DX9_CONSTANTI_PS", 8, 2, 257),
	SKIP(0x783d, "3DSTATE_DX9_CONSTANTB_VS", 8, 2, 257),
	SKIP(0x783e, "3DSTATE_DX9_CONSTANTB_PS", 8, 2, 257),
	SKIP(0x783f, "3DSTATE_DX9_LOCAL_VALID_VS", 8, 2, 257),
	SKIP(0x7840, "3DSTATE_DX9_LOCAL_VALID_PS", 8, 2, 257),
	SKIP(0x7841, "3DSTATE_DX9_GENERATE_ACTIVE_VS", 8, 2, 257),
	SKIP(0x7842, "3DSTATE_DX9_GENERATE_ACTIVE_PS", 8, 2, 257),
	SKIP(0x7843, "3DSTATE_BINDING_TABLE_EDIT_VS", 9, 2, 513),
	SKIP(0x7844, "3DSTATE_BINDING_TABLE_EDIT_GS", 9, 2, 513),
	SKIP(0x7845, "3DSTATE_BINDING_TABLE_EDIT_HS", 9, 2, 513),
	SKIP(0x7846, "3DSTATE_BINDING_TABLE_EDIT_DS", 9, 2, 513),
	SKIP(0x7847, "3DSTATE_BINDING_TABLE_EDIT_PS", 9, 2, 513),
	STATE(0x7900, "3DSTATE_DRAWING_RECTANGLE", 4),
	STATE_VAR(0x7902, "3DSTATE_SAMPLER_PALETTE_LOAD0", 8, 2, 257, 1),
	STATE(0x7904, "3DSTATE_CHROMA_KEY", 4),
	STATE(0x7906, "3DSTATE_POLY_STIPPLE_OFFSET", 2),
	STATE(0x7907, "3DSTATE_POLY_STIPPLE_PATTERN", 33),
	STATE(0x7908, "3DSTATE_LINE_STIPPLE", 3),
	STATE(0x790a, "3DSTATE_AA_LINE_PARAMETERS", 3),
	STATE_VAR(0x790c, "3DSTATE_SAMPLER_PALETTE_LOAD1", 8, 2, 257, 1),
	STATE(0x790d, "3DSTATE_MULTISAMPLE", 4),
	STATE(0x790e, "3DSTATE_RAST_MULTISAMPLE", 6),
	STATE(0x7911, "3DSTATE_MONOFILTER_SIZE", 2),
	STATE(0x7912, "3DSTATE_PUSH_CONSTANT_ALLOC_VS", 2),
	STATE(0x7913, "3DSTATE_PUSH_CONSTANT_ALLOC_HS", 2),
	STATE(0x7914, "3DSTATE_PUSH_CONSTANT_ALLOC_DS", 2),
	STATE(0x7915, "3DSTATE_PUSH_CONSTANT_ALLOC_GS", 2),
	STATE(0x7916, "3DSTATE_PUSH_CONSTANT_ALLOC_PS", 2),
	STATE_VAR(0x7917, "3DSTATE_SO_DECL_LIST", 9, 3, 259, 2),
	STATE(0x7918, "3DSTATE_SO_BUFFER", 4),
	STATE(0x7919, "3DSTATE_BINDING_TABLE_POOL_ALLOC", 3),
	STATE(0x791a, "3DSTATE_GATHER_POOL_ALLOC", 3),
	STATE(0x791b, "3DSTATE_DX9_CONSTANT_BUFFER_POOL_ALLOC", 3),
	CMD(0x7a00, "PIPE_CONTROL", ON_RCS, 8, 4, 5, COST_STATE, gen75_pipe_control),
	CMD(0x7b00, "3DPRIMITIVE", ON_RCS, 8, 7, 7, COST_DRAW, gen75_draw),
};

/* The codec's own opcodes overlap those of the render engine. No picture is decoded: objects cost time, state is skipped. */
#define MFX(op, what, min, max) CMD(op, what, ON_VCS, 12, min, max, COST_STATE, gen75_not_executed)
#define MFX_OBJECT(op, what, min, max) CMD(op, what, ON_VCS, 12, min, max, COST_MEDIA, gen75_bsd_object)

static const struct render_cmd codec_commands[] = {
	CMD(0x6800, "MFX_WAIT", ON_VCS, 0, 1, 1, COST_FLUSH, NULL),
	MFX(0x7000, "MFX_PIPE_MODE_SELECT", 4, 5),
	MFX(0x7001, "MFX_SURFACE_STATE", 6, 6),
	MFX(0x7002, "MFX_PIPE_BUF_ADDR_STATE", 24, 61), /* 61: with a cache control dword for each address */
	MFX(0x7003, "MFX_IND_OBJ_BASE_ADDR_STATE", 11, 26),
	MFX(0x7004, "MFX_BSP_BUF_BASE_ADDR_STATE", 4, 10),
	MFX(0x7006, "MFX_STATE_POINTER", 2, 2),
	MFX(0x7007, "MFX_QM_STATE", 2, 34),
	MFX(0x7008, "MFX_FQM_STATE", 2, 34),
	MFX_OBJECT(0x7009, "MFX_DBK_OBJECT", 2, 13),
	MFX_OBJECT(0x7029, "MFD_IT_OBJECT", 2, 19),
	MFX(0x7048, "MFX_PAK_INSERT_OBJECT", 2, 4097),
	MFX(0x704a, "MFX_STITCH_OBJECT", 2, 4097),
	MFX(0x7100, "MFX_AVC_IMG_STATE", 13, 17),
	MFX(0x7101, "MFX_AVC_QM_STATE", 2, 258),
	MFX(0x7102, "MFX_AVC_DIRECTMODE_STATE", 69, 71),
	MFX(0x7103, "MFX_AVC_SLICE_STATE", 7, 11),
	MFX(0x7104, "MFX_AVC_REF_IDX_STATE", 10, 10),
	MFX(0x7105, "MFX_AVC_WEIGHTOFFSET_STATE", 98, 98),
	MFX(0x7125, "MFD_AVC_PICID_STATE", 10, 10),
	MFX(0x7126, "MFD_AVC_DPB_STATE", 11, 27),
	MFX_OBJECT(0x7127, "MFD_AVC_SLICEADDR", 3, 4),
	MFX_OBJECT(0x7128, "MFD_AVC_BSD_OBJECT", 5, 7),
	MFX_OBJECT(0x7149, "MFC_AVC_PAK_OBJECT", 11, 12),
	MFX(0x7201, "MFX_VC1_PRED_PIPE_STATE", 6, 6),
	MFX(0x7202, "MFX_VC1_DIRECTMODE_STATE", 3, 7),
	MFX(0x7220, "MFD_VC1_SHORT_PIC_STATE", 5, 5),
	MFX(0x7221, "MFD_VC1_LONG_PIC_STATE", 6, 6),
	MFX_OBJECT(0x7228, "MFD_VC1_BSD_OBJECT", 4, 5),
	MFX(0x7300, "MFX_MPEG2_PIC_STATE", 4, 13),
	MFX(0x7301, "MFX_MPEG2_QM_STATE", 2, 18),
	MFX_OBJECT(0x7328, "MFD_MPEG2_BSD_OBJECT", 4, 5),
	MFX(0x7343, "MFC_MPEG2_SLICEGROUP_STATE", 2, 8),
	MFX_OBJECT(0x7349, "MFC_MPEG2_PAK_OBJECT", 2, 9),
	MFX(0x7700, "MFX_JPEG_PIC_STATE", 3, 3),
	MFX(0x7702, "MFX_JPEG_HUFF_TABLE_STATE", 2, 53),
	MFX_OBJECT(0x7728, "MFD_JPEG_BSD_OBJECT", 6, 6),
};

static const struct render_cmd enhancement_commands[] = {
	CMD(0x7400, "VEBOX_SURFACE_STATE", ON_VECS, 12, 6, 6, COST_STATE, gen75_not_executed),
	CMD(0x7402, "VEBOX_STATE", ON_VECS, 12, 6, 7, COST_STATE, gen75_not_executed),
	CMD(0x7403, "VEBOX_DI_IECP", ON_VECS, 12, 9, 10, COST_MEDIA, gen75_not_executed),
};

static const struct {
	const struct render_cmd *cmds;
	unsigned int count;
} tables[GEN75_ENGINES] = {
	[GEN75_RCS] = { render_commands, ARRAY_COUNT(render_commands) },
	[GEN75_VCS] = { codec_commands, ARRAY_COUNT(codec_commands) },
	[GEN75_VECS] = { enhancement_commands, ARRAY_COUNT(enhancement_commands) },
};

static const struct render_cmd *find(enum gen75_engine_id id, uint32_t opcode)
{
	unsigned int low = 0, high = tables[id].count;

	while (low < high) {
		unsigned int middle = (low + high) / 2;

		if (tables[id].cmds[middle].opcode == opcode)
			return &tables[id].cmds[middle];
		if (tables[id].cmds[middle].opcode < opcode)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/**
 * gen75_render_find() - the descriptor of a render, compute or codec command; NULL: the engine knows none
 */
const struct cmd_desc *gen75_render_find(struct gen75 *gpu, const struct engine *e, uint32_t header)
{
	const struct render_cmd *c = find(e->id, header >> 16);

	return c ? &c->desc : NULL;
}

/**
 * gen75_render_state_layout() - give each state command that a context keeps its place
 * @offset: by index in the table of render commands; RENDER_SLOTS of them
 * Return: dwords in all, 0: there are more commands than places (a bug, caught by the unit tests).
 */
uint32_t gen75_render_state_layout(uint16_t *offset)
{
	uint32_t at = 0;

	if (ARRAY_COUNT(render_commands) > RENDER_SLOTS)
		return 0;
	for (unsigned int i = 0; i < ARRAY_COUNT(render_commands); i++) {
		offset[i] = at;
		at += render_commands[i].desc.state;
	}
	return at;
}

/**
 * gen75_render_state() - the last command of an opcode in the loaded context; see render.h
 */
uint32_t *gen75_render_state(const struct gen75 *gpu, uint32_t opcode)
{
	const struct render_cmd *c = find(GEN75_RCS, opcode);

	return c && c->desc.state ? gpu->render_state + gpu->render_slot[c - render_commands] : NULL;
}
