/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * capacity.h - why a vGPU can't be: the one line for people. explain.h has the whole story.
 */
#ifndef VGPU_AGENT_CAPACITY_H
#define VGPU_AGENT_CAPACITY_H

#include "vgpud-agent/plan.h"

struct vgpu_agent;

/* A request and what became of it. */
struct vgpu_capacity {
	const struct vgpu_snapshot *snapshot;
	const struct vgpu_policy *policy;
	const struct vgpu_request *request;
	const struct vgpu_plan *plan;
};

int vgpu_capacity_error(const struct vgpu_capacity *capacity, struct vgpu_error *ret_error);
int vgpu_capacity_denied(const struct vgpu_snapshot *snapshot, const struct vgpu_policy *policy, const char *name,
			 const struct vgpu_refusal *refusal, struct vgpu_error *ret_error);
void vgpu_capacity_reason(const struct vgpu_capacity *capacity, const struct vgpu_candidate *candidate, char *ret_text,
			  size_t size);
void vgpu_capacity_rule(enum vgpu_limit limit, const char *class, char *ret_text, size_t size);
int vgpu_capacity_growth(struct vgpu_agent *agent, const struct vgpu_record *record, enum vgpu_resource resource, uint64_t old,
			 struct vgpu_error *ret_error);
int vgpu_capacity_fits(struct vgpu_agent *agent, const struct vgpu_record *record, struct vgpu_error *ret_error);

#endif
