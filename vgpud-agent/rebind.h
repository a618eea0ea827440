/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * rebind.h - hands a GPU from one driver to another without making the event loop wait: a driver's probe takes seconds, and its remove
 * as long as somebody holds the device.
 */
#ifndef VGPU_AGENT_REBIND_H
#define VGPU_AGENT_REBIND_H

#include <stdbool.h>

#include "lib/error.h"
#include "vgpud-agent/agent.h"
#include "vgpud-agent/pci.h"

/* Called once, in the event loop, never from within vgpu_rebind_start(). -ETIMEDOUT: the kernel is still at it. */
typedef void vgpu_rebind_done(void *data, int rc, const struct vgpu_error *error);

void vgpu_rebind_plan(const struct vgpu_agent *agent, const struct vgpu_pci_gpu *gpu, const char *driver,
		      struct vgpu_sysfs_script *ret_script);
int vgpu_rebind_start(struct vgpu_agent *agent, const struct vgpu_pci_gpu *gpu, const char *driver, vgpu_rebind_done *done,
		      void *data);
bool vgpu_rebind_pending(const struct vgpu_agent *agent, const char *address);
void vgpu_rebind_fini(struct vgpu_agent *agent);

#endif
