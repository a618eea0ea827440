/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What guests submitted and the GPU did not execute, counted; see reject.c.
 */
#ifndef VGPU_REJECT_H
#define VGPU_REJECT_H

void vgpu_reject_count(struct vgpu *v, enum vgpu_engine_id e, enum vgpu_fault fault, u32 header);

#endif
