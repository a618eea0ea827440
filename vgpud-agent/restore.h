/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * restore.h - brings back what should exist and does not, and says of each vGPU what became of it.
 */
#ifndef VGPU_AGENT_RESTORE_H
#define VGPU_AGENT_RESTORE_H

#include "lib/error.h"
#include "vgpud-agent/agent.h"

int vgpu_restore_run(struct vgpu_agent *agent);
bool vgpu_restore_verdict(const struct vgpu_agent *agent, const struct vgpu_record *record, bool exists, char *ret_text,
			  size_t size);
void vgpu_restore_note(struct vgpu_agent *agent, struct vgpu_record *record, const char *verdict);
int vgpu_restore_one(struct vgpu_agent *agent, struct vgpu_record *record, struct vgpu_error *ret_error);
unsigned int vgpu_restore_missing(const struct vgpu_agent *agent);
void vgpu_restore_fini(struct vgpu_agent *agent);

#endif
