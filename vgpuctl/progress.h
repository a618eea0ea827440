/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * progress.h - a line on the terminal that says what takes long, while it does.
 */
#ifndef VGPU_CTL_PROGRESS_H
#define VGPU_CTL_PROGRESS_H

#include "vgpuctl/commands.h"

struct vgpu_progress {
	const struct vgpu_invocation *invocation;
	int width; /* of what stands on the terminal now */
};

void vgpu_progress_show(unsigned int seconds, void *data);
void vgpu_progress_hide(struct vgpu_progress *progress);

#endif
