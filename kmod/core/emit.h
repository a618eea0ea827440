/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The module's own commands in its own rings; see emit.c.
 */
#ifndef VGPU_EMIT_H
#define VGPU_EMIT_H

/* What the functions below emit at most, in dwords. */
#define VGPU_EMIT_INVALIDATE_DW 8u
#define VGPU_EMIT_BREADCRUMB_DW 142u
#define VGPU_EMIT_DIRECTORY_DW 12u

void vgpu_emit(struct vgpu_gpu *gpu, enum vgpu_engine_id e, u32 dw);
void vgpu_emit_copy(struct vgpu_gpu *gpu, enum vgpu_engine_id e, const u32 *dw, u32 n);
void vgpu_emit_room(struct vgpu_gpu *gpu, enum vgpu_engine_id e, u32 dw);
void vgpu_emit_invalidate(struct vgpu_gpu *gpu, enum vgpu_engine_id e);
void vgpu_emit_directory(struct vgpu_gpu *gpu, enum vgpu_engine_id e, u32 pp_dir_base);
void vgpu_emit_breadcrumb(struct vgpu_gpu *gpu, enum vgpu_engine_id e, u32 seqno);
void vgpu_emit_submit(struct vgpu_gpu *gpu, enum vgpu_engine_id e);

#endif
