// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The memory interface's commands that guests may execute, and the judges of their operands.
 *
 * Of an operand in the GGTT every byte must be the vGPU's. One that is not asked for in the GGTT is confined by the vGPU's
 * page tables if the hardware's PPGTT is on; if it is off, it would be a GGTT address by surprise, and is refused.
 *
 * Refused as such: what waits for or touches other engines or the display (MI_SEMAPHORE_MBOX, MI_WAIT_FOR_EVENT,
 * MI_DISPLAY_FLIP, MI_LOAD_SCAN_LINES_*), writes page tables (MI_UPDATE_GTT), tells where the module's ring stands
 * (MI_REPORT_HEAD), or changes what outlives its tenant (MI_SET_APPID). Sources: Haswell PRM vol. 2a (command reference:
 * instructions); i915 gt/intel_gpu_commands.h, i915_cmd_parser.c. Lock: the GPU's.
 */
#include "core.h"
#include "audit.h"
#include "audit_regs.h"
#include "batch.h"
#include "engine.h"
#include "hw.h"
#include "reserve.h"

/*
 * Each costs the host an interrupt with the GPU's lock, but the guest next to nothing, so those beyond a number that no driver
 * comes near are left out. The guest does not miss them: one comes at the end of its piece anyway, and its IIR has one bit for
 * all.
 */
static enum vgpu_fault check_user_interrupt(struct vgpu_audit *a, u32 *dw, u32 n)
{
	if (++a->user_interrupts > VGPU_SUBMIT_MAX_IRQS || !a->wanted)
		dw[0] = MI_NOOP;
	if (a->batches) {
		a->requests++;
		a->batches = 0;
	}
	return VGPU_FAULT_NONE;
}

static enum vgpu_fault check_batch_end(struct vgpu_audit *a, u32 *dw, u32 n)
{
	a->ended = true;
	return VGPU_FAULT_NONE;
}

/* Of an operand whose address must be aligned to its size. */
static enum vgpu_fault check_aligned(const struct vgpu_audit *a, bool ggtt, u32 gma, u32 bytes)
{
	return gma & (bytes - 1) ? VGPU_FAULT_ADDRESS : vgpu_audit_operand(a, ggtt, gma, bytes);
}

/* Header, zero, address 31:2, data, and data of a quadword. */
static enum vgpu_fault check_store_imm(struct vgpu_audit *a, u32 *dw, u32 n)
{
	return dw[1] ? VGPU_FAULT_ADDRESS : check_aligned(a, dw[0] & MI_USE_GGTT, dw[2], n == 5 ? 8 : 4);
}

/* Header, offset 11:2 in the status page (checked at each submission), data, and data of a quadword. */
static enum vgpu_fault check_store_index(struct vgpu_audit *a, u32 *dw, u32 n)
{
	u32 bytes = n == 4 ? 8 : 4;

	return dw[1] & ~(VGPU_PAGE_BYTES - bytes) ? VGPU_FAULT_ADDRESS : VGPU_FAULT_NONE;
}

/* Header, address 31:3 or offset 11:3 with bit 2 for the GGTT, data. Without a post-sync operation nothing is written. */
static enum vgpu_fault check_flush(struct vgpu_audit *a, u32 *dw, u32 n)
{
	u32 op = dw[0] & FLUSH_OP, address = dw[1] & ~FLUSH_GGTT;
	enum vgpu_fault fault = VGPU_FAULT_NONE;

	if ((op && op != FLUSH_OP_IMM && op != FLUSH_OP_TIMESTAMP) || (dw[0] & FLUSH_BSD && a->engine != VGPU_VCS))
		return VGPU_FAULT_OPCODE;
	if (op && dw[0] & FLUSH_INDEX) {
		if (address & ~(VGPU_PAGE_BYTES - 8))
			return VGPU_FAULT_ADDRESS;
	} else if (op) {
		fault = check_aligned(a, dw[1] & FLUSH_GGTT, address, 8);
	}
	if (!fault)
		a->drawn = false;
	return fault;
}

/*
 * BCS_SWCTRL makes the surfaces of later blits Y-tiled. Where their addresses are judged (PPGTT off), the blitter must be idle
 * when it changes (i915 gem/selftests/i915_gem_client_blt.c flushes as well): otherwise an earlier blit might be addressed in
 * another way than it was audited.
 */
