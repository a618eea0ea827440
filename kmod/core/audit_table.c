// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The commands that guests may execute, and the judges of their operands.
 *
 * All addresses are GGTT addresses: the hardware's PPGTT is off while the module's ring runs (engine.c), and a command that asks for
 * the PPGTT is refused, so that it does not get a GGTT address by surprise. An operand must lie in one range of the
 * vGPU's as a whole: aperture and hidden memory of a vGPU need not be neighbours.
 *
 * Commands that leave state behind for later ones are refused (XY_SETUP_*, clipping), except for BCS_SWCTRL, which is
 * tracked here and set before each piece. Sources: Haswell PRM vol. 2a (command reference: instructions),
 * vol. 10 (blitter); i915 gt/intel_gpu_commands.h. Lock: the GPU's.
 */
#include "core.h"
#include "audit.h"
#include "ggtt.h"
#include "hw.h"

/*
 * Each costs the host an interrupt with the GPU's lock, but the guest next to nothing, so those beyond a number that no driver comes
 * near are left out. The guest does not miss them: one comes at the end of its piece anyway, and its IIR has one bit for all.
 */
static enum vgpu_fault check_user_interrupt(struct vgpu_audit *a, const u32 *dw, u32 n)
{
	if (++a->user_interrupts > VGPU_SUBMIT_MAX_IRQS)
		a->dw[a->passed_dw] = MI_NOOP;
	return VGPU_FAULT_NONE;
}

/* Header, zero, address 31:2, data, and data of a quadword. */
static enum vgpu_fault check_store_imm(struct vgpu_audit *a, const u32 *dw, u32 n)
{
	u32 bytes = n == 5 ? 8 : 4;

	if (!(dw[0] & MI_USE_GGTT) || dw[1] || dw[2] & (bytes - 1) || !vgpu_ggtt_owns(a->vgpu, dw[2], bytes))
		return VGPU_FAULT_ADDRESS;
	return VGPU_FAULT_NONE;
}

/* Header, offset 11:2 in the status page (checked at each submission), data, and data of a quadword. */
static enum vgpu_fault check_store_index(struct vgpu_audit *a, const u32 *dw, u32 n)
{
	u32 bytes = n == 4 ? 8 : 4;

	return dw[1] & ~(VGPU_PAGE_BYTES - bytes) ? VGPU_FAULT_ADDRESS : VGPU_FAULT_NONE;
}

/* Header, address 31:3 or offset 11:3 with bit 2 for the GGTT, data. Without a post-sync operation nothing is written. */
static enum vgpu_fault check_flush(struct vgpu_audit *a, const u32 *dw, u32 n)
{
	u32 op = dw[0] & FLUSH_OP, address = dw[1] & ~FLUSH_GGTT;

	if (op && op != FLUSH_OP_IMM && op != FLUSH_OP_TIMESTAMP)
		return VGPU_FAULT_OPCODE;
	if (op && dw[0] & FLUSH_INDEX) {
		if (address & ~(VGPU_PAGE_BYTES - 8))
			return VGPU_FAULT_ADDRESS;
	} else if (op) {
		if (!(dw[1] & FLUSH_GGTT) || address & 7 || !vgpu_ggtt_owns(a->vgpu, address, 8))
			return VGPU_FAULT_ADDRESS;
	}
	a->drawn = false;
	return VGPU_FAULT_NONE;
}

/*
 * Pairs of register and value. BCS_SWCTRL alone, a masked-write register: its two bits make the surfaces of later blits
 * Y-tiled. The blitter must be idle when it changes (i915 gem/selftests/i915_gem_client_blt.c flushes as well): otherwise an
 * earlier blit might be addressed in another way than it was audited.
 */
static enum vgpu_fault check_load_register(struct vgpu_audit *a, const u32 *dw, u32 n)
{
	u32 i, swctrl = a->swctrl;

	if (!(n & 1))
		return VGPU_FAULT_LENGTH;
	for (i = 1; i < n; i += 2) {
		u32 mask = dw[i + 1] >> 16;

		if (dw[i] != BCS_SWCTRL || mask & ~(SWCTRL_SRC_Y | SWCTRL_DST_Y) || a->drawn)
			return VGPU_FAULT_REGISTER;
		swctrl = (swctrl & ~mask) | (dw[i + 1] & mask);
	}
	a->swctrl = swctrl;
	return VGPU_FAULT_NONE;
}

/* Of a blit's header and second dword (BR13). */
#define BLT_WRITE_MASK (3u << 20)
#define BLT_SRC_TILED BIT(15)
#define BLT_SEED_X (7u << 12)
#define BLT_DST_TILED BIT(11)
#define BLT_SEED_Y (7u << 8)
#define BR13_RESERVED 0xfc000000u /* with clipping in bit 30, whose rectangle a set-up command leaves behind */

