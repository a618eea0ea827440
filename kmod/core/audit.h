/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The audit of a copy of a guest's commands; see audit.c. The tables of commands are in audit_mi.c, audit_blt.c, audit_render.c
 * and audit_media.c, that of registers in audit_regs.c.
 */
#ifndef VGPU_AUDIT_H
#define VGPU_AUDIT_H

/**
 * struct vgpu_audit - one audit, of a piece of a ring or of a privileged batch that the ring starts
 * @vgpu, @engine: for whom and what; constant
 * @ppgtt: the hardware's PPGTT is on, and walks the vGPU's shadow tables alone: what a command does not ask for in the GGTT
 *	by a bit of its own is confined without our help. Off, every operand is a GGTT address.
 * @batch: it is a privileged batch, which MI_BATCH_BUFFER_END ends
 * @dw, @dwords: the copy, to be executed as it is afterwards. The audit changes commands in it, never their lengths:
 *	interrupts that nobody waits for or that are too many become MI_NOOP, the guest's PP_DIR_BASE the shadow's.
 * @more: the ring or batch goes on after the copy, so that a command that does not end in it is cut off, not malformed
 * @max_requests: the piece ends behind so many requests at the latest; 0 means no limit
 * @wanted: somebody may wait for user interrupts, so that they stay; else they are left out
 * @swctrl: BCS_SWCTRL at the command under audit: in, before the first; out, after the last that passed
 * @ccid: the render context, likewise, as the register CCID holds it; only of the ring on the render engine
 * @pp_dir: the guest's PP_DIR_BASE that it last loaded, likewise; @pp_dir_loaded: it did. Behind that, the load of another
 *	directory begins a new piece, so that all of a piece means one.
 * @drawn: a blit came since the blitter was last known to be idle
 * @passed_dw: length of what passed; ends at a command's end
 * @moved_bytes: what its blits read and write where that matters (@ppgtt off); @command_bytes: the command under audit alone
 * @cut: the command under audit is for the next piece
 * @user_interrupts: MI_USER_INTERRUPTs that it contains
 * @batches: MI_BATCH_BUFFER_STARTs that passed since the last complete request; @requests: complete ones: some batch, then an
 *	interrupt
 * @ended: of a batch: what passed is all of it
 * @fault: why the command at @passed_dw did not pass, if it did not
 * @room: where copies of batches go; @batch_dw: dwords of those that passed
 * @fault_header: of the offending command in a batch, at @fault_gma, if the fault is there and not in the ring
 */
struct vgpu_audit {
	const struct vgpu *vgpu;
	enum vgpu_engine_id engine;
	bool ppgtt, batch;
	u32 *dw;
	u32 dwords;
	bool more;
	u32 max_requests;
	bool wanted;
	u32 swctrl, ccid, pp_dir;
	bool pp_dir_loaded;
	bool drawn;
	u32 passed_dw;
	u64 moved_bytes, command_bytes;
	bool cut;
	u32 user_interrupts, batches, requests;
	bool ended;
	enum vgpu_fault fault;
	u32 fault_header, fault_gma;
	struct vgpu_batch_room *room;
	u32 batch_dw;
};

/* Sets of engines, in the tables of commands and registers. */
#define VGPU_ON(e) (1u << (e))
#define VGPU_ON_ALL ((1u << VGPU_ENGINES) - 1)

/* Where a command may be; both, if its row does not say, but what draws is for batches where the PPGTT is on: see audit.c. */
enum vgpu_command_place {
	VGPU_ANYWHERE,
	VGPU_RING_ONLY,
	VGPU_BATCH_ONLY,
};

/**
 * struct vgpu_command - a command that may pass
 * @engines: on which
 * @place: in a ring, in a privileged batch, or both
 * @flags: bits of its header that may be set, besides opcode and length
 * @min_dw, @max_dw: its length; one dword has no length field
 * @step_dw: its length is @min_dw and a multiple of this; 0: any
 * @length_bits: of the length field, from bit 0 on; 0 means 8
 * @ppgtt: it has or leaves operands that nothing confines but the vGPU's PPGTT: refused where that is off
 * @check: looks at the operands of the command at @dw, in the copy, all @n dwords of which are there; NULL if there are none to
 *	look at
 */
struct vgpu_command {
	const char *name;
	u32 engines;
	enum vgpu_command_place place;
	u32 flags;
	u32 min_dw, max_dw, step_dw, length_bits;
	bool ppgtt;
	enum vgpu_fault (*check)(struct vgpu_audit *a, u32 *dw, u32 n);
};

/**
 * struct vgpu_command_group - the commands of a group of render or media opcodes, by header bits 23:16
 */
struct vgpu_command_group {
	const struct vgpu_command *commands;
	u32 count;
};

#define VGPU_COMMAND_GROUPS 32u /* header bits 28:24 */

extern const struct vgpu_command vgpu_audit_mi[64]; /* header bits 28:23 */
extern const struct vgpu_command vgpu_audit_blt[128]; /* header bits 28:22 */
extern const struct vgpu_command_group vgpu_audit_render[VGPU_COMMAND_GROUPS];
extern const struct vgpu_command_group vgpu_audit_video[VGPU_COMMAND_GROUPS];
extern const struct vgpu_command_group vgpu_audit_enhancement[VGPU_COMMAND_GROUPS];

const struct vgpu_command *vgpu_audit_lookup(enum vgpu_engine_id e, u32 header);
enum vgpu_fault vgpu_audit_operand(const struct vgpu_audit *a, bool ggtt, u32 gma, u32 bytes);
u32 vgpu_audit_opcode(u32 header);
enum vgpu_fault vgpu_audit_run(struct vgpu_audit *a);

#endif
