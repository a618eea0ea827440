/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * device.h - makes the device that a record describes, whole or not at all.
 */
#ifndef VGPU_AGENT_DEVICE_H
#define VGPU_AGENT_DEVICE_H

#include "lib/error.h"
#include "vgpud-agent/agent.h"

int vgpu_device_make(struct vgpu_agent *agent, const struct vgpu_record *record, struct vgpu_error *ret_error);
int vgpu_device_create(struct vgpu_agent *agent, struct vgpu_record *record, struct vgpu_error *ret_error);
void vgpu_device_discard(struct vgpu_agent *agent, const struct vgpu_record *record);

#endif
