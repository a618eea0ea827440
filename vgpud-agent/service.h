/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * service.h - what the agent tells the service manager: that it is ready, alive, reloading, ending. Without one, nothing.
 */
#ifndef VGPU_AGENT_SERVICE_H
#define VGPU_AGENT_SERVICE_H

#include "vgpud-agent/agent.h"

int vgpu_service_follow_signals(struct vgpu_agent *agent);
int vgpu_service_ready(struct vgpu_agent *agent);
void vgpu_service_stopping(void);

#endif
