// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Privileged batches: copied out of the guest's GGTT, audited, and run from the copy.
 *
 * i915's command parser turns a user's batch into one (i915 gem/i915_gem_execbuffer.c, eb_parse()); the driver's own state batch is
 * one, too. How long one is shows only as it is walked, so it is copied page by page until it ends. A batch ends, or jumps to one
 * that the hardware confines, before the room for copies does, or it is refused. Lock: the GPU's.
 */
#include "core.h"
#include "audit.h"
#include "batch.h"
#include "ggtt.h"
#include "hw.h"
#include "reserve.h"

#define ALIGN_DW 16u /* a cache line: what the copies of two batches do not share */

/* One more page, or what of it there is room for. */
static enum vgpu_fault fetch(struct vgpu_audit *b, u32 gma, u32 room_dw)
{
	u32 at = gma + 4 * b->dwords, part = (VGPU_PAGE_BYTES - (at & (VGPU_PAGE_BYTES - 1))) / 4;

	if (b->dwords + part > room_dw)
		part = room_dw - b->dwords;
	if (!part)
		return VGPU_FAULT_BUDGET;
	if (at < gma || vgpu_gm_read(b->vgpu, at, b->dw + b->dwords, 4 * part))
		return VGPU_FAULT_ADDRESS;
	b->dwords += part;
	return VGPU_FAULT_NONE;
}

/* What the audit of the batch hands on to that of the ring which starts it. */
static void merge(struct vgpu_audit *a, const struct vgpu_audit *b, u32 gma)
{
	a->swctrl = b->swctrl;
	a->drawn = b->drawn;
	a->user_interrupts = b->user_interrupts;
	a->command_bytes += b->moved_bytes;
	a->batch_dw += b->passed_dw;
	if (!b->fault || b->passed_dw >= b->dwords)
		return;
	a->fault_header = b->dw[b->passed_dw];
	a->fault_gma = gma + 4 * b->passed_dw;
}

/**
 * vgpu_batch_admit() - a ring under audit starts the privileged batch at @gma of the guest's GGTT
 * @ret_gma: where the audited copy is; untouched on a fault
 * Return: VGPU_FAULT_BUDGET if there is no room for it; behind others of the same piece, it is for the next one then (audit.c).
 */
enum vgpu_fault vgpu_batch_admit(struct vgpu_audit *a, u32 gma, u32 *ret_gma)
{
	struct vgpu_batch_room *room = a->room;
	struct vgpu_audit b = {
		.vgpu = a->vgpu,
		.engine = a->engine,
		.ppgtt = a->ppgtt,
		.batch = true,
		.more = true,
		.dw = room->dw + room->used_dw,
		.max_requests = ~0u,
		.wanted = a->wanted,
		.swctrl = a->swctrl,
		.drawn = a->drawn,
		.user_interrupts = a->user_interrupts,
	};
	u32 left = VGPU_BATCH_DW - room->used_dw;

	if (gma & 3)
		return VGPU_FAULT_ADDRESS;
	while (!b.ended && !b.fault) {
		b.fault = fetch(&b, gma, left);
		if (!b.fault)
			vgpu_audit_run(&b);
	}
	merge(a, &b, gma);
	if (b.fault)
		return b.fault;
	*ret_gma = room->gma + 4 * room->used_dw;
	room->used_dw += (b.passed_dw + ALIGN_DW - 1) / ALIGN_DW * ALIGN_DW;
	if (room->used_dw > VGPU_BATCH_DW)
		room->used_dw = VGPU_BATCH_DW;
	return VGPU_FAULT_NONE;
}
