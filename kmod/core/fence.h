/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * A guest's fences; see fence.c.
 */
#ifndef VGPU_FENCE_H
#define VGPU_FENCE_H

void vgpu_fence_clear(struct vgpu *v);

/* Hooks of the register table. */
u32 vgpu_fence_read(const struct vgpu_reg_access *a);
void vgpu_fence_written(const struct vgpu_reg_access *a);

#endif
