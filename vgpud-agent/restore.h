/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * restore.h - brings back what should exist and does not, and says of each vGPU what became of it.
 */
#ifndef VGPU_AGENT_RESTORE_H
#define VGPU_AGENT_RESTORE_H

#include "vgpud-agent/agent.h"

int vgpu_restore_run(struct vgpu_agent *agent);
const char *vgpu_restore_verdict(const struct vgpu_agent *agent, const char *uuid);
void vgpu_restore_fini(struct vgpu_agent *agent);

#endif