/**
 * struct surface - a rectangle of a surface; right and lower edge are outside
 * @pitch: the field as it stands in the command: bytes, signed; dwords if @tiled
 */
struct surface {
	u32 base, pitch, cpp;
	bool tiled, tile_y;
	u32 x1, y1, x2, y2;
};

static enum vgpu_fault check_extent(struct vgpu_audit *a, s64 start, s64 end)
{
	return start < 0 || !vgpu_ggtt_owns(a->vgpu, (u64)start, (u64)(end - start)) ? VGPU_FAULT_ADDRESS : VGPU_FAULT_NONE;
}

/* Whole rows of tiles: X tiles are 512 bytes by 8 lines, Y tiles 128 bytes by 32 (Haswell PRM vol. 5, memory views). */
static enum vgpu_fault check_tiled(struct vgpu_audit *a, const struct surface *s)
{
	u32 width = s->tile_y ? 128 : 512, height = s->tile_y ? 32 : 8;
	u32 pitch = (s->pitch & 0x7fff) * 4;
	s64 first = s->y1 / height, last = (s->y2 + height - 1) / height;

	if (s->pitch & 0x8000 || pitch % width || s->base & (VGPU_PAGE_BYTES - 1) || s->x2 * s->cpp > pitch)
		return VGPU_FAULT_ADDRESS;
	return check_extent(a, s->base + first * height * pitch, s->base + last * height * pitch);
}

/*
 * Every byte that a blit touches on a surface. 64 bits hold any product of the fields, so nothing overflows. Coordinates are signed
 * fields of 16 bits; a negative one makes sense with clipping only, and is refused, as is an empty rectangle: drivers emit
 * neither, and then the hardware's reading of them does not matter. The same for a pitch of no dwords, whose low bits hardware
 * seems to drop, so that it takes other lines than were audited, and for a base of no pixel (Mesa crocus_blt.c, emit_copy_blt()).
 */
static enum vgpu_fault check_surface(struct vgpu_audit *a, const struct surface *s)
{
	s64 pitch = (s64)(s->pitch ^ 0x8000) - 0x8000;
	s64 top = s->y1 * pitch, bottom = ((s64)s->y2 - 1) * pitch;

	if ((s->x1 | s->y1 | s->x2 | s->y2) & ~0x7fffu || s->x1 >= s->x2 || s->y1 >= s->y2)
		return VGPU_FAULT_ADDRESS;
	a->command_bytes += (u64)(s->x2 - s->x1) * (s->y2 - s->y1) * s->cpp;
	if (s->tiled)
		return check_tiled(a, s);
	if (pitch & 3 || s->base & (s->cpp - 1))
		return VGPU_FAULT_ADDRESS;
	return check_extent(a, s->base + (top < bottom ? top : bottom) + (s64)s->x1 * s->cpp,
			    s->base + (top < bottom ? bottom : top) + (s64)s->x2 * s->cpp);
}

/* Dwords 0 to 4, which all blits share: header, BR13, top left, bottom right, base. */
static struct surface destination(const struct vgpu_audit *a, const u32 *dw)
{
	static const u8 cpp[] = { 1, 2, 2, 4 }; /* 8, 16 as 5:6:5, 16 as 1:5:5:5, 32 bits */

	return (struct surface) {
		.base = dw[4],
		.pitch = dw[1] & 0xffff,
		.cpp = cpp[dw[1] >> 24 & 3],
		.tiled = dw[0] & BLT_DST_TILED,
		.tile_y = a->swctrl & SWCTRL_DST_Y,
		.x1 = dw[2] & 0xffff,
		.y1 = dw[2] >> 16,
		.x2 = dw[3] & 0xffff,
		.y2 = dw[3] >> 16,
	};
}

/* Dwords 4 to 7 of a copy: ..., top left, pitch, base; the size is the destination's. */
static struct surface source(const struct vgpu_audit *a, const u32 *dw, const struct surface *dst)
{
	struct surface s = {
		.base = dw[7],
		.pitch = dw[6] & 0xffff,
		.cpp = dst->cpp,
		.tiled = dw[0] & BLT_SRC_TILED,
		.tile_y = a->swctrl & SWCTRL_SRC_Y,
		.x1 = dw[5] & 0xffff,
		.y1 = dw[5] >> 16,
	};

	s.x2 = s.x1 + dst->x2 - dst->x1;
	s.y2 = s.y1 + dst->y2 - dst->y1;
	return s;
}

/*
 * What all blits must meet. With the guest's PPGTT on, its blits mean PPGTT addresses, which its ring is not offered. A raster
 * operation that reads an operand that the command does not have would read what an earlier command left.
 */
static enum vgpu_fault check_blit(struct vgpu_audit *a, const u32 *dw, bool has_source)
{
	u32 rop = dw[1] >> 16 & 0xff;
	bool reads_source = (rop & 0x33) != (rop >> 2 & 0x33), reads_pattern = (rop & 0x0f) != rop >> 4;
	struct surface dst = destination(a, dw);

