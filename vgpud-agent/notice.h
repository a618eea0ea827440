/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * notice.h - what the agent does when others have changed something: a GPU has appeared, a device has gone, a domain has another vGPU.
 */
#ifndef VGPU_AGENT_NOTICE_H
#define VGPU_AGENT_NOTICE_H

#include "vgpud-agent/agent.h"

void vgpu_notice_gpus(struct vgpu_agent *agent);
void vgpu_notice_gpu(void *agent);
void vgpu_notice_gpu_gone(void *agent);
void vgpu_notice_removed(void *agent, const char *uuid);
void vgpu_notice_domains(void *agent);

#endif
