/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * explain.h - capacity as JSON values with the keys of the wire: what a GPU has and who holds it, and why a vGPU can or can't be.
 */
#ifndef VGPU_AGENT_EXPLAIN_H
#define VGPU_AGENT_EXPLAIN_H

#include "lib/json.h"
#include "vgpud-agent/capacity.h"

struct vgpu_json *vgpu_explain_plan(const struct vgpu_capacity *capacity);
struct vgpu_json *vgpu_explain_limits(const struct vgpu_snapshot *snapshot, const struct vgpu_policy *policy);
void vgpu_explain_gpu(const struct vgpu_snapshot *snapshot, const struct vgpu_policy *policy, size_t gpu,
		      struct vgpu_json *object);

#endif
