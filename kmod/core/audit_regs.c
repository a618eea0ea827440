// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The registers that guests' commands may write or read, as data.
 *
 * Written by privileged commands: what i915's command parser lets programs write on Haswell (i915_cmd_parser.c, gen7_render_regs,
 * hsw_render_regs, gen7_blt_regs), and what i915 itself writes in its rings (gt/intel_ring_submission.c, load_pd_dir(),
 * mi_set_context(), remap_l3_slice(); gt/intel_workarounds.c) and in the batch that clears what a context leaves
 * (gt/gen7_renderclear.c). Not among them though the parser has it: TIMESTAMP, whose writing all tenants would see.
 *
 * Read: those, and what else is of the engine's tenant alone. Nothing tells of other tenants: ring positions, the engines'
 * status, page directories of others.
 *
 * Which of them a render context holds is not public in full: i915 and the Haswell PRM vol. 2c, "Register/State Context", name INSTPM,
 * most statistics, 3DPRIM_*, the stream output's and CACHE_MODE_1. The others are switched by the module (switch.c).
 * Lock: none, all is constant.
 */
#include "core.h"
#include "audit.h"
#include "audit_regs.h"
#include "hw.h"

#define RCS VGPU_ON(VGPU_RCS)
#define VCS VGPU_ON(VGPU_VCS)
#define BCS VGPU_ON(VGPU_BCS)
#define VECS VGPU_ON(VGPU_VECS)

#define INSTPM_BITS (INSTPM_SYNC_FLUSH | INSTPM_TLB_INVALIDATE)

/* clang-format off */
/* i915 silences the other engines' sleep messages while the render engine switches contexts: the module's matter. */
#define PSMI(name, base, on)			{ name, (base) + RING_PSMI_CTL, 1, on, VGPU_ON_ALL, PSMI_SLEEP_MSG_DISABLE, \
						  VGPU_AREG_MASKED | VGPU_AREG_INERT }
/* Bits that matter to flushes alone: where no context holds them they may stay, if nobody can read them. */
#define INSTPM(name, base, on, also)		{ name, (base) + RING_INSTPM, 1, on, (on) & RCS, INSTPM_BITS | (also), VGPU_AREG_MASKED }
#define DCLV(name, base, on)			{ name, (base) + RING_PP_DIR_DCLV, 1, on, on, ~0u, VGPU_AREG_WHOLE }
#define DIRECTORY(name, base, on)		{ name, (base) + RING_PP_DIR_BASE, 1, on, on, ~0u, VGPU_AREG_DIRECTORY }
#define TIMESTAMP(name, base)			{ name, (base) + 0x358, 2, 0, VGPU_ON_ALL, 0, 0 }
#define STATE(name, offset, dwords)		{ name, offset, dwords, RCS, RCS, ~0u, 0 }
#define SWITCHED(name, offset, dwords)		{ name, offset, dwords, RCS, RCS, ~0u, VGPU_AREG_SWITCHED }
#define SWITCHED_BITS(name, offset, bits, how)	{ name, offset, 1, RCS, RCS, bits, VGPU_AREG_SWITCHED | (how) }
/* Of defective lines of the L3 cache, which all tenants share; i915 writes it if an administrator of the guest says so. */
#define L3LOG(name, offset)			{ name, offset, 32, RCS, 0, ~0u, VGPU_AREG_INERT }

