/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * A guest's GGTT; see ggtt.c.
 */
#ifndef VGPU_GGTT_H
#define VGPU_GGTT_H

u32 vgpu_ggtt_encode(u64 dma, u32 cache);
void vgpu_ggtt_flush(struct vgpu_gpu *gpu);
int vgpu_ggtt_open(struct vgpu *v);
void vgpu_ggtt_clear(struct vgpu *v, u64 dma);
void vgpu_ggtt_close(struct vgpu *v);
u32 vgpu_ggtt_read(const struct vgpu *v, u32 index);
void vgpu_ggtt_write(struct vgpu *v, u32 index, u32 pte);
u32 vgpu_ggtt_next(const struct vgpu *v, u32 page);
void vgpu_ggtt_copy(struct vgpu *v, u32 page, struct vgpu_sync_want *ret_want);
void vgpu_ggtt_apply(struct vgpu *v, u32 page);
bool vgpu_ggtt_retry(struct vgpu *v);
bool vgpu_ggtt_doom(struct vgpu *v, u64 gfn, u64 pages);
void vgpu_ggtt_unpin_doomed(struct vgpu *v);
bool vgpu_ggtt_gfn(const struct vgpu *v, u32 index, u32 *ret_gfn);
bool vgpu_ggtt_owns(const struct vgpu *v, u64 gma, u64 len);
bool vgpu_ggtt_mapped(const struct vgpu *v, u64 gma);
int vgpu_gm_read(const struct vgpu *v, u64 gma, void *buf, u32 len);

/* Hook of the register table. */
void vgpu_ggtt_flush_written(const struct vgpu_reg_access *a);

#endif
