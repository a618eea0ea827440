/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * removal.h - takes a vGPU and its record away without making the event loop wait: the kernel holds up the removal of a device for as
 * long as somebody has it open.
 */
#ifndef VGPU_AGENT_REMOVAL_H
#define VGPU_AGENT_REMOVAL_H

#include <stdbool.h>

#include "lib/error.h"
#include "vgpud-agent/agent.h"

/* What vgpu_removal_start() returns when the end is yet to come. */
#define VGPU_REMOVAL_WAITS 1

/* Called once, in the event loop, never from within vgpu_removal_start(). -EBUSY: the kernel still waits, the removal goes on. */
typedef void vgpu_removal_done(void *data, int rc, const struct vgpu_error *error);

int vgpu_removal_start(struct vgpu_agent *agent, const struct vgpu_record *record, vgpu_removal_done *done, void *data,
		       struct vgpu_error *ret_error);
bool vgpu_removal_pending(const struct vgpu_agent *agent, const char *uuid);
void vgpu_removal_fini(struct vgpu_agent *agent);

#endif
