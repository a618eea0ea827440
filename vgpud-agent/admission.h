/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * admission.h - what the limits of the policy let happen. A limit stops what brings more of what it limits, and nothing else: what
 * exists already stays, and may become less.
 */
#ifndef VGPU_AGENT_ADMISSION_H
#define VGPU_AGENT_ADMISSION_H

#include "lib/exit.h"
#include "vgpud-agent/policy.h"
#include "vgpud-agent/snapshot.h"

struct vgpu_refusal {
	enum vgpu_limit limit;
	struct vgpu_rule rule;
	struct vgpu_holder subject; /* what the vGPU would be */
	uint64_t used; /* without it; of VGPU_LIMIT_GPU_FREE_APERTURE, what is free without it */
	uint64_t wanted;
};

bool vgpu_admission_limits(const struct vgpu_policy *policy);
bool vgpu_admission_check(const struct vgpu_snapshot *snapshot, const struct vgpu_policy *policy, const struct vgpu_holder *after,
			  const struct vgpu_holder *before, struct vgpu_refusal *ret_refusal);
enum vgpu_exit vgpu_admission_exit(enum vgpu_limit limit);
struct vgpu_rule vgpu_admission_rule(const struct vgpu_policy *policy, enum vgpu_limit limit, const char *class);
uint64_t vgpu_admission_used(const struct vgpu_snapshot *snapshot, enum vgpu_limit limit, const struct vgpu_holder *subject);
uint64_t vgpu_admission_part(enum vgpu_limit limit, const struct vgpu_holder *subject, const struct vgpu_holder *holder);

#endif
