/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Work that does not end; see hang.c.
 */
#ifndef VGPU_HANG_H
#define VGPU_HANG_H

void vgpu_hang_init(struct vgpu_gpu *gpu, u64 hang_ns);
void vgpu_hang_check(struct vgpu_gpu *gpu, enum vgpu_engine_id e, u64 now_ns);
void vgpu_hang_abort(struct vgpu *v, enum vgpu_engine_id e, u64 now_ns);
void vgpu_hang_drain(struct vgpu *v, enum vgpu_engine_id e, u64 now_ns);

#endif