	if (dw[1] & BR13_RESERVED || (has_source ? reads_pattern : reads_source))
		return VGPU_FAULT_OPCODE;
	if (a->vgpu->regs.engine[a->engine][VGPU_ER_RING_GFX_MODE] & PPGTT_ENABLE)
		return VGPU_FAULT_ADDRESS;
	a->drawn = true;
	return check_surface(a, &dst);
}

static enum vgpu_fault check_color(struct vgpu_audit *a, const u32 *dw, u32 n)
{
	return check_blit(a, dw, false);
}

static enum vgpu_fault check_copy(struct vgpu_audit *a, const u32 *dw, u32 n)
{
	enum vgpu_fault fault = check_blit(a, dw, true);
	struct surface dst = destination(a, dw);
	struct surface src;

	if (fault)
		return fault;
	if (dw[6] >> 16)
		return VGPU_FAULT_OPCODE;
	src = source(a, dw, &dst);
	return check_surface(a, &src);
}

/* Eight by eight pixels, aligned to their size. */
static enum vgpu_fault check_pattern(struct vgpu_audit *a, const u32 *dw, u32 n)
{
	enum vgpu_fault fault = check_blit(a, dw, false);
	u32 bytes = 64 * destination(a, dw).cpp;

	if (fault)
		return fault;
	return dw[5] & (bytes - 1) || !vgpu_ggtt_owns(a->vgpu, dw[5], bytes) ? VGPU_FAULT_ADDRESS : VGPU_FAULT_NONE;
}

static enum vgpu_fault check_pattern_imm(struct vgpu_audit *a, const u32 *dw, u32 n)
{
	enum vgpu_fault fault = check_blit(a, dw, false);

	if (fault)
		return fault;
	return n == 5 + 16 * destination(a, dw).cpp ? VGPU_FAULT_NONE : VGPU_FAULT_LENGTH;
}

static const struct vgpu_command bcs_mi[64] = {
	[0x00] = { "MI_NOOP", .flags = 0x003fffff, .min_dw = 1, .max_dw = 1 }, /* bit 22 would write a register */
	[0x02] = { "MI_USER_INTERRUPT", .min_dw = 1, .max_dw = 1, .check = check_user_interrupt },
	[0x05] = { "MI_ARB_CHECK", .min_dw = 1, .max_dw = 1 },
	[0x08] = { "MI_ARB_ON_OFF", .flags = MI_ARB_ENABLE, .min_dw = 1, .max_dw = 1 },
	[0x20] = { "MI_STORE_DATA_IMM", .flags = MI_USE_GGTT, .min_dw = 4, .max_dw = 5, .check = check_store_imm },
	[0x21] = { "MI_STORE_DATA_INDEX", .min_dw = 3, .max_dw = 4, .check = check_store_index },
	[0x22] = { "MI_LOAD_REGISTER_IMM", .min_dw = 3, .max_dw = 255, .check = check_load_register },
	[0x26] = { "MI_FLUSH_DW", .flags = FLUSH_INDEX | FLUSH_TLB | FLUSH_OP, .min_dw = 3, .max_dw = 4, .check = check_flush },
};

static const struct vgpu_command bcs_blt[128] = {
	[0x50] = { "XY_COLOR_BLT", .flags = BLT_WRITE_MASK | BLT_DST_TILED, .min_dw = 6, .max_dw = 6, .check = check_color },
	[0x51] = { "XY_PAT_BLT", .flags = BLT_WRITE_MASK | BLT_SEED_X | BLT_DST_TILED | BLT_SEED_Y, .min_dw = 6, .max_dw = 6,
		   .check = check_pattern },
	[0x53] = { "XY_SRC_COPY_BLT", .flags = BLT_WRITE_MASK | BLT_SRC_TILED | BLT_DST_TILED, .min_dw = 8, .max_dw = 8,
		   .check = check_copy },
	[0x72] = { "XY_PAT_BLT_IMMEDIATE", .flags = BLT_WRITE_MASK | BLT_SEED_X | BLT_DST_TILED | BLT_SEED_Y, .min_dw = 21,
		   .max_dw = 69, .check = check_pattern_imm },
};

/**
 * vgpu_audit_lookup() - the row of the command that starts with @header, or NULL
 */
const struct vgpu_command *vgpu_audit_lookup(enum vgpu_engine_id e, u32 header)
{
	const struct vgpu_command *cmd = NULL;

	if (e != VGPU_BCS)
		return NULL;
	if (CMD_CLIENT(header) == CLIENT_MI)
		cmd = &bcs_mi[CMD_MI_OPCODE(header)];
	else if (CMD_CLIENT(header) == CLIENT_BLT)
		cmd = &bcs_blt[CMD_BLT_OPCODE(header)];
	return cmd && cmd->name ? cmd : NULL;
}
