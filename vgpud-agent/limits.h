/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * limits.h - reads the numbers of the policy and its part "limits".
 */
#ifndef VGPU_AGENT_LIMITS_H
#define VGPU_AGENT_LIMITS_H

#include "vgpud-agent/policy.h"

int vgpu_limits_number(const struct vgpu_yaml *key, uint64_t min, uint64_t max, uint64_t *ret_value,
		       struct vgpu_yaml_error *ret_error);
int vgpu_limits_rule(const struct vgpu_yaml *key, enum vgpu_limit limit, struct vgpu_rule *ret_rule,
		     struct vgpu_yaml_error *ret_error);
int vgpu_limits_read(const struct vgpu_yaml *body, struct vgpu_policy *policy, struct vgpu_yaml_error *ret_error);

#endif