static enum vgpu_fault check_tiling(const struct vgpu_audit *a)
{
	return !a->ppgtt && a->drawn ? VGPU_FAULT_REGISTER : VGPU_FAULT_NONE;
}

/* The pair of register and value at @dw has passed: what it is to be instead. */
static void patch_pair(struct vgpu_audit *a, u32 *dw)
{
	u32 flags = vgpu_audit_reg_find(dw[0])->flags;

	if (flags & VGPU_AREG_INERT) {
		dw[0] = vgpu_engines[a->engine].base + RING_INSTPM;
		dw[1] = 0;
	} else if (flags & VGPU_AREG_DIRECTORY) {
		a->pp_dir = dw[1];
		a->pp_dir_loaded = true;
		dw[1] = vgpu_reserve_directory(a->vgpu) * 4 << 10;
	} else if (flags & VGPU_AREG_TILING) {
		a->swctrl = (a->swctrl & ~(dw[1] >> 16)) | (dw[1] & dw[1] >> 16);
	}
}

/* Pairs of register and value. */
static enum vgpu_fault check_load_imm(struct vgpu_audit *a, u32 *dw, u32 n)
{
	u32 i;

	for (i = 1; i < n; i += 2) {
		enum vgpu_fault fault = vgpu_audit_reg_check(a, dw[i], dw[i + 1]);
		u32 flags = fault ? 0 : vgpu_audit_reg_find(dw[i])->flags;

		if (flags & VGPU_AREG_TILING)
			fault = check_tiling(a);
		if (fault)
			return fault;
		if (flags & VGPU_AREG_DIRECTORY && a->pp_dir_loaded && dw[i + 1] != a->pp_dir)
			a->cut = a->passed_dw != 0;
	}
	for (i = 1; i < n && !a->cut; i += 2)
		patch_pair(a, dw + i);
	return VGPU_FAULT_NONE;
}

/* Of MI_STORE_REGISTER_MEM on the render engine: only if the predicate is set. */
#define SRM_PREDICATED BIT(21)

/* Header, register, address 31:2. */
static enum vgpu_fault check_store_register(struct vgpu_audit *a, u32 *dw, u32 n)
{
	if (dw[0] & SRM_PREDICATED && a->engine != VGPU_RCS)
		return VGPU_FAULT_OPCODE;
	if (!vgpu_audit_reg_readable(a->engine, dw[1]))
		return VGPU_FAULT_REGISTER;
	return check_aligned(a, dw[0] & MI_USE_GGTT, dw[2], 4);
}

static enum vgpu_fault check_load_memory(struct vgpu_audit *a, u32 *dw, u32 n)
{
	if (!vgpu_audit_reg_loadable(a->engine, dw[1]))
		return VGPU_FAULT_REGISTER;
	return check_aligned(a, dw[0] & MI_USE_GGTT, dw[2], 4);
}

/* Header, source, destination. */
static enum vgpu_fault check_load_register(struct vgpu_audit *a, u32 *dw, u32 n)
{
	bool may = vgpu_audit_reg_readable(a->engine, dw[1]) && vgpu_audit_reg_loadable(a->engine, dw[2]);

	return may ? VGPU_FAULT_NONE : VGPU_FAULT_REGISTER;
}

/* Of MI_SET_CONTEXT's address, and those of them that CCID shows. */
#define CCID_FLAGS (CONTEXT_GGTT | CONTEXT_RS_SAVE | CONTEXT_RS_RESTORE)
#define SET_CONTEXT_FLAGS (CCID_FLAGS | CONTEXT_FORCE | CONTEXT_INHIBIT)

/* Header, address 31:12 with flags. The hardware writes all of the image when the context leaves. */
static enum vgpu_fault check_set_context(struct vgpu_audit *a, u32 *dw, u32 n)
{
	u32 gma = dw[1] & ~(VGPU_PAGE_BYTES - 1), flags = dw[1] & (VGPU_PAGE_BYTES - 1);

	if (flags & ~SET_CONTEXT_FLAGS || !(flags & CONTEXT_GGTT))
		return VGPU_FAULT_OPCODE;
	if (vgpu_audit_operand(a, true, gma, VGPU_CONTEXT_PAGES * VGPU_PAGE_BYTES))
		return VGPU_FAULT_ADDRESS;
	a->ccid = gma | (flags & CCID_FLAGS) | CCID_VALID;
	return VGPU_FAULT_NONE;
}

