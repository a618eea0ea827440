/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * suggest.h - a smaller vGPU for one that no GPU can take. Nothing is suggested that a plan has not shown to work.
 */
#ifndef VGPU_AGENT_SUGGEST_H
#define VGPU_AGENT_SUGGEST_H

#include "vgpud-agent/plan.h"

#define VGPU_COMMAND_SIZE 1024

int vgpu_suggest_smaller(const struct vgpu_snapshot *snapshot, const struct vgpu_policy *policy,
			 const struct vgpu_request *request, const struct vgpu_plan *plan, struct vgpu_request *ret_request);
void vgpu_suggest_command(const struct vgpu_request *request, char ret_text[VGPU_COMMAND_SIZE]);

#endif