const struct vgpu_audit_reg vgpu_audit_regs[] = {
	PSMI("RCS_PSMI_CTL", 0x2000, 0),
	INSTPM("RCS_INSTPM", 0x2000, RCS, INSTPM_FORCE_ORDERING),
	DCLV("RCS_PP_DIR_DCLV", 0x2000, RCS),
	DIRECTORY("RCS_PP_DIR_BASE", 0x2000, RCS),
	SWITCHED("GPGPU_THREADS_DISPATCHED", 0x2290, 2),
	STATE("STATISTICS", 0x2300, 18),
	SWITCHED("PS_INVOCATION_COUNT", 0x2348, 2),
	SWITCHED("PS_DEPTH_COUNT", 0x2350, 2),
	TIMESTAMP("RCS_TIMESTAMP", 0x2000),
	SWITCHED("MI_PREDICATE_SRC", 0x2400, 4),
	{ "MI_PREDICATE_RESULT", 0x2418, 1, 0, RCS, 0, VGPU_AREG_SWITCHED },
	STATE("3DPRIM_END_OFFSET", 0x2420, 1),
	STATE("3DPRIM", 0x2430, 5),
	SWITCHED("GPGPU_DISPATCHDIM", 0x2500, 3),
	SWITCHED("CS_GPR", 0x2600, 32),
	STATE("SO_NUM_PRIMS_WRITTEN", 0x5200, 8),
	STATE("SO_PRIM_STORAGE_NEEDED", 0x5240, 8),
	STATE("SO_WRITE_OFFSET", 0x5280, 4),
	SWITCHED_BITS("CACHE_MODE_0", 0x7000, 0xffff, VGPU_AREG_MASKED),
	{ "CACHE_MODE_1", 0x7004, 1, RCS, RCS, 0xffff, VGPU_AREG_MASKED },
	SWITCHED_BITS("L3SQCREG1", 0xb010, ~0u, 0),
	SWITCHED_BITS("L3CNTLREG2", 0xb020, ~0u, 0),
	SWITCHED_BITS("L3CNTLREG3", 0xb024, ~0u, 0),
	SWITCHED_BITS("HSW_SCRATCH1", 0xb038, BIT(27), 0),
	L3LOG("L3LOG_0", 0xb070),
	L3LOG("L3LOG_1", 0xb270),
	SWITCHED_BITS("HSW_ROW_CHICKEN3", 0xe49c, BIT(6), VGPU_AREG_MASKED),
	PSMI("VCS_PSMI_CTL", 0x12000, RCS),
	INSTPM("VCS_INSTPM", 0x12000, VCS, 0),
	DCLV("VCS_PP_DIR_DCLV", 0x12000, VCS),
	DIRECTORY("VCS_PP_DIR_BASE", 0x12000, VCS),
	TIMESTAMP("VCS_TIMESTAMP", 0x12000),
	PSMI("VECS_PSMI_CTL", 0x1a000, RCS),
	INSTPM("VECS_INSTPM", 0x1a000, VECS, 0),
	DCLV("VECS_PP_DIR_DCLV", 0x1a000, VECS),
	DIRECTORY("VECS_PP_DIR_BASE", 0x1a000, VECS),
	TIMESTAMP("VECS_TIMESTAMP", 0x1a000),
	PSMI("BCS_PSMI_CTL", 0x22000, RCS),
	INSTPM("BCS_INSTPM", 0x22000, BCS, 0),
	{ "BCS_SWCTRL", BCS_SWCTRL, 1, BCS, BCS, SWCTRL_SRC_Y | SWCTRL_DST_Y,
	  VGPU_AREG_MASKED | VGPU_AREG_SWITCHED | VGPU_AREG_TILING },
	DCLV("BCS_PP_DIR_DCLV", 0x22000, BCS),
	DIRECTORY("BCS_PP_DIR_BASE", 0x22000, BCS),
	TIMESTAMP("BCS_TIMESTAMP", 0x22000),
};
/* clang-format on */

const u32 vgpu_audit_regs_count = VGPU_ARRAY_SIZE(vgpu_audit_regs);

/**
 * vgpu_audit_reg_find() - the row of the register at @offset, or NULL
 *
 * Offsets are compared in full: whatever the hardware makes of bits that no offset has, such a register has no row.
 */
const struct vgpu_audit_reg *vgpu_audit_reg_find(u32 offset)
{
	u32 low = 0, high = vgpu_audit_regs_count;

	if (offset & 3)
		return NULL;
	while (low < high) {
		u32 middle = (low + high) / 2;
		const struct vgpu_audit_reg *r = &vgpu_audit_regs[middle];

		if (offset < r->offset)
			high = middle;
		else if (offset - r->offset >= 4 * r->dwords)
			low = middle + 1;
		else
			return r;
	}
	return NULL;
}

/**
 * vgpu_audit_reg_readable() - whether a command on an engine may read a register to where the guest sees it
 */
bool vgpu_audit_reg_readable(enum vgpu_engine_id e, u32 offset)
{
	const struct vgpu_audit_reg *r = vgpu_audit_reg_find(offset);

	return r && r->readers & VGPU_ON(e);
}

/**
 * vgpu_audit_reg_loadable() - whether a command may write any value, which it finds elsewhere, to a register
 */
bool vgpu_audit_reg_loadable(enum vgpu_engine_id e, u32 offset)
{
	const struct vgpu_audit_reg *r = vgpu_audit_reg_find(offset);
	u32 all = r && r->flags & VGPU_AREG_MASKED ? 0xffffu : ~0u;

	return r && r->writers & VGPU_ON(e) && r->bits == all && !(r->flags & ~(VGPU_AREG_MASKED | VGPU_AREG_SWITCHED));
}

/**
 * vgpu_audit_reg_check() - whether a command that carries the value may write it to a register
 */
enum vgpu_fault vgpu_audit_reg_check(const struct vgpu_audit *a, u32 offset, u32 value)
{
	const struct vgpu_audit_reg *r = vgpu_audit_reg_find(offset);
	u32 changes;

	if (!r || !(r->writers & VGPU_ON(a->engine)))
		return VGPU_FAULT_REGISTER;
	changes = r->flags & VGPU_AREG_MASKED ? value >> 16 : value;
	if (changes & ~r->bits)
		return VGPU_FAULT_REGISTER;
	/* Only i915's ring changes page tables: a batch is judged with those that its piece began with. */
	if (r->flags & (VGPU_AREG_DIRECTORY | VGPU_AREG_WHOLE) && a->batch)
		return VGPU_FAULT_REGISTER;
	if (r->flags & VGPU_AREG_WHOLE && value != PP_DIR_DCLV_2G)
		return VGPU_FAULT_REGISTER;
	return r->flags & VGPU_AREG_DIRECTORY && value & ~PP_DIR_BASE_ADDR ? VGPU_FAULT_REGISTER : VGPU_FAULT_NONE;
}
