/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * move.h - finds a vGPU that could make room for another by being deleted and made again elsewhere. Nothing is suggested that plans
 * have not shown to work.
 */
#ifndef VGPU_AGENT_MOVE_H
#define VGPU_AGENT_MOVE_H

#include "vgpud-agent/plan.h"

struct vgpu_move {
	const struct vgpu_holder *holder; /* the vGPU to move, one of the snapshot's */
	struct vgpu_request again; /* to make it again by, after the other */
	size_t to; /* the GPU that it would be on then */
};

int vgpu_move_find(const struct vgpu_snapshot *snapshot, const struct vgpu_policy *policy, const struct vgpu_request *request,
		   struct vgpu_move *ret_move);

#endif
