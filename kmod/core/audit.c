// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The audit: walks a copy of a guest's commands and stops at the first that the table does not allow.
 *
 * Default deny: a command passes because a row says so, in exactly the forms that the row says. The walk is bounded by
 * the copy, each step is at least a dword, and no command is looked at beyond the copy's end. Lock: the GPU's.
 */
#include "core.h"
#include "audit.h"
#include "hw.h"

#define MI_FIXED 0xff800000u /* client and opcode */
#define BLT_FIXED 0xffc00000u
#define LENGTH_FIELD 0xffu

static u32 fixed_bits(u32 header)
{
	return CMD_CLIENT(header) == CLIENT_BLT ? BLT_FIXED : MI_FIXED;
}

/* Judges the form of a command. Return: its length by *@ret_dw. */
static enum vgpu_fault check_form(const struct vgpu_command *cmd, u32 header, u32 *ret_dw)
{
	u32 length = cmd->max_dw > 1 ? LENGTH_FIELD : 0;

	*ret_dw = 1;
	if (header & ~(fixed_bits(header) | length | cmd->flags))
		return VGPU_FAULT_OPCODE;
	if (!length)
		return VGPU_FAULT_NONE;
	*ret_dw = CMD_LENGTH_DW(header);
	return *ret_dw < cmd->min_dw || *ret_dw > cmd->max_dw ? VGPU_FAULT_LENGTH : VGPU_FAULT_NONE;
}

/*
 * One command. Return: its length; 0 if the piece ends in front of it, because of a fault, or because the rest is for
 * the next piece.
 */
static u32 step(struct vgpu_audit *a)
{
	const u32 *dw = a->dw + a->passed_dw;
	const struct vgpu_command *cmd = vgpu_audit_lookup(a->engine, *dw);
	u32 left = a->dwords - a->passed_dw, n = 0;

	a->command_bytes = 0;
	a->fault = cmd ? check_form(cmd, *dw, &n) : VGPU_FAULT_OPCODE;
	if (a->fault)
		return 0;
	if (n > left) {
		if (!a->more)
			a->fault = VGPU_FAULT_LENGTH;
		else if (!a->passed_dw)
			a->fault = VGPU_FAULT_BUDGET;
		return 0;
	}
	if (cmd->check)
		a->fault = cmd->check(a, dw, n);
	/* Only blits are cut off here: they have changed nothing that is handed on. */
	if (a->fault || (a->passed_dw && a->command_bytes && a->moved_bytes + a->command_bytes > VGPU_SUBMIT_MAX_BYTES))
		return 0;
	return n;
}

/**
 * vgpu_audit_run() - audit the copy from its beginning; see struct vgpu_audit
 * Return: VGPU_FAULT_NONE if what passed may be executed, the fault of the first command that may not otherwise.
 */
enum vgpu_fault vgpu_audit_run(struct vgpu_audit *a)
{
	u32 n;

	while (a->passed_dw < a->dwords && (n = step(a)) != 0) {
		a->passed_dw += n;
		a->moved_bytes += a->command_bytes;
	}
	return a->fault;
}
