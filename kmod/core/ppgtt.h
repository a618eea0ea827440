/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * A guest's PPGTT, shadowed; see ppgtt.c.
 */
#ifndef VGPU_PPGTT_H
#define VGPU_PPGTT_H

int vgpu_ppgtt_open(struct vgpu *v);
void vgpu_ppgtt_clear(struct vgpu *v);
void vgpu_ppgtt_close(struct vgpu *v);
int vgpu_ppgtt_load(struct vgpu *v, u32 base);
bool vgpu_ppgtt_is(const struct vgpu *v, u32 base);
u32 vgpu_ppgtt_base(const struct vgpu *v);
void vgpu_ppgtt_entry_changed(struct vgpu *v, u32 index);
bool vgpu_ppgtt_directory(struct vgpu *v);
bool vgpu_ppgtt_copy(struct vgpu *v, u32 table, struct vgpu_sync_want *ret_want);
void vgpu_ppgtt_apply(struct vgpu *v, u32 table);
bool vgpu_ppgtt_retry(struct vgpu *v);
bool vgpu_ppgtt_doom(struct vgpu *v, u64 gfn, u64 pages);
void vgpu_ppgtt_unpin_doomed(struct vgpu *v);
void vgpu_ppgtt_free_unused(struct vgpu *v);

/* Hook of the register table. */
void vgpu_ppgtt_base_written(const struct vgpu_reg_access *a);

#endif
