/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * From a guest's ring to the hardware and back; see submit.c.
 */
#ifndef VGPU_SUBMIT_H
#define VGPU_SUBMIT_H

void vgpu_submit_kick(struct vgpu *v, enum vgpu_engine_id e, u64 now_ns);
void vgpu_submit_dispatch(struct vgpu_gpu *gpu, enum vgpu_engine_id e, u64 now_ns);
void vgpu_submit_dispatch_all(struct vgpu_gpu *gpu, u64 now_ns);
bool vgpu_submit_complete(struct vgpu_gpu *gpu, enum vgpu_engine_id e, u64 now_ns);
void vgpu_submit_detach(struct vgpu *v, enum vgpu_engine_id e);
void vgpu_submit_drop(struct vgpu_gpu *gpu, enum vgpu_engine_id e, u64 now_ns);
bool vgpu_submit_in_flight(const struct vgpu *v);
struct vgpu_run *vgpu_submit_first(struct vgpu_gpu *gpu, enum vgpu_engine_id e);
void vgpu_submit_drain(struct vgpu *v, u64 now_ns);
u64 vgpu_submit_running_ns(const struct vgpu_gpu *gpu, enum vgpu_engine_id e, u64 now_ns);

#endif
