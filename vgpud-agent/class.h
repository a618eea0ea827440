/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * class.h - service classes: a vGPU of a class has the weight, cap and latency that the policy gives the class, and follows it when
 * the policy changes. A vGPU whose settings somebody chooses one by one is in no class.
 */
#ifndef VGPU_AGENT_CLASS_H
#define VGPU_AGENT_CLASS_H

#include "vgpud-agent/agent.h"

int vgpu_class_load(struct vgpu_agent *agent);
int vgpu_class_reload(struct vgpu_agent *agent);
int vgpu_class_follow(struct vgpu_agent *agent);
int vgpu_class_choose(struct vgpu_call *call, struct vgpu_record *record);
void vgpu_class_put(const struct vgpu_agent *agent, struct vgpu_json *object, const struct vgpu_record *record);

#endif