/* Header, address 31:6 with bit 0 for the GGTT, the report's number. A report has 256 bytes at most (i915 i915_perf.c). */
static enum vgpu_fault check_report(struct vgpu_audit *a, u32 *dw, u32 n)
{
	return dw[1] & 0x3e ? VGPU_FAULT_ADDRESS : vgpu_audit_operand(a, dw[1] & 1, dw[1] & ~0x3fu, 256);
}

/* Header, value, address 31:3: goes on if what is there is greater. */
static enum vgpu_fault check_conditional_end(struct vgpu_audit *a, u32 *dw, u32 n)
{
	return check_aligned(a, dw[0] & MI_USE_GGTT, dw[2], 8);
}

/*
 * Header, address 31:2. A batch without privileges runs in the PPGTT, where the hardware confines it; i915 sets bit 8 for that, and
 * on the render engine bit 13, too (gt/gen6_engine_cs.c). One with privileges is copied and audited (batch.c), from a ring
 * only: in a batch it would make copies without end. From a batch, a start that is not of the second level does not return.
 */
static enum vgpu_fault check_batch_start(struct vgpu_audit *a, u32 *dw, u32 n)
{
	u32 unprivileged = a->engine == VGPU_RCS ? BB_PPGTT | BB_NONSECURE_HSW : BB_PPGTT;
	u32 how = dw[0] & (BB_PPGTT | BB_NONSECURE_HSW);
	enum vgpu_fault fault = VGPU_FAULT_NONE;

	if ((how && how != unprivileged) || (a->batch ? !how : dw[0] & BB_SECOND_LEVEL))
		return VGPU_FAULT_OPCODE;
	if (dw[1] & 3 || (how && !a->ppgtt))
		return VGPU_FAULT_ADDRESS;
	if (!how)
		fault = vgpu_batch_admit(a, dw[1], &dw[1]);
	if (fault)
		return fault;
	a->batches++;
	a->ended = a->batch && !(dw[0] & BB_SECOND_LEVEL);
	return VGPU_FAULT_NONE;
}

#define RCS VGPU_ON(VGPU_RCS)
#define NOT_RCS (VGPU_ON_ALL & ~RCS)

