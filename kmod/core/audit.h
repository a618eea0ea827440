/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The audit of a copy of a guest's commands; see audit.c. The table of commands is in audit_table.c.
 */
#ifndef VGPU_AUDIT_H
#define VGPU_AUDIT_H

/**
 * struct vgpu_audit - one audit
 * @vgpu, @engine: for whom and what; constant
 * @dw, @dwords: the copy; the audit writes MI_NOOP over interrupts that are too many
 * @more: the ring goes on after the copy, so that a command that does not end in it is cut off, not malformed
 * @swctrl: BCS_SWCTRL at the command under audit: in, before the first; out, after the last that passed
 * @drawn: a blit came since the blitter was last known to be idle
 * @passed_dw: length of what passed; ends at a command's end
 * @moved_bytes: what its blits read and write; @command_bytes: the command under audit alone
 * @user_interrupts: MI_USER_INTERRUPTs that it contains
 * @fault: why the command at @passed_dw did not pass, if it did not
 */
struct vgpu_audit {
	const struct vgpu *vgpu;
	enum vgpu_engine_id engine;
	u32 *dw;
	u32 dwords;
	bool more;
	u32 swctrl;
	bool drawn;
	u32 passed_dw;
	u64 moved_bytes, command_bytes;
	u32 user_interrupts;
	enum vgpu_fault fault;
};

/**
 * struct vgpu_command - a command that may pass
 * @flags: bits of its header that may be set, besides opcode and length
 * @min_dw, @max_dw: its length; one dword has no length field
 * @check: looks at the operands of the command at @dw, all @n dwords of which are there; NULL if there are none to look at
 */
struct vgpu_command {
	const char *name;
	u32 flags;
	u32 min_dw, max_dw;
	enum vgpu_fault (*check)(struct vgpu_audit *a, const u32 *dw, u32 n);
};

const struct vgpu_command *vgpu_audit_lookup(enum vgpu_engine_id e, u32 header);
enum vgpu_fault vgpu_audit_run(struct vgpu_audit *a);

#endif
