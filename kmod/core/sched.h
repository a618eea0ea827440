/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Who runs next on an engine; see sched.c.
 */
#ifndef VGPU_SCHED_H
#define VGPU_SCHED_H

void vgpu_sched_add(struct vgpu *v, enum vgpu_engine_id e, u64 now_ns);
void vgpu_sched_remove(struct vgpu *v, enum vgpu_engine_id e, u64 now_ns);
struct vgpu *vgpu_sched_pick(struct vgpu_gpu *gpu, enum vgpu_engine_id e);
void vgpu_sched_chosen(struct vgpu *v, enum vgpu_engine_id e);
void vgpu_sched_charge(struct vgpu *v, enum vgpu_engine_id e, u64 busy_ns);

#endif
