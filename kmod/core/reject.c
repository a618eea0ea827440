// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What guests submitted and the GPU did not execute, counted by reason, and by command, so that an operator learns which command a
 * driver misses or a guest tries. Lock: the GPU's.
 */
#include "core.h"
#include "audit.h"
#include "hw.h"
#include "reject.h"

static void count_reason(struct vgpu_stats *s, enum vgpu_fault fault)
{
	switch (fault) {
	case VGPU_FAULT_OPCODE:
		s->reject_opcode++;
		break;
	case VGPU_FAULT_LENGTH:
		s->reject_length++;
		break;
	case VGPU_FAULT_ADDRESS:
		s->reject_address++;
		break;
	case VGPU_FAULT_REGISTER:
		s->reject_register++;
		break;
	case VGPU_FAULT_RING:
		s->reject_ring++;
		break;
	case VGPU_FAULT_BUDGET:
		s->reject_budget++;
		break;
	case VGPU_FAULT_ENGINE:
		s->reject_engine++;
		break;
	case VGPU_FAULT_NONE:
	case VGPU_FAULT_HANG:
		break;
	}
}

/* The last row stands for all that came when the others were taken: a guest has more headers than there is memory for. */
static void count_command(struct vgpu *v, enum vgpu_engine_id e, u32 opcode)
{
	struct vgpu_reject *r = v->reject;
	u32 i;

	for (i = 0; i < VGPU_REJECTS - 1 && r[i].count; i++) {
		if (r[i].engine == e && r[i].opcode == opcode)
			break;
	}
	if (i == VGPU_REJECTS - 1)
		r[i].engine = VGPU_ENGINES;
	else
		r[i] = (struct vgpu_reject) { .engine = e, .opcode = opcode, .count = r[i].count };
	r[i].count++;
}

/**
 * vgpu_reject_count() - a guest's command with @header is not executed, or its ring not even looked at
 */
void vgpu_reject_count(struct vgpu *v, enum vgpu_engine_id e, enum vgpu_fault fault, u32 header)
{
	count_reason(&v->stats, fault);
	if (fault != VGPU_FAULT_HANG)
		vgpu_event(v, VGPU_EVENT_REFUSE, e, fault, header);
	switch (fault) {
	case VGPU_FAULT_OPCODE:
	case VGPU_FAULT_LENGTH:
	case VGPU_FAULT_ADDRESS:
	case VGPU_FAULT_REGISTER:
		count_command(v, e, vgpu_audit_opcode(header));
		break;
	default:
		break;
	}
}

/** vgpu_get_rejects() - see core.h */
u32 vgpu_get_rejects(const struct vgpu *v, struct vgpu_reject *ret_rejects)
{
	u32 i, n = 0;

	for (i = 0; i < VGPU_REJECTS; i++) {
		if (v->reject[i].count)
			ret_rejects[n++] = v->reject[i];
	}
	return n;
}
