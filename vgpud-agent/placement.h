/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * placement.h - which of the GPUs that can take a vGPU does, by the word of the policy.
 */
#ifndef VGPU_AGENT_PLACEMENT_H
#define VGPU_AGENT_PLACEMENT_H

#include "vgpud-agent/plan.h"

int vgpu_placement_score(const struct vgpu_snapshot *snapshot, enum vgpu_placement placement, struct vgpu_candidate *candidate);
bool vgpu_placement_better(const struct vgpu_candidate *a, const struct vgpu_candidate *b);

#endif
