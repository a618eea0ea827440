// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The audit: walks a copy of a guest's commands and stops at the first that the tables do not allow.
 *
 * Default deny: a command passes because a row says so, in exactly the forms that the row says. The walk is bounded by
 * the copy, each step is at least a dword, and no command is looked at beyond the copy's end. It can be taken up again with
 * a longer copy: all that it knows is in struct vgpu_audit. Lock: the GPU's.
 */
#include "core.h"
#include "audit.h"
#include "batch.h"
#include "ggtt.h"
#include "hw.h"

/* What a header says by itself, besides the flags of its command and its length. */
static u32 fixed_bits(u32 header)
{
	static const u32 fixed[8] = { [CLIENT_MI] = 0xff800000u, [CLIENT_BLT] = 0xffc00000u, [CLIENT_RENDER] = 0xffff0000u };

	return fixed[CMD_CLIENT(header)];
}

static const struct vgpu_command *find_render(enum vgpu_engine_id e, u32 header)
{
	static const struct vgpu_command_group *const tables[VGPU_ENGINES] = {
		[VGPU_RCS] = vgpu_audit_render,
		[VGPU_VCS] = vgpu_audit_video,
		[VGPU_VECS] = vgpu_audit_enhancement,
	};
	const struct vgpu_command_group *group;

	if (!tables[e])
		return NULL;
	group = &tables[e][CMD_GROUP(header)];
	return CMD_RENDER_OPCODE(header) < group->count ? &group->commands[CMD_RENDER_OPCODE(header)] : NULL;
}

/**
 * vgpu_audit_lookup() - the row of the command that starts with @header, or NULL
 */
const struct vgpu_command *vgpu_audit_lookup(enum vgpu_engine_id e, u32 header)
{
	const struct vgpu_command *cmd = NULL;

	switch (CMD_CLIENT(header)) {
	case CLIENT_MI:
		cmd = &vgpu_audit_mi[CMD_MI_OPCODE(header)];
		break;
	case CLIENT_BLT:
		cmd = &vgpu_audit_blt[CMD_BLT_OPCODE(header)];
		break;
	case CLIENT_RENDER:
		cmd = find_render(e, header);
		break;
	}
	return cmd && cmd->name && cmd->engines & VGPU_ON(e) ? cmd : NULL;
}

/**
 * vgpu_audit_operand() - judge an operand of a command that says by itself in which address space it is
 * @ggtt: it is in the GGTT, so that it must be the vGPU's as a whole; aperture and hidden memory need not be neighbours
 */
enum vgpu_fault vgpu_audit_operand(const struct vgpu_audit *a, bool ggtt, u32 gma, u32 bytes)
{
	return (ggtt ? vgpu_ggtt_owns(a->vgpu, gma, bytes) : a->ppgtt) ? VGPU_FAULT_NONE : VGPU_FAULT_ADDRESS;
}

/**
 * vgpu_audit_opcode() - what of a command's header tells which command it is: client and opcode
 */
u32 vgpu_audit_opcode(u32 header)
{
	u32 fixed = fixed_bits(header);

	return fixed ? header & fixed : header;
}

/*
 * Of what draws, the operands are not judged with the PPGTT on, since the hardware confines them. That it does is on record for batches,
 * privileged ones, too: i915 ran those on Gen7 with PPGTTs that had nothing in common with the GGTT (gem/i915_gem_execbuffer.c). For
 * a ring nobody has had to rely on it, since no driver draws there.
 */
static bool draws_in_ring(const struct vgpu_audit *a, const struct vgpu_command *cmd, u32 header)
{
	return a->ppgtt && !a->batch && (cmd->ppgtt || CMD_CLIENT(header) == CLIENT_BLT);
}

/* Judges the form of a command. Return: its length by *@ret_dw. */
static enum vgpu_fault check_form(const struct vgpu_audit *a, const struct vgpu_command *cmd, u32 header, u32 *ret_dw)
{
	u32 length = cmd->max_dw > 1 ? (1u << (cmd->length_bits ? cmd->length_bits : 8)) - 1 : 0, n = 1;

	if (header & ~(fixed_bits(header) | length | cmd->flags) || cmd->place == (a->batch ? VGPU_RING_ONLY : VGPU_BATCH_ONLY))
		return VGPU_FAULT_OPCODE;
	if (draws_in_ring(a, cmd, header))
		return VGPU_FAULT_OPCODE;
	if (length) {
		n = (header & length) + 2;
		if (n < cmd->min_dw || n > cmd->max_dw || (cmd->step_dw && (n - cmd->min_dw) % cmd->step_dw))
			return VGPU_FAULT_LENGTH;
	}
	*ret_dw = n;
	return cmd->ppgtt && !a->ppgtt ? VGPU_FAULT_ADDRESS : VGPU_FAULT_NONE;
}

/*
 * One command. Return: its length; 0 if the piece ends in front of it, because of a fault, or because the rest is for
 * the next piece, or not in the copy yet.
 */
static u32 step(struct vgpu_audit *a)
{
	u32 *dw = a->dw + a->passed_dw;
	const struct vgpu_command *cmd = vgpu_audit_lookup(a->engine, *dw);
	const struct vgpu_audit before = *a;
	u32 left = a->dwords - a->passed_dw, n = 0;

	a->command_bytes = 0;
	a->cut = false;
	a->fault = cmd ? check_form(a, cmd, *dw, &n) : VGPU_FAULT_OPCODE;
	if (a->fault)
		return 0;
	if (n > left) {
		if (!a->more)
			a->fault = VGPU_FAULT_LENGTH;
		else if (!a->passed_dw && !a->batch)
			a->fault = VGPU_FAULT_BUDGET;
		return 0;
	}
	if (cmd->check)
		a->fault = cmd->check(a, dw, n);
	if (a->fault == VGPU_FAULT_BUDGET && !a->batch && a->room && a->room->used_dw) {
		/* Its batch does not fit behind the others' copies. */
		*a = before;
		a->command_bytes = 0;
		a->cut = true;
		return 0;
	}
	if (a->fault || a->cut)
		return 0;
	if (a->passed_dw && a->command_bytes && a->moved_bytes + a->command_bytes > VGPU_SUBMIT_MAX_BYTES) {
		/* For the next piece, which finds everything as this command did. A batch has no next piece. */
		*a = before;
		a->command_bytes = 0;
		a->fault = a->batch ? VGPU_FAULT_BUDGET : VGPU_FAULT_NONE;
		return 0;
	}
	return n;
}

static bool done(const struct vgpu_audit *a)
{
	return a->ended || a->passed_dw >= a->dwords || (a->max_requests && a->requests >= a->max_requests);
}

/**
 * vgpu_audit_run() - audit the copy from where the audit stands; see struct vgpu_audit
 * Return: VGPU_FAULT_NONE if what passed may be executed, the fault of the first command that may not otherwise.
 */
enum vgpu_fault vgpu_audit_run(struct vgpu_audit *a)
{
	u32 n;

	a->fault = VGPU_FAULT_NONE;
	while (!done(a) && (n = step(a)) != 0) {
		a->passed_dw += n;
		a->moved_bytes += a->command_bytes;
	}
	return a->fault;
}