/* clang-format off */
const struct vgpu_command vgpu_audit_mi[64] = {
	/* bit 22 would write a register */
	[0x00] = { "MI_NOOP", VGPU_ON_ALL, .flags = 0x003fffff, .min_dw = 1, .max_dw = 1 },
	/* Other values than 0 skip commands, of which the end of the batch or the module's own might be one. */
	[0x01] = { "MI_SET_PREDICATE", RCS, .min_dw = 1, .max_dw = 1 },
	[0x02] = { "MI_USER_INTERRUPT", VGPU_ON_ALL, VGPU_RING_ONLY, .min_dw = 1, .max_dw = 1, .check = check_user_interrupt },
	/* Not bit 3, which resets all tenants' counters. */
	[0x04] = { "MI_FLUSH", RCS, .flags = 0x36, .min_dw = 1, .max_dw = 1 },
	[0x05] = { "MI_ARB_CHECK", VGPU_ON_ALL, .min_dw = 1, .max_dw = 1 },
	[0x06] = { "MI_RS_CONTROL", RCS, VGPU_BATCH_ONLY, .flags = BIT(0), .min_dw = 1, .max_dw = 1, .ppgtt = true },
	[0x08] = { "MI_ARB_ON_OFF", VGPU_ON_ALL, VGPU_RING_ONLY, .flags = MI_ARB_ENABLE, .min_dw = 1, .max_dw = 1 },
	[0x09] = { "MI_URB_ATOMIC_ALLOC", RCS, VGPU_BATCH_ONLY, .flags = 0xff1ff, .min_dw = 1, .max_dw = 1, .ppgtt = true },
	[0x0a] = { "MI_BATCH_BUFFER_END", VGPU_ON_ALL, VGPU_BATCH_ONLY, .min_dw = 1, .max_dw = 1, .check = check_batch_end },
	/* Only the end of a suspension: a flush that the module waits for must not be suspended. */
	[0x0b] = { "MI_SUSPEND_FLUSH", VGPU_ON_ALL, .min_dw = 1, .max_dw = 1 },
	[0x0c] = { "MI_PREDICATE", RCS, VGPU_BATCH_ONLY, .flags = 0xdb, .min_dw = 1, .max_dw = 1, .ppgtt = true },
	[0x0d] = { "MI_TOPOLOGY_FILTER", RCS, VGPU_BATCH_ONLY, .flags = 0x3f, .min_dw = 1, .max_dw = 1, .ppgtt = true },
	[0x0f] = { "MI_RS_CONTEXT", RCS, VGPU_BATCH_ONLY, .flags = BIT(0), .min_dw = 1, .max_dw = 1, .ppgtt = true },
	[0x18] = { "MI_SET_CONTEXT", RCS, VGPU_RING_ONLY, .min_dw = 2, .max_dw = 2, .check = check_set_context },
	[0x19] = { "MI_URB_CLEAR", RCS, VGPU_BATCH_ONLY, .min_dw = 2, .max_dw = 2, .ppgtt = true },
	/* works on CS_GPR alone */
	[0x1a] = { "MI_MATH", RCS, VGPU_BATCH_ONLY, .min_dw = 2, .max_dw = 65, .length_bits = 6 },
	[0x20] = { "MI_STORE_DATA_IMM", VGPU_ON_ALL, .flags = MI_USE_GGTT, .min_dw = 4, .max_dw = 5, .check = check_store_imm },
	[0x21] = { "MI_STORE_DATA_INDEX", VGPU_ON_ALL, VGPU_RING_ONLY, .min_dw = 3, .max_dw = 4, .check = check_store_index },
	[0x22] = { "MI_LOAD_REGISTER_IMM", VGPU_ON_ALL, .min_dw = 3, .max_dw = 257, .step_dw = 2, .check = check_load_imm },
	[0x24] = { "MI_STORE_REGISTER_MEM", VGPU_ON_ALL, .flags = MI_USE_GGTT | SRM_PREDICATED, .min_dw = 3, .max_dw = 3,
		   .check = check_store_register },
	[0x26] = { "MI_FLUSH_DW", NOT_RCS, .flags = FLUSH_INDEX | FLUSH_TLB | FLUSH_OP | FLUSH_BSD, .min_dw = 3, .max_dw = 4,
		   .length_bits = 6, .check = check_flush },
	/* with bit 22 its lines would be the GGTT's */
	[0x27] = { "MI_CLFLUSH", RCS, VGPU_BATCH_ONLY, .min_dw = 3, .max_dw = 1025, .length_bits = 10, .ppgtt = true },
	[0x28] = { "MI_REPORT_PERF_COUNT", RCS, VGPU_BATCH_ONLY, .min_dw = 3, .max_dw = 3, .length_bits = 6, .check = check_report },
	[0x29] = { "MI_LOAD_REGISTER_MEM", VGPU_ON_ALL, .flags = MI_USE_GGTT, .min_dw = 3, .max_dw = 3, .check = check_load_memory },
	[0x2a] = { "MI_LOAD_REGISTER_REG", RCS, .min_dw = 3, .max_dw = 3, .check = check_load_register },
	[0x2b] = { "MI_RS_STORE_DATA_IMM", RCS, VGPU_BATCH_ONLY, .min_dw = 4, .max_dw = 4, .ppgtt = true },
	[0x2c] = { "MI_LOAD_URB_MEM", RCS, VGPU_BATCH_ONLY, .min_dw = 3, .max_dw = 3, .ppgtt = true },
	[0x2d] = { "MI_STORE_URB_MEM", RCS, VGPU_BATCH_ONLY, .min_dw = 3, .max_dw = 3, .ppgtt = true },
	[0x31] = { "MI_BATCH_BUFFER_START", VGPU_ON_ALL, .flags = BB_SECOND_LEVEL | BB_NONSECURE_HSW | BB_PPGTT, .min_dw = 2,
		   .max_dw = 2, .check = check_batch_start },
	[0x36] = { "MI_CONDITIONAL_BATCH_BUFFER_END", VGPU_ON_ALL, VGPU_BATCH_ONLY, .flags = MI_USE_GGTT | BIT(21), .min_dw = 3,
		   .max_dw = 3, .check = check_conditional_end },
};
/* clang-format on */
