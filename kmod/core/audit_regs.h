/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The registers that guests' commands may write or read; see audit_regs.c.
 */
#ifndef VGPU_AUDIT_REGS_H
#define VGPU_AUDIT_REGS_H

/* What is special about a register. */
enum {
	/* Its upper half enables the writing of each bit of the lower. */
	VGPU_AREG_MASKED = 1u << 0,
	/* Commands change it, and no render context's image holds it for sure: the world switch saves and restores it. */
	VGPU_AREG_SWITCHED = 1u << 1,
	/* A write has no effect: it becomes one of INSTPM that changes nothing. */
	VGPU_AREG_INERT = 1u << 2,
	/* It names the directory of page tables: the shadow's instead. */
	VGPU_AREG_DIRECTORY = 1u << 3,
	/* It says how much of the directory is valid: only all. */
	VGPU_AREG_WHOLE = 1u << 4,
	/* BCS_SWCTRL: how later blits are addressed. */
	VGPU_AREG_TILING = 1u << 5,
};

/**
 * struct vgpu_audit_reg - a run of registers that commands may access
 * @offset, @dwords: where; ascending, none overlap
 * @writers, @readers: on which engines, as sets of VGPU_ON()
 * @bits: that may be written, of a masked register among the low 16. If that is not all of them, only a command that
 *	carries the value may write it.
 * @flags: VGPU_AREG_*
 */
struct vgpu_audit_reg {
	const char *name;
	u32 offset, dwords;
	u32 writers, readers;
	u32 bits, flags;
};

extern const struct vgpu_audit_reg vgpu_audit_regs[];
extern const u32 vgpu_audit_regs_count;

const struct vgpu_audit_reg *vgpu_audit_reg_find(u32 offset);
bool vgpu_audit_reg_readable(enum vgpu_engine_id e, u32 offset);
bool vgpu_audit_reg_loadable(enum vgpu_engine_id e, u32 offset);
enum vgpu_fault vgpu_audit_reg_check(const struct vgpu_audit *a, u32 offset, u32 value);

#endif
